/** The contract of `Budget`, on limits of a day of 1,000 tokens a user, 10,000 for everybody, and no limit of money. */
import { assert, it } from "@effect/vitest"
import { OperationId, RepositoryName } from "@productbuilding/core"
import { DateTime, Effect, type Layer } from "effect"
import { TestClock } from "effect/testing"
import { Budget, type BudgetLimits } from "../src/Budget.ts"
import { Asker, ConversationId } from "../src/Conversation.ts"
import { type Overdraft, Turn } from "../src/Turn.ts"

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

    it.effect("a grant pays for what no longer fits, for its turn, day, scope and unit, and no further", () =>
      Effect.gen(function* () {
        const budget = yield* Budget
        const day = DateTime.formatIsoDateUtc(yield* DateTime.now)
        const granted = (more: number, of: Partial<Overdraft> = {}): ReadonlyArray<Overdraft> => [
          { scope: "user", key: "joe", day, unit: "tokens", spent: 900, limit: 1000, more, ...of }
        ]
        const refused = Effect.fnUntraced(function* (id: string, turn: Turn, tokens: number, grants = granted(0)) {
          const error = yield* Effect.flip(budget.reserve(id, turn, amount(tokens), grants))
          assert.strictEqual(error._tag, "BudgetExceeded")
        })
        const joe = turnOf("joe")
        const other = new Turn({ ...joe, id: OperationId.make("joe's other turn") })
        yield* budget.reserve("other/1", other, amount(900))
        yield* refused("joe/1", joe, 300, granted(299))
        yield* refused("joe/1", joe, 300, granted(300, { day: "2001-01-01" }))
        yield* refused("joe/1", joe, 300, granted(300, { scope: "everybody" }))
        yield* refused("joe/1", joe, 300, granted(300, { scope: "turn", day: null }))
        yield* refused("joe/1", joe, 300, granted(300, { unit: "money" }))
        yield* budget.reserve("joe/1", joe, amount(300), granted(300))
        yield* budget.reserve("joe/1", joe, amount(300), granted(300))
        yield* refused("joe/2", joe, 1, granted(300))
        yield* refused("other/2", other, 1)
        yield* budget.settle("joe/1", amount(250))
        yield* budget.reserve("joe/2", joe, amount(50), granted(300))
        // What others use beyond the limit is not taken from it, nor is what this one was granted before.
        yield* budget.reserve("other/2", other, amount(500), granted(500))
        yield* budget.reserve("joe/3", joe, amount(100), [...granted(300), ...granted(100)])
        yield* refused("joe/4", joe, 1, [...granted(300), ...granted(100)])
        // A call that cost more than its bound is the last.
        yield* budget.settle("joe/3", amount(400))
        yield* refused("joe/4", joe, 1, [...granted(300), ...granted(200)])
        const use = (yield* budget.today).find(({ key }) => key === "joe")
        assert.strictEqual(use?.spent.tokens, 900 + 300 + 500 + 400)
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
