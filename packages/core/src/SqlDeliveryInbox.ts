/** `DeliveryInbox` on any `SqlClient`. Owns the `deliveries` table and its migrations. */
import { Clock, Deferred, Duration, Effect, Layer, Option, PubSub, Queue, Schedule, Schema, Stream } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { BodyCodec } from "./BodyCodec.ts"
import {
  Decision,
  Delivery,
  DeliveryId,
  DeliveryInbox,
  DeliveryInboxError,
  DeliveryNotFound,
  type Receipt
} from "./Delivery.ts"
import * as DeliveryArrivals from "./internal/deliveryArrivals.ts"
import * as DeliveryBodies from "./internal/deliveryBodies.ts"
import { migrations } from "./internal/deliveryMigrations.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new DeliveryInboxError({ operation, cause })

const DeliveryRow = Schema.Struct({
  ...Delivery.fields,
  decision: Schema.NullOr(Schema.fromJsonString(Decision))
}).pipe(Schema.encodeKeys({ receivedAt: "received_at" }))

/** Rows in one statement, and deliveries handed on at a time. */
const batchSize = 64

/** Acknowledgements go first: what has arrived is handed on once nothing more came for this time … */
const quietTime = Duration.millis(5)
/** … which is longer in a storm, that is after a full batch: a storm has short lulls … */
const quietTimeInStorm = Duration.millis(50)
/** … or this time has passed. Then one batch is handed on, and the storm goes on being stored. */
const longestWait = Duration.seconds(1)
/** Outcomes of this time share a commit. One that is lost in a crash is decided again. */
const settleWindow = Duration.millis(10)

interface Outcome {
  readonly id: DeliveryId
  readonly status: "decided" | "failed"
  readonly decision: string | null
  readonly failure: string | null
  readonly stored: Deferred.Deferred<void, DeliveryInboxError>
}

/**
 * Runs pending migrations, then serves the port. A delivery that comes alone is written at once. Those that come
 * in one turn of the event loop share one statement, but for the first of a turn after none came; when that statement fails
 * each is tried on its own, so that one cannot spoil the others.
 */
export const layer: Layer.Layer<DeliveryInbox, LayerError, SqlClient.SqlClient> = Layer.effect(
  DeliveryInbox,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const bodies = DeliveryBodies.make(sql, yield* BodyCodec)
    yield* Migrator.make({})({ loader: migrations, table: "delivery_inbox_migrations" })
    const outcomes = yield* Queue.unbounded<Outcome>()
    const wakes = yield* PubSub.sliding<void>(1)
    const again = yield* PubSub.unbounded<DeliveryId>()
    let lastArrivalMs = 0

    const columns = sql.literal("sequence, id, source, event, received_at, status, attempts, decision, failure")

    const select = SqlSchema.findOneOption({
      Request: DeliveryId,
      Result: DeliveryRow,
      execute: (id) => sql`SELECT ${columns} FROM deliveries WHERE id = ${id}`
    })
    const selectPage = SqlSchema.findAll({
      Request: Schema.Struct({ limit: Schema.Int, before: Schema.Int }),
      Result: DeliveryRow,
      execute: ({ before, limit }) =>
        sql`SELECT ${columns} FROM deliveries WHERE sequence < ${before} ORDER BY sequence DESC LIMIT ${limit}`
    })
    const selectWaiting = SqlSchema.findAll({
      Request: Schema.Int,
      Result: DeliveryRow,
      execute: (after) => sql`
        SELECT ${columns} FROM deliveries
        WHERE status = 'pending' AND sequence > ${after} ORDER BY sequence LIMIT ${batchSize}
      `
    })
    const selectBody = SqlSchema.findOneOption({
      Request: DeliveryId,
      Result: DeliveryBodies.StoredBody,
      execute: (id) => sql`SELECT codec, body FROM deliveries WHERE id = ${id}`
    })

    const requeue = (id: DeliveryId) =>
      Effect.andThen(sql`UPDATE deliveries SET status = 'pending' WHERE id = ${id}`, PubSub.publish(again, id))

    /** What became of an id that was known before. */
    const known = Effect.fnUntraced(function* (id: DeliveryId): Effect.fn.Return<Receipt, SqlError.SqlError> {
      const rows = yield* sql<{ status: string }>`SELECT status FROM deliveries WHERE id = ${id}`
      if (rows[0]?.status !== "failed") return "duplicate"
      yield* requeue(id)
      return "requeued"
    })

    const handOn = Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      lastArrivalMs = nowMs
      return PubSub.publish(wakes, undefined)
    })
    const put = DeliveryArrivals.make(sql, bodies, { batchSize, known, stored: handOn })

    const get = Effect.fn("DeliveryInbox.get")(function* (id: DeliveryId) {
      const found = yield* Effect.mapError(select(id), failed("get"))
      return Option.isSome(found) ? new Delivery(found.value) : yield* new DeliveryNotFound({ id })
    })

    const body = Effect.fn("DeliveryInbox.body")(function* (id: DeliveryId) {
      const found = yield* Effect.mapError(selectBody(id), failed("body"))
      if (Option.isNone(found)) return yield* new DeliveryNotFound({ id })
      const { codec } = found.value
      const read = yield* Effect.mapError(bodies.read(found.value), failed("body"))
      return read ?? (yield* failed("body")(new Error(`There is no codec that reads ${codec}`)))
    })

    const settle = Effect.fnUntraced(function* (batch: ReadonlyArray<Outcome>) {
      const exit = yield* Effect.forEach(
        batch,
        ({ decision, failure, id, status }) =>
          Effect.andThen(
            sql`
              UPDATE deliveries
              SET status = ${status}, attempts = attempts + 1, decision = ${decision}, failure = ${failure}
              WHERE id = ${id}
            `,
            bodies.compress(id)
          ),
        { discard: true }
      ).pipe(sql.withTransaction, Effect.mapError(failed("settle")), Effect.exit)
      for (const { stored } of batch) yield* Deferred.done(stored, exit)
    })

    yield* Queue.takeAll(outcomes).pipe(
      Effect.tap(() => Effect.sleep(settleWindow)),
      Effect.flatMap((first) => Effect.map(Queue.clear(outcomes), (more) => [...first, ...more])),
      Effect.flatMap(settle),
      Effect.forever,
      Effect.forkScoped
    )

    const conclude = Effect.fnUntraced(function* (outcome: Omit<Outcome, "stored">) {
      const stored = yield* Deferred.make<void, DeliveryInboxError>()
      yield* Queue.offer(outcomes, { ...outcome, stored })
      yield* Deferred.await(stored)
    })

    const decide = Effect.fn("DeliveryInbox.decide")(function* (id: DeliveryId, decision: Decision) {
      const text = yield* Effect.mapError(encodeDecision(decision), failed("decide"))
      yield* conclude({ id, status: "decided", decision: text, failure: null })
    })

    const fail = Effect.fn("DeliveryInbox.fail")((id: DeliveryId, failure: string) =>
      conclude({ id, status: "failed", decision: null, failure })
    )

    const replay = Effect.fn("DeliveryInbox.replay")(function* (id: DeliveryId) {
      yield* get(id)
      yield* Effect.mapError(requeue(id), failed("replay"))
      return yield* get(id)
    })

    const list = Effect.fn("DeliveryInbox.list")(
      (options: { readonly limit: number; readonly before?: number }) =>
        Effect.map(selectPage({ limit: options.limit, before: options.before ?? Number.MAX_SAFE_INTEGER }), (rows) =>
          rows.map((row) => new Delivery(row))
        ),
      Effect.mapError(failed("list"))
    )

    /** Returns when nothing has arrived for a time, or it has waited long enough. */
    const calm = Effect.fnUntraced(function* (quiet: Duration.Duration) {
      const since = yield* Clock.currentTimeMillis
      yield* Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        return now - lastArrivalMs >= Duration.toMillis(quiet) || now - since >= Duration.toMillis(longestWait)
      }).pipe(Effect.repeat({ until: (isCalm) => isCalm, schedule: Schedule.spaced(quietTime) }))
    })

    const pending: DeliveryInbox["Service"]["pending"] = Stream.unwrap(
      Effect.gen(function* () {
        const woken = yield* PubSub.subscribe(wakes)
        const repeated = yield* PubSub.subscribe(again)
        let last = 0
        let quiet = quietTime
        const waiting = Stream.suspend(() =>
          Stream.paginate(last, (after) =>
            Effect.andThen(calm(quiet), selectWaiting(after)).pipe(
              Effect.map((rows) => {
                const isFull = rows.length === batchSize
                quiet = isFull ? quietTimeInStorm : quietTime
                last = rows.at(-1)?.sequence ?? last
                return [rows, isFull ? Option.some(last) : Option.none<number>()] as const
              })
            )
          )
        )
        return Stream.concat(
          waiting,
          Stream.flatMap(Stream.fromSubscription(woken), () => waiting)
        ).pipe(
          Stream.merge(
            Stream.fromSubscription(repeated).pipe(
              Stream.mapEffect((id) => select(id)),
              Stream.filter(Option.isSome),
              Stream.map(({ value }) => value)
            )
          )
        )
      })
    ).pipe(
      Stream.map((row) => new Delivery(row)),
      Stream.mapError(failed("pending"))
    )

    return DeliveryInbox.of({ put, get, body, list, pending, decide, fail, replay })
  })
)

const encodeDecision = Schema.encodeEffect(Schema.fromJsonString(Decision))
