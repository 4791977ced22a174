/** How the bodies of deliveries are stored. */
import { Context } from "effect"

/** A reversible, lossless encoding of bytes. Each row keeps the name of the codec that wrote it. */
export interface BodyCodec {
  /** Stored with every row; never reuse one for another format. */
  readonly name: string
  encode(body: Uint8Array): Uint8Array
  /** `undefined` when it cannot read what the named codec wrote. */
  decode(name: string, stored: Uint8Array): Uint8Array | undefined
}

/** Bodies as they are. */
export const plain: BodyCodec = {
  name: "plain",
  encode: (body) => body,
  decode: (name, stored) => (name === "plain" ? stored : undefined)
}

/** The codec in use. Default: `plain`. An adapter that compresses must go on reading `plain`. */
export const BodyCodec = Context.Reference<BodyCodec>("@productbuilding/core/BodyCodec", { defaultValue: () => plain })
