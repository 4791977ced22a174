/** Many turns at once on little money, and people who agree, refuse, say more and stop as they please. */
import { assert, it } from "@effect/vitest"
import {
  Asker,
  Budget,
  type BudgetLimits,
  ConversationId,
  defaultPolicy,
  recordOf,
  type Turn,
  TurnStore,
  Turns
} from "@productbuilding/agent"
import { Effect, Layer, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { TestClock } from "effect/testing"
import { scripted } from "../../../agent/test/AgentWorld.ts"
import { makeOutsideWorld } from "./OutsideWorld.ts"
import { ada, agent, ask, random, settledInTest, unlimited } from "./support.ts"

const none = { tokens: null, microDollars: null }
const limits: BudgetLimits = {
  turn: { ...unlimited.turn, modelCalls: 5, tokens: 30_000 },
  daily: {
    user: { ...none, tokens: 30_000 },
    channel: none,
    project: none,
    everybody: { ...none, tokens: 80_000 }
  }
}

const people = ["ada", "bob", "eve"].map((login) => new Asker({ ...ada, id: `slack:T:${login}`, name: login, login }))

/** Reads until it has five results; each call uses up to what was reserved for it, and looks at the budgets meanwhile. */
const greedy = (upTo: (most: number) => number, look: () => Effect.Effect<void>) => {
  const model = LanguageModel.make({
    generateText: Effect.fnUntraced(function* ({ prompt, responseFormat }) {
      yield* look()
      yield* Effect.yieldNow
      const results = JSON.stringify(prompt.content).split('"type":"tool-result"').length - 1
      const said =
        responseFormat.type === "json"
          ? { type: "text" as const, text: `{"specialist":"status","confidence":0.9,"reason":"because"}` }
          : results >= 5
            ? { type: "text" as const, text: "Done." }
            : {
                type: "tool-call" as const,
                id: "1",
                name: "read_issue",
                params: { number: 7 },
                providerExecuted: false
              }
      const usage = {
        inputTokens: { total: 100, uncached: 100, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: upTo(16_000), text: 0, reasoning: 0 }
      }
      return [said, { type: "finish" as const, reason: "stop" as const, usage }]
    }),
    streamText: () => Stream.empty
  })
  return Layer.merge(scripted(() => undefined).layer, Layer.effect(LanguageModel.LanguageModel, model))
}

const seed = Number(process.env["PB_SEED"] ?? 20261121)
for (let round = 0; round < 4; round++) {
  it.effect(`nothing is spent beyond what limits and people allow (PB_SEED=${seed}, round ${round})`, () => {
    const next = random(seed + round)
    const upTo = (most: number) => Math.floor(next() * most)
    const wrong: Array<string> = []
    let look: Effect.Effect<void> = Effect.void
    const decisions = { granted: 0, refused: 0 }
    return Effect.gen(function* () {
      const budget = yield* Budget
      const store = yield* TurnStore
      const turns = yield* Turns
      const opened: Array<Turn> = []
      const records = Effect.suspend(() => Effect.forEach(opened, ({ id }) => Effect.map(store.entries(id), recordOf)))
      look = Effect.gen(function* () {
        const granted = (yield* records).flatMap((record) => record.granted)
        for (const { key, limit, scope, spent } of yield* budget.today) {
          const own = granted.filter((one) => one.scope === scope && one.key === key)
          const most = own.reduce((sum, one) => sum + one.more, limit.tokens ?? Number.POSITIVE_INFINITY)
          if (spent.tokens > most) wrong.push(`${scope} ${key}: ${spent.tokens} of ${most}`)
        }
      }).pipe(Effect.orDie)

      for (let index = 0; index < 12; index++) {
        const asker = people[upTo(people.length)] ?? ada
        const conversation = ConversationId.make(`slack:T:C:storm ${round} ${index}`)
        opened.push((yield* turns.say(ask("How are things?", { asker, conversation }))).turn)
      }
      for (let step = 0; step < 60; step++) {
        const now = yield* Effect.forEach(opened, settledInTest)
        const waiting = now.filter(({ state }) => state === "waiting")
        if (waiting.length === 0) break
        const act = Effect.fnUntraced(function* ({ asker, conversation, id }: Turn) {
          const fate = next()
          if (fate < 0.1) return yield* turns.say(ask("Rather today", { asker, conversation }))
          if (fate < 0.15) return yield* turns.stop(id, "Ada")
          const digest = recordOf(yield* store.entries(id)).approval?.entry.digest ?? ""
          const approve = fate < 0.8
          decisions[approve ? "granted" : "refused"] += 1
          return yield* turns.decide(id, { digest, approve, by: ada })
        })
        yield* Effect.forEach(waiting, act, { concurrency: "unbounded" })
        yield* TestClock.adjust("1 second")
      }
      yield* look

      for (const { id } of opened) {
        assert.strictEqual((yield* store.get(id)).state, "ended")
        const entries = yield* store.entries(id)
        for (const [index, { fact }] of entries.entries()) {
          if (fact._tag !== "Model") continue
          const { granted, modelCalls, tokens } = recordOf(entries.slice(0, index))
          const most = (unit: string, own: number) =>
            granted.reduce((sum, one) => sum + (one.scope === "turn" && one.unit === unit ? one.more : 0), own)
          if (modelCalls >= most("model calls", limits.turn.modelCalls)) wrong.push(`${id}: a call too many`)
          if (tokens >= most("tokens", limits.turn.tokens)) wrong.push(`${id}: ${tokens} tokens before a call`)
        }
        assert.isAtMost(recordOf(entries).granted.length, 3)
      }
      assert.deepStrictEqual(wrong, [])
      assert.isAbove(decisions.granted, 5)
      assert.isAbove(decisions.refused, 0)
    }).pipe(
      Effect.provide(
        agent({
          world: makeOutsideWorld({ ada: "admin", bob: "admin", eve: "admin" }),
          policy: defaultPolicy,
          models: greedy(upTo, () => look),
          limits
        })
      )
    )
  })
}
