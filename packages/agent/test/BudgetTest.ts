/** The contract of `Budget`, on limits of a day of 1,000 tokens a user, 10,000 for everybody, and no limit of money. */
import { assert, it } from "@effect/vitest"
import { OperationId, RepositoryName } from "@productbuilding/core"
import { DateTime, Effect, type Layer } from "effect"
import { TestClock } from "effect/testing"
import { Budget, type BudgetLimits } from "../src/Budget.ts"
import { Asker, ConversationId } from "../src/Conversation.ts"
import { Turn } from "../src/Turn.ts"

const none = { tokens: null, microDollars: null }

export const limits: BudgetLimits = {
  turn: { modelCalls: 12, toolCalls: 30, tokens: 200_000, microDollars: null },
  daily: { user: { ...none, tokens: 1000 }, channel: none, project: none, everybody: { ...none, tokens: 10_000 } }
}

const turnOf = (user: string) =>
  new Turn({
    id: OperationId.make(user),
    conversation: ConversationId.make("slack:T:C:1"),
    repository: RepositoryName.make("acme/shop"),
    about: null,
    asker: new Asker({ id: user, name: user, login: null, guest: false, sharedChannel: false }),
    text: "",
    state: "running",
    leg: 0,
    outcome: null,
    answer: null,
    createdAt: DateTime.makeUnsafe(0),
    endedAt: null
  })

const amount = (tokens: number) => ({ tokens, microDollars: 0 })

export const suite = (name: string, layer: Layer.Layer<Budget, unknown>) =>
  it.layer(layer)(`Budget (${name})`, (it) => {
    it.effect("what is reserved is gone until it is settled, and warned of from four fifths on", () =>
      Effect.gen(function* () {
        const budget = yield* Budget
        const ada = turnOf("ada")
        assert.deepStrictEqual(yield* budget.reserve("1", ada, amount(800)), [])
        const error = yield* Effect.flip(budget.reserve("2", ada, amount(300)))
        assert.strictEqual(error._tag, "BudgetExceeded")
        assert.match(error.message, /user ada is spent: 800 tokens of 1,000 tokens/)
        yield* budget.settle("1", amount(100))
        const warnings = yield* budget.reserve("2", ada, amount(750))
        assert.deepStrictEqual(
          warnings.map(({ scope, spent }) => [scope, spent.tokens]),
          [["user", 850]]
        )
      })
    )

    it.effect("a refused reservation sets nothing aside, in no scope", () =>
      Effect.gen(function* () {
        const budget = yield* Budget
        yield* Effect.flip(budget.reserve("refused", turnOf("bob"), amount(1001)))
        const uses = yield* budget.today
        assert.isFalse(uses.some(({ key }) => key === "bob"))
      })
    )

    it.effect("the same id replaces its reservation, as it does after a crash", () =>
      Effect.gen(function* () {
        const budget = yield* Budget
        const eve = turnOf("eve")
        for (let attempt = 0; attempt < 5; attempt++) yield* budget.reserve("again", eve, amount(900))
        yield* budget.settle("again", amount(10))
        yield* budget.settle("again", amount(10))
        const use = (yield* budget.today).find(({ key }) => key === "eve")
        assert.strictEqual(use?.spent.tokens, 10)
      })
    )

    it.effect("starts anew each day", () =>
      Effect.gen(function* () {
        const budget = yield* Budget
        const gus = turnOf("gus")
        yield* budget.reserve("today", gus, amount(1000))
        yield* Effect.flip(budget.reserve("more", gus, amount(1)))
        yield* TestClock.adjust("1 day")
        yield* budget.reserve("more", gus, amount(1000))
      })
    )

    it.effect("never gives out more than there is, however many ask at once", () =>
      Effect.gen(function* () {
        const budget = yield* Budget
        yield* TestClock.adjust("2 days")
        const exits = yield* Effect.forEach(
          Array.from({ length: 50 }, (_, index) => index),
          (index) => Effect.exit(budget.reserve(`race ${index}`, turnOf("ida"), amount(90))),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(exits.filter(({ _tag }) => _tag === "Success").length, 11)
      })
    )
  })
