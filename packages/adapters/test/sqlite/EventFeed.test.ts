/** Whoever joins, whenever: every follower has each event after its number once, in order, and none can hold up the others. */
import { assert, describe, it } from "@effect/vitest"
import { type Event, EventFeed, OperationLog, SqlOperationLog } from "@productbuilding/core"
import { Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const database = SqlOperationLog.layer.pipe(Layer.provide(Sqlite.layerMemory))

const provide = <A, E>(effect: Effect.Effect<A, E, OperationLog>) => Effect.provide(effect, database, { local: true })

const append = Effect.fnUntraced(function* (count: number, subject = "acme/shop#1") {
  const log = yield* OperationLog
  for (let made = 0; made < count; made++) {
    yield* log.append({ operationId: null, subject, lane: "append", type: "log", data: made })
  }
})

const makeEncoding = () => {
  const encoded: Array<number> = []
  return {
    encoded,
    event: ({ sequence }: Event) => {
      encoded.push(sequence)
      return `event ${sequence}`
    },
    position: (sequence: number) => `at ${sequence}`
  }
}

const everything = { wants: () => true, cut: () => assert.fail("was cut") }

const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `event ${first + index}`)

const eventsOf = (frames: ReadonlyArray<string>) => frames.filter((frame) => frame.startsWith("event"))

describe("the feed of events", () => {
  it.effect("misses and doubles nothing, wherever a follower begins and whenever it joins", () =>
    Effect.gen(function* () {
      yield* append(1100)
      const feed = yield* EventFeed.make(makeEncoding())
      const ends = []
      for (let joined = 0; joined < 60; joined++) {
        const after = joined * 19
        const follower = Stream.runCollect(
          Stream.takeUntil(feed.follow({ ...everything, after }), (frame) => frame === "event 1400")
        )
        ends.push(Effect.map(Fiber.join(yield* Effect.forkChild(follower)), (frames) => [after, frames] as const))
        yield* append(5)
        // Some are in the middle of their reading when the next events come.
        for (let turns = joined % 7; turns > 0; turns--) yield* Effect.yieldNow
      }
      for (const [after, frames] of yield* Effect.all(ends)) {
        assert.deepStrictEqual(frames.slice(0, 1), [`at ${after}`])
        assert.deepStrictEqual(eventsOf(frames), from(after + 1, 1400), `after ${after}`)
      }
    }).pipe(Effect.scoped, provide)
  )

  it.effect("without a number begins with what comes, and says where that is", () =>
    Effect.gen(function* () {
      yield* append(3)
      const feed = yield* EventFeed.make(makeEncoding())
      const follower = yield* Effect.forkChild(Stream.runCollect(Stream.take(feed.follow(everything), 3)), {
        startImmediately: true
      })
      yield* append(2)
      assert.deepStrictEqual(yield* Fiber.join(follower), ["at 3", "event 4", "event 5"])
    }).pipe(Effect.scoped, provide)
  )

  it.effect("with a number that the log has not reached begins anew", () =>
    Effect.gen(function* () {
      yield* append(2)
      const feed = yield* EventFeed.make(makeEncoding())
      const frames = yield* Stream.runCollect(Stream.take(feed.follow({ ...everything, after: 3 }), 3))
      assert.deepStrictEqual(frames, ["at 0", "event 1", "event 2"])
    }).pipe(Effect.scoped, provide)
  )

  it.effect("encodes an event once for all who follow", () =>
    Effect.gen(function* () {
      const encoding = makeEncoding()
      const feed = yield* EventFeed.make(encoding)
      const followers = yield* Effect.forEach(Array(50).keys(), () =>
        Effect.forkChild(Stream.runCollect(Stream.take(feed.follow(everything), 11)), { startImmediately: true })
      )
      yield* append(10)
      for (const frames of yield* Effect.forEach(followers, Fiber.join)) assert.strictEqual(frames.at(-1), "event 10")
      assert.strictEqual(encoding.encoded.length, 10)
    }).pipe(Effect.scoped, provide)
  )

  it.effect("cuts a follower that takes nothing, and nobody else", () =>
    Effect.gen(function* () {
      const feed = yield* EventFeed.make(makeEncoding(), { capacity: 4 })
      let cuts = 0
      const stuck = feed.follow({ ...everything, cut: () => void cuts++ })
      yield* Effect.forkChild(
        Stream.runForEach(stuck, () => Effect.never),
        { startImmediately: true }
      )
      const follower = yield* Effect.forkChild(Stream.runCollect(Stream.take(feed.follow(everything), 21)), {
        startImmediately: true
      })
      yield* append(20)
      assert.strictEqual((yield* Fiber.join(follower)).at(-1), "event 20")
      assert.strictEqual(cuts, 1)
    }).pipe(Effect.scoped, provide)
  )

  it.effect("says with each heartbeat how far a follower is whose filter lets nothing pass", () =>
    Effect.gen(function* () {
      const feed = yield* EventFeed.make(makeEncoding(), { heartbeat: "15 seconds" })
      const wants = ({ subject }: Event) => subject === "acme/other#1"
      const follower = yield* Effect.forkChild(
        Stream.runCollect(Stream.take(feed.follow({ ...everything, wants, after: 0 }), 3)),
        { startImmediately: true }
      )
      const everybody = yield* Effect.forkChild(Stream.runDrain(Stream.take(feed.follow(everything), 6)), {
        startImmediately: true
      })
      yield* append(5)
      yield* Fiber.join(everybody)
      yield* TestClock.adjust("15 seconds")
      yield* append(1, "acme/other#1")
      assert.deepStrictEqual(yield* Fiber.join(follower), ["at 0", "at 5", "event 6"])
    }).pipe(Effect.scoped, provide)
  )

  it.effect("ends when its scope is closed", () =>
    Effect.gen(function* () {
      const follower = yield* Effect.scoped(
        Effect.flatMap(EventFeed.make(makeEncoding()), (feed) =>
          Effect.forkDetach(Stream.runCollect(feed.follow(everything)), { startImmediately: true })
        )
      )
      assert.deepStrictEqual(yield* Fiber.join(follower), ["at 0"])
    }).pipe(provide)
  )
})
