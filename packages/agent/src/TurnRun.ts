/** The durable execution of turns: after a crash each goes on from its record. */
import { Clock, Duration, Effect, type Layer, Option, Schedule, Schema } from "effect"
import type { LanguageModel } from "effect/ai"
import type { Digest } from "effect/crypto"
import { Activity, DurableClock, Workflow, type WorkflowEngine } from "effect/workflow"
import type { AgentModel } from "./AgentModel.ts"
import { AgentSettings } from "./AgentSettings.ts"
import type { Budget } from "./Budget.ts"
import type { Members } from "./Members.ts"
import type { Specialists } from "./Specialists.ts"
import { TurnId } from "./Turn.ts"
import * as TurnLoop from "./TurnLoop.ts"
import { TurnStore } from "./TurnStore.ts"

/**
 * One leg of a turn: until it ends or waits for somebody. It succeeds whatever becomes of the turn, whose record tells.
 * Executing it again joins or finds the first; what takes a turn up after it has waited is the next leg.
 */
export const TurnRun = Workflow.make("TurnRun", {
  payload: { turnId: TurnId, leg: Schema.Int },
  idempotencyKey: ({ leg, turnId }) => `${turnId}/${leg}`
})

/** The conversation's next turn, once this one has ended. */
const Next = Schema.Struct({ turnId: TurnId, leg: Schema.Int })

const nextAfter = (turnId: TurnId) =>
  Effect.gen(function* () {
    const store = yield* TurnStore
    const { conversation } = yield* store.get(turnId)
    const next = yield* store.next(conversation)
    return Option.match(next, { onNone: () => null, onSome: ({ id, leg }) => ({ turnId: id, leg }) })
    // NOTE: the database is away; the sweep finds what is queued.
  }).pipe(Effect.retry({ schedule: again, times: 5 }), Effect.orDie)

/** `awaySinceMs`: when the provider was first found away, in milliseconds since 1970. */
const Outcome = Schema.NullOr(Schema.Struct({ laterMs: Schema.Int, awaySinceMs: Schema.Int }))

type LoopServices =
  | AgentModel
  | AgentSettings
  | Budget
  | Digest.Digest
  | LanguageModel.LanguageModel
  | Members
  | Specialists
  | TurnStore

/** Ours failed, not the turn: tried again for about three seconds, then the execution dies and is taken up at the next sweep. */
const again = Schedule.exponential("100 millis")

/** Registers the workflow with the engine. */
export const layer: Layer.Layer<never, never, LoopServices | WorkflowEngine.WorkflowEngine> = TurnRun.toLayer(
  ({ turnId }) =>
    attempt(turnId, 1, null).pipe(
      Effect.andThen(Activity.make({ name: "next", success: Schema.NullOr(Next), execute: nextAfter(turnId) })),
      Effect.flatMap((next) =>
        next === null ? Effect.void : Effect.asVoid(TurnRun.execute(next, { discard: true, detached: true }))
      )
    )
)

const attempt = (
  turnId: TurnId,
  number: number,
  awaySinceMs: number | null
): Effect.Effect<void, never, LoopServices | WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance> =>
  Activity.make({ name: `advance/${number}`, success: Outcome, execute: advance(turnId, awaySinceMs) }).pipe(
    Effect.flatMap((later) =>
      later === null
        ? Effect.void
        : Effect.andThen(
            DurableClock.sleep({ name: `away/${number}`, duration: Duration.millis(later.laterMs) }),
            attempt(turnId, number + 1, later.awaySinceMs)
          )
    )
  )

const advance = Effect.fnUntraced(function* (turnId: TurnId, awaySinceMs: number | null) {
  const { patience } = yield* AgentSettings
  const store = yield* TurnStore
  const loop = yield* TurnLoop.make
  const turn = yield* Effect.retry(store.get(turnId), { schedule: again, times: 5 }).pipe(Effect.orDie)
  return yield* loop.advance(turnId).pipe(
    Effect.flatMap((outcome) =>
      Effect.gen(function* () {
        if (outcome._tag !== "Later") return null
        const nowMs = yield* Clock.currentTimeMillis
        const sinceMs = awaySinceMs ?? nowMs
        const waitedMs = nowMs - sinceMs
        if (waitedMs < Duration.toMillis(patience)) {
          return { laterMs: Duration.toMillis(outcome.after), awaySinceMs: sinceMs }
        }
        yield* loop.fail(
          turn,
          `The model's provider has not answered for ${Duration.format(Duration.minutes(Math.round(waitedMs / 60_000)))}. Ask again when it is back.`
        )
        return null
      })
    ),
    Effect.retry({ schedule: again, times: 5 }),
    Effect.catchDefect((defect) =>
      Effect.logError(`A defect in the turn ${turnId}`, defect).pipe(
        Effect.andThen(
          loop.fail(turn, "The server itself made a mistake here. Its log has the details for the operator.")
        ),
        Effect.as(null)
      )
    ),
    // NOTE: the database is away, on which the engine stands too: the sweep takes the turn up again.
    Effect.orDie
  )
})
