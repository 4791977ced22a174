import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeCrypto, NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { SqlBudget, SqlTurnStore } from "@productbuilding/agent"
import {
  SqlDeliveryInbox,
  SqlOperationLog,
  SqlOutbox,
  SqlResourceLedger,
  SqlThreadReplies,
  SqlUserLinks
} from "@productbuilding/core"
import { SqlPreviewStore } from "@productbuilding/preview"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { afterAll } from "vitest"
import * as BudgetTest from "../../../agent/test/BudgetTest.ts"
import * as TurnStoreTest from "../../../agent/test/TurnStoreTest.ts"
import * as DeliveryInboxTest from "../../../core/test/DeliveryInboxTest.ts"
import * as OperationLogTest from "../../../core/test/OperationLogTest.ts"
import * as OutboxTest from "../../../core/test/OutboxTest.ts"
import * as ResourceLedgerTest from "../../../core/test/ResourceLedgerTest.ts"
import * as ThreadRepliesTest from "../../../core/test/ThreadRepliesTest.ts"
import * as UserLinksTest from "../../../core/test/UserLinksTest.ts"
import * as PreviewStoreTest from "../../../preview/test/PreviewStoreTest.ts"
import * as ZstdBodyCodec from "../../src/node/ZstdBodyCodec.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const folder = mkdtempSync(join(tmpdir(), "pb-sqlite-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const onFile = () => Sqlite.layer(join(folder, `${++files}`, "test.db")).pipe(Layer.provide(NodeServices.layer))

for (const [name, database] of [
  ["file", onFile],
  ["memory", () => Sqlite.layerMemory]
] as const) {
  DeliveryInboxTest.suite(`SQLite ${name}`, SqlDeliveryInbox.layer.pipe(Layer.provide(database())))
  OperationLogTest.suite(`SQLite ${name}`, SqlOperationLog.layer.pipe(Layer.provideMerge(database())))
  OutboxTest.suite(`SQLite ${name}`, SqlOutbox.layer.pipe(Layer.provideMerge(database())))
  ResourceLedgerTest.suite(`SQLite ${name}`, SqlResourceLedger.layer.pipe(Layer.provide(database())))
  UserLinksTest.suite(`SQLite ${name}`, SqlUserLinks.layer.pipe(Layer.provide(database())))
  ThreadRepliesTest.suite(
    `SQLite ${name}`,
    SqlThreadReplies.layer.pipe(Layer.provideMerge(SqlOperationLog.layer), Layer.provide(database()))
  )
  PreviewStoreTest.suite(
    `SQLite ${name}`,
    SqlPreviewStore.layer.pipe(Layer.provideMerge(SqlOperationLog.layer), Layer.provide(database()))
  )
}
DeliveryInboxTest.suite(
  "SQLite file, bodies as zstd",
  SqlDeliveryInbox.layer.pipe(Layer.provide(Layer.merge(onFile(), ZstdBodyCodec.layer)))
)

for (const [name, database] of [
  ["file", onFile],
  ["memory", () => Sqlite.layerMemory]
] as const) {
  TurnStoreTest.suite(
    `SQLite ${name}`,
    SqlTurnStore.layer.pipe(
      Layer.provideMerge(Layer.merge(SqlOperationLog.layer, NodeCrypto.layer)),
      Layer.provide(database())
    )
  )
  BudgetTest.suite(`SQLite ${name}`, SqlBudget.layer(BudgetTest.limits).pipe(Layer.provide(database())))
}

it.effect("every commit is flushed, in a write-ahead log", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    assert.deepStrictEqual(yield* sql`PRAGMA synchronous`, [{ synchronous: 2 }])
    assert.deepStrictEqual(yield* sql`PRAGMA journal_mode`, [{ journal_mode: "wal" }])
  }).pipe(Effect.provide(onFile()))
)

it.effect("a file that cannot be opened is named, with the variable that says where it lies", () =>
  Effect.gen(function* () {
    mkdirSync(join(folder, "is-a-folder"))
    writeFileSync(join(folder, "is-a-file"), "")
    for (const file of [join(folder, "is-a-folder"), join(folder, "is-a-file", "test.db")]) {
      const error = yield* Layer.build(Sqlite.layer(file).pipe(Layer.provide(NodeServices.layer))).pipe(
        Effect.scoped,
        Effect.flip
      )
      assert.include(error.message, file)
      assert.include(error.message, "DATABASE_PATH")
    }
  })
)
