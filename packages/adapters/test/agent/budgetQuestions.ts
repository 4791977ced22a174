/** Turns that run out of a budget on purpose, and what people say to that. */
import { assert } from "@effect/vitest"
import { Asker, type BudgetLimits, recordOf, type Turn, TurnStore, Turns } from "@productbuilding/agent"
import { Effect } from "effect"
import { type Said, scripted } from "../../../agent/test/AgentWorld.ts"
import { makeOutsideWorld } from "./OutsideWorld.ts"
import { ada, ask, settledInTest, unlimited } from "./support.ts"

export const bob = new Asker({ ...ada, id: "slack:T:BOB", name: "Bob", login: "bob" })
export const eve = new Asker({ ...ada, id: "slack:T:EVE", name: "Eve", login: "eve" })

export const read: Said = { calls: [["read_issue", { number: 7 }]] }
export const note: Said = { calls: [["comment_on_issue", { number: 7, text: "On it" }]] }
export const close: Said = { calls: [["close_issue", { number: 7, reason: "completed" }]] }

/** Answers one after the other, by how many results the turn has; each costs 120 tokens and 200 millionths of a dollar. */
export const saying = (specialist: string, ...answers: ReadonlyArray<Said>) =>
  scripted(({ prompt, purpose }) =>
    purpose === "route"
      ? { text: JSON.stringify({ specialist, confidence: 0.9, reason: "because" }) }
      : (answers[prompt.split('"type":"tool-result"').length - 1] ?? { text: "Done." })
  )

/** Seven model calls, five tool calls, 840 tokens, 1,400 millionths of a dollar. */
export const fiveReads = () => saying("status", read, read, read, read, read)

export const world = () => makeOutsideWorld({ ada: "admin", bob: "write", eve: "read" })

export const turnLimits = (limits: Partial<BudgetLimits["turn"]>): BudgetLimits => ({
  ...unlimited,
  turn: { ...unlimited.turn, ...limits }
})

export const asked = Effect.fnUntraced(function* (turn: Turn) {
  const store = yield* TurnStore
  const { approval } = recordOf(yield* store.entries(turn.id))
  return approval?.verdict === "open" ? approval.entry : assert.fail(`asks for nothing: ${approval?.verdict}`)
})

export const grantsOf = (turn: Turn) =>
  Effect.flatMap(TurnStore, (store) => Effect.map(store.entries(turn.id), (entries) => recordOf(entries).granted))

/** Somebody's word on what the turn asks for now, and how it goes on then. */
export const decide = Effect.fnUntraced(function* (turn: Turn, approve: boolean, by = ada) {
  const turns = yield* Turns
  const { digest } = yield* asked(turn)
  yield* turns.decide(turn.id, { digest, approve, by })
  return yield* settledInTest(turn)
})

export const begun = Effect.fnUntraced(function* (text: string, options: Parameters<typeof ask>[1] = {}) {
  const turns = yield* Turns
  const { turn } = yield* turns.say(ask(text, options))
  return yield* settledInTest(turn)
})
