import { NodeCrypto } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { sign, verify } from "@octokit/webhooks-methods"
import { WebhookSignature } from "@productbuilding/core"
import { Arbitrary, Effect, Redacted, Schema } from "effect"

const encoder = new TextEncoder()

/** GitHub's own vector. https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries (read 2026-11-21) */
const secret = Redacted.make("It's a Secret to Everybody")
const body = encoder.encode("Hello, World!")
const header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

it.layer(NodeCrypto.layer)("the webhook's signature", (it) => {
  it.effect("is the one that GitHub publishes for its example", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* WebhookSignature.sign(secret, body), header)
      const verifier = yield* WebhookSignature.makeVerifier(secret)
      assert.isTrue(yield* verifier.verify(header, body))
    })
  )

  it.effect("is refused for another body, another secret, and in any other form", () =>
    Effect.gen(function* () {
      const verifier = yield* WebhookSignature.makeVerifier(secret)
      const other = yield* WebhookSignature.makeVerifier(Redacted.make("another"))
      assert.isFalse(yield* verifier.verify(header, encoder.encode("Hello, World?")))
      assert.isFalse(yield* other.verify(header, body))
      for (const wrong of [
        undefined,
        "",
        "sha256=",
        "sha256=zz",
        header.slice(7),
        header.replace("sha256", "sha1"),
        `${header}00`
      ]) {
        assert.isFalse(yield* verifier.verify(wrong, body), String(wrong))
      }
    })
  )

  it.effect("agrees with Octokit's for any secret and any text", () =>
    Effect.gen(function* () {
      const seed = "webhook-signature"
      const cases = Arbitrary.schema(Schema.Struct({ secret: Schema.NonEmptyString, text: Schema.NonEmptyString }))
      for (const { secret, text } of yield* Arbitrary.sampleEffect(cases, { count: 200, seed })) {
        const where = `seed ${seed}: ${JSON.stringify({ secret, text })}`
        const theirs = yield* Effect.promise(() => sign(secret, text))
        const ours = yield* WebhookSignature.sign(Redacted.make(secret), encoder.encode(text))
        assert.strictEqual(ours, theirs, where)
        assert.isTrue(yield* Effect.promise(() => verify(secret, text, ours)), where)
        const verifier = yield* WebhookSignature.makeVerifier(Redacted.make(secret))
        assert.isTrue(yield* verifier.verify(theirs, encoder.encode(text)), where)
        assert.isFalse(yield* verifier.verify(theirs, encoder.encode(`${text} `)), where)
      }
    })
  )
})
