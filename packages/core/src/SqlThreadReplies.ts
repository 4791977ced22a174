/** `ThreadReplies` on any `SqlClient`. Owns the `thread_replies` table and its migrations. */
import { Effect, Layer, Option, Schema } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { burstsOf, changedBursts } from "./internal/bursts.ts"
import { migrations } from "./internal/replyMigrations.ts"
import { OperationLog } from "./Operation.ts"
import { Reply, type ReplyReceipt, ThreadReplies, ThreadRepliesError, ThreadReply } from "./ThreadReplies.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new ThreadRepliesError({ operation, cause })

const ReplyRow = Schema.Struct({
  ...Reply.fields,
  // NOTE: of a reply that was deleted before we heard of it nobody knows whose thread it was in.
  subject: Schema.String,
  commentKey: Schema.NullOr(Schema.String),
  sealed: Schema.BooleanFromBit
}).pipe(
  Schema.encodeKeys({
    key: "reply_key",
    authorId: "author_id",
    saidAt: "said_at",
    commentKey: "comment_key"
  })
)
type ReplyRow = typeof ReplyRow.Type

const decodeReply = Schema.decodeUnknownOption(Reply)
const toReplies = (rows: ReadonlyArray<ReplyRow>) => rows.flatMap((row) => Option.toArray(decodeReply(row)))
const encodeEvent = Schema.encodeEffect(ThreadReply)

/** Runs pending migrations, then serves the port. A failed migration fails the boot. */
export const layer: Layer.Layer<ThreadReplies, LayerError, SqlClient.SqlClient | OperationLog> = Layer.effect(
  ThreadReplies,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const log = yield* OperationLog
    yield* Migrator.make({})({ loader: migrations, table: "thread_replies_migrations" })

    const select = SqlSchema.findOneOption({
      Request: Schema.String,
      Result: ReplyRow,
      execute: (key) => sql`SELECT * FROM thread_replies WHERE reply_key = ${key}`
    })
    /** What may be gathered anew, and what stands between. */
    const selectUnsent = SqlSchema.findAll({
      Request: Schema.String,
      Result: ReplyRow,
      execute: (subject) => sql`
        SELECT * FROM thread_replies WHERE subject = ${subject} AND state = 'public' AND said_at >= (
          SELECT MIN(said_at) FROM thread_replies
          WHERE subject = ${subject} AND state = 'public' AND sealed = 0
        )
        ORDER BY said_at, reply_key
      `
    })
    const selectComment = SqlSchema.findAll({
      Request: Schema.String,
      Result: ReplyRow,
      execute: (key) => sql`
        SELECT * FROM thread_replies WHERE comment_key = ${key} AND state = 'public' ORDER BY said_at, reply_key
      `
    })
    const upsert = SqlSchema.void({
      Request: ReplyRow,
      execute: (row) => sql`
        INSERT INTO thread_replies ${sql.insert(row)}
        ON CONFLICT (reply_key) DO UPDATE SET
          author = excluded.author, markdown = excluded.markdown, revision = excluded.revision, state = excluded.state,
          comment_key = excluded.comment_key
      `
    })

    const bursts = (subject: string) => Effect.map(selectUnsent(subject), (rows) => burstsOf(rows))

    /** Writes a version, gathers anew what was not sent, and answers which comments that has changed. */
    const write = Effect.fnUntraced(function* (row: ReplyRow) {
      if (row.sealed) {
        yield* upsert(row)
        return row.commentKey === null ? [] : [{ key: row.commentKey, growing: false }]
      }
      const before = yield* bursts(row.subject)
      yield* upsert({ ...row, commentKey: null })
      const after = yield* bursts(row.subject)
      const changed = changedBursts(before, after, row.key)
      for (const { key, members } of changed) {
        yield* sql`UPDATE thread_replies SET comment_key = ${key} WHERE ${sql.in("reply_key", members)}`
      }
      return changed.map(({ growing, key }) => ({ key, growing }))
    })

    const tell = Effect.fnUntraced(function* (row: ReplyRow) {
      const comments = yield* write(row)
      if (comments.length > 0) {
        const { author, key, markdown, state, subject } = row
        const data = yield* encodeEvent({ key, author, markdown, state, comments })
        yield* log.append({ operationId: null, subject, lane: "append", type: "replied", data })
      }
      const receipt: ReplyReceipt = "changed"
      return receipt
    })

    const put = Effect.fn("ThreadReplies.put")(
      function* (reply: Reply) {
        const known = yield* select(reply.key)
        if (Option.isNone(known)) return yield* tell({ ...reply, commentKey: null, sealed: false })
        const { commentKey, revision, saidAt, sealed, state, subject } = known.value
        const isOld = state === "deleted" || (reply.state !== "deleted" && reply.revision <= revision)
        const unchanged: ReplyReceipt = "unchanged"
        return isOld ? unchanged : yield* tell({ ...reply, commentKey, sealed, saidAt, subject })
      },
      sql.withTransaction,
      Effect.mapError(failed("put"))
    )

    const remove = Effect.fn("ThreadReplies.remove")(
      function* (key: string) {
        const known = yield* select(key)
        const gone = { key, markdown: "", state: "deleted" as const }
        if (Option.isSome(known)) {
          const unchanged: ReplyReceipt = "unchanged"
          return known.value.state === "deleted" ? unchanged : yield* tell({ ...known.value, ...gone })
        }
        const nobody = { subject: "", authorId: "", author: "", saidAt: "", revision: "" }
        return yield* tell({ ...gone, ...nobody, commentKey: null, sealed: false })
      },
      sql.withTransaction,
      Effect.mapError(failed("remove"))
    )

    return ThreadReplies.of({
      put,
      remove,
      find: Effect.fn("ThreadReplies.find")(
        (key: string) => Effect.map(select(key), Option.flatMap(decodeReply)),
        Effect.mapError(failed("find"))
      ),
      comment: Effect.fn("ThreadReplies.comment")(
        (key: string) => Effect.map(selectComment(key), toReplies),
        Effect.mapError(failed("comment"))
      ),
      seal: Effect.fn("ThreadReplies.seal")(
        function* (key: string) {
          yield* sql`UPDATE thread_replies SET sealed = 1 WHERE comment_key = ${key}`
          return toReplies(yield* selectComment(key))
        },
        sql.withTransaction,
        Effect.mapError(failed("seal"))
      )
    })
  })
)
