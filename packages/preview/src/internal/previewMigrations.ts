import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"

const createPreviews = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE previews (
      id TEXT PRIMARY KEY,
      repository TEXT NOT NULL,
      pull_request INTEGER NOT NULL,
      title TEXT NOT NULL,
      author TEXT NOT NULL,
      head_ref TEXT NOT NULL,
      from_fork INTEGER NOT NULL,
      pull_request_url TEXT NOT NULL,
      environment TEXT NOT NULL UNIQUE,
      host TEXT NOT NULL,
      url TEXT NOT NULL,
      state TEXT NOT NULL,
      sha TEXT NOT NULL,
      running_sha TEXT,
      operation_id TEXT,
      approved_sha TEXT,
      removed_sha TEXT,
      failure TEXT,
      stages TEXT NOT NULL,
      note TEXT,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      version INTEGER NOT NULL
    )
  `
  yield* sql`CREATE INDEX previews_by_host ON previews (host)`
  yield* sql`CREATE INDEX previews_by_update ON previews (updated_at)`
})

export const migrations = Migrator.fromRecord({ "0001_create_previews": createPreviews })
