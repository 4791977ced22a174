/** The contract of `DeliveryInbox`, run against every adapter. */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, type Layer, Stream } from "effect"
import { Decision, DeliveryId, DeliveryInbox, type IncomingDelivery } from "../src/Delivery.ts"

const bytes = new TextEncoder()
const incoming = (name: string, body = "{}"): IncomingDelivery => ({
  id: DeliveryId.make(`github:${name}`),
  source: "github",
  event: "ping",
  body: bytes.encode(body)
})
const accepted = new Decision({ outcome: "accepted", reason: "it was there" })

export const suite = (name: string, layer: Layer.Layer<DeliveryInbox, unknown>) =>
  it.layer(layer, { excludeTestServices: true })(`DeliveryInbox (${name})`, (it) => {
    it.effect("a stored delivery is pending, with its bytes as they came", () =>
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        const body = `{"text":"${"ü".repeat(5000)}"}`
        assert.strictEqual(yield* inbox.put(incoming("bytes", body)), "stored")
        const delivery = yield* inbox.get(DeliveryId.make("github:bytes"))
        assert.strictEqual(delivery.status, "pending")
        assert.strictEqual(new TextDecoder().decode(yield* inbox.body(delivery.id)), body)
      })
    )

    it.effect(
      "an id that comes again is a duplicate while pending and once decided, and is queued again after a failure",
      () =>
        Effect.gen(function* () {
          const inbox = yield* DeliveryInbox
          const one = incoming("again")
          yield* inbox.put(one)
          assert.strictEqual(yield* inbox.put(one), "duplicate")
          yield* inbox.fail(one.id, "the code host was away")
          assert.strictEqual((yield* inbox.get(one.id)).failure, "the code host was away")
          assert.strictEqual(yield* inbox.put(one), "requeued")
          yield* inbox.decide(one.id, accepted)
          assert.strictEqual(yield* inbox.put(one), "duplicate")
          const delivery = yield* inbox.get(one.id)
          assert.deepStrictEqual([delivery.status, delivery.attempts, delivery.failure], ["decided", 2, null])
          assert.deepStrictEqual(delivery.decision, accepted)
        })
    )

    it.effect("many at once are each stored once, also when ids repeat among them", () =>
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        const receipts = yield* Effect.forEach(
          Array.from({ length: 200 }, (_, index) => incoming(`storm-${index % 150}`)),
          inbox.put,
          { concurrency: "unbounded" }
        )
        assert.strictEqual(receipts.filter((receipt) => receipt === "stored").length, 150)
        assert.strictEqual(receipts.filter((receipt) => receipt === "duplicate").length, 50)
      })
    )

    it.effect(
      "bodies of every length that come together are read back as they came, before and after they are decided",
      () =>
        Effect.gen(function* () {
          const inbox = yield* DeliveryInbox
          const lengths = [0, 1, 4095, 4096, 5000, 24_000, 64 * 1024, 64 * 1024 + 1, 300_000]
          const all = Array.from({ length: 40 }, (_, index) =>
            incoming(`together-${index}`, String.fromCharCode(65 + (index % 26)).repeat(lengths[index % 9] ?? 0))
          )
          yield* Effect.forEach([...all, ...all.slice(0, 3)], inbox.put, { concurrency: "unbounded" })
          // Nothing of these has to be stored.
          yield* Effect.forEach(all, inbox.put, { concurrency: "unbounded" })
          const asTheyCame = Effect.forEach(all, ({ body, id }) =>
            Effect.map(inbox.body(id), (read) => assert.deepStrictEqual(new Uint8Array(read), body, id))
          )
          yield* asTheyCame
          yield* Effect.forEach(all, ({ id }) => inbox.decide(id, accepted), { concurrency: "unbounded" })
          yield* asTheyCame
        })
    )

    it.effect("pending gives what waits in the order of arrival, then what comes, then what is replayed", () =>
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        yield* inbox.put(incoming("order-1"))
        yield* inbox.put(incoming("order-2"))
        const seen = yield* inbox.pending.pipe(
          Stream.filter(({ id }) => id.startsWith("github:order-")),
          Stream.tap(({ id }) => inbox.decide(id, accepted)),
          Stream.take(4),
          Stream.runCollect,
          Effect.forkChild
        )
        yield* inbox.put(incoming("order-3"))
        const third = DeliveryId.make("github:order-3")
        yield* inbox.get(third).pipe(Effect.repeat({ until: ({ status }) => status === "decided" }))
        yield* inbox.replay(third)
        const ids = (yield* Fiber.join(seen)).map(({ id }) => id)
        assert.deepStrictEqual(ids, ["github:order-1", "github:order-2", "github:order-3", "github:order-3"])
      })
    )

    it.effect("list gives the newest first, page by page", () =>
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        for (const name of ["page-1", "page-2", "page-3"]) yield* inbox.put(incoming(name))
        const [newest, second] = yield* inbox.list({ limit: 2 })
        assert.deepStrictEqual([newest?.id, second?.id], ["github:page-3", "github:page-2"])
        const [older] = yield* inbox.list({ limit: 1, before: second?.sequence ?? 0 })
        assert.strictEqual(older?.id, "github:page-1")
      })
    )

    it.effect("an unknown id is not found", () =>
      Effect.gen(function* () {
        const inbox = yield* DeliveryInbox
        const id = DeliveryId.make("github:unknown")
        for (const effect of [
          Effect.asVoid(inbox.get(id)),
          Effect.asVoid(inbox.body(id)),
          Effect.asVoid(inbox.replay(id))
        ]) {
          assert.strictEqual((yield* Effect.flip(effect))._tag, "DeliveryNotFound")
        }
      })
    )
  })
