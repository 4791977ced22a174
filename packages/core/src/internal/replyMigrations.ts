import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"

const createReplies = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE thread_replies (
      reply_key TEXT PRIMARY KEY,
      subject TEXT NOT NULL,
      author_id TEXT NOT NULL,
      author TEXT NOT NULL,
      markdown TEXT NOT NULL,
      said_at TEXT NOT NULL,
      revision TEXT NOT NULL,
      state TEXT NOT NULL,
      comment_key TEXT,
      sealed INTEGER NOT NULL
    )
  `
  yield* sql`CREATE INDEX thread_replies_by_subject ON thread_replies (subject, said_at)`
  yield* sql`CREATE INDEX thread_replies_by_comment ON thread_replies (comment_key)`
})

export const migrations = Migrator.fromRecord({ "0001_create_replies": createReplies })
