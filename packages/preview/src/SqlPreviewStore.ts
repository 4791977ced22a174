/** `PreviewStore` on any `SqlClient`. Owns the `previews` table and its migrations. */
import { type OperationId, OperationLog } from "@productbuilding/core"
import { DateTime, Effect, Layer, Option, PubSub, Schema, Stream } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { migrations } from "./internal/previewMigrations.ts"
import { PreviewRow } from "./internal/previewRow.ts"
import { Preview, PreviewId, type PreviewState } from "./Preview.ts"
import {
  type PreviewChange,
  type PreviewFacts,
  PreviewNotFound,
  PreviewStore,
  PreviewStoreError,
  Superseded
} from "./PreviewStore.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new PreviewStoreError({ operation, cause })

const factKeys = [
  "repository",
  "title",
  "author",
  "headRef",
  "fromFork",
  "pullRequestUrl",
  "environment",
  "host",
  "url"
] as const satisfies ReadonlyArray<keyof PreviewFacts>

const endings: Partial<Record<PreviewState, "succeeded" | "failed">> = {
  ready: "succeeded",
  deleted: "succeeded",
  failed: "failed"
}

/** Runs pending migrations, then serves the port. A failed migration fails the boot. */
export const layer: Layer.Layer<PreviewStore, LayerError, SqlClient.SqlClient | OperationLog> = Layer.effect(
  PreviewStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const log = yield* OperationLog
    yield* Migrator.make({})({ loader: migrations, table: "preview_store_migrations" })
    const published = yield* PubSub.unbounded<Preview>()

    const select = SqlSchema.findOneOption({
      Request: PreviewId,
      Result: PreviewRow,
      execute: (id) => sql`SELECT * FROM previews WHERE id = ${id}`
    })
    const selectByHost = SqlSchema.findOneOption({
      Request: Schema.String,
      Result: PreviewRow,
      execute: (host) => sql`SELECT * FROM previews WHERE host = ${host} ORDER BY updated_at DESC LIMIT 1`
    })
    const selectAll = SqlSchema.findAll({
      Request: Schema.Boolean,
      Result: PreviewRow,
      execute: (deleted) =>
        deleted
          ? sql`SELECT * FROM previews ORDER BY updated_at DESC, id`
          : sql`SELECT * FROM previews WHERE state <> 'deleted' ORDER BY updated_at DESC, id`
    })
    const insert = SqlSchema.void({
      Request: PreviewRow,
      execute: (row) => sql`INSERT INTO previews ${sql.insert(row)}`
    })
    const update = SqlSchema.void({
      Request: PreviewRow,
      execute: (row) => sql`UPDATE previews SET ${sql.update(row, ["id"])} WHERE id = ${row.id}`
    })

    const find = (id: PreviewId) =>
      Effect.map(
        select(id),
        Option.map((row) => new Preview(row))
      )

    /** Ends an operation, and says so to those who follow its events. One that has ended keeps its end. */
    const endOperation = Effect.fnUntraced(function* (
      operationId: OperationId,
      subject: PreviewId,
      status: "succeeded" | "failed" | "superseded"
    ) {
      const operation = yield* log.get(operationId)
      if (operation.status !== "running") return
      yield* log.end(operationId, status)
      yield* log.append({ operationId, subject, lane: "append", type: "end", data: { status } })
    })

    /** Writes the next version, tells of it in the log, and after the commit to those who listen. */
    const write = Effect.fnUntraced(function* (
      former: Option.Option<Preview>,
      next: Omit<Preview, "version" | "updatedAt" | "createdAt">
    ) {
      const now = yield* DateTime.now
      const preview = new Preview({
        ...next,
        createdAt: Option.match(former, { onNone: () => now, onSome: (one) => one.createdAt }),
        updatedAt: now,
        version: Option.match(former, { onNone: () => 1, onSome: (one) => one.version + 1 })
      })
      yield* Option.isNone(former) ? insert(preview) : update(preview)
      const changedState =
        Option.isNone(former) ||
        former.value.state !== preview.state ||
        former.value.sha !== preview.sha ||
        former.value.operationId !== preview.operationId
      const changedFacts = Option.isSome(former) && factKeys.some((key) => former.value[key] !== preview[key])
      const stage = preview.stages.at(-1)
      yield* log.append({
        operationId: preview.operationId,
        subject: preview.id,
        lane: "status",
        type: changedState ? "state" : changedFacts ? "facts" : "step",
        data: {
          state: preview.state,
          sha: preview.sha,
          stage: stage === undefined || stage.endedAt !== null ? null : stage.stage,
          failure: preview.failure === null ? null : { stage: preview.failure.stage, summary: preview.failure.summary }
        }
      })
      const ending = endings[preview.state]
      if (preview.operationId !== null && ending !== undefined) {
        yield* endOperation(preview.operationId, preview.id, ending)
      }
      yield* sql.afterCommit(Effect.asVoid(PubSub.publish(published, preview)))
      return preview
    })

    const supersede = (former: Option.Option<Preview>, by: OperationId | null) =>
      Option.isSome(former) && former.value.operationId !== null && former.value.operationId !== by
        ? endOperation(former.value.operationId, former.value.id, "superseded")
        : Effect.void

    const begin: PreviewStore["Service"]["begin"] = Effect.fn("PreviewStore.begin")(
      function* (facts, operation, to) {
        const former = yield* find(facts.id)
        yield* supersede(former, operation.id)
        yield* log.start({ ...operation, subject: facts.id })
        const preview = yield* write(former, {
          ...facts,
          state: to.state,
          sha: to.sha,
          runningSha: Option.match(former, { onNone: () => null, onSome: (one) => one.runningSha }),
          operationId: operation.id,
          removedSha: to.removedSha ?? null,
          approvedSha: to.approvedSha ?? Option.match(former, { onNone: () => null, onSome: (one) => one.approvedSha }),
          failure: null,
          stages: [],
          note: Option.match(former, { onNone: () => null, onSome: (one) => one.note })
        })
        return { preview, former }
      },
      sql.withTransaction,
      Effect.mapError(failed("begin"))
    )

    const change: PreviewStore["Service"]["change"] = Effect.fn("PreviewStore.change")(
      function* (id: PreviewId, operationId: OperationId, wanted: PreviewChange) {
        const former = yield* find(id)
        if (Option.isNone(former)) return yield* new PreviewNotFound({ id })
        if (former.value.operationId !== operationId) return yield* new Superseded({ id, operationId })
        return yield* write(former, { ...former.value, ...wanted })
      },
      sql.withTransaction,
      Effect.mapError((error) =>
        error._tag === "Superseded" || error._tag === "PreviewNotFound" ? error : failed("change")(error)
      )
    )

    const block: PreviewStore["Service"]["block"] = Effect.fn("PreviewStore.block")(
      function* (facts, sha) {
        const former = yield* find(facts.id)
        yield* supersede(former, null)
        const preview = yield* write(former, {
          ...facts,
          state: "blocked",
          sha,
          runningSha: Option.match(former, { onNone: () => null, onSome: (one) => one.runningSha }),
          operationId: null,
          approvedSha: null,
          removedSha: null,
          failure: null,
          stages: [],
          note: null
        })
        return { preview, former }
      },
      sql.withTransaction,
      Effect.mapError(failed("block"))
    )

    const refresh = Effect.fn("PreviewStore.refresh")(
      function* (facts: PreviewFacts) {
        const former = yield* find(facts.id)
        if (Option.isNone(former) || factKeys.every((key) => former.value[key] === facts[key])) return
        yield* write(former, { ...former.value, ...facts })
      },
      sql.withTransaction,
      Effect.mapError(failed("refresh"))
    )

    return PreviewStore.of({
      find: Effect.fn("PreviewStore.find")((id: PreviewId) => find(id), Effect.mapError(failed("find"))),
      get: Effect.fn("PreviewStore.get")(function* (id: PreviewId) {
        const found = yield* Effect.mapError(find(id), failed("get"))
        return Option.isSome(found) ? found.value : yield* new PreviewNotFound({ id })
      }),
      findByHost: Effect.fn("PreviewStore.findByHost")(
        (host: string) =>
          Effect.map(
            selectByHost(host),
            Option.map((row) => new Preview(row))
          ),
        Effect.mapError(failed("findByHost"))
      ),
      list: Effect.fn("PreviewStore.list")(
        (options?: { readonly deleted?: boolean }) =>
          Effect.map(selectAll(options?.deleted ?? false), (rows) => rows.map((row) => new Preview(row))),
        Effect.mapError(failed("list"))
      ),
      begin,
      change,
      block,
      refresh,
      changes: Stream.fromPubSub(published)
    })
  })
)
