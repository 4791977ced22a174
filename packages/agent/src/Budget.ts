/** What the agent may spend: reserved before each model call, settled after it, never overdrawn by more than one call. */
import { Config, Context, type Effect, Schema } from "effect"
import { amountOf } from "./BudgetWords.ts"
import { Overdraft, type Turn } from "./Turn.ts"

/** The share of a limit from which on the asker is warned. */
export const warnAt = 0.8

/** For whom a limit counts. Days are those of UTC. */
export const BudgetScope = Schema.Literals(["user", "channel", "project", "everybody"])
export type BudgetScope = typeof BudgetScope.Type

/** Tokens in and out, and millionths of a US dollar. */
export interface Amount {
  readonly tokens: number
  readonly microDollars: number
}

/** Limits of a day. `null`: none. */
export interface DailyLimit {
  readonly tokens: number | null
  readonly microDollars: number | null
}

/** All limits. Those of a turn are counted from its own record. */
export interface BudgetLimits {
  readonly turn: {
    readonly modelCalls: number
    readonly toolCalls: number
    readonly tokens: number
    readonly microDollars: number | null
  }
  readonly daily: Readonly<Record<BudgetScope, DailyLimit>>
}

/** How much of a day's limit is gone, reservations included. */
export interface BudgetUse {
  readonly scope: BudgetScope
  readonly key: string
  readonly day: string
  readonly spent: Amount
  readonly limit: DailyLimit
}

/** The turn has used what one turn may. Not retryable, unless somebody grants it `more`. `message` is for the asker. */
export class TurnBudgetSpent extends Schema.TaggedError<TurnBudgetSpent>()("TurnBudgetSpent", {
  unit: Overdraft.fields.unit,
  spent: Schema.Int,
  limit: Schema.Int,
  /** As much again as a turn has to begin with. */
  more: Schema.Int
}) {
  override get message(): string {
    return `I have used ${amountOf(this.unit, this.spent)} on this without coming to an end, which is as much as one request may. Ask for a part of it.`
  }
}

/** A limit of the day would be passed. Not retryable today, unless an operator raises it or the turn is granted more. */
export class BudgetExceeded extends Schema.TaggedError<BudgetExceeded>()("BudgetExceeded", {
  scope: BudgetScope,
  key: Schema.String,
  day: Schema.String,
  unit: Schema.Literals(["tokens", "money"]),
  spent: Schema.Int,
  limit: Schema.Int,
  /** What was to be set aside. */
  needed: Schema.Int
}) {
  override get message(): string {
    const whose = this.scope === "everybody" ? "everybody together" : `the ${this.scope} ${this.key}`
    return `Today's budget of ${whose} is spent: ${amountOf(this.unit, this.spent)} of ${amountOf(this.unit, this.limit)}. It starts anew at midnight UTC; an operator can raise it.`
  }
}

/** The database failed. Retryable; nothing may be spent meanwhile. */
export class BudgetError extends Schema.TaggedError<BudgetError>()("BudgetError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** The daily budgets. When it cannot tell, it fails: nobody spends on credit. */
export class Budget extends Context.Service<
  Budget,
  {
    readonly limits: BudgetLimits
    /**
     * Sets an amount aside in every scope of the turn, or in none. The same id replaces its former reservation, so after a
     * crash it is not counted twice. Answers with those scopes that have passed four fifths of their limit.
     *
     * What no longer fits into a limit is paid from what this turn was granted beyond it, if that suffices for all that it
     * pays. It counts as spent like anything else, so no other turn has more by it, nor less of what it was granted itself.
     * A grant is of its day.
     */
    reserve(
      id: string,
      turn: Turn,
      amount: Amount,
      granted?: ReadonlyArray<Overdraft>
    ): Effect.Effect<ReadonlyArray<BudgetUse>, BudgetExceeded | BudgetError>
    /** Puts what was really spent in the place of the reservation. Idempotent. */
    settle(id: string, amount: Amount): Effect.Effect<void, BudgetError>
    /** Today's use of all scopes, the fullest first. */
    readonly today: Effect.Effect<ReadonlyArray<BudgetUse>, BudgetError>
  }
>()("@productbuilding/agent/Budget") {}

const limit = (name: string, fallback: number) =>
  Config.Int(name).pipe(
    Config.withDefault(fallback),
    Config.map((value) => (value <= 0 ? null : value))
  )

const dailyLimit = (name: string, tokens: number, cents: number) =>
  Config.all({
    tokens: limit(`AGENT_DAILY_TOKENS_${name}`, tokens),
    microDollars: limit(`AGENT_DAILY_CENTS_${name}`, cents).pipe(
      Config.map((value) => (value === null ? null : value * 10_000))
    )
  })

/**
 * Reads `AGENT_MAX_MODEL_CALLS` (12), `AGENT_MAX_TOOL_CALLS` (30), `AGENT_MAX_TOKENS` (200,000) and `AGENT_MAX_CENTS` (100)
 * for a turn, and for a day `AGENT_DAILY_TOKENS_*` and `AGENT_DAILY_CENTS_*` with `USER` (1,000,000; 500), `CHANNEL`
 * (3,000,000; 1,500), `PROJECT` (5,000,000; 2,500) and `EVERYBODY` (10,000,000; 5,000). 0 or less means no limit of the day.
 */
export const limitsConfig: Config.Config<BudgetLimits> = Config.all({
  turn: Config.all({
    modelCalls: Config.Int("AGENT_MAX_MODEL_CALLS").pipe(Config.withDefault(12)),
    toolCalls: Config.Int("AGENT_MAX_TOOL_CALLS").pipe(Config.withDefault(30)),
    tokens: Config.Int("AGENT_MAX_TOKENS").pipe(Config.withDefault(200_000)),
    microDollars: limit("AGENT_MAX_CENTS", 100).pipe(Config.map((value) => (value === null ? null : value * 10_000)))
  }),
  daily: Config.all({
    user: dailyLimit("USER", 1_000_000, 500),
    channel: dailyLimit("CHANNEL", 3_000_000, 1500),
    project: dailyLimit("PROJECT", 5_000_000, 2500),
    everybody: dailyLimit("EVERYBODY", 10_000_000, 5000)
  })
})
