/**
 * Standard Webhooks' signature: an HMAC-SHA256 over `{id}.{timestamp}.{body}`, in base64, behind `v1,`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (read 2026-11-21)
 */
import { Effect, Redacted, Result } from "effect"
import { type CryptoError, Mac } from "effect/crypto"
import { Base64 } from "effect/encoding"

/** The bytes of a secret that both sides know. */
export type CallbackSecret = Redacted.Redacted<Uint8Array>

/** How long a secret's bytes may be. */
export const secretLength = { min: 24, max: 64 } as const

const prefix = "whsec_"

/** Reads `whsec_` and base64 of 24 to 64 bytes. The failure says what is wrong, and nothing of the secret. */
export const parseSecret = (text: Redacted.Redacted<string>): Result.Result<CallbackSecret, string> => {
  const value = Redacted.value(text)
  if (!value.startsWith(prefix)) return Result.fail(`must begin with ${prefix}`)
  const bytes = Base64.decode(value.slice(prefix.length))
  if (Result.isFailure(bytes)) return Result.fail(`must be base64 behind ${prefix}`)
  const { length } = bytes.success
  return length < secretLength.min || length > secretLength.max
    ? Result.fail(`must be ${secretLength.min} to ${secretLength.max} bytes in base64; it is ${length}`)
    : Result.succeed(Redacted.make(bytes.success))
}

/** Signs for one endpoint. */
export interface CallbackSigner {
  /**
   * The headers of one attempt: the id stays the same over all attempts of a message, the timestamp (whole seconds since
   * 1970) is that of the attempt. Neither may have a full stop in it. There is one signature for each secret.
   */
  sign(
    id: string,
    timestampSeconds: number,
    body: Uint8Array
  ): Effect.Effect<Readonly<Record<string, string>>, CryptoError.CryptoError>
}

/** A signer for an endpoint's secrets, which are imported once. */
export const makeSigner = Effect.fn("CallbackSignature.makeSigner")(function* (
  secrets: readonly [CallbackSecret, ...ReadonlyArray<CallbackSecret>]
): Effect.fn.Return<CallbackSigner, CryptoError.CryptoError, Mac.Mac> {
  const mac = yield* Mac.Mac
  const keys = yield* Effect.forEach(secrets, (secret) => Mac.key(Mac.hmacSha256, Redacted.value(secret)))
  return {
    sign: Effect.fn("CallbackSigner.sign")(function* (id, timestampSeconds, body) {
      const bytes = signedBytes(id, timestampSeconds, body)
      const tags = yield* Effect.forEach(keys, (key) => mac.sign(key, bytes))
      return {
        "webhook-id": id,
        "webhook-timestamp": String(timestampSeconds),
        "webhook-signature": tags.map((tag) => `v1,${Base64.encode(tag)}`).join(" ")
      }
    })
  }
})

const encoder = new TextEncoder()

const signedBytes = (id: string, timestampSeconds: number, body: Uint8Array): Uint8Array => {
  const start = encoder.encode(`${id}.${timestampSeconds}.`)
  const bytes = new Uint8Array(start.length + body.length)
  bytes.set(start)
  bytes.set(body, start.length)
  return bytes
}
