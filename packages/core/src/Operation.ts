/** Anything that takes time and that someone may watch, and the numbered facts about it. */
import { Context, type DateTime, type Effect, type Option, Schema, type Stream } from "effect"

export const OperationId = Schema.String.pipe(Schema.brand("OperationId"))
export type OperationId = typeof OperationId.Type

/** One operation as its newest event left it. */
export class Operation extends Schema.Class<Operation>("@productbuilding/core/Operation")({
  id: OperationId,
  /** For example `deployment` or `teardown`. */
  kind: Schema.String,
  /** What it is about, for example `acme/shop#12`. */
  subject: Schema.String,
  /** Who or what asked for it, for example `push by octocat` or `reconciler`. */
  requester: Schema.String,
  status: Schema.Literals(["running", "succeeded", "failed", "superseded"]),
  startedAt: Schema.DateTimeUtcFromMillis,
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis)
}) {}

/** An append-only fact. Numbers grow over all operations, so they also order events of different ones. */
export class Event extends Schema.Class<Event>("@productbuilding/core/Event")({
  sequence: Schema.Int,
  /** `null`: a fact about the subject that is part of no operation. */
  operationId: Schema.NullOr(OperationId),
  subject: Schema.String,
  /** `status`: the newest of a subject replaces the older. `append`: every one counts. */
  lane: Schema.Literals(["status", "append"]),
  /** For example `state`, `step` or `log`. */
  type: Schema.String,
  data: Schema.Json,
  at: Schema.DateTimeUtcFromMillis
}) {}

/** What a caller says of an event; the log adds number and time. */
export interface EventInput extends Pick<Event, "operationId" | "subject" | "lane" | "type" | "data"> {
  /** A subject has one event of a type and a key: who tells of something twice, after a crash say, tells it once. */
  readonly key?: string
}

/** The database failed. Retryable. */
export class OperationLogError extends Schema.TaggedError<OperationLogError>()("OperationLogError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** No operation has this id. */
export class OperationNotFound extends Schema.TaggedError<OperationNotFound>()("OperationNotFound", {
  id: OperationId
}) {}

/**
 * Operations and their events. Inside `SqlClient.withTransaction` its writes are part of that transaction, so that
 * a fact and the event that tells of it are stored together or not at all.
 */
export class OperationLog extends Context.Service<
  OperationLog,
  {
    /** Does nothing if the id exists. */
    start(operation: Pick<Operation, "id" | "kind" | "subject" | "requester">): Effect.Effect<void, OperationLogError>
    /** Ends a running one; an ended one keeps its end. */
    end(id: OperationId, status: Exclude<Operation["status"], "running">): Effect.Effect<void, OperationLogError>
    /** Answers with the event as it is stored: the first one, where the key was there before. */
    append(event: EventInput): Effect.Effect<Event, OperationLogError>
    get(id: OperationId): Effect.Effect<Operation, OperationNotFound | OperationLogError>
    /** The newest operation about a subject, of the given kind if one is given. */
    latest(subject: string, kind?: string): Effect.Effect<Option.Option<Operation>, OperationLogError>
    /** The newest event of a type about a subject. */
    newest(subject: string, type: string): Effect.Effect<Option.Option<Event>, OperationLogError>
    /** Events of one operation after a number, in order. */
    events(id: OperationId, after: number): Effect.Effect<ReadonlyArray<Event>, OperationLogError>
    /** The stored events of some types from a time on, in order. */
    history(options: {
      readonly from: DateTime.Utc
      readonly types: ReadonlyArray<string>
    }): Stream.Stream<Event, OperationLogError>
    /** Stored events of all operations after a number, in order. */
    list(options: {
      readonly after: number
      readonly limit: number
    }): Effect.Effect<ReadonlyArray<Event>, OperationLogError>
    /** The number of the newest event, 0 before the first. */
    readonly newestSequence: Effect.Effect<number, OperationLogError>
    /**
     * All events after a number: first the stored ones, then each soon after its commit, in order, without gaps and
     * without doubles. Without `after`: only what comes from now on.
     */
    stream(options?: { readonly after?: number }): Stream.Stream<Event, OperationLogError>
  }
>()("@productbuilding/core/OperationLog") {}
