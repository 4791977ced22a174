/** Stores the bodies of deliveries as zstd level 1: a tenth of the size, and less to flush. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { BodyCodec, plain } from "@productbuilding/core"
import { Layer } from "effect"

/** Shorter bodies are stored as they are: they fill a page of the database either way, and compressing costs 20 µs. */
const worthwhileBytes = 4096

const options = { chunkSize: 4096, params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Reads what `plain` wrote, too. Needs Node 22.15 or newer. */
export const zstd: BodyCodec = {
  encode: (body) =>
    body.length < worthwhileBytes ? plain.encode(body) : { codec: "zstd", stored: zstdCompressSync(body, options) },
  decode: (codec, stored) => (codec === "zstd" ? zstdDecompressSync(stored) : plain.decode(codec, stored))
}

export const layer: Layer.Layer<never> = Layer.succeed(BodyCodec, zstd)
