/** The contract of `OperationLog`, run against every adapter. */
import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, type Layer, Option, type Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { OperationId, OperationLog } from "../src/Operation.ts"

const operation = (name: string, subject = name) => ({
  id: OperationId.make(name),
  kind: "deployment",
  subject,
  requester: "a test"
})
const event = (name: string, data: number) =>
  ({ operationId: OperationId.make(name), subject: name, lane: "append", type: "log", data }) as const

export const suite = (name: string, layer: Layer.Layer<OperationLog | SqlClient.SqlClient, unknown>) =>
  it.layer(layer, { excludeTestServices: true })(`OperationLog (${name})`, (it) => {
    it.effect("an operation starts once and ends once", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        yield* log.start(operation("once"))
        yield* log.end(OperationId.make("once"), "failed")
        yield* log.start(operation("once"))
        yield* log.end(OperationId.make("once"), "succeeded")
        const found = yield* log.get(OperationId.make("once"))
        assert.strictEqual(found.status, "failed")
        assert.isNotNull(found.endedAt)
      })
    )

    it.effect("latest finds the newest of a subject, of a kind if one is given", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        yield* log.start(operation("first", "subject"))
        yield* log.start({ ...operation("second", "subject"), kind: "teardown" })
        assert.strictEqual(Option.getOrThrow(yield* log.latest("subject")).id, "second")
        assert.strictEqual(Option.getOrThrow(yield* log.latest("subject", "deployment")).id, "first")
        assert.isTrue(Option.isNone(yield* log.latest("nobody")))
      })
    )

    it.effect("newest finds the newest event of a type about a subject", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        const fact = (subject: string, type: string, data: Schema.Json) =>
          log.append({ operationId: null, subject, lane: "status", type, data })
        yield* fact("a thread", "thread", "old")
        yield* fact("a thread", "thread", "new")
        yield* fact("a thread", "checks", null)
        yield* fact("another", "thread", "other")
        assert.strictEqual(Option.getOrThrow(yield* log.newest("a thread", "thread")).data, "new")
        assert.isTrue(Option.isNone(yield* log.newest("a thread", "state")))
      })
    )

    it.effect("the stream replays and goes on without a gap or a double", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        for (let index = 0; index < 600; index++) yield* log.append(event("stream", index))
        const seen = yield* log.stream({ after: 0 }).pipe(
          Stream.filter(({ operationId }) => operationId === "stream"),
          Stream.take(1200),
          Stream.runCollect,
          Effect.forkChild
        )
        for (let index = 600; index < 1200; index++) yield* log.append(event("stream", index))
        const events = yield* Fiber.join(seen)
        assert.deepStrictEqual(
          events.map(({ data }) => data),
          Array.from({ length: 1200 }, (_, index) => index)
        )
      })
    )

    it.effect("an event of a transaction that is rolled back was never there", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        const sql = yield* SqlClient.SqlClient
        yield* log.append(event("rollback", 1))
        yield* log
          .append(event("rollback", 2))
          .pipe(Effect.andThen(Effect.fail("no")), sql.withTransaction, Effect.flip)
        const events = yield* log.events(OperationId.make("rollback"), 0)
        assert.deepStrictEqual(
          events.map(({ data }) => data),
          [1]
        )
      })
    )

    it.effect("an event with a key is stored once for a subject and a type, and not without its transaction", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        const sql = yield* SqlClient.SqlClient
        const keyed = (subject: string, type: string, data: number) =>
          log.append({ operationId: null, subject, lane: "append", type, key: "a key", data })
        yield* keyed("keyed", "said", 0).pipe(Effect.andThen(Effect.fail("no")), sql.withTransaction, Effect.flip)
        const first = yield* keyed("keyed", "said", 1)
        const [again, other, elsewhere] = yield* Effect.all(
          [keyed("keyed", "said", 2), keyed("keyed", "replied", 3), keyed("keyed elsewhere", "said", 4)],
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(again, first)
        assert.deepStrictEqual([first.data, other.data, elsewhere.data], [1, 3, 4])
        const listed = yield* log.list({ after: first.sequence - 1, limit: 10 })
        assert.sameMembers(
          listed.map(({ data }) => data),
          [1, 3, 4]
        )
      })
    )

    it.effect("lists what is stored after a number, and knows the newest", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        const before = yield* log.newestSequence
        for (const value of [1, 2, 3]) yield* log.append(event("listed", value))
        const listed = yield* log.list({ after: before, limit: 2 })
        assert.deepStrictEqual(
          listed.map(({ data }) => data),
          [1, 2]
        )
        const rest = yield* log.list({ after: listed[1]?.sequence ?? 0, limit: 2 })
        assert.deepStrictEqual(
          rest.map(({ sequence }) => sequence),
          [yield* log.newestSequence]
        )
      })
    )

    it.effect("the history of some types from a time on is in order and complete", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        const sql = yield* SqlClient.SqlClient
        const said = (data: number) => ({ ...event("history", data), type: data % 2 === 0 ? "even" : "odd" })
        for (let index = 0; index < 1100; index++) yield* log.append(said(index))
        yield* sql`UPDATE events SET at = 5000 WHERE type = 'even'`
        yield* sql`UPDATE events SET at = 4999 WHERE type = 'even' AND data IN ('0', '600')`
        const dataOf = (...types: ReadonlyArray<string>) =>
          Effect.map(Stream.runCollect(log.history({ from: DateTime.makeUnsafe(5000), types })), (events) =>
            events.map(({ data }) => data)
          )
        const even = Array.from({ length: 550 }, (_, index) => 2 * index).filter((one) => one !== 0 && one !== 600)
        assert.deepStrictEqual(yield* dataOf("even"), even)
        assert.strictEqual((yield* dataOf("even", "odd")).length, even.length + 550)
      })
    )

    it.effect("an unknown operation is not found", () =>
      Effect.gen(function* () {
        const log = yield* OperationLog
        assert.strictEqual((yield* Effect.flip(log.get(OperationId.make("unknown"))))._tag, "OperationNotFound")
      })
    )
  })
