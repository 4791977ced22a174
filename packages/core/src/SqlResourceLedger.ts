/** `ResourceLedger` on any `SqlClient`. Owns the `resources` table and its migrations. */
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { Resource, ResourceLedger, ResourceLedgerError } from "./Resource.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new ResourceLedgerError({ operation, cause })

const createResources = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE resources (
      owner_key TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      external_id TEXT,
      state TEXT NOT NULL,
      updated_at BIGINT NOT NULL
    )
  `
  yield* sql`CREATE INDEX resources_by_subject ON resources (subject)`
})

const migrations = Migrator.fromRecord({ "0001_create_resources": createResources })

const ResourceRow = Schema.Struct(Resource.fields).pipe(
  Schema.encodeKeys({ ownerKey: "owner_key", externalId: "external_id", updatedAt: "updated_at" })
)

/** Runs pending migrations, then serves the port. A failed migration fails the boot. */
export const layer: Layer.Layer<ResourceLedger, LayerError, SqlClient.SqlClient> = Layer.effect(
  ResourceLedger,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Migrator.make({})({ loader: migrations, table: "resource_ledger_migrations" })

    const insert = SqlSchema.findOne({
      Request: ResourceRow,
      Result: ResourceRow,
      execute: (row) => sql`
        INSERT INTO resources ${sql.insert(row)}
        ON CONFLICT (owner_key) DO UPDATE SET
          state = CASE WHEN resources.state = 'live' THEN 'live' ELSE 'pending' END,
          external_id = CASE WHEN resources.state = 'live' THEN resources.external_id ELSE NULL END,
          updated_at = excluded.updated_at
        RETURNING *
      `
    })
    const select = SqlSchema.findOneOption({
      Request: Schema.String,
      Result: ResourceRow,
      execute: (ownerKey) => sql`SELECT * FROM resources WHERE owner_key = ${ownerKey}`
    })
    const selectStanding = SqlSchema.findAll({
      Request: Schema.NullOr(Schema.String),
      Result: ResourceRow,
      execute: (subject) =>
        sql`SELECT * FROM resources WHERE ${sql.and([
          sql`state <> 'removed'`,
          ...(subject === null ? [] : [sql`subject = ${subject}`])
        ])} ORDER BY owner_key`
    })
    const move = Effect.fnUntraced(function* (ownerKey: string, state: Resource["state"], externalId?: string) {
      const now = DateTime.toEpochMillis(yield* DateTime.now)
      yield* externalId === undefined
        ? sql`UPDATE resources SET state = ${state}, updated_at = ${now} WHERE owner_key = ${ownerKey}`
        : sql`UPDATE resources SET state = ${state}, external_id = ${externalId}, updated_at = ${now} WHERE owner_key = ${ownerKey}`
    })

    return ResourceLedger.of({
      claim: Effect.fn("ResourceLedger.claim")(
        function* (resource: Pick<Resource, "ownerKey" | "kind" | "subject">) {
          const now = yield* DateTime.now
          return new Resource(yield* insert({ ...resource, externalId: null, state: "pending", updatedAt: now }))
        },
        Effect.mapError(failed("claim"))
      ),
      live: Effect.fn("ResourceLedger.live")(
        (ownerKey: string, externalId: string) => move(ownerKey, "live", externalId),
        Effect.mapError(failed("live"))
      ),
      ambiguous: Effect.fn("ResourceLedger.ambiguous")(
        (ownerKey: string) => move(ownerKey, "ambiguous"),
        Effect.mapError(failed("ambiguous"))
      ),
      removed: Effect.fn("ResourceLedger.removed")(
        (ownerKey: string) => move(ownerKey, "removed"),
        Effect.mapError(failed("removed"))
      ),
      find: Effect.fn("ResourceLedger.find")(
        (ownerKey: string) =>
          Effect.map(
            select(ownerKey),
            Option.map((row) => new Resource(row))
          ),
        Effect.mapError(failed("find"))
      ),
      standing: Effect.fn("ResourceLedger.standing")(
        (subject?: string) =>
          Effect.map(selectStanding(subject ?? null), (rows) => rows.map((row) => new Resource(row))),
        Effect.mapError(failed("standing"))
      )
    })
  })
)
