/**
 * Slack's request signature: an HMAC-SHA256 over `v0:{timestamp}:{raw body}`, in hexadecimal, behind `v0=`.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack (read 2026-11-21)
 */
import { Clock, Duration, Effect, Redacted } from "effect"
import { type CryptoError, Mac } from "effect/crypto"
import { Hex } from "effect/encoding"

/** How far the timestamp of a request may be from our clock, to either side. */
export const allowedSkew = Duration.minutes(5)

/**
 * `valid`: Slack has sent these bytes, just now. `stale`: Slack has, but the timestamp is further away than `allowedSkew`:
 * a recorded request that somebody plays again, or a clock that is wrong. `invalid`: anything else.
 */
export type SignatureVerdict = "valid" | "stale" | "invalid"

/** Verifies the signatures of one app. */
export interface SlackVerifier {
  /**
   * Takes the headers by their names in lower case, and the body as it came over the wire: parsed and written again it
   * would be another one. Constant time in the signature; missing or malformed headers are `invalid`.
   */
  verify(
    headers: Readonly<Record<string, string | undefined>>,
    body: Uint8Array
  ): Effect.Effect<SignatureVerdict, CryptoError.CryptoError>
}

/** A verifier for an app's signing secret, which is imported once. */
export const makeVerifier = Effect.fn("SlackSignature.makeVerifier")(function* (
  signingSecret: Redacted.Redacted<string>
): Effect.fn.Return<SlackVerifier, CryptoError.CryptoError, Mac.Mac> {
  const mac = yield* Mac.Mac
  const key = yield* Mac.key(Mac.hmacSha256, encoder.encode(Redacted.value(signingSecret)))
  return {
    verify: Effect.fn("SlackVerifier.verify")(function* (headers, body) {
      const timestamp = headers["x-slack-request-timestamp"] ?? ""
      const signature = headers["x-slack-signature"] ?? ""
      if (!timestampPattern.test(timestamp) || !signaturePattern.test(signature)) return "invalid"
      const tag = Hex.decode(signature.slice(prefix.length))
      if (tag._tag === "Failure") return "invalid"
      if (!(yield* mac.verify(key, tag.success, signedBytes(timestamp, body)))) return "invalid"
      const skewMs = Math.abs((yield* Clock.currentTimeMillis) - Number(timestamp) * 1000)
      return skewMs > Duration.toMillis(allowedSkew) ? "stale" : "valid"
    })
  }
})

/** The headers that Slack would send with a body at a time, which is in whole seconds since 1970. */
export const sign = Effect.fn("SlackSignature.sign")(function* (
  signingSecret: Redacted.Redacted<string>,
  timestampSeconds: number,
  body: Uint8Array
): Effect.fn.Return<Readonly<Record<string, string>>, CryptoError.CryptoError, Mac.Mac> {
  const mac = yield* Mac.Mac
  const key = yield* Mac.key(Mac.hmacSha256, encoder.encode(Redacted.value(signingSecret)))
  const timestamp = String(timestampSeconds)
  return {
    "x-slack-request-timestamp": timestamp,
    "x-slack-signature": `${prefix}${Hex.encode(yield* mac.sign(key, signedBytes(timestamp, body)))}`
  }
})

const encoder = new TextEncoder()
const prefix = "v0="
const signaturePattern = /^v0=[0-9a-f]{64}$/
const timestampPattern = /^[0-9]{1,12}$/

const signedBytes = (timestamp: string, body: Uint8Array): Uint8Array => {
  const start = encoder.encode(`v0:${timestamp}:`)
  const bytes = new Uint8Array(start.length + body.length)
  bytes.set(start)
  bytes.set(body, start.length)
  return bytes
}
