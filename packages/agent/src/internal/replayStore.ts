/** A turn's record, played: what people did comes from it in its place, and what the code decides is held against it. */
import { Deferred, Effect } from "effect"
import type { Difference, ReplayEnd, Replayed } from "../Replayed.ts"
import { type ModelEntry, Turn, type TurnEntry, type TurnFact } from "../Turn.ts"
import { TurnMoved, TurnOver, TurnStore } from "../TurnStore.ts"

type Recorded = { readonly turn: Turn; readonly entries: ReadonlyArray<TurnEntry> }

/** The code host's answer to whether somebody may; the rest of the sentence is the code host's own. */
const unknownPermission = /^Whether .* may do this could not be found out: /

const errorOf = (fact: TurnFact): string =>
  fact._tag === "Finished" && typeof fact.result === "object" && fact.result !== null && "error" in fact.result
    ? String(fact.result["error"])
    : ""

const sameJson = (left: unknown, right: unknown): boolean =>
  JSON.stringify(sorted(left)) === JSON.stringify(sorted(right))

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)])
  )
}

/** Whether it is the same decision. Wording, times and what outside answered are not decided by the code. */
const sameDecision = (decided: TurnFact, recorded: TurnFact, wasStarted: boolean): boolean => {
  switch (decided._tag) {
    case "Model":
      return (
        recorded._tag === "Model" && decided.purpose === recorded.purpose && sameJson(decided.calls, recorded.calls)
      )
    case "Routed":
      return (
        recorded._tag === "Routed" &&
        decided.specialist === recorded.specialist &&
        decided.confidence === recorded.confidence
      )
    case "Started":
      return recorded._tag === "Started" && decided.writes === recorded.writes && sameJson(decided.call, recorded.call)
    case "Finished":
      return (
        recorded._tag === "Finished" &&
        decided.callId === recorded.callId &&
        decided.failed === recorded.failed &&
        (wasStarted ||
          sameJson(decided.result, recorded.result) ||
          (unknownPermission.test(errorOf(decided)) && unknownPermission.test(errorOf(recorded))))
      )
    case "Approval":
      return (
        recorded._tag === "Approval" && decided.digest === recorded.digest && decided.permission === recorded.permission
      )
    case "Ended":
      return (
        recorded._tag === "Ended" &&
        decided.outcome === recorded.outcome &&
        (decided.outcome !== "answered" || decided.text === recorded.text || recorded.text.includes("[secret removed]"))
      )
    default:
      return false
  }
}

export type ReplayStore = ReturnType<typeof makeReplayStore>

export const makeReplayStore = (record: Recorded, over: Deferred.Deferred<ReplayEnd>) => {
  const played: Array<TurnEntry> = []
  const started = new Set<string>()
  const otherPrompts: Array<number> = []
  let decisions = 0
  let stopped = false
  let difference: Difference | undefined

  const { answer: _answer, endedAt: _endedAt, outcome: _outcome, state: _state, ...asked } = record.turn
  const turn = new Turn({ ...asked, state: "running", outcome: null, answer: null, endedAt: null })

  const here = (): TurnEntry | undefined => record.entries[played.length]

  const take = (entry: TurnEntry) => {
    played.push(entry)
    if (entry.fact._tag === "Started") started.add(entry.fact.call.id)
    if (entry.fact._tag === "Stop") stopped = true
  }

  /** What the code does not decide: people, budgets and whether they are spent, an older conversation, and a start after a crash. */
  const isOutside = (fact: TurnFact): boolean => {
    switch (fact._tag) {
      case "Asked":
      case "Steered":
      case "Decided":
      case "Stop":
      case "Warned":
        return true
      case "Model":
        return fact.purpose === "summary"
      case "Started":
        return started.has(fact.call.id)
      case "Approval":
        return fact.budget !== undefined
      default:
        return false
    }
  }

  const catchUp = () => {
    for (let next = here(); next !== undefined && isOutside(next.fact); next = here()) take(next)
  }

  const finish = (end: ReplayEnd): Effect.Effect<never> => Effect.andThen(Deferred.succeed(over, end), Effect.never)

  /** The record does not go on like this. `undefined`: to ask the model. */
  const differs = (decided: TurnFact | undefined): Effect.Effect<never> => {
    const recorded = here()?.fact
    if (recorded === undefined) return finish("open")
    const gaveUp = recorded._tag === "Ended" && recorded.outcome === "failed"
    if (gaveUp && decided?._tag !== "Ended") {
      const ending = here()
      if (ending !== undefined) take(ending)
      return finish("cut off")
    }
    difference = { number: played.length + 1, recorded, decided }
    return finish("differs")
  }

  const decide = Effect.fnUntraced(function* (decided: TurnFact) {
    catchUp()
    if (stopped && decided._tag !== "Finished" && decided._tag !== "Ended") {
      return yield* new TurnOver({ id: turn.id, reason: "stopped" })
    }
    const next = here()
    const wasStarted = decided._tag === "Finished" && started.has(decided.callId)
    if (next === undefined || !sameDecision(decided, next.fact, wasStarted)) return yield* differs(decided)
    if (decided._tag === "Model" && next.fact._tag === "Model" && decided.promptDigest !== next.fact.promptDigest) {
      otherPrompts.push(next.number)
    }
    decisions += 1
    take(next)
  })

  const append = (facts: ReadonlyArray<TurnFact>) => Effect.as(Effect.forEach(facts, decide, { discard: true }), turn)

  const never = (what: string) => Effect.die(new Error(`A replay never asks its store to ${what}`))

  const port = TurnStore.of({
    get: () => Effect.succeed(turn),
    entries: () =>
      Effect.sync(() => {
        catchUp()
        return [...played]
      }),
    append: (_, facts) => append(facts),
    appendAfter: (id, entries, fact) =>
      Effect.suspend((): Effect.Effect<Turn, TurnMoved | TurnOver> => {
        catchUp()
        return entries === played.length ? append([fact]) : Effect.fail(new TurnMoved({ id }))
      }),
    history: () => Effect.succeed({ summary: undefined, turns: [] }),
    // NOTE: unreachable: the loop takes no messages, and without a history there is nothing to sum up.
    receive: () => never("receive"),
    next: () => Effect.succeedNone,
    nextLeg: () => Effect.succeed(turn),
    summarise: () => never("summarise"),
    list: () => Effect.succeed([turn]),
    open: Effect.succeed([turn])
  })

  return {
    port,
    differs,
    position: () => played.length,
    isAtEnd: () => played.length === record.entries.length,
    /** The recorded answer of the model, or the end of the replay. */
    modelAnswer: Effect.suspend((): Effect.Effect<typeof ModelEntry.Type> => {
      const next = here()?.fact
      return next?._tag === "Model" ? Effect.succeed(next) : differs(undefined)
    }),
    /** What became of a call, wherever it stands in the record. */
    resultOf: (callId: string) =>
      record.entries.flatMap(({ fact }) => (fact._tag === "Finished" && fact.callId === callId ? [fact] : []))[0],
    finish,
    outcome: (): Omit<Replayed, "end"> => ({ difference, agreed: played.length, decisions, otherPrompts })
  }
}
