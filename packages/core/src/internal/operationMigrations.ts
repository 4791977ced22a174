import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"

const createOperations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE operations (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      requester TEXT NOT NULL,
      status TEXT NOT NULL,
      started_at BIGINT NOT NULL,
      ended_at BIGINT
    )
  `
  yield* sql`CREATE INDEX operations_by_subject ON operations (subject, started_at)`
  const sequence = sql.onDialectOrElse({
    sqlite: () => sql.literal("INTEGER PRIMARY KEY AUTOINCREMENT"),
    orElse: () => sql.literal("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
  })
  yield* sql`
    CREATE TABLE events (
      sequence ${sequence},
      operation_id TEXT,
      subject TEXT NOT NULL,
      lane TEXT NOT NULL,
      type TEXT NOT NULL,
      data TEXT NOT NULL,
      at BIGINT NOT NULL
    )
  `
  yield* sql`CREATE INDEX events_by_operation ON events (operation_id, sequence)`
})

const indexSubjects = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX events_by_subject ON events (subject, type, sequence)`
})

const addKeys = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE events ADD COLUMN key TEXT`
  yield* sql`CREATE UNIQUE INDEX events_once ON events (subject, type, key) WHERE key IS NOT NULL`
})

export const migrations = Migrator.fromRecord({
  "0001_create_operations": createOperations,
  "0002_index_subjects": indexSubjects,
  "0003_add_keys": addKeys
})
