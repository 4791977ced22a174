/**
 * A turn once more, from its record alone: the model answers what it answered then, tools return what they returned then,
 * people say what they said then. What is decided between is decided anew by the code of today, and compared.
 */
import { Deferred, Duration, Effect, Layer } from "effect"
import type { Digest } from "effect/crypto"
import { type AgentPolicy, defaultPolicy } from "./AgentPolicy.ts"
import { AgentSettings } from "./AgentSettings.ts"
import { Budget } from "./Budget.ts"
import { withRecordedAnswers } from "./internal/replayOutside.ts"
import { makeReplayStore } from "./internal/replayStore.ts"
import type { ReplayEnd, Replayed } from "./Replayed.ts"
import { Specialists } from "./Specialists.ts"
import type { Turn, TurnEntry } from "./Turn.ts"
import * as TurnLoop from "./TurnLoop.ts"
import { TurnStore } from "./TurnStore.ts"

const unlimited = {
  turn: {
    modelCalls: Number.POSITIVE_INFINITY,
    toolCalls: Number.POSITIVE_INFINITY,
    tokens: Number.POSITIVE_INFINITY,
    microDollars: null
  },
  daily: {
    user: { tokens: null, microDollars: null },
    channel: { tokens: null, microDollars: null },
    project: { tokens: null, microDollars: null },
    everybody: { tokens: null, microDollars: null }
  }
}

/** NOTE: what others had spent by then is not in the record, so it is not judged again. */
const BudgetLayer = Layer.succeed(
  Budget,
  Budget.of({
    limits: unlimited,
    reserve: () => Effect.succeed([]),
    settle: () => Effect.void,
    today: Effect.succeed([])
  })
)

/**
 * Runs the turn through the real loop without a network, a clock that matters, or a database. `Specialists` are those whose
 * tools judge the calls; none of their tools runs. Takes the policy of today, by default `defaultPolicy`.
 *
 * Somebody's permission on the code host is not in the record unless it was refused; where the record let a call pass, it is
 * taken to have sufficed.
 */
export const replay = Effect.fn("Replay.replay")(function* (
  record: { readonly turn: Turn; readonly entries: ReadonlyArray<TurnEntry> },
  options: { readonly policy?: AgentSettings["Service"]["policy"] } = {}
): Effect.fn.Return<Replayed, never, Digest.Digest | Specialists> {
  const { turn } = record
  const { policy = (): AgentPolicy => defaultPolicy } = options
  const over = yield* Deferred.make<ReplayEnd>()
  const store = makeReplayStore(record, over)
  const specialists = yield* Specialists
  const outside = withRecordedAnswers(store, specialists, turn.id)
  const settings = Layer.succeed(
    AgentSettings,
    AgentSettings.of({
      tokenBudget: 8000,
      runTimeout: Duration.infinity,
      approvalTime: Duration.hours(1),
      patience: Duration.infinity,
      policy
    })
  )
  const run = Effect.gen(function* () {
    const loop = yield* TurnLoop.make
    while (true) {
      const before = store.position()
      const { _tag } = yield* loop.advance(turn.id)
      if (_tag === "Ended") return store.isAtEnd() ? ("same" as const) : yield* store.differs(undefined)
      // NOTE: it waits for somebody; what they did, if anything, is the record's next entry.
      if (_tag === "Later" || store.isAtEnd()) return "open" as const
      if (store.position() === before) return yield* store.differs(undefined)
    }
  }).pipe(
    Effect.provide(Layer.mergeAll(outside, settings, BudgetLayer, Layer.succeed(TurnStore, store.port))),
    // NOTE: the turn's own store knows it, holds it in memory and refuses nothing.
    Effect.orDie
  )
  const end = yield* Effect.raceFirst(run, Deferred.await(over))
  return { end, ...store.outcome() }
})
