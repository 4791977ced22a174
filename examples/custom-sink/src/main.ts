/** A sink of one's own on the two-lane outbox: a terminal, with one line that follows a state and others that are said. */
import { NodeRuntime } from "@effect/platform-node"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import { Dispatcher, Outbox, type OutboxEntry, type Sink, SqlOutbox } from "@productbuilding/core"
import { Console, Duration, Effect, Layer } from "effect"

const progress = { percent: 0 }
const terminal: Sink = {
  name: "terminal",
  show: ({ key }) => Effect.as(Console.log(`${key} is at ${progress.percent} %`), "stdout"),
  send: ({ content, sequence }) => Effect.as(Console.log(content), `line ${sequence}`),
  find: () => Effect.succeedNone, // A terminal cannot be asked what it shows.
  cost: () => ["lines"],
  budget: () => ({ burst: 5, perMinute: 300 }),
  quiet: Duration.millis(100),
  longestWait: Duration.seconds(1)
}
const slot: OutboxEntry = { lane: "status", sink: "terminal", key: "build", thread: "build", priority: "progress" }
const say = (key: string): OutboxEntry => ({ ...slot, lane: "append", key, content: `${key}: done` })

Effect.gen(function* () {
  const outbox = yield* Outbox
  const { drain } = yield* Dispatcher.make(terminal)
  for (progress.percent = 0; progress.percent < 100; progress.percent++) yield* outbox.put([slot])
  yield* outbox.put([slot, say("compile"), say("link"), say("compile")])
  yield* drain
}).pipe(Effect.scoped, Effect.provide(SqlOutbox.layer.pipe(Layer.provide(Sqlite.layerMemory))), NodeRuntime.runMain)
