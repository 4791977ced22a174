import { assert, it } from "@effect/vitest"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import { type Dispatcher, Dispatchers, Outbox, type OutboxEntry, SqlOutbox } from "@productbuilding/core"
import { PreviewStore } from "@productbuilding/preview"
import { Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { OutboxReport } from "../../src/pages/OutboxReport.ts"
import { nowMs, preview } from "./samples.ts"

const status: Dispatcher.DispatcherStatus = {
  sink: "slack",
  waiting: { messages: 1, slots: 2, threads: 3 },
  budgets: [
    { name: "posts", available: 0, burst: 20, perMinute: 180, spent: 4, pausedUntil: nowMs },
    { name: "reads", available: 10, burst: 10, perMinute: 40, spent: 0, pausedUntil: 0 }
  ]
}
let spent = 4

const running = Layer.succeed(Dispatchers.Dispatchers, {
  status: Effect.sync(() => [
    { ...status, budgets: status.budgets.map((budget) => (budget.name === "posts" ? { ...budget, spent } : budget)) },
    { sink: "github", waiting: { messages: 0, slots: 0, threads: 0 }, budgets: [] }
  ]),
  drain: Effect.void
})

const store = Layer.mock(PreviewStore, {
  find: (id) => Effect.succeed(id === "acme/shop#12" ? Option.some(preview(12, "ready")) : Option.none())
})

const stores = Layer.mergeAll(SqlOutbox.layer.pipe(Layer.provide(Sqlite.layerMemory)), store)

const card = (thread: string): OutboxEntry => ({
  lane: "status",
  sink: "slack",
  key: `card:${thread}`,
  thread,
  priority: "normal"
})

const said = (key: string): OutboxEntry => ({
  lane: "append",
  sink: "slack",
  key,
  thread: "acme/shop#12",
  priority: "normal",
  content: {}
})

it.layer(OutboxReport.layer.pipe(Layer.provide(running), Layer.provideMerge(stores)))("the outbox's report", (it) => {
  it.effect("joins what each sink does with what it has done, and counts its calls by minute", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const report = yield* OutboxReport
      yield* outbox.put([said("one"), said("two"), said("three")])
      const [first, second] = (yield* outbox.waiting("slack")).flatMap((work) =>
        work.lane === "append" ? [work.message.sequence] : []
      )
      yield* outbox.sent(first ?? 0, "C1:1")
      yield* outbox.drop(second ?? 0, "msg_too_long")
      spent = 9
      yield* TestClock.adjust("2 minutes")
      const [slack, github] = yield* report.sinks
      assert.deepStrictEqual([slack?.sent, slack?.dropped, slack?.waiting], [1, 1, status.waiting])
      assert.deepStrictEqual(
        slack?.budgets.map(({ name, pausedUntil }) => [name, pausedUntil?.epochMilliseconds]),
        [
          ["posts", nowMs],
          ["reads", undefined]
        ]
      )
      assert.strictEqual(
        slack?.budgets[0]?.callsByMinute.reduce((sum, one) => sum + one),
        9
      )
      assert.deepStrictEqual([github?.sink, github?.sent, github?.dropped], ["github", 0, 0])
    })
  )

  it.effect("shows each thread with its links, its versions, what waits and why it failed, newest change first", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const report = yield* OutboxReport
      yield* outbox.put([card("acme/shop#12")])
      yield* TestClock.adjust("1 second")
      yield* outbox.put([card("acme/shop#13"), { ...card("acme/shop#12"), sink: "github" }])
      const shown = Option.getOrThrow(yield* outbox.slot("slack", "card:acme/shop#12"))
      const refused = Option.getOrThrow(yield* outbox.slot("slack", "card:acme/shop#13"))
      yield* outbox.shown(shown, "C024BE91L:1795184.000100")
      yield* outbox.refused(refused, "is_archived")
      const [thirteen, twelve, ...more] = yield* report.threads(10)
      assert.deepStrictEqual(more, [])
      assert.deepInclude(thirteen, {
        thread: "acme/shop#13",
        title: null,
        githubUrl: null,
        slackUrl: null,
        failure: { what: "card", detail: "is_archived" }
      })
      assert.deepInclude(twelve, {
        thread: "acme/shop#12",
        title: "Change number 12",
        githubUrl: "https://github.example/acme/shop/pull/12",
        slackUrl: "https://slack.com/app_redirect?channel=C024BE91L&message_ts=1795184.000100",
        version: 1,
        sentVersion: 1,
        messagesWaiting: 1,
        failure: null
      })
      const last = (yield* outbox.messages("slack", "acme/shop#12", { limit: 1 }))[0]?.sequence ?? 0
      yield* outbox.drop(last, "not_in_channel")
      assert.deepStrictEqual((yield* report.threads(2))[1]?.failure, { what: "message", detail: "not_in_channel" })
      assert.lengthOf(yield* report.threads(1), 1)
    })
  )
})

it.layer(OutboxReport.layer.pipe(Layer.provide(stores)))("the outbox's report without dispatchers", (it) => {
  it.effect("has no sink", () =>
    Effect.gen(function* () {
      const report = yield* OutboxReport
      assert.deepStrictEqual(yield* report.sinks, [])
      assert.deepStrictEqual(yield* report.threads(5), [])
    })
  )
})
