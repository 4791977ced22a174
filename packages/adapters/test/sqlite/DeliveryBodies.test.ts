/** How bodies of deliveries lie in the database. That they are read back as they came is in the inbox's own contract. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { zstdCompressSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Decision, DeliveryId, DeliveryInbox, type IncomingDelivery, SqlDeliveryInbox } from "@productbuilding/core"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { quickFolder } from "../../../../test/support/quickFolder.ts"
import * as ZstdBodyCodec from "../../src/node/ZstdBodyCodec.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const long = (name: string): IncomingDelivery => ({
  id: DeliveryId.make(`github:${name}`),
  source: "github",
  event: "push",
  body: new TextEncoder().encode(JSON.stringify({ name, text: "All work and no play. ".repeat(1000) }))
})
const accepted = new Decision({ outcome: "accepted", reason: "it was there" })

/** Two lives of an inbox on one file, with the client beside each. */
const livesOn = <A>(
  lives: ReadonlyArray<Effect.Effect<A, unknown, DeliveryInbox | SqlClient.SqlClient>>
): Effect.Effect<ReadonlyArray<A>, unknown> =>
  Effect.acquireUseRelease(
    Effect.sync(() => quickFolder("pb-bodies-")),
    (folder) => {
      const database = Sqlite.layer(join(folder, "test.db")).pipe(Layer.provide(NodeServices.layer))
      const inbox = SqlDeliveryInbox.layer.pipe(Layer.provideMerge(database), Layer.provide(ZstdBodyCodec.layer))
      return Effect.forEach(lives, (life) => Effect.provide(life, inbox, { local: true }))
    },
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )

const stored = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{
    codec: string
    bytes: number
  }>`SELECT codec, length(body) AS bytes FROM deliveries ORDER BY sequence`
})

const bundles = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ bytes: number }>`SELECT length(body) AS bytes FROM delivery_bundles`
})

describe("bodies of deliveries", () => {
  it.live("one that comes alone is as it came until it is decided, and compressed then", () =>
    livesOn([
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        const one = long("alone")
        yield* inbox.put(one)
        assert.deepStrictEqual(yield* stored, [{ codec: "plain", bytes: one.body.length }])
        yield* inbox.decide(one.id, accepted)
        const [row] = yield* stored
        assert.strictEqual(row?.codec, "zstd")
        assert.isBelow(row?.bytes ?? Number.NaN, 1000)
        assert.deepStrictEqual(new Uint8Array(yield* inbox.body(one.id)), one.body)
        assert.isEmpty(yield* bundles)
      })
    ])
  )

  it.live(
    "the first is written at once, those that come with it are compressed together, and are still there in the next life",
    () => {
      const all = Array.from({ length: 12 }, (_, index) => long(`together-${index}`))
      return livesOn([
        Effect.gen(function* () {
          const inbox = yield* DeliveryInbox
          yield* Effect.forEach(all, inbox.put, { concurrency: "unbounded" })
          const [bundle, ...others] = yield* bundles
          assert.isEmpty(others)
          // Less than what two of them are alone.
          assert.isBelow(bundle?.bytes ?? Number.NaN, 2000)
          const [first, ...rest] = yield* stored
          assert.strictEqual(first?.codec, "plain")
          assert.lengthOf(rest, 11)
          for (const { bytes, codec } of rest) {
            assert.strictEqual(codec, "bundle")
            assert.isBelow(bytes, 100)
          }
        }),
        Effect.gen(function* () {
          const inbox = yield* DeliveryInbox
          yield* Effect.forEach(all, inbox.put, { concurrency: "unbounded" })
          assert.lengthOf(yield* bundles, 1)
          for (const { body, id } of all) assert.deepStrictEqual(new Uint8Array(yield* inbox.body(id)), body)
        })
      ])
    }
  )

  it.live("those that come one after the other are each as they came, also after many came together", () =>
    livesOn([
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        /** In another turn of the event loop than the last. */
        const put = (names: ReadonlyArray<string>) =>
          Effect.andThen(
            Effect.sleep(1),
            Effect.forEach(names, (name) => inbox.put(long(name)), { concurrency: "unbounded" })
          )
        for (const name of ["one", "another"]) yield* put([name])
        yield* put(["first", "second", "third"])
        // Whether the crowd is over is known once one has come alone.
        for (const name of ["later", "latest"]) yield* put([name])
        assert.deepStrictEqual(
          (yield* stored).map(({ codec }) => codec),
          ["plain", "plain", "plain", "bundle", "bundle", "plain", "plain"]
        )
      })
    ])
  )

  it.live("what was stored before there were bundles is read", () =>
    livesOn([
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        const sql = yield* SqlClient.SqlClient
        const { body, ...rest } = long("former")
        const row = { ...rest, received_at: 0, status: "pending", attempts: 0, codec: "zstd" }
        yield* sql`INSERT INTO deliveries ${sql.insert({ ...row, body: zstdCompressSync(body) })}`
        assert.deepStrictEqual(new Uint8Array(yield* inbox.body(rest.id)), body)
        yield* inbox.decide(rest.id, accepted)
        assert.deepStrictEqual(new Uint8Array(yield* inbox.body(rest.id)), body)
      })
    ])
  )

  it.live("a body that no codec reads is said so, and not made up", () =>
    livesOn([
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        const sql = yield* SqlClient.SqlClient
        const one = long("lost")
        yield* inbox.put(one)
        yield* sql`UPDATE deliveries SET codec = 'lost in time'`
        const error = yield* Effect.flip(inbox.body(one.id))
        assert.strictEqual(error._tag, "DeliveryInboxError")
        assert.include(
          String(error._tag === "DeliveryInboxError" ? error.cause : ""),
          "no codec that reads lost in time"
        )
      })
    ])
  )
})
