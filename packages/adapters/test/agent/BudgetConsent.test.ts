/** A turn that waits for more of a budget: who may agree, when it counts, and what it is no consent to. */
import { assert, describe, it } from "@effect/vitest"
import { Asker, ConversationId, defaultPolicy, Turns } from "@productbuilding/agent"
import { Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import {
  asked,
  begun,
  bob,
  close,
  decide,
  eve,
  fiveReads,
  grantsOf,
  note,
  read,
  saying,
  turnLimits,
  world
} from "./budgetQuestions.ts"
import { makeOutsideWorld } from "./OutsideWorld.ts"
import { ada, agent, database, settledInTest, temporaryFile, unlimited } from "./support.ts"

const none = { tokens: null, microDollars: null }

describe("more is granted by", () => {
  const roles = ["none", "read", "triage", "unlinked", "guest", "outsider", "write", "admin"] as const
  const outside = () =>
    makeOutsideWorld({
      ada: "admin",
      read: "read",
      triage: "triage",
      guest: "admin",
      outsider: "admin",
      write: "write",
      admin: "admin"
    })
  const by = (role: (typeof roles)[number]) =>
    new Asker({
      id: `slack:T:${role}`,
      name: role,
      login: role === "unlinked" ? null : role,
      guest: role === "guest",
      sharedChannel: role === "outsider"
    })
  for (const [what, limits, able] of [
    ["a turn", turnLimits({ modelCalls: 4 }), ["write", "admin"]],
    ["a day", { ...unlimited, daily: { ...unlimited.daily, user: { ...none, tokens: 1 } } }, ["admin"]]
  ] as const) {
    it.effect(`for ${what}, ${able.join(" or ")}, and nobody else`, () => {
      const model = fiveReads()
      return Effect.gen(function* () {
        const turns = yield* Turns
        const taken: Array<string> = []
        for (const role of roles) {
          const turn = yield* begun("How are things?")
          const calls = model.calls.length
          const { digest } = yield* asked(turn)
          const decided = yield* Effect.result(turns.decide(turn.id, { digest, approve: true, by: by(role) }))
          yield* settledInTest(turn)
          if (decided._tag === "Success") taken.push(role)
          const isGranted = (yield* grantsOf(turn)).length > 0
          assert.deepStrictEqual([isGranted, model.calls.length > calls], Array(2).fill(decided._tag === "Success"))
        }
        assert.deepStrictEqual(taken, [...able])
      }).pipe(Effect.provide(agent({ world: outside(), policy: defaultPolicy, models: model.layer, limits })))
    })
  }
})

describe("a turn that waits for more", () => {
  const noteThenReads = () => saying("commenter", note, read, read, read)
  const limits = turnLimits({ modelCalls: 3 })
  const served = (options: Partial<Parameters<typeof agent>[0]> = {}) =>
    agent({ world: world(), policy: defaultPolicy, models: noteThenReads().layer, limits, ...options })

  it.effect("says what it did when nobody agrees, and is not asked for again", () =>
    Effect.gen(function* () {
      const rejected = yield* decide(yield* begun("Say on #7 that we are on it"), false, bob)
      assert.strictEqual(rejected.outcome, "failed")
      assert.match(
        rejected.answer ?? "",
        /used 3 model calls .* Bob did not agree to more\. Ask for a part of it\. Done before that:\n- .*#7/
      )
      const late = yield* begun("Say on #7 that we are on it")
      const { digest } = yield* asked(late)
      yield* TestClock.adjust("1 hour")
      const turns = yield* Turns
      const refused = yield* Effect.flip(turns.decide(late.id, { digest, approve: true, by: ada }))
      assert.strictEqual(refused._tag, "DecisionRefused")
      const end = yield* settledInTest(late)
      assert.strictEqual(end.outcome, "failed")
      assert.match(end.answer ?? "", /Nobody agreed to more in time\. .*Done before that/)
      assert.deepStrictEqual(yield* grantsOf(late), [])
    }).pipe(Effect.provide(served()))
  )

  it.effect("can be told to stop here by whoever asked, who needs no permission for that", () =>
    Effect.gen(function* () {
      const turn = yield* begun("How are things?", { asker: eve })
      assert.strictEqual((yield* decide(turn, false, eve)).outcome, "failed")
    }).pipe(Effect.provide(served({ models: fiveReads().layer })))
  )

  it.effect("is stopped like any other", () =>
    Effect.gen(function* () {
      const turn = yield* begun("Say on #7 that we are on it")
      const { digest } = yield* asked(turn)
      const turns = yield* Turns
      yield* turns.stop(turn.id, "Ada")
      const end = yield* settledInTest(turn)
      assert.match(end.answer ?? "", /^Stopped by Ada\. Done before that/)
      const refused = yield* Effect.flip(turns.decide(turn.id, { digest, approve: true, by: ada }))
      assert.strictEqual(refused._tag, "DecisionRefused")
    }).pipe(Effect.provide(served()))
  )

  it.effect("asks another question once more was said, and the first one's digest counts no more", () =>
    Effect.gen(function* () {
      const conversation = ConversationId.make("slack:T:C:steered")
      const turn = yield* begun("Say on #7 that we are on it", { conversation })
      const { digest } = yield* asked(turn)
      const steered = yield* begun("Today", { conversation })
      assert.deepStrictEqual([steered.id, steered.state], [turn.id, "waiting"])
      const again = yield* asked(turn)
      assert.notStrictEqual(again.digest, digest)
      const turns = yield* Turns
      const refused = yield* Effect.flip(turns.decide(turn.id, { digest, approve: true, by: ada }))
      assert.strictEqual(refused._tag === "DecisionRefused" ? refused.reason : refused._tag, "changed")
      assert.deepStrictEqual(yield* grantsOf(turn), [])
      assert.strictEqual((yield* decide(turn, true)).answer, "Done.")
      assert.lengthOf(yield* grantsOf(turn), 1)
    }).pipe(Effect.provide(served()))
  )

  it.effect("is granted it once, however many agree at the same time", () =>
    Effect.gen(function* () {
      const turns = yield* Turns
      const turn = yield* begun("Say on #7 that we are on it")
      const { digest } = yield* asked(turn)
      const decisions = yield* Effect.forEach(
        [ada, bob, ada, bob],
        (by) => Effect.exit(turns.decide(turn.id, { digest, approve: true, by })),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(decisions.filter(Exit.isSuccess), 1)
      assert.strictEqual((yield* settledInTest(turn)).answer, "Done.")
      assert.lengthOf(yield* grantsOf(turn), 1)
    }).pipe(Effect.provide(served()))
  )

  it.effect("ends as before where nobody could agree, as no repository belongs to the place", () => {
    const model = saying("status", { calls: [["read_issue", { number: 7, repository: "acme/shop" }]] }, read, read)
    return Effect.gen(function* () {
      const turn = yield* begun("How are things?", { repository: null })
      assert.strictEqual(turn.outcome, "failed")
      assert.strictEqual(
        turn.answer,
        "I have used 3 model calls on this without coming to an end, which is as much as one request may. Ask for a part of it. Nothing was changed."
      )
    }).pipe(Effect.provide(served({ models: model.layer })))
  })

  it.effect("waits on over a restart, and goes on from its record", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const outside = world()
      const life = () => served({ world: outside, database: database(file) })
      const turn = yield* Effect.provide(begun("Say on #7 that we are on it"), life())
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* decide(turn, true)).answer, "Done.")
      }).pipe(Effect.provide(life()))
      assert.lengthOf(outside.state.writes, 1)
    }).pipe(Effect.scoped)
  )
})

it.effect("consent to a call is no more of a budget, nor is more of a budget consent to the next call", () => {
  const outside = world()
  const model = saying("closer", read, close, { calls: [["close_issue", { number: 8, reason: "completed" }]] })
  return Effect.gen(function* () {
    const turn = yield* begun("Close #7")
    const first = yield* asked(turn)
    assert.deepStrictEqual([first.budget, first.calls.length], [undefined, 1])
    assert.strictEqual((yield* decide(turn, true)).state, "waiting")
    assert.lengthOf(outside.state.writes, 1)
    assert.strictEqual((yield* asked(turn)).budget?.limit, 3)
    assert.deepStrictEqual(yield* grantsOf(turn), [])
    assert.strictEqual((yield* decide(turn, true)).state, "waiting")
    const second = yield* asked(turn)
    assert.deepStrictEqual([second.budget, second.calls.length], [undefined, 1])
    assert.lengthOf(outside.state.writes, 1)
    assert.strictEqual((yield* decide(turn, true)).answer, "Done.")
    assert.lengthOf(outside.state.writes, 2)
    assert.lengthOf(yield* grantsOf(turn), 1)
  }).pipe(
    Effect.provide(
      agent({ world: outside, policy: defaultPolicy, models: model.layer, limits: turnLimits({ modelCalls: 3 }) })
    )
  )
})
