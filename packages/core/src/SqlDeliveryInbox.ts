/** `DeliveryInbox` on any `SqlClient`. Owns the `deliveries` table and its migrations. */
import { Clock, Deferred, Effect, Exit, Layer, Option, PubSub, Queue, Schema, Stream } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { BodyCodec } from "./BodyCodec.ts"
import {
  Decision,
  Delivery,
  DeliveryId,
  DeliveryInbox,
  DeliveryInboxError,
  DeliveryNotFound,
  type IncomingDelivery,
  type Receipt
} from "./Delivery.ts"
import { migrations } from "./internal/deliveryMigrations.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new DeliveryInboxError({ operation, cause })

const DeliveryRow = Schema.Struct({
  ...Delivery.fields,
  decision: Schema.NullOr(Schema.fromJsonString(Decision))
}).pipe(Schema.encodeKeys({ receivedAt: "received_at" }))

const WaitingRow = Schema.Struct({ position: Schema.Int, id: DeliveryId })

const batchSize = 100

interface Arrival {
  readonly incoming: IncomingDelivery
  readonly receivedAt: number
  readonly receipt: Deferred.Deferred<Receipt, DeliveryInboxError>
}

/**
 * Runs pending migrations, then serves the port. Deliveries that are put in one turn of the event loop are written in
 * one transaction; when that fails each is tried on its own, so that one cannot spoil the others.
 */
export const layer: Layer.Layer<DeliveryInbox, LayerError, SqlClient.SqlClient> = Layer.effect(
  DeliveryInbox,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const codec = yield* BodyCodec
    yield* Migrator.make({})({ loader: migrations, table: "delivery_inbox_migrations" })
    const arrivals = yield* Queue.unbounded<Arrival>()
    const wakes = yield* PubSub.sliding<void>(1)

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
      Result: WaitingRow,
      execute: (after) => sql`
        SELECT position, id FROM deliveries
        WHERE status = 'pending' AND position > ${after} ORDER BY position LIMIT ${batchSize}
      `
    })
    const selectBody = SqlSchema.findOneOption({
      Request: DeliveryId,
      Result: Schema.Struct({ codec: Schema.String, body: Schema.Uint8Array }),
      execute: (id) => sql`SELECT codec, body FROM deliveries WHERE id = ${id}`
    })

    /** Reserves positions in the queue; the row lock orders concurrent writers. Answers with the one before the first. */
    const reserve = (count: number) =>
      Effect.map(
        sql<{ last: number }>`
          UPDATE delivery_positions SET last = last + ${count} WHERE name = 'deliveries' RETURNING last
        `,
        (rows) => Number(rows[0]?.last ?? 0) - count
      )

    const requeue = Effect.fnUntraced(function* (id: DeliveryId, position: number) {
      yield* sql`UPDATE deliveries SET status = 'pending', position = ${position} WHERE id = ${id}`
    })

    const insert = Effect.fnUntraced(function* (
      { incoming, receivedAt }: Arrival,
      position: number
    ): Effect.fn.Return<Receipt, SqlError.SqlError> {
      const inserted = yield* sql`
        INSERT INTO deliveries (id, position, source, event, received_at, status, attempts, codec, body)
        VALUES (${incoming.id}, ${position}, ${incoming.source}, ${incoming.event}, ${receivedAt}, 'pending', 0,
          ${codec.name}, ${codec.encode(incoming.body)})
        ON CONFLICT (id) DO NOTHING RETURNING sequence
      `
      if (inserted.length > 0) return "stored"
      const known = yield* sql<{ status: string }>`SELECT status FROM deliveries WHERE id = ${incoming.id}`
      if (known[0]?.status !== "failed") return "duplicate"
      yield* requeue(incoming.id, position)
      return "requeued"
    })

    const commit = Effect.fnUntraced(function* (batch: ReadonlyArray<Arrival>) {
      const before = yield* reserve(batch.length)
      return yield* Effect.forEach(batch, (arrival, index) => insert(arrival, before + index + 1))
    }, sql.withTransaction)

    const flush = Effect.fnUntraced(function* (batch: ReadonlyArray<Arrival>) {
      const together = yield* Effect.exit(commit(batch))
      for (const [index, arrival] of batch.entries()) {
        const exit = Exit.isSuccess(together)
          ? Exit.succeed(together.value[index] ?? "stored")
          : Exit.map(yield* Effect.exit(commit([arrival])), ([receipt]) => receipt ?? "stored")
        Deferred.doneUnsafe(arrival.receipt, Effect.mapError(exit, failed("put")))
      }
      yield* PubSub.publish(wakes, undefined)
    })

    yield* Queue.takeAll(arrivals).pipe(Effect.flatMap(flush), Effect.forever, Effect.forkScoped)

    const put = Effect.fnUntraced(function* (incoming: IncomingDelivery) {
      const receipt = yield* Deferred.make<Receipt, DeliveryInboxError>()
      yield* Queue.offer(arrivals, { incoming, receivedAt: yield* Clock.currentTimeMillis, receipt })
      return yield* Deferred.await(receipt)
    })

    const get = Effect.fn("DeliveryInbox.get")(function* (id: DeliveryId) {
      const found = yield* Effect.mapError(select(id), failed("get"))
      return Option.isSome(found) ? new Delivery(found.value) : yield* new DeliveryNotFound({ id })
    })

    const body = Effect.fn("DeliveryInbox.body")(function* (id: DeliveryId) {
      const found = yield* Effect.mapError(selectBody(id), failed("body"))
      if (Option.isNone(found)) return yield* new DeliveryNotFound({ id })
      const decoded = codec.decode(found.value.codec, found.value.body)
      return decoded ?? (yield* failed("body")(new Error(`The codec ${codec.name} cannot read ${found.value.codec}`)))
    })

    const decide = Effect.fn("DeliveryInbox.decide")(
      function* (id: DeliveryId, decision: Decision) {
        const text = yield* Schema.encodeEffect(Schema.fromJsonString(Decision))(decision)
        yield* sql`
          UPDATE deliveries SET status = 'decided', attempts = attempts + 1, decision = ${text}, failure = NULL
          WHERE id = ${id}
        `
      },
      Effect.mapError(failed("decide"))
    )

    const fail = Effect.fn("DeliveryInbox.fail")(
      function* (id: DeliveryId, failure: string) {
        yield* sql`
          UPDATE deliveries SET status = 'failed', attempts = attempts + 1, failure = ${failure} WHERE id = ${id}
        `
      },
      Effect.mapError(failed("fail"))
    )

    const replay = Effect.fn("DeliveryInbox.replay")(function* (id: DeliveryId) {
      yield* get(id)
      yield* reserve(1).pipe(
        Effect.flatMap((before) => requeue(id, before + 1)),
        sql.withTransaction,
        Effect.mapError(failed("replay"))
      )
      yield* PubSub.publish(wakes, undefined)
      return yield* get(id)
    })

    const list = Effect.fn("DeliveryInbox.list")(
      (options: { readonly limit: number; readonly before?: number }) =>
        Effect.map(selectPage({ limit: options.limit, before: options.before ?? Number.MAX_SAFE_INTEGER }), (rows) =>
          rows.map((row) => new Delivery(row))
        ),
      Effect.mapError(failed("list"))
    )

    const pending: DeliveryInbox["Service"]["pending"] = Stream.unwrap(
      Effect.gen(function* () {
        const subscription = yield* PubSub.subscribe(wakes)
        let last = 0
        const waiting = Stream.suspend(() =>
          Stream.paginate(last, (after) =>
            Effect.map(selectWaiting(after), (rows) => {
              last = rows.at(-1)?.position ?? last
              return [rows, rows.length < batchSize ? Option.none<number>() : Option.some(last)] as const
            })
          )
        )
        return Stream.concat(
          waiting,
          Stream.flatMap(Stream.fromSubscription(subscription), () => waiting)
        )
      })
    ).pipe(
      Stream.mapEffect(({ id }) => select(id)),
      Stream.filter(Option.isSome),
      Stream.map(({ value }) => new Delivery(value)),
      Stream.mapError(failed("pending"))
    )

    return DeliveryInbox.of({ put, get, body, list, pending, decide, fail, replay })
  })
)
