/** `TurnStore` on any `SqlClient`. Owns the `turns`, `turn_messages`, `turn_entries` and `conversations` tables and their migrations. */
import { OperationLog } from "@productbuilding/core"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { Digest } from "effect/crypto"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { Asker, ConversationId } from "./Conversation.ts"
import { migrations } from "./internal/turnMigrations.ts"
import { Turn, TurnEntry, TurnFact, TurnId, type TurnState } from "./Turn.ts"
import { hashEntry } from "./TurnHash.ts"
import { TurnMoved, TurnNotFound, TurnOver, TurnStore, TurnStoreError } from "./TurnStore.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new TurnStoreError({ operation, cause })

const TurnRow = Schema.Struct({
  ...Turn.fields,
  asker: Schema.fromJsonString(Asker),
  stopping: Schema.BooleanFromBit
}).pipe(Schema.encodeKeys({ createdAt: "created_at", endedAt: "ended_at" }))
type TurnRow = typeof TurnRow.Type

const EntryRow = Schema.Struct({ ...TurnEntry.fields, fact: Schema.fromJsonString(TurnFact) }).pipe(
  Schema.encodeKeys({ turnId: "turn_id" })
)

const historyLimit = 50

const optionsOf = (facts: ReadonlyArray<TurnFact>): ReadonlyArray<string> =>
  facts.flatMap((fact) => (fact._tag === "Ended" ? fact.options : []))

/** What may still be recorded of a turn that is being stopped. */
const allowedWhileStopping = new Set<TurnFact["_tag"]>(["Finished", "Steered", "Stop", "Ended"])

const stateAfter = (state: TurnState, fact: TurnFact): TurnState => {
  switch (fact._tag) {
    case "Approval":
      return "waiting"
    case "Decided":
    case "Steered":
    case "Stop":
      return state === "waiting" ? "running" : state
    case "Ended":
      return "ended"
    default:
      return state
  }
}

/** Runs pending migrations, then serves the port. A failed migration fails the boot. */
export const layer: Layer.Layer<TurnStore, LayerError, Digest.Digest | OperationLog | SqlClient.SqlClient> =
  Layer.effect(
    TurnStore,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const digest = yield* Digest.Digest
      const log = yield* OperationLog
      yield* Migrator.make({})({ loader: migrations, table: "turn_store_migrations" })

      const columns = sql.literal(
        "id, conversation, repository, about, asker, text, state, leg, stopping, outcome, answer, created_at, ended_at"
      )
      const insertTurn = SqlSchema.void({
        Request: TurnRow,
        execute: (row) => sql`INSERT INTO turns ${sql.insert(row)}`
      })
      const updateTurn = SqlSchema.void({
        Request: TurnRow,
        execute: (row) => sql`UPDATE turns SET ${sql.update(row, ["id"])} WHERE id = ${row.id}`
      })
      const selectTurn = SqlSchema.findOneOption({
        Request: TurnId,
        Result: TurnRow,
        execute: (id) => sql`SELECT ${columns} FROM turns WHERE id = ${id}`
      })
      const selectByKey = SqlSchema.findOneOption({
        Request: Schema.String,
        Result: TurnRow,
        execute: (key) =>
          sql`SELECT ${columns} FROM turns WHERE id = (SELECT turn_id FROM turn_messages WHERE key = ${key})`
      })
      const selectActive = SqlSchema.findOneOption({
        Request: ConversationId,
        Result: TurnRow,
        execute: (conversation) => sql`
          SELECT ${columns} FROM turns WHERE conversation = ${conversation} AND state IN ('running', 'waiting')
          ORDER BY sequence LIMIT 1
        `
      })
      const selectQueued = SqlSchema.findOneOption({
        Request: ConversationId,
        Result: TurnRow,
        execute: (conversation) => sql`
          SELECT ${columns} FROM turns WHERE conversation = ${conversation} AND state = 'queued' ORDER BY sequence LIMIT 1
        `
      })
      const selectPage = SqlSchema.findAll({
        Request: Schema.Struct({ limit: Schema.Int, conversation: Schema.NullOr(ConversationId) }),
        Result: TurnRow,
        execute: ({ conversation, limit }) =>
          conversation === null
            ? sql`SELECT ${columns} FROM turns ORDER BY sequence DESC LIMIT ${limit}`
            : sql`SELECT ${columns} FROM turns WHERE conversation = ${conversation} ORDER BY sequence DESC LIMIT ${limit}`
      })
      const selectBefore = SqlSchema.findAll({
        Request: TurnId,
        Result: TurnRow,
        execute: (id) => sql`
          SELECT ${columns} FROM turns
          WHERE state = 'ended'
            AND conversation = (SELECT conversation FROM turns WHERE id = ${id})
            AND sequence < (SELECT sequence FROM turns WHERE id = ${id})
            AND sequence > COALESCE((SELECT up_to FROM conversations c WHERE c.id = turns.conversation), 0)
          ORDER BY sequence DESC LIMIT ${historyLimit}
        `
      })
      const selectSummary = SqlSchema.findOneOption({
        Request: ConversationId,
        Result: Schema.Struct({ summary: Schema.String }),
        execute: (id) => sql`SELECT summary FROM conversations WHERE id = ${id}`
      })
      const selectOpen = SqlSchema.findAll({
        Request: Schema.Void,
        Result: TurnRow,
        execute: () => sql`SELECT ${columns} FROM turns WHERE state <> 'ended' ORDER BY sequence`
      })
      const selectEntries = SqlSchema.findAll({
        Request: TurnId,
        Result: EntryRow,
        execute: (id) => sql`SELECT * FROM turn_entries WHERE turn_id = ${id} ORDER BY number`
      })
      const selectLast = SqlSchema.findOneOption({
        Request: TurnId,
        Result: Schema.Struct({ number: Schema.Int, hash: Schema.String }),
        execute: (id) => sql`SELECT number, hash FROM turn_entries WHERE turn_id = ${id} ORDER BY number DESC LIMIT 1`
      })
      const insertEntry = SqlSchema.void({
        Request: EntryRow,
        execute: (row) => sql`INSERT INTO turn_entries ${sql.insert(row)}`
      })

      const turnOf = ({ stopping: _, ...fields }: TurnRow) => new Turn(fields)

      const found = Effect.fnUntraced(function* (id: TurnId) {
        const row = yield* selectTurn(id)
        return Option.isSome(row) ? row.value : yield* new TurnNotFound({ id })
      })

      const tell = (row: TurnRow) =>
        log.append({
          operationId: row.id,
          subject: row.conversation,
          lane: "status",
          type: "turn",
          data: { turn: row.id, state: row.state, outcome: row.outcome }
        })

      /** Writes the facts and the row that follows from them, and tells of it. */
      const record = Effect.fnUntraced(
        function* (row: TurnRow, facts: ReadonlyArray<TurnFact>) {
          const now = yield* DateTime.now
          const last = yield* selectLast(row.id)
          let number = Option.match(last, { onNone: () => 0, onSome: (one) => one.number })
          let hash = Option.match(last, { onNone: () => "", onSome: (one) => one.hash })
          let next = row
          for (const fact of facts) {
            if (next.state === "ended") return yield* new TurnOver({ id: row.id, reason: "ended" })
            if (next.stopping && !allowedWhileStopping.has(fact._tag)) {
              return yield* new TurnOver({ id: row.id, reason: "stopped" })
            }
            number += 1
            hash = yield* hashEntry(row.id, { number, atMs: now.epochMilliseconds, fact }, hash)
            yield* insertEntry({ turnId: row.id, number, at: now, fact, hash })
            const state = stateAfter(next.state, fact)
            next = {
              ...next,
              state,
              leg: next.state === "waiting" && state === "running" ? next.leg + 1 : next.leg,
              stopping: next.stopping || fact._tag === "Stop",
              ...(fact._tag === "Ended" ? { outcome: fact.outcome, answer: fact.text, endedAt: now } : {})
            }
          }
          yield* updateTurn(next)
          yield* tell(next)
          if (next.state === "ended" && row.state !== "ended") {
            yield* log.append({
              operationId: next.id,
              subject: next.conversation,
              lane: "append",
              type: "answered",
              data: { turn: next.id, outcome: next.outcome, text: next.answer, options: optionsOf(facts) }
            })
            yield* log.end(next.id, next.outcome === "failed" ? "failed" : "succeeded")
          }
          return next
        },
        Effect.provideService(Digest.Digest, digest)
      )

      const receive: TurnStore["Service"]["receive"] = Effect.fn("TurnStore.receive")(
        function* (asked, id) {
          const known = yield* selectByKey(asked.key)
          if (Option.isSome(known)) return { turn: turnOf(known.value), receipt: "known" as const }
          const active = yield* selectActive(asked.conversation)
          if (Option.isSome(active) && active.value.asker.id === asked.asker.id && !active.value.stopping) {
            yield* sql`INSERT INTO turn_messages ${sql.insert({ key: asked.key, turn_id: active.value.id })}`
            const row = yield* record(active.value, [{ _tag: "Steered", by: asked.asker.name, text: asked.text }])
            return { turn: turnOf(row), receipt: "joined" as const }
          }
          yield* sql`INSERT INTO turn_messages ${sql.insert({ key: asked.key, turn_id: id })}`
          const row: TurnRow = {
            id,
            conversation: asked.conversation,
            repository: asked.repository,
            about: asked.about,
            asker: asked.asker,
            text: asked.text,
            state: "queued",
            leg: 0,
            stopping: false,
            outcome: null,
            answer: null,
            createdAt: yield* DateTime.now,
            endedAt: null
          }
          yield* log.start({ id, kind: "turn", subject: asked.conversation, requester: asked.asker.name })
          yield* insertTurn(row)
          const facts = [{ _tag: "Asked" as const, text: asked.text, message: asked.key }]
          return { turn: turnOf(yield* record(row, facts)), receipt: "opened" as const }
        },
        sql.withTransaction,
        Effect.mapError(failed("receive"))
      )

      const next: TurnStore["Service"]["next"] = Effect.fn("TurnStore.next")(
        function* (conversation) {
          if (Option.isSome(yield* selectActive(conversation))) return Option.none()
          const queued = yield* selectQueued(conversation)
          if (Option.isNone(queued)) return Option.none()
          const row: TurnRow = { ...queued.value, state: "running" }
          yield* updateTurn(row)
          yield* tell(row)
          return Option.some(turnOf(row))
        },
        sql.withTransaction,
        Effect.mapError(failed("next"))
      )

      const append: TurnStore["Service"]["append"] = Effect.fn("TurnStore.append")(
        function* (id, facts) {
          return turnOf(yield* record(yield* found(id), facts))
        },
        sql.withTransaction,
        Effect.mapError((error) =>
          error._tag === "TurnNotFound" || error._tag === "TurnOver" ? error : failed("append")(error)
        )
      )

      const appendAfter: TurnStore["Service"]["appendAfter"] = Effect.fn("TurnStore.appendAfter")(
        function* (id, entries, fact) {
          const row = yield* found(id)
          const last = yield* selectLast(id)
          if (Option.isNone(last) || last.value.number !== entries) return yield* new TurnMoved({ id })
          return turnOf(yield* record(row, [fact]))
        },
        sql.withTransaction,
        Effect.mapError((error) =>
          error._tag === "TurnNotFound" || error._tag === "TurnOver" || error._tag === "TurnMoved"
            ? error
            : failed("appendAfter")(error)
        )
      )

      const nextLeg: TurnStore["Service"]["nextLeg"] = Effect.fn("TurnStore.nextLeg")(
        function* (turn) {
          const row = yield* found(turn.id)
          if (row.state !== "running" || row.leg !== turn.leg) return turnOf(row)
          const next = { ...row, leg: row.leg + 1 }
          yield* updateTurn(next)
          return turnOf(next)
        },
        sql.withTransaction,
        Effect.mapError((error) => (error._tag === "TurnNotFound" ? error : failed("nextLeg")(error)))
      )

      return TurnStore.of({
        receive,
        next,
        nextLeg,
        append,
        appendAfter,
        get: Effect.fn("TurnStore.get")(
          (id: TurnId) => Effect.map(found(id), turnOf),
          Effect.mapError((error) => (error._tag === "TurnNotFound" ? error : failed("get")(error)))
        ),
        entries: Effect.fn("TurnStore.entries")(
          function* (id: TurnId) {
            yield* found(id)
            return (yield* selectEntries(id)).map((row) => new TurnEntry(row))
          },
          Effect.mapError((error) => (error._tag === "TurnNotFound" ? error : failed("entries")(error)))
        ),
        history: Effect.fn("TurnStore.history")(
          function* (id: TurnId) {
            const { conversation } = yield* found(id)
            const summary = yield* selectSummary(conversation)
            return {
              summary: Option.getOrUndefined(Option.map(summary, (row) => row.summary)),
              turns: (yield* selectBefore(id)).map(turnOf)
            }
          },
          Effect.mapError((error) => (error._tag === "TurnNotFound" ? error : failed("history")(error)))
        ),
        summarise: Effect.fn("TurnStore.summarise")(
          function* (upTo: TurnId, summary: string) {
            const { conversation } = yield* found(upTo)
            yield* sql`
              INSERT INTO conversations (id, summary, up_to)
              SELECT ${conversation}, ${summary}, sequence FROM turns WHERE id = ${upTo}
              ON CONFLICT (id) DO UPDATE SET summary = excluded.summary, up_to = excluded.up_to
            `
          },
          Effect.mapError((error) => (error._tag === "TurnNotFound" ? error : failed("summarise")(error)))
        ),
        list: Effect.fn("TurnStore.list")(
          ({ conversation, limit }) =>
            Effect.map(selectPage({ limit, conversation: conversation ?? null }), (rows) => rows.map(turnOf)),
          Effect.mapError(failed("list"))
        ),
        open: selectOpen(undefined).pipe(
          Effect.map((rows) => rows.map(turnOf)),
          Effect.mapError(failed("open")),
          Effect.withSpan("TurnStore.open")
        )
      })
    })
  )
