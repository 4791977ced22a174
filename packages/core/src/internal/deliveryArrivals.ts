/** How deliveries get into the database: one that comes alone at once, those that come together by one commit. */
import { Array as Arr, Clock, Deferred, Effect, Exit } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { plain } from "../BodyCodec.ts"
import { type DeliveryId, DeliveryInboxError, type IncomingDelivery, type Receipt } from "../Delivery.ts"
import type { DeliveryBodies } from "./deliveryBodies.ts"

interface Arrival {
  readonly incoming: IncomingDelivery
  readonly receivedAt: number
}

interface Waiting extends Arrival {
  readonly receipt: Deferred.Deferred<Receipt, DeliveryInboxError>
}

const failed = (cause: unknown) => new DeliveryInboxError({ operation: "put", cause })

/** `put` of the inbox. */
export const make = (
  sql: SqlClient.SqlClient,
  bodies: DeliveryBodies,
  options: {
    /** At most so many share a statement. */
    readonly batchSize: number
    /** What becomes of one whose id was there before. */
    known(id: DeliveryId): Effect.Effect<Receipt, SqlError.SqlError>
    /** Run after each statement. */
    readonly stored: Effect.Effect<unknown>
  }
) => {
  const { batchSize, known, stored } = options
  let arrivals: Array<Waiting> = []
  /**
   * Whether the next one comes alone, as far as can be known: then it is written at once. It does not when another was
   * written in this turn of the event loop, or the last ones came together.
   */
  let company: "none" | "in this turn" | "around" = "none"

  const rowOf = ({ incoming: { event, id, source }, receivedAt }: Arrival) => ({
    id,
    source,
    event,
    received_at: receivedAt,
    status: "pending",
    attempts: 0
  })

  const write = Effect.fnUntraced(function* (batch: Arr.NonEmptyReadonlyArray<Arrival>) {
    const { bundle, rows } = yield* bodies.store(batch.map(({ incoming }) => incoming.body))
    const inserted = yield* sql<{ id: string }>`
      INSERT INTO deliveries ${sql.insert(Arr.map(batch, (arrival, index) => ({ ...rowOf(arrival), ...rows[index] })))}
      ON CONFLICT (id) DO NOTHING RETURNING id
    `
    if (bundle !== undefined && inserted.length === 0) yield* bodies.drop(bundle)
    if (inserted.length === batch.length) return Arr.map(batch, (): Receipt => "stored")
    const fresh = new Set(inserted.map(({ id }) => id))
    return yield* Effect.forEach(batch, ({ incoming: { id } }) =>
      // NOTE: deleted, so that the second of two equal ids in one batch is the duplicate that it is.
      fresh.delete(id) ? Effect.succeed<Receipt>("stored") : known(id)
    )
  })

  const rowAlone = { id: "", source: "", event: "", received_at: 0, status: "", attempts: 0, codec: "", body: "" }
  const [insertAlone] = sql`INSERT INTO deliveries ${sql.insert(rowAlone)}`.compile()

  /**
   * NOTE: one that comes alone is kept waiting for nothing: its statement is made already and the simplest there is, its
   * body stays as it came.
   */
  const writeAlone = ({ incoming: { body, event, id, source }, receivedAt }: Arrival) =>
    Effect.matchEffect(sql.unsafe(insertAlone, [id, source, event, receivedAt, "pending", 0, plain.name, body]), {
      onSuccess: (): Effect.Effect<Receipt, DeliveryInboxError> => Effect.succeed("stored"),
      onFailure: (error) =>
        error.reason._tag === "UniqueViolation" ? Effect.mapError(known(id), failed) : Effect.fail(failed(error))
    })

  const insert = (batch: Arr.NonEmptyReadonlyArray<Arrival>) =>
    bodies.areBundled(batch.map(({ incoming }) => incoming.body)) ? sql.withTransaction(write(batch)) : write(batch)

  const flush = Effect.fnUntraced(function* (batch: Arr.NonEmptyReadonlyArray<Waiting>) {
    const together = yield* Effect.exit(insert(batch))
    for (const [index, { receipt }] of batch.entries()) {
      if (Exit.isSuccess(together)) Deferred.doneUnsafe(receipt, Exit.succeed(together.value[index] ?? "stored"))
    }
    if (Exit.isFailure(together)) {
      for (const arrival of batch) yield* Deferred.into(writeAlone(arrival), arrival.receipt)
    }
    yield* stored
  })

  const afterwards = Effect.suspend(() => {
    if (company === "in this turn") company = "none"
    return stored
  })

  const putAlone = (arrival: Arrival) => {
    company = "in this turn"
    // NOTE: what is forked starts once this turn of the event loop has brought what it brings.
    return Effect.onExit(writeAlone(arrival), () => Effect.forkDetach(afterwards))
  }

  /** All that arrives together shares the commit: it is put off for as long as each turn of the event loop brings more. */
  const gather = Effect.gen(function* () {
    let seen = 0
    while (arrivals.length > seen && arrivals.length < batchSize) {
      seen = arrivals.length
      yield* Effect.yieldNow
    }
  })

  const flushTogether = Effect.andThen(
    gather,
    Effect.suspend(() => {
      const batch = arrivals
      arrivals = []
      const [first] = batch
      if (first !== undefined && batch.length === 1) return Deferred.into(putAlone(first), first.receipt)
      return Effect.forEach(Arr.chunksOf(batch, batchSize), flush, { discard: true })
    })
  )

  return Effect.fnUntraced(function* (incoming: IncomingDelivery) {
    const receivedAt = yield* Clock.currentTimeMillis
    if (company === "none") return yield* putAlone({ incoming, receivedAt })
    company = "around"
    const receipt = yield* Deferred.make<Receipt, DeliveryInboxError>()
    if (arrivals.push({ incoming, receivedAt, receipt }) === 1) yield* flushTogether
    return yield* Deferred.await(receipt)
    // NOTE: one that left between joining the others and writing them would leave them waiting for good.
  }, Effect.uninterruptible)
}
