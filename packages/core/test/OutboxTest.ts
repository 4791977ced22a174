/** The contract of `Outbox`, run against every adapter. */
import { assert, it } from "@effect/vitest"
import { Clock, DateTime, Deferred, Effect, Exit, type Layer, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { Outbox, type OutboxEntry, type OutboxWork } from "../src/Outbox.ts"

const slot = (sink: string, key: string): OutboxEntry => ({
  lane: "status",
  sink,
  key,
  thread: "thread",
  priority: "normal"
})

const message = (sink: string, key: string, thread = "thread"): OutboxEntry => ({
  lane: "append",
  sink,
  key,
  thread,
  priority: "normal",
  content: { key }
})

const keysOf = Effect.fnUntraced(function* (sink: string) {
  const outbox = yield* Outbox
  return (yield* outbox.waiting(sink)).map((work) =>
    work.lane === "status" ? `${work.slot.key}@${work.slot.version}` : work.message.key
  )
})

export const suite = (name: string, layer: Layer.Layer<Outbox | SqlClient.SqlClient, unknown>) =>
  it.layer(layer, { excludeTestServices: true })(`Outbox (${name})`, (it) => {
    it.effect("a slot is one thing to do, however often it changes; what is shown lags behind by versions", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* outbox.put([slot("a", "card"), slot("a", "card"), slot("a", "other")])
        assert.deepStrictEqual(yield* keysOf("a"), ["card@2", "other@1"])
        const card = Option.getOrThrow(yield* outbox.slot("a", "card"))
        yield* outbox.put([slot("a", "card")])
        yield* outbox.shown(card, "here")
        assert.deepStrictEqual(yield* keysOf("a"), ["card@3", "other@1"])
        const now = Option.getOrThrow(yield* outbox.slot("a", "card"))
        assert.deepStrictEqual([now.version, now.sentVersion, now.reference], [3, 2, "here"])
        yield* outbox.shown(now, "there")
        yield* outbox.shown(card, "late")
        assert.strictEqual(Option.getOrThrow(yield* outbox.slotAt("a", "there")).key, "card")
        assert.isTrue(Option.isNone(yield* outbox.slotAt("b", "there")))
        assert.strictEqual(Option.getOrThrow(yield* outbox.slot("a", "card")).reference, "there")
        assert.deepStrictEqual(yield* keysOf("a"), ["other@1"])
      })
    )

    it.effect("a refused version waits no more, the next change does", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* outbox.put([slot("refusing", "card")])
        const card = Option.getOrThrow(yield* outbox.slot("refusing", "card"))
        yield* outbox.refused(card, "no such channel")
        assert.deepStrictEqual(yield* keysOf("refusing"), [])
        assert.strictEqual(Option.getOrThrow(yield* outbox.slot("refusing", "card")).failure, "no such channel")
        yield* outbox.put([slot("refusing", "card")])
        assert.deepStrictEqual(yield* keysOf("refusing"), ["card@2"])
        assert.isNull(Option.getOrThrow(yield* outbox.slot("refusing", "card")).failure)
      })
    )

    it.effect("a sink's slots are listed by their last change, shown or not, newest first", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const laterThan = (time: number) => Effect.repeat(Clock.currentTimeMillis, { until: (now) => now > time })
        for (const key of ["one", "two", "one"]) {
          yield* outbox.put([slot("listed", key)])
          yield* laterThan(yield* Clock.currentTimeMillis)
        }
        yield* outbox.shown(Option.getOrThrow(yield* outbox.slot("listed", "one")), "here")
        const listed = (limit: number) =>
          Effect.map(outbox.slots("listed", { limit }), (slots) => slots.map(({ key, version }) => `${key}@${version}`))
        assert.deepStrictEqual(yield* listed(10), ["one@2", "two@1"])
        assert.deepStrictEqual(yield* listed(1), ["one@2"])
        assert.deepStrictEqual(yield* outbox.slots("silent", { limit: 10 }), [])
        const [any] = yield* outbox.slots("listed", { limit: 1 })
        const alike = yield* outbox.slots("listed", { limit: 10, prefix: any?.key ?? "" })
        assert.deepStrictEqual(alike, any === undefined ? [] : [any])
      })
    )

    it.effect("what waits and what failed for good is listed in parts, and what was shown since is no failure", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const keys = Effect.map((works: ReadonlyArray<OutboxWork>) =>
          works.map((work) => (work.lane === "status" ? work.slot.key : work.message.key))
        )
        yield* outbox.put([
          slot("f", "refused"),
          slot("f", "shown"),
          ...["1", "2", "3"].map((key) => message("f", key))
        ])
        assert.deepStrictEqual(yield* keys(outbox.waiting("f", { limit: 1 })), ["refused", "1"])
        for (const key of ["shown", "refused"]) {
          yield* outbox.refused(Option.getOrThrow(yield* outbox.slot("f", key)), "is_archived")
        }
        for (const work of yield* outbox.waiting("f")) {
          if (work.lane === "append") yield* outbox.drop(work.message.sequence, "msg_too_long")
        }
        yield* outbox.put([slot("f", "shown"), message("f", "4"), message("f", "5")])
        const last = (yield* outbox.messages("f", "thread", { limit: 1 }))[0]?.sequence ?? 0
        yield* outbox.sent(last, "there")
        assert.deepStrictEqual(yield* keys(outbox.failures("f", { limit: 2 })), ["refused", "3", "2"])
        assert.deepStrictEqual(yield* outbox.failures("silent", { limit: 2 }), [])
      })
    )

    it.effect("messages keep their order; one whose key is known is the same message", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* outbox.put([message("b", "1"), message("b", "2"), message("b", "1"), message("other", "1")])
        yield* outbox.put([message("b", "2"), message("b", "3")])
        assert.deepStrictEqual(yield* keysOf("b"), ["1", "2", "3"])
      })
    )

    it.effect("a message goes from waiting over sending to its end, and keeps it", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* outbox.put([message("c", "1"), message("c", "2")])
        const [first, second] = (yield* outbox.waiting("c")).flatMap((work) =>
          work.lane === "append" ? [work.message.sequence] : []
        )
        if (first === undefined || second === undefined) throw new Error("two messages were put")
        const states = Effect.map(outbox.messages("c", "thread", { limit: 10 }), (all) =>
          all.map(({ attempts, failure, reference, state }) => [state, attempts, reference, failure])
        )
        yield* outbox.claim(first)
        yield* outbox.release(first)
        yield* outbox.postpone(first, 5_000)
        assert.deepStrictEqual(
          (yield* outbox.waiting("c")).map((work) => work.lane === "append" && work.message.retryAt),
          [DateTime.makeUnsafe(5_000), null]
        )
        yield* outbox.claim(first)
        yield* outbox.claim(second)
        assert.deepStrictEqual(yield* states, [
          ["sending", 2, null, null],
          ["sending", 1, null, null]
        ])
        yield* outbox.sent(first, "ts-1")
        yield* outbox.release(first)
        yield* outbox.drop(first, "late")
        yield* outbox.drop(second, "too long")
        assert.deepStrictEqual(yield* states, [
          ["sent", 2, "ts-1", null],
          ["dropped", 1, null, "too long"]
        ])
        assert.strictEqual(Option.getOrThrow(yield* outbox.message("c", "1")).reference, "ts-1")
        assert.isTrue(Option.isNone(yield* outbox.message("other", "2")))
        assert.deepStrictEqual(yield* keysOf("c"), [])
        assert.deepStrictEqual(
          (yield* outbox.counts).find(({ sink }) => sink === "c"),
          { sink: "c", slotsWaiting: 0, messagesWaiting: 0, messagesSent: 1, messagesDropped: 1 }
        )
      })
    )

    it.effect("remembers the latest pause of a budget until it is over", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const now = yield* Clock.currentTimeMillis
        yield* outbox.pause("e", "post", now + 60_000)
        yield* outbox.pause("e", "post", now + 30_000)
        yield* outbox.pause("e", "edit", now - 1)
        yield* outbox.pause("other", "edit", now + 60_000)
        assert.deepStrictEqual(Array.from(yield* outbox.pauses("e")), [["post", now + 60_000]])
      })
    )

    it.effect("keeps until when things are held; a slot that waits, until the earliest time that was put", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const [early, late] = [DateTime.makeUnsafe(1000), DateTime.makeUnsafe(2000)]
        const heldUntil = Effect.map(outbox.waiting("held"), (all) =>
          all.map((work) => (work.lane === "status" ? work.slot.notBefore : work.message.notBefore))
        )
        yield* outbox.put([{ ...message("held", "1"), notBefore: late }, message("held", "2")])
        yield* outbox.put([{ ...slot("held", "card"), notBefore: late }])
        assert.deepStrictEqual(yield* heldUntil, [late, late, null])
        yield* outbox.put([{ ...slot("held", "card"), notBefore: early }])
        yield* outbox.put([{ ...slot("held", "card"), notBefore: late }])
        assert.deepStrictEqual((yield* heldUntil)[0], early)
        yield* outbox.put([slot("held", "card")])
        yield* outbox.put([{ ...slot("held", "card"), notBefore: late }])
        assert.isNull((yield* heldUntil)[0])
        yield* outbox.shown(Option.getOrThrow(yield* outbox.slot("held", "card")), null)
        yield* outbox.put([{ ...slot("held", "card"), notBefore: late }])
        assert.deepStrictEqual((yield* heldUntil)[0], late)
      })
    )

    it.effect(
      "gathers items in one message, each once, until it is claimed; what comes later is a message of its own",
      () =>
        Effect.gen(function* () {
          const outbox = yield* Outbox
          const put = (...keys: ReadonlyArray<string>) =>
            outbox.put(
              keys.map((key) => ({
                lane: "append",
                sink: "digest",
                key: "nine o'clock",
                thread: "thread",
                priority: "normal",
                item: { key }
              }))
            )
          const contents = Effect.map(outbox.messages("digest", "thread", { limit: 10 }), (all) =>
            all.map(({ content }) => JSON.stringify(content))
          )
          yield* put("a", "b", "a")
          yield* put("b", "c")
          assert.deepStrictEqual(yield* contents, ['[{"key":"a"},{"key":"b"},{"key":"c"}]'])
          const [first] = yield* outbox.messages("digest", "thread", { limit: 1 })
          if (first === undefined) throw new Error("one was put")
          yield* outbox.claim(first.sequence)
          yield* outbox.release(first.sequence)
          yield* put("d")
          const claimed = yield* outbox.claim(first.sequence)
          assert.deepStrictEqual(
            [claimed.content, claimed.attempts, claimed.state],
            [[{ key: "a" }, { key: "b" }, { key: "c" }, { key: "d" }], 2, "sending"]
          )
          yield* put("d", "e")
          yield* put("e")
          yield* outbox.sent(first.sequence, "there")
          yield* put("e", "a")
          assert.deepStrictEqual(yield* contents, [
            '[{"key":"a"},{"key":"b"},{"key":"c"},{"key":"d"}]',
            '[{"key":"e"}]'
          ])
        })
    )

    it.effect("is part of the caller's transaction, and tells of nothing that was rolled back", () =>
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const sql = yield* SqlClient.SqlClient
        const heard: Array<string> = []
        const enough = yield* Deferred.make<void>()
        yield* outbox.arrivals.pipe(
          Stream.runForEach((work) => {
            const key = work.lane === "status" ? work.slot.key : work.message.key
            heard.push(key)
            return key === "end" ? Deferred.succeed(enough, undefined) : Effect.void
          }),
          Effect.forkScoped({ startImmediately: true })
        )
        const rolledBack = yield* Effect.exit(
          sql.withTransaction(
            Effect.andThen(outbox.put([slot("d", "lost"), message("d", "lost")]), Effect.fail("on purpose" as const))
          )
        )
        assert.isTrue(Exit.isFailure(rolledBack))
        yield* sql.withTransaction(
          Effect.gen(function* () {
            yield* outbox.put([slot("d", "kept"), message("d", "m")])
            assert.deepStrictEqual(heard, [], "nothing is told before the commit")
          })
        )
        yield* outbox.put([slot("d", "end")])
        yield* Deferred.await(enough)
        assert.deepStrictEqual(heard, ["kept", "m", "end"])
        assert.sameMembers(Array.from(yield* keysOf("d")), ["end@1", "kept@1", "m"])
      }).pipe(Effect.scoped)
    )
  })
