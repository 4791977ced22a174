/** What a turn's record says of itself: whether it is whole, and what it cost. */
import { Effect } from "effect"
import type { Turn, TurnEntry } from "./Turn.ts"
import { firstBroken } from "./TurnHash.ts"

/** What a turn has used. Money in millionths of a US dollar. */
export interface TurnSums {
  readonly modelCalls: number
  readonly toolCalls: number
  readonly inputTokens: number
  /** Of the input, what came from the provider's cache. */
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly microDollars: number
  /** Model calls whose price nobody knows: they are not in `microDollars`. */
  readonly unpriced: number
}

export const sumsOf = (entries: ReadonlyArray<TurnEntry>): TurnSums => {
  const calls = entries.flatMap(({ fact }) => (fact._tag === "Model" ? [fact.spent] : []))
  const total = (of: (spent: (typeof calls)[number]) => number) => calls.reduce((sum, spent) => sum + of(spent), 0)
  return {
    modelCalls: calls.length,
    toolCalls: new Set(entries.flatMap(({ fact }) => (fact._tag === "Started" ? [fact.call.id] : []))).size,
    inputTokens: total(({ inputTokens }) => inputTokens),
    cachedTokens: total(({ cachedTokens }) => cachedTokens),
    outputTokens: total(({ outputTokens }) => outputTokens),
    microDollars: total(({ microDollars }) => microDollars ?? 0),
    unpriced: calls.filter(({ microDollars }) => microDollars === null).length
  }
}

/**
 * The number of the first entry that is not as it was written: changed, missing, or out of place. `undefined` if the record
 * is whole. The chain alone cannot tell that its last entries were cut off, nor that the turn's own row was changed, so both
 * are compared: a record begins with what the turn was asked, and that of an ended turn ends with how it ended.
 */
export const brokenAt = Effect.fnUntraced(function* (turn: Turn, entries: ReadonlyArray<TurnEntry>) {
  const foreign = entries.findIndex(({ turnId }) => turnId !== turn.id)
  const broken = yield* firstBroken(foreign === -1 ? entries : entries.slice(0, foreign))
  if (broken !== undefined) return broken
  if (foreign !== -1) return foreign + 1
  const first = entries[0]?.fact
  if (first?._tag !== "Asked" || first.text !== turn.text) return 1
  const last = entries.at(-1)?.fact
  const ending = last?._tag === "Ended" ? last : undefined
  const agrees = (ending?.outcome ?? null) === turn.outcome && (ending?.text ?? null) === turn.answer
  return agrees ? undefined : ending === undefined ? entries.length + 1 : entries.length
})

/** Owner keys of what it made outside, each once, in order. */
export const resourcesOf = (entries: ReadonlyArray<TurnEntry>): ReadonlyArray<string> =>
  Array.from(new Set(entries.flatMap(({ fact }) => (fact._tag === "Finished" ? fact.resources : []))))
