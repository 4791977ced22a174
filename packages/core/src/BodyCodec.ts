/** How the bodies of deliveries are stored. */
import { Context } from "effect"

/** A reversible, lossless encoding of bytes. Each row keeps the name of the codec that wrote it. */
export interface BodyCodec {
  /** Of the format of what is stored; never reuse a name for another format. */
  readonly name: string
  /** Shorter bodies are better stored as they are. */
  readonly worthwhileBytes: number
  encode(body: Uint8Array): Uint8Array
  /** `undefined` when it cannot read what the named codec wrote. */
  decode(codec: string, stored: Uint8Array): Uint8Array | undefined
}

/** Bodies as they are. */
export const plain: BodyCodec = {
  name: "plain",
  worthwhileBytes: Number.POSITIVE_INFINITY,
  encode: (body) => body,
  decode: (codec, stored) => (codec === "plain" ? stored : undefined)
}

/** The codec in use. Default: `plain`. An adapter that compresses must go on reading `plain`. */
export const BodyCodec = Context.Reference<BodyCodec>("@productbuilding/core/BodyCodec", { defaultValue: () => plain })
