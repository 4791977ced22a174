/** `Outbox` on any `SqlClient`. Owns the `outbox_slots` and `outbox_messages` tables and their migrations. */
import { Clock, DateTime, Effect, Layer, Option, PubSub, Schema, Stream } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { migrations } from "./internal/outboxMigrations.ts"
import { Outbox, type OutboxEntry, OutboxError, OutboxMessage, type OutboxWork, StatusSlot } from "./Outbox.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new OutboxError({ operation, cause })

const SlotRow = Schema.Struct(StatusSlot.fields).pipe(
  Schema.encodeKeys({ key: "slot_key", sentVersion: "sent_version", changedAt: "changed_at" })
)

const messageKeys = {
  key: "message_key",
  notBefore: "not_before",
  createdAt: "created_at",
  settledAt: "settled_at"
} as const

const MessageRow = Schema.Struct({ ...OutboxMessage.fields, content: Schema.fromJsonString(Schema.Json) }).pipe(
  Schema.encodeKeys(messageKeys)
)

const { sequence: _, ...unnumbered } = OutboxMessage.fields

const NewMessageRow = Schema.Struct({ ...unnumbered, content: Schema.fromJsonString(Schema.Json) }).pipe(
  Schema.encodeKeys(messageKeys)
)

const CountRow = Schema.Struct({
  sink: Schema.String,
  slotsWaiting: Schema.Int,
  messagesWaiting: Schema.Int,
  messagesSent: Schema.Int,
  messagesDropped: Schema.Int
})

/** Runs pending migrations, then serves the port. A failed migration fails the boot. */
export const layer: Layer.Layer<Outbox, LayerError, SqlClient.SqlClient> = Layer.effect(
  Outbox,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Migrator.make({})({ loader: migrations, table: "outbox_migrations" })
    const committed = yield* PubSub.unbounded<OutboxWork>()

    const upsertSlot = SqlSchema.findOne({
      Request: SlotRow,
      Result: SlotRow,
      execute: (row) => sql`
        INSERT INTO outbox_slots ${sql.insert(row)}
        ON CONFLICT (sink, slot_key) DO UPDATE SET
          thread = excluded.thread,
          priority = excluded.priority,
          version = outbox_slots.version + 1,
          failure = NULL,
          since = CASE
            WHEN outbox_slots.version > outbox_slots.sent_version THEN outbox_slots.since ELSE excluded.since
          END,
          changed_at = excluded.changed_at
        RETURNING *
      `
    })
    const insertMessage = SqlSchema.findOneOption({
      Request: NewMessageRow,
      Result: MessageRow,
      execute: (row) => sql`
        INSERT INTO outbox_messages ${sql.insert(row)} ON CONFLICT (sink, message_key) DO NOTHING RETURNING *
      `
    })
    const selectSlot = SqlSchema.findOneOption({
      Request: Schema.Struct({ sink: Schema.String, key: Schema.String }),
      Result: SlotRow,
      execute: ({ key, sink }) => sql`SELECT * FROM outbox_slots WHERE sink = ${sink} AND slot_key = ${key}`
    })
    const selectSlotAt = SqlSchema.findOneOption({
      Request: Schema.Struct({ sink: Schema.String, reference: Schema.String }),
      Result: SlotRow,
      execute: ({ reference, sink }) =>
        sql`SELECT * FROM outbox_slots WHERE sink = ${sink} AND reference = ${reference} LIMIT 1`
    })
    const selectSlots = SqlSchema.findAll({
      Request: Schema.String,
      Result: SlotRow,
      execute: (sink) =>
        sql`SELECT * FROM outbox_slots WHERE sink = ${sink} AND version > sent_version ORDER BY since, slot_key`
    })
    const selectMessages = SqlSchema.findAll({
      Request: Schema.String,
      Result: MessageRow,
      execute: (sink) =>
        sql`SELECT * FROM outbox_messages WHERE sink = ${sink} AND settled_at IS NULL ORDER BY sequence`
    })
    const selectThread = SqlSchema.findAll({
      Request: Schema.Struct({ sink: Schema.String, thread: Schema.String, limit: Schema.Int }),
      Result: MessageRow,
      execute: ({ limit, sink, thread }) => sql`
        SELECT * FROM outbox_messages WHERE sink = ${sink} AND thread = ${thread} ORDER BY sequence DESC LIMIT ${limit}
      `
    })
    const selectDropped = SqlSchema.findAll({
      Request: Schema.Struct({ sink: Schema.String, limit: Schema.Int }),
      Result: MessageRow,
      execute: ({ limit, sink }) => sql`
        SELECT * FROM outbox_messages WHERE sink = ${sink} AND state = 'dropped'
        ORDER BY settled_at DESC, sequence DESC LIMIT ${limit}
      `
    })
    const selectPauses = SqlSchema.findAll({
      Request: Schema.Struct({ sink: Schema.String, now: Schema.Int }),
      Result: Schema.Struct({ budget: Schema.String, until: Schema.Int }).pipe(
        Schema.encodeKeys({ until: "until_ms" })
      ),
      execute: ({ now, sink }) =>
        sql`SELECT budget, until_ms FROM outbox_pauses WHERE sink = ${sink} AND until_ms > ${now}`
    })
    const selectCounts = SqlSchema.findAll({
      Request: Schema.Void,
      Result: CountRow,
      execute: () => sql`
        SELECT
          sink,
          CAST(SUM(slot) AS INTEGER) AS ${sql("slotsWaiting")},
          CAST(SUM(waiting) AS INTEGER) AS ${sql("messagesWaiting")},
          CAST(SUM(sent) AS INTEGER) AS ${sql("messagesSent")},
          CAST(SUM(dropped) AS INTEGER) AS ${sql("messagesDropped")}
        FROM (
          SELECT sink, CASE WHEN version > sent_version THEN 1 ELSE 0 END AS slot, 0 AS waiting, 0 AS sent, 0 AS dropped
          FROM outbox_slots
          UNION ALL
          SELECT
            sink, 0,
            CASE WHEN settled_at IS NULL THEN 1 ELSE 0 END,
            CASE WHEN state = 'sent' THEN 1 ELSE 0 END,
            CASE WHEN state = 'dropped' THEN 1 ELSE 0 END
          FROM outbox_messages
        ) AS entries
        GROUP BY sink ORDER BY sink
      `
    })

    const putOne = Effect.fnUntraced(function* (entry: OutboxEntry) {
      const now = yield* DateTime.now
      if (entry.lane === "status") {
        const { key, priority, sink, thread } = entry
        const row = yield* upsertSlot({
          sink,
          key,
          thread,
          priority,
          version: 1,
          sentVersion: 0,
          reference: null,
          failure: null,
          since: now,
          changedAt: now
        })
        return Option.some<OutboxWork>({ lane: "status", slot: new StatusSlot(row) })
      }
      const { content, key, priority, sink, thread } = entry
      const row = yield* insertMessage({
        sink,
        thread,
        key,
        content,
        priority,
        state: "waiting",
        attempts: 0,
        notBefore: null,
        reference: null,
        failure: null,
        createdAt: now,
        settledAt: null
      })
      return Option.map(row, (one): OutboxWork => ({ lane: "append", message: new OutboxMessage(one) }))
    })

    const put = Effect.fn("Outbox.put")(
      function* (entries: ReadonlyArray<OutboxEntry>) {
        for (const entry of entries) {
          const work = yield* putOne(entry)
          if (Option.isSome(work)) yield* sql.afterCommit(Effect.asVoid(PubSub.publish(committed, work.value)))
        }
      },
      sql.withTransaction,
      Effect.mapError(failed("put"))
    )

    const settle = Effect.fnUntraced(function* (
      sequence: number,
      to: { readonly state: "sent" | "dropped"; readonly reference: string | null; readonly failure: string | null }
    ) {
      const now = yield* Clock.currentTimeMillis
      yield* sql`
        UPDATE outbox_messages
        SET state = ${to.state}, reference = ${to.reference}, failure = ${to.failure}, settled_at = ${now}
        WHERE sequence = ${sequence} AND settled_at IS NULL
      `
    })

    return Outbox.of({
      put,
      waiting: Effect.fn("Outbox.waiting")(
        function* (sink: string) {
          const slots = yield* selectSlots(sink)
          const messages = yield* selectMessages(sink)
          return [
            ...slots.map((row): OutboxWork => ({ lane: "status", slot: new StatusSlot(row) })),
            ...messages.map((row): OutboxWork => ({ lane: "append", message: new OutboxMessage(row) }))
          ]
        },
        Effect.mapError(failed("waiting"))
      ),
      arrivals: Stream.fromPubSub(committed),
      slot: Effect.fn("Outbox.slot")(
        (sink: string, key: string) =>
          Effect.map(
            selectSlot({ sink, key }),
            Option.map((row) => new StatusSlot(row))
          ),
        Effect.mapError(failed("slot"))
      ),
      slotAt: Effect.fn("Outbox.slotAt")(
        (sink: string, reference: string) =>
          Effect.map(
            selectSlotAt({ sink, reference }),
            Option.map((row) => new StatusSlot(row))
          ),
        Effect.mapError(failed("slotAt"))
      ),
      shown: Effect.fn("Outbox.shown")(
        ({ key, sink, version }: StatusSlot, reference: string | null) => sql`
          UPDATE outbox_slots SET sent_version = ${version}, reference = ${reference}
          WHERE sink = ${sink} AND slot_key = ${key} AND sent_version < ${version}
        `,
        Effect.asVoid,
        Effect.mapError(failed("shown"))
      ),
      refused: Effect.fn("Outbox.refused")(
        ({ key, sink, version }: StatusSlot, failure: string) => sql`
          UPDATE outbox_slots SET sent_version = ${version}, failure = ${failure}
          WHERE sink = ${sink} AND slot_key = ${key} AND sent_version < ${version}
        `,
        Effect.asVoid,
        Effect.mapError(failed("refused"))
      ),
      claim: Effect.fn("Outbox.claim")(
        (sequence: number) =>
          sql`UPDATE outbox_messages SET state = 'sending', attempts = attempts + 1 WHERE sequence = ${sequence}`,
        Effect.asVoid,
        Effect.mapError(failed("claim"))
      ),
      release: Effect.fn("Outbox.release")(
        (sequence: number) =>
          sql`UPDATE outbox_messages SET state = 'waiting' WHERE sequence = ${sequence} AND settled_at IS NULL`,
        Effect.asVoid,
        Effect.mapError(failed("release"))
      ),
      postpone: Effect.fn("Outbox.postpone")(
        (sequence: number, untilMs: number) =>
          sql`UPDATE outbox_messages SET not_before = ${Math.ceil(untilMs)} WHERE sequence = ${sequence}`,
        Effect.asVoid,
        Effect.mapError(failed("postpone"))
      ),
      sent: Effect.fn("Outbox.sent")(
        (sequence: number, reference: string) => settle(sequence, { state: "sent", reference, failure: null }),
        Effect.mapError(failed("sent"))
      ),
      drop: Effect.fn("Outbox.drop")(
        (sequence: number, failure: string) => settle(sequence, { state: "dropped", reference: null, failure }),
        Effect.mapError(failed("drop"))
      ),
      messages: Effect.fn("Outbox.messages")(
        (sink: string, thread: string, { limit }: { readonly limit: number }) =>
          Effect.map(selectThread({ sink, thread, limit }), (rows) =>
            rows.toReversed().map((row) => new OutboxMessage(row))
          ),
        Effect.mapError(failed("messages"))
      ),
      dropped: Effect.fn("Outbox.dropped")(
        (sink: string, { limit }: { readonly limit: number }) =>
          Effect.map(selectDropped({ sink, limit }), (rows) => rows.map((row) => new OutboxMessage(row))),
        Effect.mapError(failed("dropped"))
      ),
      pause: Effect.fn("Outbox.pause")(
        (sink: string, budget: string, untilMs: number) => sql`
          INSERT INTO outbox_pauses ${sql.insert({ sink, budget, until_ms: Math.ceil(untilMs) })}
          ON CONFLICT (sink, budget) DO UPDATE SET until_ms = excluded.until_ms
          WHERE outbox_pauses.until_ms < excluded.until_ms
        `,
        Effect.asVoid,
        Effect.mapError(failed("pause"))
      ),
      pauses: Effect.fn("Outbox.pauses")(
        function* (sink: string) {
          const rows = yield* selectPauses({ sink, now: yield* Clock.currentTimeMillis })
          return new Map(rows.map(({ budget, until }) => [budget, until]))
        },
        Effect.mapError(failed("pauses"))
      ),
      counts: Effect.withSpan(Effect.mapError(selectCounts(), failed("counts")), "Outbox.counts")
    })
  })
)
