import { assert, describe, it } from "@effect/vitest"
import { CommitSha, Decision, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { previewId } from "../src/index.ts"
import { type Looked, make } from "../src/LateHead.ts"
import { LookFailed } from "../src/Previews.ts"

const id = previewId(RepositoryName.make("acme/shop"), PullRequestNumber.make(7))
const [former, next, other] = ["a", "b", "c"].map((letter) => CommitSha.make(letter.repeat(40)))
if (former === undefined || next === undefined || other === undefined) throw new Error("there are three")

/** A code host that shows what the test says, and when it was looked at, in milliseconds. */
const world = Effect.gen(function* () {
  const host: { head: CommitSha | null | LookFailed } = { head: former }
  const looks: Array<string> = []
  const lookFor = yield* make((_id, requester) =>
    Effect.clockWith((clock) =>
      Effect.suspend((): Effect.Effect<Looked, LookFailed> => {
        looks.push(`${clock.currentTimeMillisUnsafe()} ${requester}`)
        return host.head instanceof LookFailed
          ? Effect.fail(host.head)
          : Effect.succeed({ decision: new Decision({ outcome: "unchanged", reason: "Nothing new" }), head: host.head })
      })
    )
  )
  return { host, looks, hear: (head: CommitSha, as = "push") => lookFor(id, as, head) }
})

describe("a head that was heard of", () => {
  it.effect("is looked at once where the code host shows it, or no open pull request", () =>
    Effect.gen(function* () {
      const { hear, host, looks } = yield* world
      for (const head of [next, null]) {
        host.head = head
        assert.strictEqual((yield* hear(next)).reason, "Nothing new")
      }
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(looks, ["0 push", "0 push"])
    })
  )

  it.effect("is looked for again until the code host shows it, which the decision says", () =>
    Effect.gen(function* () {
      const { hear, host, looks } = yield* world
      const decision = yield* hear(next)
      assert.strictEqual(decision.outcome, "unchanged")
      assert.match(decision.reason, /^Nothing new; the code host does not show bbbbbbb as the head/)
      yield* TestClock.adjust("2 seconds")
      host.head = next
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(looks, ["0 push", "1000 push", "4000 push"])
    })
  )

  it.effect("is left to the reconciler after three more looks, as it may be older than what is shown", () =>
    Effect.gen(function* () {
      const { hear, looks } = yield* world
      yield* hear(next)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(looks, ["0 push", "1000 push", "4000 push", "14000 push"])
    })
  )

  it.effect("is not looked for when the pull request is closed or has moved elsewhere meanwhile", () =>
    Effect.gen(function* () {
      for (const head of [null, other]) {
        const { hear, host, looks } = yield* world
        yield* hear(next)
        host.head = head
        yield* TestClock.adjust("1 hour")
        assert.lengthOf(looks, 2)
      }
    })
  )

  it.effect("is looked for although a look between fails; the first look's failure is the delivery's", () =>
    Effect.gen(function* () {
      const { hear, host, looks } = yield* world
      yield* hear(next)
      host.head = new LookFailed({ message: "GitHub is away", retryable: true })
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Effect.flip(hear(next)), host.head)
      host.head = next
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(looks, ["0 push", "1000 push", "2000 push", "4000 push"])
    })
  )

  it.effect("is waited for once for each preview, from the newest that was heard of", () =>
    Effect.gen(function* () {
      const { hear, looks } = yield* world
      for (let copy = 0; copy < 8; copy++) yield* hear(next, `copy ${copy}`)
      yield* TestClock.adjust("500 millis")
      yield* hear(other, "later")
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(looks.slice(8), ["500 later", "1500 later", "4500 later", "14500 later"])
    })
  )

  it.effect("does not cut off a look that is under way", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const ended: Array<string> = []
      const lookFor = yield* make((_id, requester) =>
        Effect.gen(function* () {
          const decision = new Decision({ outcome: "accepted", reason: "Begun" })
          if (requester === "first" && (yield* Effect.clockWith((clock) => clock.currentTimeMillis)) > 0) {
            yield* Deferred.succeed(begun, undefined)
            yield* Deferred.await(goOn)
            ended.push(requester)
          }
          return { decision, head: former }
        })
      )
      yield* lookFor(id, "first", next)
      const clock = yield* Effect.forkChild(TestClock.adjust("1 second"))
      yield* Deferred.await(begun)
      yield* lookFor(id, "second", other)
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(clock)
      yield* Effect.yieldNow
      assert.deepStrictEqual(ended, ["first"])
    })
  )
})
