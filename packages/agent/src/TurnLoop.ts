/** What moves a turn: from its record to the next thing to do, until it ends or has to wait. */
import { Clock, Duration, Effect, Schedule } from "effect"
import { refusalOf } from "./AgentPolicy.ts"
import { AgentSettings } from "./AgentSettings.ts"
import type { BudgetExceeded, TurnBudgetSpent } from "./Budget.ts"
import * as BudgetConsent from "./BudgetConsent.ts"
import { answeredBy, invokeAgent } from "./internal/turnSpans.ts"
import * as ModelCalls from "./ModelCalls.ts"
import { outgoing } from "./Outgoing.ts"
import { oneLine, ownWords, visible, withoutSecrets } from "./OutsideText.ts"
import { estimateTokens, forRouting, forSummary, forWork } from "./Prompting.ts"
import { Specialists } from "./Specialists.ts"
import type { Turn, TurnId, TurnOutcome } from "./Turn.ts"
import * as TurnCalls from "./TurnCalls.ts"
import { drawEvery, TurnDrafts, whole } from "./TurnDrafts.ts"
import { recordOf, type TurnRecord } from "./TurnRecord.ts"
import { TurnStore } from "./TurnStore.ts"

/**
 * How far a turn came. `waiting`: for somebody's approval, which takes it up again. `later`: a provider is away; advance it
 * again after that time.
 */
export type Advance =
  | { readonly _tag: "Ended" }
  | { readonly _tag: "Waiting" }
  | { readonly _tag: "Later"; readonly after: Duration.Duration; readonly detail: string }

/** Below this confidence nobody is chosen: the asker is. */
const sureEnough = 0.5

/** How often a running model call is compared with what people want by now. */
const stopCheck = Duration.millis(500)

const ended: Advance = { _tag: "Ended" }
const waiting: Advance = { _tag: "Waiting" }

const forPeople = (turn: Turn, text: string): string =>
  outgoing(withoutSecrets(visible(text)), `${ownWords(turn.text)} ${turn.asker.login ?? ""}`)

const maxReasonCharacters = 300

/** Turns in the history that are never folded into its summary. */
const keptWhole = 3

export const make = Effect.gen(function* () {
  const { policy, runTimeout, tokenBudget } = yield* AgentSettings
  const calls = yield* TurnCalls.make
  const consent = yield* BudgetConsent.make
  const drafts = yield* TurnDrafts
  const models = yield* ModelCalls.make
  const specialists = yield* Specialists
  const store = yield* TurnStore

  /** An end that was there before stays. */
  const end = (turn: Turn, outcome: TurnOutcome, text: string, options: ReadonlyArray<string> = []) =>
    store.append(turn.id, [{ _tag: "Ended", outcome, text: forPeople(turn, text), options }]).pipe(
      Effect.catchTag("TurnOver", () => Effect.void),
      Effect.as(ended)
    )

  /** `undefined` when more was said while the model was writing: then it has to answer that as well. */
  const answer = (turn: Turn, entries: number, text: string) =>
    store
      .appendAfter(turn.id, entries, { _tag: "Ended", outcome: "answered", text: forPeople(turn, text), options: [] })
      .pipe(
        Effect.as<Advance | undefined>(ended),
        Effect.catchTag("TurnMoved", () => Effect.undefined)
      )

  /** What was changed before it came to an end that nobody had wanted, so that nobody has to guess. */
  const doneSoFar = ({ writes }: TurnRecord) =>
    writes.length === 0 ? "Nothing was changed." : `Done before that:\n${writes.map((line) => `- ${line}`).join("\n")}`

  const recordNow = (id: TurnId) => Effect.map(store.entries(id), (entries) => ({ entries, record: recordOf(entries) }))

  const stopped = (id: TurnId) =>
    recordNow(id).pipe(
      Effect.repeat({
        until: ({ record }) => record.stoppedBy !== undefined,
        schedule: Schedule.spaced(stopCheck)
      }),
      Effect.asVoid
    )

  /** Shows what is written so far, now and then. */
  const drawing = (turn: Turn) => {
    let nextMs = 0
    return Effect.fnUntraced(function* (written: string) {
      const nowMs = yield* Clock.currentTimeMillis
      if (written !== "" && nowMs < nextMs) return
      nextMs = nowMs + Duration.toMillis(drawEvery)
      yield* drafts.put(turn.id, forPeople(turn, whole(written)))
    })
  }

  /** Folds what no longer fits into the conversation's summary, once half of the budget would go to history. */
  const keepHistoryShort = Effect.fnUntraced(function* (turn: Turn, record: TurnRecord) {
    const history = yield* store.history(turn.id)
    const size = history.turns.reduce((sum, one) => sum + estimateTokens(`${one.text}${one.answer ?? ""}`), 0)
    const older = history.turns.slice(keptWhole)
    const [newest] = older
    if (newest === undefined || size < tokenBudget / 2) return false
    const summary = yield* models
      .summarise(turn, record, forSummary({ summary: history.summary, turns: older }))
      .pipe(Effect.raceFirst(Effect.as(stopped(turn.id), undefined)))
    if (summary !== undefined) yield* store.summarise(newest.id, summary)
    return true
  })

  const route = Effect.fnUntraced(function* (turn: Turn, record: TurnRecord) {
    const [first, ...others] = specialists.all
    const history = yield* store.history(turn.id)
    const chosen =
      others.length === 0
        ? { specialist: first.name, confidence: 1, reason: "There is nobody else." }
        : yield* models
            .choose(turn, record, forRouting(turn, history, specialists.all, tokenBudget), [
              first.name,
              ...others.map(({ name }) => name)
            ])
            .pipe(Effect.raceFirst(Effect.as(stopped(turn.id), "stopped" as const)))
    if (chosen === "stopped") return undefined
    if (chosen === undefined)
      return yield* end(turn, "failed", "I could not make out what you want. Say it in other words.")
    const { doing } = specialists.all.find(({ name }) => name === chosen.specialist) ?? first
    yield* store.append(turn.id, [
      { _tag: "Routed", ...chosen, reason: withoutSecrets(oneLine(chosen.reason, maxReasonCharacters)), doing }
    ])
    if (chosen.confidence >= sureEnough) return undefined
    return yield* end(
      turn,
      "asked",
      "I am not sure what you want me to do. Choose, or say it in other words.",
      specialists.all.map(({ doing }) => doing)
    )
  })

  /** One step. `undefined`: go on. */
  const step = Effect.fnUntraced(function* (turn: Turn) {
    const { entries, record } = yield* recordNow(turn.id)
    if (record.ended) return ended
    if (record.stoppedBy !== undefined) {
      return yield* end(turn, "stopped", `Stopped by ${record.stoppedBy}. ${doneSoFar(record)}`)
    }
    const refusal = refusalOf(policy(turn.repository), turn.asker)
    if (refusal !== undefined) return yield* end(turn, "refused", refusal)
    if (record.approval?.verdict === "open") return waiting
    const noMore = BudgetConsent.withheld(record)
    if (noMore !== undefined) return yield* end(turn, "failed", `${noMore} ${doneSoFar(record)}`)
    if (record.specialist === undefined) {
      if (record.modelCalls === 0 && (yield* keepHistoryShort(turn, record))) return undefined
      return yield* route(turn, record)
    }
    const specialist = specialists.all.find(({ name }) => name === record.specialist) ?? specialists.all[0]
    yield* answeredBy(specialist.name)
    if (record.pending.length > 0) {
      const settled = yield* calls.settle(turn, record, specialist)
      return settled === "waiting" ? waiting : undefined
    }
    if (record.finalText !== undefined) {
      return record.finalText.trim() === ""
        ? yield* end(turn, "failed", `I have nothing to say to that. ${doneSoFar(record)}`)
        : yield* answer(turn, entries.length, record.finalText)
    }
    const history = yield* store.history(turn.id)
    yield* models
      .work(
        turn,
        record,
        forWork(turn, entries, history, specialist, tokenBudget),
        specialist.tools,
        drafts.isFollowed ? drawing(turn) : undefined
      )
      .pipe(Effect.raceFirst(stopped(turn.id)))
    return undefined
  })

  const fail = Effect.fnUntraced(function* (turn: Turn, message: string) {
    const { record } = yield* recordNow(turn.id)
    return yield* end(turn, "failed", `${message} ${doneSoFar(record)}`)
  })

  /** `undefined` when more was said meanwhile, or somebody wants it to stop: go on. */
  const askForMore = (turn: Turn) =>
    Effect.fnUntraced(function* (error: TurnBudgetSpent | BudgetExceeded) {
      const { entries, record } = yield* recordNow(turn.id)
      const approval = yield* consent.approvalOf(turn, record, entries.length, error)
      if (approval === undefined) return yield* fail(turn, error.message)
      return yield* store.appendAfter(turn.id, entries.length, approval).pipe(
        Effect.as<Advance | undefined>(waiting),
        Effect.catchTag("TurnMoved", () => Effect.undefined)
      )
    })

  const stepUntilDone = (turn: Turn) =>
    step(turn).pipe(
      Effect.catchTag(["TurnBudgetSpent", "BudgetExceeded"], askForMore(turn)),
      Effect.repeat({ until: (outcome) => outcome !== undefined }),
      Effect.map((outcome): Advance => outcome ?? ended)
    )

  /**
   * Takes the turn as far as it goes now. May be called again at any time, also after a crash in the middle of it: it goes
   * on from the record. At most one at a time for a turn.
   */
  const advance = Effect.fn("TurnLoop.advance")(function* (id: TurnId) {
    const turn = yield* store.get(id)
    return yield* stepUntilDone(turn).pipe(
      Effect.timeoutOrElse({
        duration: runTimeout,
        orElse: () =>
          fail(turn, `This took longer than ${Duration.format(runTimeout)}, so I gave up. Ask for a part of it.`)
      }),
      Effect.catchTags({
        ProviderAway: ({ detail, retryAfter }) => Effect.succeed<Advance>({ _tag: "Later", after: retryAfter, detail }),
        ModelRefused: ({ message }) => fail(turn, message),
        // NOTE: somebody wants it to stop: the next step says so.
        TurnOver: () => stepUntilDone(turn)
      }),
      invokeAgent(turn)
    )
  })

  return { advance, fail }
})
