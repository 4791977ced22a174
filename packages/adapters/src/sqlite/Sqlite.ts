/** `SqlClient` on a file, with `node:sqlite`: nothing to install, one process at a time. */
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Cause, Effect, FileSystem, Layer, Path, Schema } from "effect"
import { SqlClient } from "effect/sql"

/** The database file cannot be opened. Fails the boot. */
export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The database ${this.file} cannot be used: ${this.detail}. DATABASE_PATH says where it lies.`
  }
}

const detailOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

/** Every commit is flushed to disk before it counts, so an acknowledged delivery survives a power cut. */
const pragmas = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`PRAGMA synchronous = FULL`
    yield* sql`PRAGMA busy_timeout = 5000`
    yield* sql`PRAGMA foreign_keys = ON`
    // NOTE: a checkpoint runs inside the insert that crosses the limit; a larger one makes those rarer.
    yield* sql`PRAGMA wal_autocheckpoint = 4000`
    // NOTE: else a statement of many rows first copies each page that it changes to a file, to be able to take it back.
    yield* sql`PRAGMA temp_store = MEMORY`
  })
)

/** Opens or creates the file and its folder; write-ahead log. One connection, one writer at a time. */
export const layer = (
  file: string
): Layer.Layer<SqlClient.SqlClient, DatabaseUnusable, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      yield* fs
        .makeDirectory(path.dirname(path.resolve(file)), { recursive: true })
        .pipe(
          Effect.mapError(
            (cause) => new DatabaseUnusable({ file, detail: `its folder cannot be made (${cause.reason._tag})` })
          )
        )
      return pragmas.pipe(
        Layer.provideMerge(SqliteClient.layer({ filename: file, prepareCacheTTL: "1 day" })),
        Layer.catchCause((cause) =>
          Layer.effect(SqlClient.SqlClient, new DatabaseUnusable({ file, detail: detailOf(Cause.squash(cause)) }))
        )
      )
    })
  )

/** In memory, lost with the layer: for tests. */
export const layerMemory: Layer.Layer<SqlClient.SqlClient> = SqliteClient.layer({ filename: ":memory:" })
