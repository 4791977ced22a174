/**
 * What is to be told to the outside, kept until it was told, in two lanes. The status lane has one slot for each thing
 * that is shown, in which only the newest version counts. The append lane keeps every message of a thread, in order.
 */
import { Context, type Effect, type Option, Schema, type Stream } from "effect"

/**
 * What may use the room that a sink reserves: a `question` waits for a person, a `final` tells how something ended.
 * `normal` is everything else that people read, `progress` is what the next state makes stale.
 */
export const Priority = Schema.Literals(["question", "final", "normal", "progress"])
export type Priority = typeof Priority.Type

/** One place in the status lane. What it shows is rendered from the current state when it is sent, so none is stored. */
export class StatusSlot extends Schema.Class<StatusSlot>("@productbuilding/core/StatusSlot")({
  /** The name of the sink that shows it, for example `github`. */
  sink: Schema.String,
  /** Unique in its sink, for example `preview:acme/shop#12`. */
  key: Schema.String,
  /** Work is shared fairly over threads. */
  thread: Schema.String,
  priority: Priority,
  /** Grows with each change. */
  version: Schema.Int,
  /** The newest version that is shown, 0 before the first. */
  sentVersion: Schema.Int,
  /** Where it is shown, in the sink's words, once it is. */
  reference: Schema.NullOr(Schema.String),
  /** Why the newest version could not be shown, when nothing but a change can help. */
  failure: Schema.NullOr(Schema.String),
  /** When it first differed from what is shown. */
  since: Schema.DateTimeUtcFromMillis,
  /** Until then it is not shown for the first time; what is shown may change at any time, as nobody is told of that. */
  notBefore: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  changedAt: Schema.DateTimeUtcFromMillis
}) {}

/** One message of the append lane. */
export class OutboxMessage extends Schema.Class<OutboxMessage>("@productbuilding/core/OutboxMessage")({
  /** The order over all threads. */
  sequence: Schema.Int,
  sink: Schema.String,
  thread: Schema.String,
  /** Chosen by the sender and unique in its sink: the same message twice is one. Sinks can find a message by it. */
  key: Schema.String,
  content: Schema.Json,
  priority: Priority,
  /** `sending`: on its way, or perhaps there: only looking tells. `dropped`: the sink will never take it. */
  state: Schema.Literals(["waiting", "sending", "sent", "dropped"]),
  attempts: Schema.Int,
  /** After attempts in vain: when the next may be made. `null`: at once, or when the dispatcher thinks fit. */
  retryAt: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  reference: Schema.NullOr(Schema.String),
  failure: Schema.NullOr(Schema.String),
  /** Until then it is held, unless a later message of its thread is not: that one takes along what waits before it. */
  notBefore: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  createdAt: Schema.DateTimeUtcFromMillis,
  settledAt: Schema.NullOr(Schema.DateTimeUtcFromMillis)
}) {}

/** A change of a slot, a new message, or one more item of a message that is gathered. Nothing is held by default. */
export type OutboxEntry =
  | ({ readonly lane: "status" } & Pick<StatusSlot, "sink" | "key" | "thread" | "priority"> & Held)
  | ({ readonly lane: "append" } & Pick<OutboxMessage, "sink" | "key" | "thread" | "priority" | "content"> & Held)
  | ({ readonly lane: "append" } & Pick<OutboxMessage, "sink" | "key" | "thread" | "priority"> &
      Held & {
        /**
         * Joins the content, a list, of the message with that key, or begins it; one that is known by its own key changes
         * nothing. Once the message was claimed, the item becomes a message of its own.
         */
        readonly item: { readonly key: string } & Schema.JsonObject
      })

interface Held {
  readonly notBefore?: StatusSlot["notBefore"]
}

/** What a sink has to do next. */
export type OutboxWork =
  | { readonly lane: "status"; readonly slot: StatusSlot }
  | { readonly lane: "append"; readonly message: OutboxMessage }

/** How much waits in a sink, and how it went. */
export interface OutboxCount {
  readonly sink: string
  readonly slotsWaiting: number
  readonly messagesWaiting: number
  readonly messagesSent: number
  readonly messagesDropped: number
}

/** The database failed. Retryable. */
export class OutboxError extends Schema.TaggedError<OutboxError>()("OutboxError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** The durable outbox. Every adapter passes `OutboxTest.suite`. */
export class Outbox extends Context.Service<
  Outbox,
  {
    /**
     * Stores what is to be told. Inside `SqlClient.withTransaction` it is part of that transaction: it is stored with the
     * fact that it tells of, or not at all. A message whose key its sink has had changes nothing.
     * A slot that waits to be shown for the first time is held until the earliest time that was put.
     */
    put(entries: ReadonlyArray<OutboxEntry>): Effect.Effect<void, OutboxError>
    /**
     * What one sink has yet to do: slots, the longest waiting first, then messages in order. With `limit` at most so many
     * of each lane; default everything.
     */
    waiting(sink: string, options?: { readonly limit: number }): Effect.Effect<ReadonlyArray<OutboxWork>, OutboxError>
    /** What a sink could not tell for good, the newest of each lane: refused slots by their change, then dropped messages. */
    failures(sink: string, options: { readonly limit: number }): Effect.Effect<ReadonlyArray<OutboxWork>, OutboxError>
    /** What is put for any sink from the subscription on, each after its commit, in order. */
    readonly arrivals: Stream.Stream<OutboxWork>
    slot(sink: string, key: string): Effect.Effect<Option.Option<StatusSlot>, OutboxError>
    /** The slot that is shown at a place. */
    slotAt(sink: string, reference: string): Effect.Effect<Option.Option<StatusSlot>, OutboxError>
    /** The slots of a sink whose keys begin so, those that changed last first. */
    slots(
      sink: string,
      options: { readonly limit: number; readonly prefix?: string }
    ): Effect.Effect<ReadonlyArray<StatusSlot>, OutboxError>
    /** Up to this version it is shown, at this place. An older version than the newest sent one changes nothing. */
    shown(slot: StatusSlot, reference: string | null): Effect.Effect<void, OutboxError>
    /** This version will never be shown. The next change is tried again. */
    refused(slot: StatusSlot, failure: string): Effect.Effect<void, OutboxError>
    /**
     * About to be sent, as it is answered: from here on only the sink itself can tell whether it was. Counts an attempt.
     */
    claim(sequence: number): Effect.Effect<OutboxMessage, OutboxError>
    /** Was certainly not sent. */
    release(sequence: number): Effect.Effect<void, OutboxError>
    /** Is not tried again until then (epoch milliseconds). */
    postpone(sequence: number, untilMs: number): Effect.Effect<void, OutboxError>
    sent(sequence: number, reference: string): Effect.Effect<void, OutboxError>
    /** Will never be sent. */
    drop(sequence: number, failure: string): Effect.Effect<void, OutboxError>
    message(sink: string, key: string): Effect.Effect<Option.Option<OutboxMessage>, OutboxError>
    /** The newest messages of a thread, oldest first. */
    messages(
      sink: string,
      thread: string,
      options: { readonly limit: number }
    ): Effect.Effect<ReadonlyArray<OutboxMessage>, OutboxError>
    /** Remembers that a vendor wants no call of a budget until then (epoch milliseconds), also over restarts. */
    pause(sink: string, budget: string, untilMs: number): Effect.Effect<void, OutboxError>
    /** The pauses that are not over, by budget. */
    pauses(sink: string): Effect.Effect<ReadonlyMap<string, number>, OutboxError>
    /** By sink; those that never had anything are not among them. */
    readonly counts: Effect.Effect<ReadonlyArray<OutboxCount>, OutboxError>
  }
>()("@productbuilding/core/Outbox") {}
