/** `OperationLog` on any `SqlClient`. Owns the `operations` and `events` tables and their migrations. */
import { DateTime, Effect, Layer, Option, PubSub, Schema, Stream } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { EventRouting } from "./EventRouting.ts"
import { migrations } from "./internal/operationMigrations.ts"
import {
  Event,
  type EventInput,
  Operation,
  OperationId,
  OperationLog,
  OperationLogError,
  OperationNotFound
} from "./Operation.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new OperationLogError({ operation, cause })

const OperationRow = Schema.Struct(Operation.fields).pipe(
  Schema.encodeKeys({ startedAt: "started_at", endedAt: "ended_at" })
)

const EventRow = Schema.Struct({ ...Event.fields, data: Schema.fromJsonString(Schema.Json) }).pipe(
  Schema.encodeKeys({ operationId: "operation_id" })
)

const NewEventRow = Schema.Struct({
  operationId: Event.fields.operationId,
  subject: Event.fields.subject,
  lane: Event.fields.lane,
  type: Event.fields.type,
  at: Event.fields.at,
  data: Schema.fromJsonString(Schema.Json),
  key: Schema.NullOr(Schema.String)
}).pipe(Schema.encodeKeys({ operationId: "operation_id" }))

const batchSize = 500

/** Runs pending migrations, then serves the port. A failed migration fails the boot. */
export const layer: Layer.Layer<OperationLog, LayerError, SqlClient.SqlClient> = Layer.effect(
  OperationLog,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Migrator.make({})({ loader: migrations, table: "operation_log_migrations" })
    const routing = yield* EventRouting
    const committed = yield* PubSub.sliding<number>(1)

    const insertOperation = SqlSchema.void({
      Request: OperationRow,
      execute: (row) => sql`INSERT INTO operations ${sql.insert(row)} ON CONFLICT (id) DO NOTHING`
    })
    const insertEvent = SqlSchema.findOneOption({
      Request: NewEventRow,
      Result: EventRow,
      execute: (row) => sql`
        INSERT INTO events ${sql.insert(row)}
        ON CONFLICT (subject, type, key) WHERE key IS NOT NULL DO NOTHING RETURNING *
      `
    })
    const selectKeyed = SqlSchema.findOne({
      Request: Schema.Struct({ subject: Schema.String, type: Schema.String, key: Schema.NullOr(Schema.String) }),
      Result: EventRow,
      execute: ({ key, subject, type }) =>
        sql`SELECT * FROM events WHERE subject = ${subject} AND type = ${type} AND key = ${key}`
    })
    const selectOperation = SqlSchema.findOneOption({
      Request: OperationId,
      Result: OperationRow,
      execute: (id) => sql`SELECT * FROM operations WHERE id = ${id}`
    })
    const selectLatest = SqlSchema.findOneOption({
      Request: Schema.Struct({ subject: Schema.String, kind: Schema.NullOr(Schema.String) }),
      Result: OperationRow,
      execute: ({ kind, subject }) =>
        sql`SELECT * FROM operations WHERE ${sql.and([
          sql`subject = ${subject}`,
          ...(kind === null ? [] : [sql`kind = ${kind}`])
        ])} ORDER BY started_at DESC, id DESC LIMIT 1`
    })
    const selectNewestOf = SqlSchema.findOneOption({
      Request: Schema.Struct({ subject: Schema.String, type: Schema.String }),
      Result: EventRow,
      execute: ({ subject, type }) =>
        sql`SELECT * FROM events WHERE subject = ${subject} AND type = ${type} ORDER BY sequence DESC LIMIT 1`
    })
    const selectEvents = SqlSchema.findAll({
      Request: Schema.Struct({ id: OperationId, after: Schema.Int }),
      Result: EventRow,
      execute: ({ after, id }) =>
        sql`SELECT * FROM events WHERE operation_id = ${id} AND sequence > ${after} ORDER BY sequence`
    })
    const selectAfter = SqlSchema.findAll({
      Request: Schema.Struct({ after: Schema.Int, limit: Schema.Int }),
      Result: EventRow,
      execute: ({ after, limit }) =>
        sql`SELECT * FROM events WHERE sequence > ${after} ORDER BY sequence LIMIT ${limit}`
    })
    const selectHistory = SqlSchema.findAll({
      Request: Schema.Struct({
        from: Schema.DateTimeUtcFromMillis,
        types: Schema.Array(Schema.String),
        after: Schema.Int
      }),
      Result: EventRow,
      execute: ({ after, from, types }) => sql`
        SELECT * FROM events WHERE sequence > ${after} AND at >= ${from} AND ${sql.in("type", types)}
        ORDER BY sequence LIMIT ${batchSize}
      `
    })
    const selectNewest = SqlSchema.findOne({
      Request: Schema.Void,
      Result: Schema.Struct({ sequence: Schema.NullOr(Schema.Int) }),
      execute: () => sql`SELECT MAX(sequence) AS sequence FROM events`
    })

    const start = Effect.fn("OperationLog.start")(
      function* (operation: Pick<Operation, "id" | "kind" | "subject" | "requester">) {
        yield* insertOperation({ ...operation, status: "running", startedAt: yield* DateTime.now, endedAt: null })
      },
      Effect.mapError(failed("start"))
    )

    const end = Effect.fn("OperationLog.end")(
      function* (id: OperationId, status: Exclude<Operation["status"], "running">) {
        const now = DateTime.toEpochMillis(yield* DateTime.now)
        yield* sql`UPDATE operations SET status = ${status}, ended_at = ${now} WHERE id = ${id} AND status = 'running'`
      },
      Effect.mapError(failed("end"))
    )

    const append = Effect.fn("OperationLog.append")(
      function* (event: EventInput) {
        const key = event.key ?? null
        const inserted = yield* insertEvent({ ...event, key, at: yield* DateTime.now })
        if (Option.isNone(inserted)) return new Event(yield* selectKeyed({ ...event, key }))
        const stored = new Event(inserted.value)
        yield* routing.route(stored)
        yield* sql.afterCommit(Effect.asVoid(PubSub.publish(committed, stored.sequence)))
        return stored
      },
      sql.withTransaction,
      Effect.mapError(failed("append"))
    )

    const get = Effect.fn("OperationLog.get")(function* (id: OperationId) {
      const found = yield* Effect.mapError(selectOperation(id), failed("get"))
      return Option.isSome(found) ? new Operation(found.value) : yield* new OperationNotFound({ id })
    })

    const latest = Effect.fn("OperationLog.latest")(
      (subject: string, kind?: string) =>
        Effect.map(
          selectLatest({ subject, kind: kind ?? null }),
          Option.map((row) => new Operation(row))
        ),
      Effect.mapError(failed("latest"))
    )

    const newest = Effect.fn("OperationLog.newest")(
      (subject: string, type: string) =>
        Effect.map(
          selectNewestOf({ subject, type }),
          Option.map((row) => new Event(row))
        ),
      Effect.mapError(failed("newest"))
    )

    const events = Effect.fn("OperationLog.events")(
      (id: OperationId, after: number) =>
        Effect.map(selectEvents({ id, after }), (rows) => rows.map((row) => new Event(row))),
      Effect.mapError(failed("events"))
    )

    /** Everything that a query answers after a number, in batches. */
    const drain = <E>(
      after: number,
      select: (after: number) => Effect.Effect<ReadonlyArray<typeof EventRow.Type>, E>
    ) =>
      Stream.paginate(after, (from) =>
        Effect.map(select(from), (rows) => {
          const last = rows.at(-1)
          return [
            rows,
            rows.length < batchSize || last === undefined ? Option.none<number>() : Option.some(last.sequence)
          ] as const
        })
      )

    const history: OperationLog["Service"]["history"] = ({ from, types }) =>
      drain(0, (after) => selectHistory({ from, types, after })).pipe(
        Stream.map((row) => new Event(row)),
        Stream.mapError(failed("history"))
      )

    const newestSequence = Effect.map(selectNewest(), ({ sequence }) => sequence ?? 0)

    const list = Effect.fn("OperationLog.list")(
      (options: { readonly after: number; readonly limit: number }) =>
        Effect.map(selectAfter(options), (rows) => rows.map((row) => new Event(row))),
      Effect.mapError(failed("list"))
    )

    const stream: OperationLog["Service"]["stream"] = (options) =>
      Stream.unwrap(
        Effect.gen(function* () {
          // NOTE: subscribed before the first read, so nothing that is committed in between is missed.
          const wakes = yield* PubSub.subscribe(committed)
          let last = options?.after ?? (yield* newestSequence)
          const unread = Stream.suspend(() => drain(last, (after) => selectAfter({ after, limit: batchSize }))).pipe(
            Stream.map((row) => {
              last = row.sequence
              return new Event(row)
            })
          )
          return Stream.concat(
            unread,
            Stream.flatMap(Stream.fromSubscription(wakes), () => unread)
          )
        })
      ).pipe(Stream.mapError(failed("stream")))

    return OperationLog.of({
      start,
      end,
      append,
      get,
      latest,
      newest,
      events,
      list,
      newestSequence: Effect.withSpan(
        Effect.mapError(newestSequence, failed("newestSequence")),
        "OperationLog.newestSequence"
      ),
      history,
      stream
    })
  })
)
