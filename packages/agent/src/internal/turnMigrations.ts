import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"

const createTurns = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const sequence = sql.onDialectOrElse({
    sqlite: () => sql.literal("INTEGER PRIMARY KEY"),
    orElse: () => sql.literal("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
  })
  yield* sql`
    CREATE TABLE turns (
      sequence ${sequence},
      id TEXT NOT NULL UNIQUE,
      conversation TEXT NOT NULL,
      repository TEXT,
      about TEXT,
      asker TEXT NOT NULL,
      text TEXT NOT NULL,
      state TEXT NOT NULL,
      leg INTEGER NOT NULL,
      stopping INTEGER NOT NULL,
      outcome TEXT,
      answer TEXT,
      created_at BIGINT NOT NULL,
      ended_at BIGINT
    )
  `
  yield* sql`CREATE INDEX turns_by_conversation ON turns (conversation, sequence)`
  yield* sql`CREATE INDEX turns_open ON turns (sequence) WHERE state <> 'ended'`
  yield* sql`CREATE TABLE turn_messages (key TEXT PRIMARY KEY, turn_id TEXT NOT NULL)`
  yield* sql`
    CREATE TABLE turn_entries (
      turn_id TEXT NOT NULL,
      number INTEGER NOT NULL,
      at BIGINT NOT NULL,
      fact TEXT NOT NULL,
      hash TEXT NOT NULL,
      PRIMARY KEY (turn_id, number)
    )
  `
  yield* sql`
    CREATE TABLE conversations (id TEXT PRIMARY KEY, summary TEXT NOT NULL, up_to BIGINT NOT NULL)
  `
})

export const migrations = Migrator.fromRecord({ "0001_create_turns": createTurns })
