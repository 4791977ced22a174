import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"

const createDeliveries = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [sequence, bytes] = sql.onDialectOrElse({
    sqlite: () => [sql.literal("INTEGER PRIMARY KEY"), sql.literal("BLOB")] as const,
    orElse: () => [sql.literal("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"), sql.literal("BYTEA")] as const
  })
  yield* sql`
    CREATE TABLE deliveries (
      sequence ${sequence},
      id TEXT NOT NULL UNIQUE,
      source TEXT NOT NULL,
      event TEXT NOT NULL,
      received_at BIGINT NOT NULL,
      status TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      decision TEXT,
      failure TEXT,
      codec TEXT NOT NULL,
      body ${bytes} NOT NULL
    )
  `
  yield* sql`CREATE INDEX deliveries_waiting ON deliveries (sequence) WHERE status = 'pending'`
})

const createBundles = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [bundle, bytes] = sql.onDialectOrElse({
    sqlite: () => [sql.literal("INTEGER PRIMARY KEY"), sql.literal("BLOB")] as const,
    orElse: () => [sql.literal("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"), sql.literal("BYTEA")] as const
  })
  yield* sql`
    CREATE TABLE delivery_bundles (
      bundle ${bundle},
      codec TEXT NOT NULL,
      body ${bytes} NOT NULL
    )
  `
})

export const migrations = Migrator.fromRecord({
  "0001_create_deliveries": createDeliveries,
  "0002_create_bundles": createBundles
})
