/** 10,000 events through the outbox to a sink that answers at once, against the same rows written by hand. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { NodeServices } from "@effect/platform-node"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import { Dispatcher, Outbox, type OutboxEntry, type Sink, SqlOutbox } from "@productbuilding/core"
import { Duration, Effect, Layer } from "effect"
import { median, type Result } from "../Report.ts"

const messages = 10_000
const threads = 100
const rounds = 3
const atOnce = 50

const sink: Sink = {
  name: "nowhere",
  show: () => Effect.succeed(null),
  send: ({ key }) => Effect.succeed(key),
  find: () => Effect.succeedNone,
  cost: () => [],
  budget: () => ({ burst: 1, perMinute: 1 }),
  quiet: Duration.zero,
  longestWait: Duration.zero
}

const entry = (number: number): OutboxEntry => ({
  lane: "append",
  sink: sink.name,
  key: `message ${number}`,
  thread: `thread ${number % threads}`,
  priority: "normal",
  content: { text: `All work and no play makes message ${number}` }
})

const ours = (file: string) =>
  Effect.gen(function* () {
    const outbox = yield* Outbox
    const { drain } = yield* Dispatcher.make(sink)
    const begun = performance.now()
    for (let number = 0; number < messages; number += atOnce) {
      yield* outbox.put(Array.from({ length: atOnce }, (_, index) => entry(number + index)))
    }
    yield* drain
    return performance.now() - begun
  }).pipe(
    Effect.scoped,
    Effect.provide(SqlOutbox.layer.pipe(Layer.provide(Sqlite.layer(file)), Layer.provide(NodeServices.layer))),
    Effect.runPromise
  )

/** What cannot be less: one flushed commit for each put, and two for each message, as it is claimed and settled. */
const floor = (file: string) => {
  const database = new DatabaseSync(file)
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  database.exec("CREATE TABLE messages (sequence INTEGER PRIMARY KEY, key TEXT UNIQUE, content TEXT, state TEXT)")
  const insert = database.prepare("INSERT INTO messages (key, content, state) VALUES (?, ?, 'waiting')")
  const update = database.prepare("UPDATE messages SET state = ? WHERE sequence = ?")
  const begun = performance.now()
  for (let number = 0; number < messages; number += atOnce) {
    database.exec("BEGIN")
    for (let index = 0; index < atOnce; index++) insert.run(`message ${number + index}`, JSON.stringify(entry(number)))
    database.exec("COMMIT")
  }
  for (let sequence = 1; sequence <= messages; sequence++) {
    update.run("sending", sequence)
    update.run("sent", sequence)
  }
  const took = performance.now() - begun
  database.close()
  return took
}

export const outbox = async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  const taken: Record<"ours" | "floor", Array<number>> = { ours: [], floor: [] }
  try {
    for (let round = 0; round < rounds; round++) {
      taken.ours.push(await ours(join(folder, `ours-${round}.db`)))
      taken.floor.push(floor(join(folder, `floor-${round}.db`)))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const figures = (milliseconds: number) => ({
    "10,000 messages ms": milliseconds,
    "messages/s": (messages * 1000) / milliseconds
  })
  return {
    suite: "outbox",
    rows: [
      { subject: "put, claimed, sent, settled", figures: figures(median(taken.ours)) },
      { subject: "the same rows by hand", figures: figures(median(taken.floor)) }
    ],
    ratios: [
      {
        name: "10,000 messages, ours / by hand",
        value: median(taken.ours) / median(taken.floor),
        goal: { kind: "at most", value: 2 }
      }
    ]
  }
}
