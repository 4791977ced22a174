import { assert, describe, it } from "@effect/vitest"
import webhooks from "@octokit/webhooks-examples" with { type: "json" }
import { Decision, Delivery, DeliveryId, makeRegistry, Project, ProjectRegistry } from "@productbuilding/core"
import { LookFailed, Previews } from "@productbuilding/preview"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { make } from "../../src/github/PullRequestDeliveries.ts"

const Examples = Schema.Array(Schema.Struct({ name: Schema.String, examples: Schema.Array(Schema.Unknown) }))
const examples = Schema.decodeUnknownSync(Examples)(webhooks)

const delivery = (event: string) =>
  new Delivery({
    id: DeliveryId.make("github:1"),
    sequence: 1,
    source: "github",
    event,
    receivedAt: DateTime.makeUnsafe(0),
    status: "pending",
    attempts: 0,
    decision: null,
    failure: null
  })

const accepted = new Decision({ outcome: "accepted", reason: "looked" })

const layerWith = (look: Previews["Service"]["look"]) =>
  Layer.merge(
    Layer.succeed(
      ProjectRegistry,
      makeRegistry([Schema.decodeSync(Project)({ repository: "acme/shop", trust: "same-repository", secrets: {} })])
    ),
    Layer.succeed(Previews, Previews.of({ look }))
  )

const payload = (action: string, repository = "Acme/Shop") => ({
  action,
  number: 7,
  pull_request: { number: 7 },
  repository: { full_name: repository }
})

const decide = (event: string, body: unknown, look: Previews["Service"]["look"] = () => Effect.succeed(accepted)) =>
  Effect.flatMap(make, (handler) => handler.handle(delivery(event), body)).pipe(Effect.provide(layerWith(look)))

describe("PullRequestDeliveries", () => {
  it.effect("looks at the preview of a registered repository, whatever the case of its name", () =>
    Effect.gen(function* () {
      const looked: Array<string> = []
      const decision = yield* decide("pull_request", payload("synchronize"), (id, requester) =>
        Effect.sync(() => {
          looked.push(`${id} ${requester}`)
          return accepted
        })
      )
      assert.deepStrictEqual(looked, ["acme/shop#7 webhook: synchronize"])
      assert.deepStrictEqual(Option.getOrUndefined(decision), accepted)
    })
  )

  it.effect("ignores, and says why, what asks for nothing", () =>
    Effect.gen(function* () {
      for (const [body, reason] of [
        [payload("labeled"), /labeled/],
        [payload("opened", "acme/other"), /acme\/other is not in the targets file/],
        [{}, /names no pull request/]
      ] as const) {
        const decision = Option.getOrThrow(yield* decide("pull_request", body))
        assert.strictEqual(decision.outcome, "ignored")
        assert.match(decision.reason, reason)
      }
    })
  )

  it.effect("fails, to be handled again, when the look fails", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(
        decide("pull_request", payload("opened"), () => new LookFailed({ message: "GitHub is away", retryable: true }))
      )
      assert.deepStrictEqual(
        [failure._tag, failure.message, failure.retryable],
        ["DeliveryHandlingFailed", "GitHub is away", true]
      )
    })
  )

  it.effect("comes to a decision on every example of GitHub's", () =>
    Effect.gen(function* () {
      for (const { examples: payloads, name } of examples) {
        for (const body of payloads) assert.isTrue(Option.isSome(yield* decide(name, body)))
      }
    })
  )
})
