/** What an endpoint is sent, when again, and when no more: from the event log to the wire. */
import { assert, describe, it } from "@effect/vitest"
import {
  Dispatcher,
  EventRouting,
  OperationLog,
  Outbox,
  SqlOperationLog,
  SqlOutbox,
  SqlResourceLedger
} from "@productbuilding/core"
import { Clock, DateTime, Duration, Effect, Exit, Layer, Option, Redacted, Result, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Webhook } from "standardwebhooks"
import { type CallbackAnswer, type CallbackClient, CallbackUnanswered } from "../../src/callbacks/CallbackClient.ts"
import type { CallbackEndpoint } from "../../src/callbacks/CallbackSettings.ts"
import { parseSecret } from "../../src/callbacks/CallbackSignature.ts"
import { make, retryDelays, route } from "../../src/callbacks/CallbackSink.ts"
import { enable, isDisabled } from "../../src/callbacks/CallbackState.ts"
import * as NodeMac from "../../src/node/NodeMac.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`

const endpoint: CallbackEndpoint = {
  name: "callback:example.com-1",
  url: "https://example.com/hook",
  secrets: [Result.getOrThrow(parseSecret(Redacted.make(secret)))],
  subjects: ["acme/*"],
  types: []
}

const world = SqlOperationLog.layer.pipe(
  Layer.provide(EventRouting.layer([route(endpoint)])),
  Layer.provideMerge(Layer.mergeAll(SqlOutbox.layer, SqlResourceLedger.layer)),
  Layer.provideMerge(Layer.mergeAll(Sqlite.layerMemory, NodeMac.layer))
)

interface Posted {
  readonly at: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** A receiver that notes what comes and answers as it is told to. */
const makeReceiver = (answer: (nth: number) => Effect.Effect<CallbackAnswer, CallbackUnanswered>) => {
  const posts: Array<Posted> = []
  const client: CallbackClient = {
    post: (_url, headers, body) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        posts.push({ at, headers, text: new TextDecoder().decode(body) })
        return answer(posts.length)
      })
  }
  const ids = () => posts.map(({ headers }) => headers["webhook-id"])
  return { client, posts, ids }
}

const status = (code: number, retryAfter?: string) =>
  Effect.succeed({ status: code, retryAfter: Option.fromUndefinedOr(retryAfter) })

const open = Effect.fnUntraced(function* (client: CallbackClient) {
  const scope = yield* Scope.make()
  const dispatcher = yield* Effect.flatMap(make(endpoint, client), (sink) => Dispatcher.make(sink, { grace: 0 })).pipe(
    Effect.provideService(Scope.Scope, scope)
  )
  return { drain: dispatcher.drain, die: Scope.close(scope, Exit.void) }
})

const say = Effect.fnUntraced(function* (type: string, subject = "acme/shop#12") {
  const log = yield* OperationLog
  return yield* log.append({ operationId: null, subject, lane: "append", type, data: { title: "Tässä 🎉" } })
})

/** Until there is nothing that could be done without time passing. */
const settle = (isThere: () => boolean) => Effect.repeat(Effect.yieldNow, { until: isThere })

const provide = <A, E>(effect: Effect.Effect<A, E, Layer.Success<typeof world>>) =>
  Effect.provide(effect, world, { local: true })

describe("an endpoint", () => {
  it.effect("is told each event of its subjects, in order, signed", () =>
    Effect.gen(function* () {
      const { client, ids, posts } = makeReceiver(() => status(204))
      const { die, drain } = yield* open(client)
      yield* TestClock.setTime(1_700_000_000_123)
      const first = yield* say("state")
      yield* say("state", "other/shop#1")
      const second = yield* say("log")
      yield* drain
      yield* die
      assert.deepStrictEqual(ids(), [`msg_1700000000123_${first.sequence}`, `msg_1700000000123_${second.sequence}`])
      const [post] = posts
      assert.strictEqual(post?.headers["content-type"], "application/json")
      assert.strictEqual(post?.headers["webhook-timestamp"], "1700000000")
      assert.strictEqual(
        post?.headers["webhook-signature"],
        new Webhook(secret).sign(post?.headers["webhook-id"] ?? "", new Date(1_700_000_000_000), post?.text ?? "")
      )
      assert.deepStrictEqual(JSON.parse(post?.text ?? ""), {
        type: "state",
        timestamp: "2023-11-14T22:13:20.123Z",
        data: { title: "Tässä 🎉" },
        sequence: first.sequence,
        subject: "acme/shop#12",
        operationId: null,
        lane: "append"
      })
    }).pipe(provide)
  )

  it.effect("that never takes a message has it ten times in 75 hours, each signed anew, then it counts as failed", () =>
    Effect.gen(function* () {
      const { client, ids, posts } = makeReceiver((nth) =>
        nth % 2 === 0 ? status(500) : Effect.fail(new CallbackUnanswered({ code: "ECONNRESET" }))
      )
      const { die } = yield* open(client)
      yield* say("state")
      yield* settle(() => posts.length === 1)
      for (const [index, delay] of retryDelays.entries()) {
        yield* TestClock.adjust(Duration.subtract(delay, Duration.millis(1)))
        assert.strictEqual(posts.length, index + 1)
        yield* TestClock.adjust("1 millis")
        yield* settle(() => posts.length === index + 2)
      }
      yield* TestClock.adjust("1000 hours")
      assert.deepStrictEqual(
        posts.map(({ at }) => at / 1000),
        [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 113_705, 185_705, 272_105]
      )
      assert.strictEqual(new Set(ids()).size, 1)
      assert.strictEqual(new Set(posts.map(({ headers }) => headers["webhook-signature"])).size, 10)
      const outbox = yield* Outbox
      assert.deepStrictEqual(
        (yield* outbox.failures(endpoint.name, { limit: 5 })).map((work) =>
          work.lane === "append" ? [work.message.attempts, work.message.failure] : []
        ),
        [[10, "status 500"]]
      )
      yield* die
    }).pipe(provide)
  )

  it.effect("that never answers is given up on after 15 seconds, and tried again 5 seconds later", () =>
    Effect.gen(function* () {
      const { client, posts } = makeReceiver((nth) => (nth === 1 ? Effect.never : status(200)))
      const { die, drain } = yield* open(client)
      yield* say("state")
      yield* settle(() => posts.length === 1)
      yield* TestClock.adjust("15 seconds")
      yield* TestClock.adjust("5 seconds")
      yield* drain
      assert.deepStrictEqual(
        posts.map(({ at }) => at),
        [0, 20_000]
      )
      yield* die
    }).pipe(provide)
  )

  for (const [text, waitMs] of [
    ["120", 120_000],
    ["Thu, 01 Jan 1970 00:10:00 GMT", 600_000]
  ] as const) {
    it.effect(`is asked for nothing before its Retry-After: ${text}, also by another process`, () =>
      Effect.gen(function* () {
        const { client, ids, posts } = makeReceiver((nth) => (nth === 1 ? status(429, text) : status(200)))
        const first = yield* open(client)
        yield* say("state")
        yield* settle(() => posts.length === 1)
        yield* say("state", "acme/other#1")
        yield* TestClock.adjust(waitMs / 2)
        yield* first.die
        const second = yield* open(client)
        yield* TestClock.adjust(waitMs / 2 - 1)
        assert.strictEqual(posts.length, 1)
        yield* TestClock.adjust(1)
        yield* second.drain
        assert.deepStrictEqual(
          posts.map(({ at }) => at),
          [0, waitMs, waitMs]
        )
        assert.strictEqual(new Set(ids()).size, 2)
        yield* second.die
      }).pipe(provide)
    )
  }

  it.effect("that answers 410 is sent nothing more, by no process, until it is enabled", () =>
    Effect.gen(function* () {
      const { client, posts } = makeReceiver((nth) => status(nth === 1 ? 410 : 200))
      const outbox = yield* Outbox
      assert.isFalse(yield* isDisabled(endpoint.name))
      const first = yield* open(client)
      yield* say("state")
      yield* first.drain
      assert.isTrue(yield* isDisabled(endpoint.name))
      yield* say("state")
      yield* first.drain
      yield* first.die
      const second = yield* open(client)
      yield* say("state", "acme/other#1")
      yield* second.drain
      assert.strictEqual(posts.length, 1)
      assert.lengthOf(yield* outbox.failures(endpoint.name, { limit: 5 }), 3)
      yield* enable(endpoint.name)
      const { sequence } = yield* say("state")
      yield* second.drain
      assert.strictEqual(posts.length, 2)
      assert.strictEqual(JSON.parse(posts[1]?.text ?? "").sequence, sequence)
      yield* second.die
    }).pipe(provide)
  )

  it.effect("is sent the very same message under the same id when we die between sending and noting it", () =>
    Effect.gen(function* () {
      const { client, ids, posts } = makeReceiver((nth) => (nth < 4 ? Effect.never : status(200)))
      yield* TestClock.setTime(1_700_000_000_000)
      const { sequence, at } = yield* say("state")
      for (let deaths = 1; deaths < 4; deaths++) {
        const { die } = yield* open(client)
        yield* settle(() => posts.length === deaths)
        yield* die
        yield* TestClock.adjust("1 minute")
      }
      const { die, drain } = yield* open(client)
      yield* drain
      yield* die
      assert.deepStrictEqual(ids(), Array(4).fill(`msg_${DateTime.toEpochMillis(at)}_${sequence}`))
      assert.strictEqual(new Set(posts.map(({ text }) => text)).size, 1)
    }).pipe(provide)
  )
})
