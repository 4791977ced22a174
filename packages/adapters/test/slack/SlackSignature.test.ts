import { NodeCrypto } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { allowedSkew, makeVerifier, sign } from "../../src/slack/SlackSignature.ts"

const encoder = new TextEncoder()

/** Slack's own vector. https://docs.slack.dev/authentication/verifying-requests-from-slack (read 2026-11-21) */
const secret = Redacted.make("8f742231b10e8888abcd99yyyzzz85a5")
const atSeconds = 1_531_420_618
const body = encoder.encode(
  "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar" +
    "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com" +
    "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121" +
    ".803a0bc887a14d10d2c447fce8b6703c"
)
const headers = {
  "x-slack-request-timestamp": String(atSeconds),
  "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
}

const at = (seconds: number) => TestClock.setTime(seconds * 1000)

it.layer(NodeCrypto.layer)("Slack's signature", (it) => {
  it.effect("is the one that Slack publishes for its example", () =>
    Effect.gen(function* () {
      yield* at(atSeconds)
      assert.deepStrictEqual(yield* sign(secret, atSeconds, body), headers)
      const verifier = yield* makeVerifier(secret)
      assert.strictEqual(yield* verifier.verify(headers, body), "valid")
    })
  )

  it.effect("is stale from more than five minutes away, before and after", () =>
    Effect.gen(function* () {
      const verifier = yield* makeVerifier(secret)
      const skew = Duration.toSeconds(allowedSkew)
      assert.strictEqual(skew, 300)
      for (const [offset, verdict] of [
        [-skew - 1, "stale"],
        [-skew, "valid"],
        [0, "valid"],
        [skew, "valid"],
        [skew + 1, "stale"]
      ] as const) {
        yield* at(atSeconds + offset)
        assert.strictEqual(yield* verifier.verify(headers, body), verdict, String(offset))
      }
    })
  )

  it.effect("is refused for another body, time or secret, and in any other form", () =>
    Effect.gen(function* () {
      yield* at(atSeconds)
      const verifier = yield* makeVerifier(secret)
      const other = yield* makeVerifier(Redacted.make("another"))
      const { "x-slack-request-timestamp": timestamp, "x-slack-signature": signature } = headers
      assert.strictEqual(yield* other.verify(headers, body), "invalid")
      assert.strictEqual(yield* verifier.verify(headers, encoder.encode("token=other")), "invalid")
      for (const forged of [
        {},
        { "x-slack-signature": signature },
        { "x-slack-request-timestamp": timestamp },
        ...["", "0", ` ${timestamp}`, `${timestamp}.0`, `+${timestamp}`, "NaN", String(atSeconds + 1)].map((one) => ({
          ...headers,
          "x-slack-request-timestamp": one
        })),
        ...["", "v0=", "v0=zz", signature.slice(3), signature.replace("v0", "v1"), `${signature}00`].map((one) => ({
          ...headers,
          "x-slack-signature": one
        }))
      ]) {
        assert.strictEqual(yield* verifier.verify(forged, body), "invalid", JSON.stringify(forged))
      }
    })
  )

  it.effect("is that of the raw bytes: the same JSON in another spelling is another body", () =>
    Effect.gen(function* () {
      yield* at(atSeconds)
      const verifier = yield* makeVerifier(secret)
      const raw = encoder.encode('{ "text": "caf\\u00e9" }')
      const signed = yield* sign(secret, atSeconds, raw)
      assert.strictEqual(yield* verifier.verify(signed, raw), "valid")
      assert.strictEqual(yield* verifier.verify(signed, encoder.encode('{"text":"café"}')), "invalid")
      const binary = Uint8Array.of(0xff, 0x00, 0xfe)
      assert.strictEqual(yield* verifier.verify(yield* sign(secret, atSeconds, binary), binary), "valid")
    })
  )

  it.effect("holds for any secret and any text, and for no other text", () =>
    Effect.gen(function* () {
      yield* at(atSeconds)
      const seed = "slack-signature"
      const cases = Arbitrary.schema(Schema.Struct({ secret: Schema.NonEmptyString, text: Schema.String }))
      for (const one of yield* Arbitrary.sampleEffect(cases, { count: 100, seed })) {
        const where = `seed ${seed}: ${JSON.stringify(one)}`
        const verifier = yield* makeVerifier(Redacted.make(one.secret))
        const signed = yield* sign(Redacted.make(one.secret), atSeconds, encoder.encode(one.text))
        assert.strictEqual(yield* verifier.verify(signed, encoder.encode(one.text)), "valid", where)
        assert.strictEqual(yield* verifier.verify(signed, encoder.encode(`${one.text} `)), "invalid", where)
      }
    })
  )
})
