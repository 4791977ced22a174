import { assert, it } from "@effect/vitest"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import {
  type Dispatcher,
  Dispatchers,
  OperationLog,
  Outbox,
  type OutboxEntry,
  SqlOperationLog,
  SqlOutbox,
  ThreadId
} from "@productbuilding/core"
import { PreviewStore } from "@productbuilding/preview"
import { Effect, Fiber, Layer, Option, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import { OutboxReport } from "../src/OutboxReport.ts"
import { SlackHealth, type SlackSight } from "../src/SlackHealth.ts"
import { nowMs, preview } from "./pages/samples.ts"

const waiting = { messages: 1, slots: 2, threads: 3 }
const posts = { name: "posts", available: 0, burst: 20, perMinute: 180, spent: 4, pausedUntil: nowMs }
const reads = { name: "reads", available: 10, burst: 10, perMinute: 40, spent: 0, pausedUntil: 0 }

/** What the dispatchers and Slack say. */
const statuses = Ref.makeUnsafe<ReadonlyArray<Dispatcher.DispatcherStatus>>([
  { sink: "slack", waiting, budgets: [posts, reads] },
  { sink: "github", waiting: { messages: 0, slots: 0, threads: 0 }, budgets: [] }
])
const sight = Ref.makeUnsafe<SlackSight>({ self: Option.none(), problems: [] })

const said = Layer.mergeAll(
  Layer.succeed(Dispatchers.Dispatchers, { status: Ref.get(statuses), drain: Effect.void }),
  Layer.succeed(SlackHealth, { sight: Ref.get(sight) }),
  Layer.mock(PreviewStore, {
    find: (id) => Effect.succeed(id === "acme/shop#12" ? Option.some(preview(12, "ready")) : Option.none())
  })
)

const stores = Layer.mergeAll(SqlOutbox.layer, SqlOperationLog.layer).pipe(Layer.provide(Sqlite.layerMemory))

const layer = OutboxReport.layer.pipe(Layer.provide(said), Layer.provideMerge(stores))

const card = (thread: string): OutboxEntry => ({
  lane: "status",
  sink: "slack",
  key: `card:${thread}`,
  thread,
  priority: "normal"
})

const message = (key: string, thread = "acme/shop#12"): OutboxEntry => ({
  lane: "append",
  sink: "slack",
  key,
  thread,
  priority: "normal",
  content: {}
})

const sequenceOf = Effect.fnUntraced(function* (key: string) {
  const outbox = yield* Outbox
  const works = yield* outbox.waiting("slack")
  return (
    works.flatMap((work) => (work.lane === "append" && work.message.key === key ? [work.message.sequence] : []))[0] ?? 0
  )
})

const slackOf = Effect.fnUntraced(function* (limit: number) {
  const report = yield* OutboxReport
  const [slack] = yield* report.sinks(limit)
  if (slack === undefined) throw new Error("there is a sink")
  return slack
})

it.layer(layer)("the outbox's report", (it) => {
  it.effect("joins what each sink does with what it has done, and counts its calls by minute", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const report = yield* OutboxReport
      yield* outbox.put([message("one"), message("two"), message("three")])
      yield* outbox.sent(yield* sequenceOf("one"), "C1:1")
      yield* outbox.drop(yield* sequenceOf("two"), "msg_too_long")
      yield* Ref.update(statuses, ([, github]) => [
        { sink: "slack", waiting, budgets: [{ ...posts, spent: 9 }, reads] },
        ...(github === undefined ? [] : [github])
      ])
      yield* TestClock.adjust("2 minutes")
      const [slack, github] = yield* report.sinks(10)
      assert.deepStrictEqual([slack?.sent, slack?.dropped, slack?.waiting], [1, 1, waiting])
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
      assert.deepInclude(github, { sink: "github", sent: 0, dropped: 0, next: [], failures: [], problems: [] })
    })
  )

  it.effect("lists what waits longest first and what failed last first, over both lanes, with advice", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* outbox.put([message("four", "acme/shop#40")])
      yield* TestClock.adjust("1 second")
      yield* outbox.put([card("acme/shop#41"), card("acme/shop#42")])
      yield* TestClock.adjust("1 second")
      yield* outbox.put([message("five", "acme/shop#40")])
      const slack = yield* slackOf(10)
      assert.deepStrictEqual(
        slack.next.map(({ key }) => key),
        ["three", "four", "card:acme/shop#41", "card:acme/shop#42", "five"]
      )
      assert.deepStrictEqual(
        (yield* slackOf(2)).next.map(({ key }) => key),
        ["three", "four"]
      )
      yield* outbox.refused(Option.getOrThrow(yield* outbox.slot("slack", "card:acme/shop#41")), "is_archived")
      yield* outbox.drop(yield* sequenceOf("five"), "not_in_channel")
      const { failures } = yield* slackOf(2)
      assert.deepStrictEqual(
        failures.map(({ detail, key, lane }) => [lane, key, detail]),
        [
          ["append", "five", "not_in_channel"],
          ["status", "card:acme/shop#41", "is_archived"]
        ]
      )
      assert.include(failures[0]?.advice, "/invite")
      assert.include(failures[1]?.advice, "unarchive")
    })
  )

  it.effect("shows each thread with its links, its preview, what waits and why it failed, newest change first", () =>
    Effect.gen(function* () {
      const log = yield* OperationLog
      const outbox = yield* Outbox
      const report = yield* OutboxReport
      yield* TestClock.adjust("1 second")
      yield* outbox.put([card("acme/shop#12")])
      yield* TestClock.adjust("1 second")
      yield* outbox.put([card("acme/shop#13"), { ...card("acme/shop#12"), sink: "github" }])
      const slotOf = (key: string) => Effect.map(outbox.slot("slack", key), Option.getOrThrow)
      yield* outbox.shown(yield* slotOf("card:acme/shop#12"), "C024BE91L:1795184.000100")
      yield* outbox.refused(yield* slotOf("card:acme/shop#13"), "is_archived")
      const url = "https://github.example/acme/shop/issues/13"
      const happened = (type: string, data: { readonly title: string; readonly url: string } | null) =>
        log.append({ operationId: null, subject: "acme/shop#13", lane: "status", type, data })
      yield* happened("thread", { title: "Mugs", url })
      yield* happened("checks", null)
      const [thirteen, twelve] = yield* report.threads(2)
      assert.deepInclude(thirteen, {
        thread: "acme/shop#13",
        title: "Mugs",
        githubUrl: url,
        slackUrl: null,
        preview: null,
        messagesWaiting: 0
      })
      assert.deepInclude(thirteen?.failure, { lane: "status", detail: "is_archived" })
      assert.deepInclude(twelve, {
        thread: "acme/shop#12",
        title: "Change number 12",
        githubUrl: "https://github.example/acme/shop/pull/12",
        slackUrl: "https://slack.com/app_redirect?channel=C024BE91L&message_ts=1795184.000100",
        preview: { state: "ready", url: preview(12, "ready").url },
        version: 1,
        sentVersion: 1,
        messagesWaiting: 1,
        failure: null
      })
      yield* outbox.drop(yield* sequenceOf("three"), "not_in_channel")
      yield* Ref.set(sight, {
        self: Option.some({ team: "Acme", user: "productbuilding", url: "https://acme.slack.com/" }),
        problems: [{ level: "error", found: "The bot lacks the scope chat:write.", advice: "Add it." }]
      })
      const [, again] = yield* report.threads(2)
      assert.deepInclude(again?.failure, { lane: "append", detail: "not_in_channel" })
      assert.strictEqual(again?.slackUrl, "https://acme.slack.com/archives/C024BE91L/p1795184000100")
      assert.strictEqual(yield* report.slackUrl(ThreadId.make("acme/shop#12")), again?.slackUrl)
      assert.isNull(yield* report.slackUrl(ThreadId.make("acme/shop#13")), "it is not shown")
      assert.isNull(yield* report.slackUrl(ThreadId.make("acme/shop#404")))
      const slack = yield* slackOf(1)
      assert.strictEqual(slack.workspace, "Acme")
      assert.deepStrictEqual(slack.problems, [
        { found: "The bot lacks the scope chat:write.", advice: "Add it.", isFatal: true }
      ])
    })
  )

  it.effect("tells within a second that something is different, once, and nothing while nothing is", () =>
    Effect.gen(function* () {
      const report = yield* OutboxReport
      let told = 0
      const listening = yield* report.changes.pipe(
        Stream.runForEach(() => Effect.sync(() => void told++)),
        Effect.forkChild({ startImmediately: true })
      )
      yield* TestClock.adjust("10 seconds")
      const before = told
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(told, before)
      yield* Ref.update(statuses, (all) => all.map((one) => ({ ...one, waiting: { ...waiting, slots: 7 } })))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(told, before + 1)
      yield* Ref.update(sight, (now) => ({ ...now, problems: [] }))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(told, before + 2)
      yield* Fiber.interrupt(listening)
    })
  )
})
