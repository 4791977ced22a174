/** What the mirror on GitHub leaves to others of what GitHub allows: 80 writes of content a minute, 500 an hour. */
import { assert, it } from "@effect/vitest"
import { Dispatcher, Outbox, type OutboxEntry, type Sink, SqlOutbox } from "@productbuilding/core"
import { CommentSink } from "@productbuilding/preview"
import { Clock, Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const mostWithin = (times: ReadonlyArray<number>, windowMs: number): number =>
  Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + windowMs).length))

it.effect("writes three fifths of it at most, in any minute and any hour, however much there is to say", () =>
  Effect.gen(function* () {
    const outbox = yield* Outbox
    const times: Array<number> = []
    const sink: Sink = {
      name: "github",
      show: ({ key }) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          times.push(now)
          return key
        }),
      send: () => Effect.succeed(""),
      find: () => Effect.succeedNone,
      cost: () => ["minute", "hour"],
      budget: CommentSink.budgetOf,
      quiet: Duration.seconds(1),
      longestWait: Duration.seconds(5)
    }
    yield* Dispatcher.make(sink)
    let finals = 0
    for (let minute = 0; minute < 150; minute++) {
      const entries = Array.from({ length: 100 }, (_, index): OutboxEntry => {
        // NOTE: what is reserved for ends is used up, too.
        const isFinal = index % 5 === 0
        const key = isFinal ? `final ${finals++}` : `pull request ${index}`
        return { lane: "status", sink: "github", key, thread: key, priority: isFinal ? "final" : "progress" }
      })
      yield* outbox.put(entries)
      yield* TestClock.adjust("1 minute")
    }
    const minute = mostWithin(times, 60_000)
    const hour = mostWithin(times, 3_600_000)
    assert.isAtMost(minute, 80 * 0.6)
    assert.isAtMost(hour, 500 * 0.6)
    // It is not idle either.
    assert.isAtLeast(hour, 280)
    assert.isTrue(Option.isSome(yield* outbox.slot("github", "final 0")))
  }).pipe(Effect.scoped, Effect.provide(SqlOutbox.layer.pipe(Layer.provide(Sqlite.layerMemory))))
)
