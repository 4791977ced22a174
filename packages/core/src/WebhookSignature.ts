/**
 * GitHub's webhook signature: an HMAC-SHA256 over the raw bytes, in hexadecimal, behind `sha256=`.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries (read 2026-11-21)
 */
import { Effect, Redacted } from "effect"
import { type CryptoError, Mac } from "effect/crypto"
import { Hex } from "effect/encoding"

const encoder = new TextEncoder()
const prefix = "sha256="

/** Verifies the signatures of one secret. */
export interface WebhookVerifier {
  /** Whether the header's signature is that of the body. Constant time in both; a missing or malformed header is false. */
  verify(header: string | undefined, body: Uint8Array): Effect.Effect<boolean, CryptoError.CryptoError>
}

/** A verifier for a secret, which is imported once. */
export const makeVerifier = Effect.fn("WebhookSignature.makeVerifier")(function* (
  secret: Redacted.Redacted<string>
): Effect.fn.Return<WebhookVerifier, CryptoError.CryptoError, Mac.Mac> {
  const mac = yield* Mac.Mac
  const key = yield* Mac.key(Mac.hmacSha256, encoder.encode(Redacted.value(secret)))
  return {
    verify: (header, body) => {
      if (header === undefined || !header.startsWith(prefix)) return Effect.succeed(false)
      const tag = Hex.decode(header.slice(prefix.length))
      return tag._tag === "Success" ? mac.verify(key, tag.success, body) : Effect.succeed(false)
    }
  }
})

/** The header's value for a body, as GitHub would send it. */
export const sign = Effect.fn("WebhookSignature.sign")(function* (
  secret: Redacted.Redacted<string>,
  body: Uint8Array
): Effect.fn.Return<string, CryptoError.CryptoError, Mac.Mac> {
  const mac = yield* Mac.Mac
  const key = yield* Mac.key(Mac.hmacSha256, encoder.encode(Redacted.value(secret)))
  return `${prefix}${Hex.encode(yield* mac.sign(key, body))}`
})
