import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"

const createOutbox = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE outbox_slots (
      sink TEXT NOT NULL,
      slot_key TEXT NOT NULL,
      thread TEXT NOT NULL,
      priority TEXT NOT NULL,
      version BIGINT NOT NULL,
      sent_version BIGINT NOT NULL,
      reference TEXT,
      failure TEXT,
      since BIGINT NOT NULL,
      changed_at BIGINT NOT NULL,
      PRIMARY KEY (sink, slot_key)
    )
  `
  yield* sql`CREATE INDEX outbox_slots_waiting ON outbox_slots (sink) WHERE version > sent_version`
  yield* sql`CREATE INDEX outbox_slots_by_reference ON outbox_slots (sink, reference)`
  const sequence = sql.onDialectOrElse({
    sqlite: () => sql.literal("INTEGER PRIMARY KEY AUTOINCREMENT"),
    orElse: () => sql.literal("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
  })
  yield* sql`
    CREATE TABLE outbox_messages (
      sequence ${sequence},
      sink TEXT NOT NULL,
      thread TEXT NOT NULL,
      message_key TEXT NOT NULL,
      content TEXT NOT NULL,
      priority TEXT NOT NULL,
      state TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      reference TEXT,
      failure TEXT,
      created_at BIGINT NOT NULL,
      settled_at BIGINT,
      UNIQUE (sink, message_key)
    )
  `
  yield* sql`
    CREATE TABLE outbox_pauses (
      sink TEXT NOT NULL,
      budget TEXT NOT NULL,
      until_ms BIGINT NOT NULL,
      PRIMARY KEY (sink, budget)
    )
  `
  yield* sql`CREATE INDEX outbox_messages_waiting ON outbox_messages (sink, sequence) WHERE settled_at IS NULL`
  yield* sql`CREATE INDEX outbox_messages_by_thread ON outbox_messages (sink, thread, sequence)`
})

const holdUntil = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE outbox_slots ADD COLUMN not_before BIGINT`
  yield* sql`ALTER TABLE outbox_messages ADD COLUMN not_before BIGINT`
})

/** So that what failed is found without reading what was sent. */
const indexFailures = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX outbox_slots_refused ON outbox_slots (sink, changed_at) WHERE failure IS NOT NULL`
  yield* sql`CREATE INDEX outbox_slots_by_change ON outbox_slots (sink, changed_at)`
  yield* sql`CREATE INDEX outbox_messages_dropped ON outbox_messages (sink, sequence) WHERE state = 'dropped'`
})

const retryLater = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE outbox_messages ADD COLUMN retry_at BIGINT`
})

export const migrations = Migrator.fromRecord({
  "0001_create_outbox": createOutbox,
  "0002_hold_until": holdUntil,
  "0003_index_failures": indexFailures,
  "0004_retry_later": retryLater
})
