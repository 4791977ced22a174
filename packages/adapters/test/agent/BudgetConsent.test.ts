/** A turn whose budget is spent waits for somebody to agree to more: who may, what it then has, and what it has not. */
import { assert, describe, it } from "@effect/vitest"
import {
  Asker,
  Budget,
  type BudgetLimits,
  ConversationId,
  defaultPolicy,
  recordOf,
  Turn,
  TurnId,
  TurnStore,
  Turns
} from "@productbuilding/agent"
import { DateTime, Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import { type Said, scripted } from "../../../agent/test/AgentWorld.ts"
import { makeOutsideWorld } from "./OutsideWorld.ts"
import { ada, agent, ask, database, settledInTest, temporaryFile, unlimited } from "./support.ts"

const bob = new Asker({ ...ada, id: "slack:T:BOB", name: "Bob", login: "bob" })
const eve = new Asker({ ...ada, id: "slack:T:EVE", name: "Eve", login: "eve" })

const read: Said = { calls: [["read_issue", { number: 7 }]] }
const note: Said = { calls: [["comment_on_issue", { number: 7, text: "On it" }]] }
const close: Said = { calls: [["close_issue", { number: 7, reason: "completed" }]] }

/** Answers one after the other, by how many results the turn has; each costs 120 tokens and 200 millionths of a dollar. */
const saying = (specialist: string, ...answers: ReadonlyArray<Said>) =>
  scripted(({ prompt, purpose }) =>
    purpose === "route"
      ? { text: JSON.stringify({ specialist, confidence: 0.9, reason: "because" }) }
      : (answers[prompt.split('"type":"tool-result"').length - 1] ?? { text: "Done." })
  )

/** Seven model calls, five tool calls, 840 tokens, 1,400 millionths of a dollar. */
const fiveReads = () => saying("status", read, read, read, read, read)

const world = () => makeOutsideWorld({ ada: "admin", bob: "write", eve: "read" })

const turnLimits = (limits: Partial<BudgetLimits["turn"]>): BudgetLimits => ({
  ...unlimited,
  turn: { ...unlimited.turn, ...limits }
})

const asked = Effect.fnUntraced(function* (turn: Turn) {
  const store = yield* TurnStore
  const { approval } = recordOf(yield* store.entries(turn.id))
  return approval?.verdict === "open" ? approval.entry : assert.fail(`asks for nothing: ${approval?.verdict}`)
})

const grantsOf = (turn: Turn) =>
  Effect.flatMap(TurnStore, (store) => Effect.map(store.entries(turn.id), (entries) => recordOf(entries).granted))

/** Somebody's word on what the turn asks for now, and how it goes on then. */
const decide = Effect.fnUntraced(function* (turn: Turn, approve: boolean, by = ada) {
  const turns = yield* Turns
  const { digest } = yield* asked(turn)
  yield* turns.decide(turn.id, { digest, approve, by })
  return yield* settledInTest(turn)
})

const begun = Effect.fnUntraced(function* (text: string, options: Parameters<typeof ask>[1] = {}) {
  const turns = yield* Turns
  const { turn } = yield* turns.say(ask(text, options))
  return yield* settledInTest(turn)
})

const cases = [
  ["model calls", { modelCalls: 4 }, { spent: 4, limit: 4, more: 4 }],
  ["tool calls", { toolCalls: 3 }, { spent: 3, limit: 3, more: 3 }],
  ["tokens", { tokens: 480 }, { spent: 480, limit: 480, more: 480 }],
  ["money", { microDollars: 800 }, { spent: 800, limit: 800, more: 800 }]
] as const

describe("what one turn may use", () => {
  for (const [unit, limits, amounts] of cases) {
    it.effect(`is asked for again when it is spent in ${unit}, of whoever may write`, () => {
      const model = fiveReads()
      return Effect.gen(function* () {
        const turn = yield* begun("How are things?")
        assert.strictEqual(turn.state, "waiting")
        const calls = model.calls.length
        const { budget, calls: proposed, permission } = yield* asked(turn)
        assert.deepStrictEqual(budget, { scope: "turn", key: "", day: null, unit, ...amounts })
        assert.deepStrictEqual([proposed, permission], [[], "write"])
        const refused = yield* Effect.flip(decide(turn, true, eve))
        assert.strictEqual(refused._tag === "DecisionRefused" ? refused.reason : refused._tag, "not allowed")
        assert.lengthOf(model.calls, calls)
        assert.strictEqual((yield* decide(turn, true, bob)).answer, "Done.")
        assert.lengthOf(model.calls, 7)
      }).pipe(
        Effect.provide(
          agent({ world: world(), policy: defaultPolicy, models: model.layer, limits: turnLimits(limits) })
        )
      )
    })
  }

  it.effect("is asked for three times at most", () => {
    const model = saying("status", ...Array.from({ length: 20 }, () => read))
    return Effect.gen(function* () {
      const turn = yield* begun("How are things?")
      for (const limit of [2, 4, 6]) {
        assert.strictEqual((yield* asked(turn)).budget?.limit, limit)
        yield* decide(turn, true)
      }
      const store = yield* TurnStore
      const end = yield* store.get(turn.id)
      assert.strictEqual(end.outcome, "failed")
      assert.match(
        end.answer ?? "",
        /^I have used 8 model calls on this .*Ask for a part of it\. Nothing was changed\.$/
      )
      assert.lengthOf(model.calls, 8)
    }).pipe(
      Effect.provide(
        agent({ world: world(), policy: defaultPolicy, models: model.layer, limits: turnLimits({ modelCalls: 2 }) })
      )
    )
  })
})

const none = { tokens: null, microDollars: null }
const whole = { tokens: 100_000, microDollars: 1_000_000 }
const other = new Turn({
  ...ask("Something"),
  id: TurnId.make("another"),
  state: "running",
  leg: 0,
  outcome: null,
  answer: null,
  createdAt: DateTime.makeUnsafe(0),
  endedAt: null
})

describe("a day's budget", () => {
  for (const scope of ["user", "channel", "project", "everybody"] as const) {
    for (const unit of ["tokens", "money"] as const) {
      const field = unit === "tokens" ? "tokens" : "microDollars"
      it.effect(
        `for scope ${scope} is asked for when it is spent in ${unit}, of an administrator, for one turn`,
        () => {
          const model = fiveReads()
          const limits: BudgetLimits = {
            turn: { ...unlimited.turn, tokens: 50_000 },
            daily: { ...unlimited.daily, [scope]: { ...none, [field]: whole[field] } }
          }
          return Effect.gen(function* () {
            const spending = yield* Budget
            yield* spending.reserve("another/1", other, whole)
            const turn = yield* begun("How are things?")
            const { budget, permission } = yield* asked(turn)
            assert.deepInclude(budget, { scope, unit, spent: whole[field], limit: whole[field], day: "1970-01-01" })
            assert.strictEqual(budget?.more, unit === "tokens" ? 50_000 : 1_000_000)
            assert.strictEqual(permission, "admin")
            const refused = yield* Effect.flip(decide(turn, true, bob))
            assert.strictEqual(refused._tag === "DecisionRefused" ? refused.reason : refused._tag, "not allowed")
            assert.lengthOf(model.calls, 0)
            assert.strictEqual((yield* decide(turn, true)).answer, "Done.")
            // The other one has got nothing by it.
            const second = yield* begun("And now?")
            assert.strictEqual((yield* asked(second)).budget?.scope, scope)
            assert.lengthOf(model.calls, 7)
          }).pipe(Effect.provide(agent({ world: world(), policy: defaultPolicy, models: model.layer, limits })))
        }
      )
    }
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
