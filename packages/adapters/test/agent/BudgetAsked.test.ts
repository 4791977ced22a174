/** What is asked when a budget is spent, of whom, and what the turn has then: for each budget and unit. */
import { assert, describe, it } from "@effect/vitest"
import { Budget, type BudgetLimits, defaultPolicy, Turn, TurnId, TurnStore } from "@productbuilding/agent"
import { DateTime, Effect } from "effect"
import { asked, begun, bob, decide, eve, fiveReads, read, saying, turnLimits, world } from "./budgetQuestions.ts"
import { agent, ask, unlimited } from "./support.ts"

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

  it.effect("is warned of once, from four fifths on", () => {
    const model = fiveReads()
    return Effect.gen(function* () {
      const turn = yield* begun("How are things?")
      assert.strictEqual(turn.answer, "Done.")
      const entries = yield* Effect.flatMap(TurnStore, (store) => store.entries(turn.id))
      assert.deepStrictEqual(
        entries.flatMap(({ fact }) => (fact._tag === "Warned" ? [fact.detail] : [])),
        ["This request has used 720 tokens of 900 tokens."]
      )
    }).pipe(
      Effect.provide(
        agent({ world: world(), policy: defaultPolicy, models: model.layer, limits: turnLimits({ tokens: 900 }) })
      )
    )
  })

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
