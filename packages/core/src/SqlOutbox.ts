/** `Outbox` on any `SqlClient`. Owns the `outbox_slots` and `outbox_messages` tables and their migrations. */
import { Clock, DateTime, Effect, Layer, Option, Predicate, PubSub, Schema, Stream } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { migrations } from "./internal/outboxMigrations.ts"
import { CountRow, everything, Listing, MessageRow, NewMessageRow, SlotRow, works } from "./internal/outboxRows.ts"
import { Outbox, type OutboxEntry, OutboxError, OutboxMessage, type OutboxWork, StatusSlot } from "./Outbox.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new OutboxError({ operation, cause })

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
          changed_at = excluded.changed_at,
          not_before = CASE
            WHEN outbox_slots.version > outbox_slots.sent_version
              AND (outbox_slots.not_before IS NULL OR outbox_slots.not_before < excluded.not_before)
            THEN outbox_slots.not_before
            ELSE excluded.not_before
          END
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
    const selectMessage = SqlSchema.findOneOption({
      Request: Schema.Struct({ sink: Schema.String, key: Schema.String }),
      Result: MessageRow,
      execute: ({ key, sink }) => sql`SELECT * FROM outbox_messages WHERE sink = ${sink} AND message_key = ${key}`
    })
    const claimMessage = SqlSchema.findOne({
      Request: Schema.Int,
      Result: MessageRow,
      execute: (sequence) => sql`
        UPDATE outbox_messages SET state = 'sending', attempts = attempts + 1 WHERE sequence = ${sequence} RETURNING *
      `
    })
    const updateContent = SqlSchema.findOne({
      Request: Schema.Struct({ sequence: Schema.Int, content: Schema.fromJsonString(Schema.Json) }),
      Result: MessageRow,
      execute: ({ content, sequence }) =>
        sql`UPDATE outbox_messages SET content = ${content} WHERE sequence = ${sequence} RETURNING *`
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
      Request: Listing,
      Result: SlotRow,
      execute: ({ limit, sink }) => sql`
        SELECT * FROM outbox_slots WHERE sink = ${sink} AND version > sent_version ORDER BY since, slot_key LIMIT ${limit}
      `
    })
    const selectRefused = SqlSchema.findAll({
      Request: Listing,
      Result: SlotRow,
      execute: ({ limit, sink }) => sql`
        SELECT * FROM outbox_slots WHERE sink = ${sink} AND failure IS NOT NULL
        ORDER BY changed_at DESC, slot_key LIMIT ${limit}
      `
    })
    const selectNewest = SqlSchema.findAll({
      Request: Schema.Struct({ ...Listing.fields, prefix: Schema.String }),
      Result: SlotRow,
      execute: ({ limit, prefix, sink }) => sql`
        SELECT * FROM outbox_slots WHERE sink = ${sink} AND substr(slot_key, 1, ${prefix.length}) = ${prefix}
        ORDER BY changed_at DESC, slot_key LIMIT ${limit}
      `
    })
    const selectMessages = SqlSchema.findAll({
      Request: Listing,
      Result: MessageRow,
      execute: ({ limit, sink }) => sql`
        SELECT * FROM outbox_messages WHERE sink = ${sink} AND settled_at IS NULL ORDER BY sequence LIMIT ${limit}
      `
    })
    const selectDropped = SqlSchema.findAll({
      Request: Listing,
      Result: MessageRow,
      execute: ({ limit, sink }) => sql`
        SELECT * FROM outbox_messages WHERE sink = ${sink} AND state = 'dropped' ORDER BY sequence DESC LIMIT ${limit}
      `
    })
    const selectThread = SqlSchema.findAll({
      Request: Schema.Struct({ sink: Schema.String, thread: Schema.String, limit: Schema.Int }),
      Result: MessageRow,
      execute: ({ limit, sink, thread }) => sql`
        SELECT * FROM outbox_messages WHERE sink = ${sink} AND thread = ${thread} ORDER BY sequence DESC LIMIT ${limit}
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

    const appended = (row: typeof MessageRow.Type): OutboxWork => ({ lane: "append", message: new OutboxMessage(row) })

    /** The message that an item has joined, if that changed it; or the new message that it makes. */
    const join = Effect.fnUntraced(function* ({ item, key, sink }: Extract<OutboxEntry, { readonly item: unknown }>) {
      const found = yield* selectMessage({ sink, key })
      if (Option.isNone(found)) return { key, content: [item] }
      const { content, sequence, state } = found.value
      const items: ReadonlyArray<Schema.Json> = Array.isArray(content) ? content : []
      if (items.some((one) => Predicate.hasProperty(one, "key") && one.key === item.key)) {
        return { message: Option.none<OutboxWork>() }
      }
      // NOTE: what was claimed may be on its way with the content that it had.
      if (state !== "waiting") return { key: `${key} ${item.key}`, content: [item] }
      return { message: Option.some(appended(yield* updateContent({ sequence, content: [...items, item] }))) }
    })

    const putOne = Effect.fnUntraced(function* (entry: OutboxEntry) {
      const now = yield* DateTime.now
      const notBefore = entry.notBefore ?? null
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
          notBefore,
          changedAt: now
        })
        return Option.some<OutboxWork>({ lane: "status", slot: new StatusSlot(row) })
      }
      const { priority, sink, thread } = entry
      const joined = "item" in entry ? yield* join(entry) : entry
      if ("message" in joined) return joined.message
      const { content, key } = joined
      const row = yield* insertMessage({
        sink,
        thread,
        key,
        content,
        priority,
        state: "waiting",
        attempts: 0,
        retryAt: null,
        reference: null,
        failure: null,
        notBefore,
        createdAt: now,
        settledAt: null
      })
      return Option.map(row, appended)
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
        function* (sink: string, { limit }: { readonly limit: number } = { limit: everything }) {
          return works(yield* selectSlots({ sink, limit }), yield* selectMessages({ sink, limit }))
        },
        Effect.mapError(failed("waiting"))
      ),
      failures: Effect.fn("Outbox.failures")(
        function* (sink: string, { limit }: { readonly limit: number }) {
          return works(yield* selectRefused({ sink, limit }), yield* selectDropped({ sink, limit }))
        },
        Effect.mapError(failed("failures"))
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
      slots: Effect.fn("Outbox.slots")(
        (sink: string, { limit, prefix = "" }: { readonly limit: number; readonly prefix?: string }) =>
          Effect.map(selectNewest({ sink, limit, prefix }), (rows) => rows.map((row) => new StatusSlot(row))),
        Effect.mapError(failed("slots"))
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
        (sequence: number) => Effect.map(claimMessage(sequence), (row) => new OutboxMessage(row)),
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
          sql`UPDATE outbox_messages SET retry_at = ${Math.ceil(untilMs)} WHERE sequence = ${sequence}`,
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
      message: Effect.fn("Outbox.message")(
        (sink: string, key: string) =>
          Effect.map(
            selectMessage({ sink, key }),
            Option.map((row) => new OutboxMessage(row))
          ),
        Effect.mapError(failed("message"))
      ),
      messages: Effect.fn("Outbox.messages")(
        (sink: string, thread: string, { limit }: { readonly limit: number }) =>
          Effect.map(selectThread({ sink, thread, limit }), (rows) =>
            rows.toReversed().map((row) => new OutboxMessage(row))
          ),
        Effect.mapError(failed("messages"))
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
