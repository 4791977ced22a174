/** A place where things are told: how it shows and sends, what that costs, and what its failures mean. */
import { type Duration, type Effect, type Option, Schema } from "effect"
import { type CodeHostError, describeCodeHostError } from "./CodeHost.ts"
import type { OutboxMessage, OutboxWork, StatusSlot } from "./Outbox.ts"

/** The vendor's limit is spent: nothing was done. */
export class BudgetSpent extends Schema.TaggedClass<BudgetSpent>()("BudgetSpent", {
  retryAfter: Schema.DurationFromMillis,
  /** The only budget that is concerned; without it all that the call needed. */
  budget: Schema.optionalKey(Schema.String)
}) {}
/** It was certainly not done, and the same may succeed later. */
export class NotDone extends Schema.TaggedClass<NotDone>()("NotDone", { detail: Schema.String }) {}
/** It may have been done: the answer did not arrive. */
export class Ambiguous extends Schema.TaggedClass<Ambiguous>()("Ambiguous", { detail: Schema.String }) {}
/** It was not done, and trying the same again cannot help. `detail` is for operators. */
export class NeverPossible extends Schema.TaggedClass<NeverPossible>()("NeverPossible", { detail: Schema.String }) {}

/** A sink could not do it. */
export class SinkError extends Schema.TaggedError<SinkError>()("SinkError", {
  sink: Schema.String,
  reason: Schema.Union([BudgetSpent, NotDone, Ambiguous, NeverPossible])
}) {}

/** What a failed call to the code host means to a sink. An answer that did not arrive is `NotDone`: for edits, and where one looks before one makes. */
export const sinkErrorOf = (sink: string, error: CodeHostError): SinkError => {
  switch (error.reason._tag) {
    case "RateLimited":
      return new SinkError({ sink, reason: new BudgetSpent({ retryAfter: error.reason.retryAfter }) })
    case "Unavailable":
      return new SinkError({ sink, reason: new NotDone({ detail: describeCodeHostError(error) }) })
    case "NotFound":
    case "Denied":
    case "Rejected":
      return new SinkError({ sink, reason: new NeverPossible({ detail: describeCodeHostError(error) }) })
  }
}

/** So many calls at once, and so many a minute. */
export interface Budget {
  /** Calls that may come at once after a pause. */
  readonly burst: number
  readonly perMinute: number
  /** Of the burst, what only questions and final states may use. Default 0. */
  readonly reserve?: number
}

/** How long changes of a slot are gathered before it is shown. */
export interface Pace {
  readonly quiet: Duration.Duration
  readonly longestWait: Duration.Duration
}

/**
 * One sink of one workspace or installation. `Dispatcher` calls it, never twice at the same time for one thread of the
 * append lane or one slot of the status lane.
 */
export interface Sink {
  /** As in the outbox. */
  readonly name: string
  /**
   * Renders the slot's subject as it is now, shows it, and answers where. A slot without a reference may have been shown
   * all the same, when the answer or we got lost: look for it before you make another. Idempotent.
   */
  show(slot: StatusSlot): Effect.Effect<string | null, SinkError>
  /** Sends a message, findable by its key, and answers where it is. */
  send(message: OutboxMessage): Effect.Effect<string, SinkError>
  /** Looks for a message of which it is not known whether it was sent. */
  find(message: OutboxMessage): Effect.Effect<Option.Option<string>, SinkError>
  /** The names of the budgets that a piece of work needs one call of each. */
  cost(work: OutboxWork): ReadonlyArray<string>
  budget(name: string): Budget
  /**
   * How long a message waits after so many attempts that came to nothing, or that it is given up: restarts change
   * neither, and a spent budget counts as an attempt. While it waits, the others of its thread pass it. Without this: a
   * second, twice as long each time, a minute at most; never given up and never passed, and a spent budget is no attempt.
   */
  retryAfter?(attempts: number): Duration.Duration | "never"
  /** A slot is shown once it has not changed for this time … */
  readonly quiet: Duration.Duration
  /** … or has waited for this one. */
  readonly longestWait: Duration.Duration
  /** For a slot that is worth another wait, or none. Default: as above. */
  pace?(slot: StatusSlot): Pace
  /** Slots of a thread that share a line are shown one after the other, in the order of their keys. Default: no line. */
  line?(slot: StatusSlot): string | undefined
}
