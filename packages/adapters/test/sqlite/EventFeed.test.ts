/** Whoever joins, whenever: every follower has each event after its number once, in order, and none can hold up the others. */
import { assert, describe, it } from "@effect/vitest"
import { type Event, EventFeed, OperationLog, SqlOperationLog } from "@productbuilding/core"
import { Effect, Fiber, Layer } from "effect"
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

/** Follows in a fiber of its own. */
const start = Effect.fnUntraced(function* (
  feed: EventFeed.EventFeed<string>,
  options: Partial<EventFeed.Follower<string>> = {}
) {
  const frames: Array<string> = []
  const follower: EventFeed.Follower<string> = {
    wants: () => true,
    take: (frame) => frames.push(frame) > 0,
    ready: Effect.void,
    ...options
  }
  const fiber = yield* Effect.forkDetach(feed.follow(follower), { startImmediately: true })
  return {
    frames,
    fiber,
    untilTaken: (frame: string) => Effect.repeat(Effect.yieldNow, { until: () => frames.at(-1) === frame })
  }
})

const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `event ${first + index}`)

describe("the feed of events", () => {
  it.effect("misses and doubles nothing, wherever a follower begins and whenever it joins", () =>
    Effect.gen(function* () {
      yield* append(1100)
      const feed = yield* EventFeed.make(makeEncoding())
      const followers = []
      for (let joined = 0; joined < 60; joined++) {
        const after = joined * 19
        const frames: Array<string> = []
        // NOTE: the odd ones take what is stored in pieces, while others append and join.
        const inPieces = (frame: string) =>
          joined % 2 === 1 && frames.length % 100 === 0 && Number(frame.replace(/\D/g, "")) <= 1100
        yield* start(feed, {
          after,
          take: (frame) => frames.push(frame) > 0 && !inPieces(frame),
          ready: Effect.asVoid(Effect.replicateEffect(Effect.yieldNow, joined % 11))
        })
        followers.push({ after, frames })
        yield* append(5)
        // Some are in the middle of their reading when the next events come.
        for (let turns = joined % 7; turns > 0; turns--) yield* Effect.yieldNow
      }
      for (const { after, frames } of followers) {
        yield* Effect.repeat(Effect.yieldNow, { until: () => frames.at(-1) === "event 1400" })
        assert.deepStrictEqual(frames, [`at ${after}`, ...from(after + 1, 1400)])
      }
    }).pipe(Effect.scoped, provide)
  )

  it.effect("misses nothing that others were told while its stored events were on their way", () =>
    Effect.gen(function* () {
      yield* append(3)
      const log = yield* OperationLog
      let meanwhile: Effect.Effect<void> = Effect.void
      const list = (options: { readonly after: number; readonly limit: number }) =>
        Effect.tap(log.list(options), () => Effect.suspend(() => meanwhile))
      const feed = yield* Effect.provideService(EventFeed.make(makeEncoding()), OperationLog, { ...log, list })
      const other = yield* start(feed)
      meanwhile = Effect.suspend(() => {
        meanwhile = Effect.void
        return Effect.andThen(Effect.orDie(append(2)), other.untilTaken("event 5"))
      }).pipe(Effect.provideService(OperationLog, log))
      const { frames, untilTaken } = yield* start(feed, { after: 0 })
      yield* other.untilTaken("event 5")
      yield* append(1)
      yield* untilTaken("event 6")
      assert.deepStrictEqual(frames, ["at 0", ...from(1, 6)])
    }).pipe(Effect.scoped, provide)
  )

  it.effect("without a number begins with what comes, and says where that is", () =>
    Effect.gen(function* () {
      yield* append(3)
      const { frames, untilTaken } = yield* start(yield* EventFeed.make(makeEncoding()))
      yield* append(2)
      yield* untilTaken("event 5")
      assert.deepStrictEqual(frames, ["at 3", "event 4", "event 5"])
    }).pipe(Effect.scoped, provide)
  )

  it.effect("with a number that the log has not reached begins anew", () =>
    Effect.gen(function* () {
      yield* append(2)
      const { frames, untilTaken } = yield* start(yield* EventFeed.make(makeEncoding()), { after: 3 })
      yield* untilTaken("event 2")
      assert.deepStrictEqual(frames, ["at 0", "event 1", "event 2"])
    }).pipe(Effect.scoped, provide)
  )

  it.effect("encodes an event once for all who follow", () =>
    Effect.gen(function* () {
      const encoding = makeEncoding()
      const feed = yield* EventFeed.make(encoding)
      const followers = yield* Effect.forEach(Array(50).keys(), () => start(feed))
      yield* append(10)
      for (const { untilTaken } of followers) yield* untilTaken("event 10")
      assert.strictEqual(encoding.encoded.length, 10)
    }).pipe(Effect.scoped, provide)
  )

  it.effect(
    "keeps for a follower only what it has room for, fails when it has none for a minute, and for nobody else",
    () =>
      Effect.gen(function* () {
        const feed = yield* EventFeed.make(makeEncoding(), { heartbeat: "1 day" })
        const taken: Array<string> = []
        const stuck = yield* start(feed, { take: (frame) => taken.push(frame) < 4, ready: Effect.never })
        const { frames, untilTaken } = yield* start(feed)
        yield* append(20)
        yield* untilTaken("event 20")
        assert.deepStrictEqual(frames, ["at 0", ...from(1, 20)])
        yield* TestClock.adjust("59 seconds")
        assert.isUndefined(stuck.fiber.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Effect.flip(Fiber.join(stuck.fiber)))._tag, "FollowerTooSlow")
        assert.deepStrictEqual(taken, ["at 0", ...from(1, 3)])
      }).pipe(Effect.scoped, provide)
  )

  it.effect("gives everything in order, and once, to a follower that again and again has no room for a while", () =>
    Effect.gen(function* () {
      const feed = yield* EventFeed.make(makeEncoding(), { heartbeat: "1 day" })
      const taken: Array<string> = []
      let room = 3
      yield* start(feed, {
        take: (frame) => {
          taken.push(frame)
          room -= 1
          return room > 0
        },
        ready: Effect.suspend(() => Effect.repeat(Effect.yieldNow, { until: () => room > 0 }))
      })
      const { untilTaken } = yield* start(feed)
      // NOTE: more come at once than are kept for one who is given the last stored events.
      for (const [round, upTo] of [150, 160, 700].entries()) {
        yield* append(upTo - ([0, 150, 160][round] ?? 0))
        yield* untilTaken(`event ${upTo}`)
        assert.notInclude(taken, `event ${upTo}`)
        while (taken.at(-1) !== `event ${upTo}`) {
          room = 7
          yield* Effect.yieldNow
        }
      }
      assert.deepStrictEqual(taken, ["at 0", ...from(1, 700)])
    }).pipe(Effect.scoped, provide)
  )

  it.effect("waits a minute for room while it gives what is stored, and reads no further", () =>
    Effect.gen(function* () {
      yield* append(600)
      const taken: Array<string> = []
      const { fiber } = yield* start(yield* EventFeed.make(makeEncoding()), {
        after: 0,
        take: (frame) => taken.push(frame) % 10 !== 0,
        ready: Effect.suspend(() => (taken.length < 50 ? Effect.void : Effect.never))
      })
      yield* Effect.repeat(Effect.yieldNow, { until: () => taken.length === 50 })
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(Fiber.join(fiber)))._tag, "FollowerTooSlow")
      assert.strictEqual(taken.at(-1), "event 49")
    }).pipe(Effect.scoped, provide)
  )

  it.effect("says with each heartbeat how far a follower is whose filter lets nothing pass", () =>
    Effect.gen(function* () {
      const feed = yield* EventFeed.make(makeEncoding())
      const { frames, untilTaken } = yield* start(feed, {
        wants: ({ subject }) => subject === "acme/other#1",
        after: 0
      })
      const everything = yield* start(feed)
      yield* append(5)
      yield* everything.untilTaken("event 5")
      yield* TestClock.adjust("15 seconds")
      yield* append(1, "acme/other#1")
      yield* untilTaken("event 6")
      assert.deepStrictEqual(frames, ["at 0", "at 5", "event 6"])
    }).pipe(Effect.scoped, provide)
  )

  it.effect("ends when its scope is closed", () =>
    Effect.gen(function* () {
      const { fiber, frames } = yield* Effect.scoped(
        Effect.flatMap(EventFeed.make(makeEncoding()), (feed) => start(feed))
      )
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(frames, ["at 0"])
    }).pipe(provide)
  )
})
