/** `UserLinks` on any `SqlClient`. Owns the `user_links` table and its migrations. */
import { Effect, Layer, Schema } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { UserLink, UserLinks, UserLinksError } from "./UserLinks.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new UserLinksError({ operation, cause })

const createLinks = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE user_links (chat_user TEXT PRIMARY KEY, login TEXT NOT NULL)`
  yield* sql`CREATE UNIQUE INDEX user_links_by_login ON user_links (lower(login))`
})

const migrations = Migrator.fromRecord({ "0001_create_user_links": createLinks })

const LinkRow = Schema.Struct(UserLink.fields).pipe(Schema.encodeKeys({ user: "chat_user" }))

/** Runs pending migrations, then serves the port. A failed migration fails the boot. */
export const layer: Layer.Layer<UserLinks, LayerError, SqlClient.SqlClient> = Layer.effect(
  UserLinks,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Migrator.make({})({ loader: migrations, table: "user_links_migrations" })
    const insert = SqlSchema.void({
      Request: LinkRow,
      execute: (row) => sql`INSERT INTO user_links ${sql.insert(row)}`
    })
    const select = SqlSchema.findAll({
      Request: Schema.Void,
      Result: LinkRow,
      execute: () => sql`SELECT * FROM user_links ORDER BY lower(login)`
    })
    return UserLinks.of({
      put: Effect.fn("UserLinks.put")(
        function* (link: UserLink) {
          yield* sql`DELETE FROM user_links WHERE chat_user = ${link.user} OR lower(login) = lower(${link.login})`
          yield* insert(link)
        },
        sql.withTransaction,
        Effect.mapError(failed("put"))
      ),
      remove: Effect.fn("UserLinks.remove")(
        (user: string) => sql`DELETE FROM user_links WHERE chat_user = ${user}`,
        Effect.asVoid,
        Effect.mapError(failed("remove"))
      ),
      list: select().pipe(
        Effect.map((rows) => rows.map((row) => new UserLink(row))),
        Effect.mapError(failed("list")),
        Effect.withSpan("UserLinks.list")
      )
    })
  })
)
