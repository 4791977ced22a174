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
    Layer.succeed(
      Previews,
      Previews.of({
        look,
        lookFor: (id, requester, heardOf) => look(id, `${requester}, heard of ${heardOf.slice(0, 7)}`)
      })
    )
  )

const payload = (action: string, repository = "Acme/Shop", sha?: string) => ({
  action,
  number: 7,
  pull_request: { number: 7, ...(sha === undefined ? {} : { head: { sha } }) },
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

  it.effect("says which head it has heard of, but for a closed one, where there is such a head", () =>
    Effect.gen(function* () {
      const looked: Array<string> = []
      const sha = "b".repeat(40)
      for (const body of [
        payload("synchronize", undefined, sha),
        payload("opened", undefined, sha),
        payload("closed", undefined, sha),
        payload("reopened", undefined, "no commit")
      ]) {
        yield* decide("pull_request", body, (_id, requester) => {
          looked.push(requester)
          return Effect.succeed(accepted)
        })
      }
      assert.deepStrictEqual(looked, [
        "webhook: synchronize, heard of bbbbbbb",
        "webhook: opened, heard of bbbbbbb",
        "webhook: closed",
        "webhook: reopened"
      ])
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
