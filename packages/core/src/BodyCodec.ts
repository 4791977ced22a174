/** How the bodies of deliveries are stored. */
import { Context } from "effect"

/** A reversible, lossless encoding of bytes. Each row keeps the name of the codec that wrote it. */
export interface BodyCodec {
  /** `codec` names the format of `stored`; never reuse a name for another format. */
  encode(body: Uint8Array): { readonly codec: string; readonly stored: Uint8Array }
  /** `undefined` when it cannot read what the named codec wrote. */
  decode(codec: string, stored: Uint8Array): Uint8Array | undefined
}

/** Bodies as they are. */
export const plain: BodyCodec = {
  encode: (body) => ({ codec: "plain", stored: body }),
  decode: (codec, stored) => (codec === "plain" ? stored : undefined)
}

/** The codec in use. Default: `plain`. An adapter that compresses must go on reading `plain`. */
export const BodyCodec = Context.Reference<BodyCodec>("@productbuilding/core/BodyCodec", { defaultValue: () => plain })
