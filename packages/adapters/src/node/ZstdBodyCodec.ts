/** Stores the bodies of deliveries as zstd level 1: a sixth of the size, and less to flush. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { BodyCodec, plain } from "@productbuilding/core"
import { Layer } from "effect"

const options = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Reads what `plain` wrote, too. Needs Node 22.15 or newer. */
export const zstd: BodyCodec = {
  name: "zstd",
  encode: (body) => zstdCompressSync(body, options),
  decode: (name, stored) => (name === "zstd" ? zstdDecompressSync(stored) : plain.decode(name, stored))
}

export const layer: Layer.Layer<never> = Layer.succeed(BodyCodec, zstd)
