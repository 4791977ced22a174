/** What the agent did and spent, for the API and the dashboard. */
import type { Turn, TurnEntry, TurnId, TurnNotFound, TurnStoreError } from "@productbuilding/agent"
import type { BudgetError } from "@productbuilding/agent/Budget"
import type { ConversationId } from "@productbuilding/agent/Conversation"
import { brokenAt, resourcesOf, sumsOf } from "@productbuilding/agent/TurnAudit"
import { recordOf } from "@productbuilding/agent/TurnRecord"
import { OperationLog, ResourceLedger, type ResourceLedgerError } from "@productbuilding/core"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { Digest } from "effect/crypto"
import { Agent } from "./AgentPort.ts"
import { type AgentBudgets, AgentMissing, type TurnDetail, type TurnSummary } from "./TurnReport.ts"

/** Who has stopped it, as its record and the asker are told. */
const operator = "an operator"

const summaryOf = (turn: Turn, entries: ReadonlyArray<TurnEntry>): typeof TurnSummary.Type => {
  const { doing, writes } = recordOf(entries)
  return { turn, doing: doing ?? null, writes, sums: sumsOf(entries) }
}

/** Where no agent runs, everything but `isHere` and `changes` fails with `AgentMissing`. */
export class AgentReport extends Context.Service<
  AgentReport,
  {
    readonly isHere: boolean
    /** Newest first. */
    turns(options: {
      readonly limit: number
      readonly conversation?: ConversationId
    }): Effect.Effect<ReadonlyArray<typeof TurnSummary.Type>, AgentMissing | TurnNotFound | TurnStoreError>
    turn(
      id: TurnId
    ): Effect.Effect<typeof TurnDetail.Type, AgentMissing | TurnNotFound | TurnStoreError | ResourceLedgerError>
    /** In the name of an operator. When it succeeds, nothing is written any more that had not been started. */
    stop(id: TurnId): Effect.Effect<Turn, AgentMissing | TurnNotFound | TurnStoreError>
    readonly budgets: Effect.Effect<typeof AgentBudgets.Type, AgentMissing | BudgetError>
    /** That some turn is different now. Says nothing of it. */
    readonly changes: Stream.Stream<void>
  }
>()("@productbuilding/server/AgentReport") {
  static readonly layer: Layer.Layer<AgentReport, never, Agent | Digest.Digest | OperationLog | ResourceLedger> =
    Layer.effect(
      AgentReport,
      Effect.gen(function* () {
        const digest = yield* Digest.Digest
        const ledger = yield* ResourceLedger
        const log = yield* OperationLog
        const agent = yield* Agent
        const parts = Effect.mapError(Effect.fromOption(agent), () => AgentMissing.here)

        const turns: AgentReport["Service"]["turns"] = Effect.fn("AgentReport.turns")(function* (options) {
          const { store } = yield* parts
          return yield* Effect.forEach(yield* store.list(options), (turn) =>
            Effect.map(store.entries(turn.id), (entries) => summaryOf(turn, entries))
          )
        })

        const turn = Effect.fn("AgentReport.turn")(function* (id: TurnId) {
          const { store } = yield* parts
          // NOTE: a record only grows, so entries that are read first agree with a row that is read after them or lack
          // its newest: read again then.
          const [entries, row] = yield* Effect.all([store.entries(id), store.get(id)]).pipe(
            Effect.repeat({
              until: ([read, { state }]) => (read.at(-1)?.fact._tag === "Ended") === (state === "ended"),
              times: 2
            })
          )
          const broken = yield* brokenAt(row, entries).pipe(
            Effect.provideService(Digest.Digest, digest),
            // What was decoded encodes, and SHA-256 is always there.
            Effect.orDie
          )
          const resources = yield* Effect.forEach(resourcesOf(entries), (key) => ledger.find(key))
          return {
            turn: row,
            entries,
            chain: { whole: broken === undefined, brokenAt: broken ?? null },
            sums: sumsOf(entries),
            resources: resources.flatMap(Option.toArray)
          }
        })

        return AgentReport.of({
          isHere: Option.isSome(agent),
          turns,
          turn,
          stop: Effect.fn("AgentReport.stop")(function* (id: TurnId) {
            const { turns } = yield* parts
            return yield* turns.stop(id, operator)
          }),
          budgets: Effect.flatMap(parts, ({ budget }) =>
            Effect.map(budget.today, (today) => ({ ...budget.limits, today }))
          ).pipe(Effect.withSpan("AgentReport.budgets")),
          changes: Option.isNone(agent)
            ? Stream.empty
            : log.stream().pipe(
                Stream.filter(({ type }) => type === "turn"),
                Stream.map(() => undefined),
                // NOTE: the database is away: whoever watches reads again by itself from time to time.
                Stream.catchCause((cause) =>
                  Stream.fromEffectDrain(Effect.logWarning("Changes of turns are not told", cause))
                )
              )
        })
      })
    )
}
