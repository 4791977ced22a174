/** What a policy makes of events, through the real log, outbox and dispatcher. Only the wire is missing. */
import { assert, describe, it } from "@effect/vitest"
import {
  Dispatcher,
  EventRouting,
  type NotificationPolicy,
  OperationLog,
  Outbox,
  type OutboxMessage,
  type Sink,
  SqlOperationLog,
  SqlOutbox,
  type ThreadMessage,
  type Topic
} from "@productbuilding/core"
import { Clock, DateTime, Duration, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { renderDigest, renderPosting } from "../../src/slack/SlackPosting.ts"
import { DigestItem, Posting, routeTo } from "../../src/slack/SlackRoute.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const names = { nameOf: (login: string) => login, userOf: () => undefined }
const isDigest = Schema.is(Schema.Array(DigestItem))
const isPosting = Schema.is(Posting)

const textOf = ({ content, thread }: OutboxMessage): string =>
  isDigest(content)
    ? renderDigest(content, names)
    : isPosting(content)
      ? `${content.broadcast ? "(broadcast) " : ""}${renderPosting(content, names, { parent: undefined, repository: "acme/shop", isInThread: thread.includes("#") })}`
      : "?"

const message = (topic: Topic, verb: string, change: Partial<ThreadMessage> = {}): ThreadMessage => ({
  key: `${topic}:${verb}`,
  topic,
  author: "ada",
  verb,
  markdown: "",
  url: null,
  title: null,
  draft: false,
  bot: false,
  inReplyTo: null,
  ...change
})

const at = (clock: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(`2026-11-${clock}:00Z`))

/** A world with a policy, in which what is sent is written down with the time on the clock. */
const world = Effect.fnUntraced(function* (policy: NotificationPolicy) {
  const told: Array<string> = []
  const write = (text: string) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const time = DateTime.formatIso(DateTime.makeUnsafe(now)).slice(8, 16).replace("T", " ")
      told.push(`${time} ${text}`)
      return `C:${told.length}`
    })
  const sink: Sink = {
    name: "slack",
    show: ({ key }) => write(key),
    send: (one) => write(textOf(one)),
    find: () => Effect.succeedNone,
    cost: () => [],
    budget: () => ({ burst: 1, perMinute: 60 }),
    quiet: Duration.seconds(1),
    longestWait: Duration.seconds(10)
  }
  const database = Sqlite.layerMemory
  const layer = SqlOperationLog.layer.pipe(
    Layer.provide(
      EventRouting.layer([
        routeTo(
          () => "shop",
          () => policy
        )
      ])
    ),
    Layer.provideMerge(SqlOutbox.layer),
    Layer.provideMerge(database)
  )
  const context = yield* Layer.build(layer)
  const log = yield* Effect.provide(OperationLog, context)
  const dispatcher = yield* Effect.provide(Dispatcher.make(sink), context)
  const outbox = yield* Effect.provide(Outbox, context)
  const settle = Effect.forEach(Array.from({ length: 20 }), () => TestClock.adjust("1 second"), { discard: true })
  return {
    told,
    outbox,
    dispatcher,
    /** Goes on to a time, says something there, and lets it be told. */
    say: Effect.fnUntraced(function* (clock: string, subject: string, one: ThreadMessage) {
      yield* TestClock.setTime(at(clock))
      yield* log.append({ operationId: null, subject, lane: "append", type: "said", data: { ...one } })
      yield* settle
    }),
    change: Effect.fnUntraced(function* (clock: string, type: string, data: Schema.Json) {
      yield* TestClock.setTime(at(clock))
      yield* log.append({ operationId: null, subject: "acme/shop#1", lane: "status", type, data })
      yield* settle
    }),
    until: Effect.fnUntraced(function* (clock: string) {
      yield* TestClock.setTime(at(clock))
      yield* settle
    })
  }
})

const failedPreview = { state: "failed", sha: "abcdef0123", failure: { stage: "build", summary: "No *image*." } }

describe("what Slack is told by a policy", () => {
  it.effect("by default a card and, below it, what is said; a release in the channel; nothing twice", () =>
    Effect.gen(function* () {
      const { say, change, told } = yield* world({})
      yield* say("18T10:00", "acme/shop#1", message("opened", "opened this"))
      yield* say("18T10:01", "acme/shop#1", message("commented", "commented", { markdown: "Hello" }))
      yield* say("18T10:01", "acme/shop#1", message("commented", "commented", { markdown: "Hello" }))
      yield* say("18T10:02", "acme/shop#1", message("pushed", "pushed abc"))
      yield* change("18T10:03", "state", failedPreview)
      yield* say("18T10:04", "acme/shop@v1", message("released", "released v1", { url: "https://github.com/x" }))
      assert.deepStrictEqual(
        told.map((line) => line.slice(3)),
        [
          "10:00 card:acme/shop#1",
          "10:01 *ada* commented\nHello",
          "10:01 card:acme/shop#1",
          "10:01 card:acme/shop#1",
          "10:03 :x: The preview of abcdef0 failed in build\nNo _image_.",
          "10:03 card:acme/shop#1",
          "10:04 *ada* <https://github.com/x|released v1> · acme/shop"
        ]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("broadcasts what the policy says, and tells nothing of what is off", () =>
    Effect.gen(function* () {
      const { change, say, told } = yield* world({
        events: { merged: "broadcast", previewFailed: "broadcast", commented: "off", opened: "off" }
      })
      yield* say("18T10:00", "acme/shop#1", message("opened", "opened this"))
      yield* say("18T10:00", "acme/shop#1", message("commented", "commented"))
      assert.deepStrictEqual(told, [])
      yield* say("18T10:01", "acme/shop#1", message("merged", "merged this"))
      yield* change("18T10:02", "state", failedPreview)
      assert.deepStrictEqual(
        told.filter((line) => line.includes("broadcast")),
        [
          "18 10:01 (broadcast) *ada* merged this",
          "18 10:02 (broadcast) :x: The preview of abcdef0 failed in build\nNo _image_."
        ]
      )
    }).pipe(Effect.scoped)
  )

  it.effect(
    "holds in quiet hours what is said and new cards, edits cards silently, and tells all in order in the morning",
    () =>
      Effect.gen(function* () {
        const { change, dispatcher, say, told, until } = yield* world({
          timeZone: "Europe/Berlin",
          quietHours: { windows: [{ from: "20:00", to: "08:00" }] }
        })
        yield* say("18T18:00", "acme/shop#1", message("opened", "opened this"))
        yield* say("18T19:30", "acme/shop#1", message("commented", "commented first"))
        yield* say("18T23:30", "acme/shop#1", message("reviewed", "approved"))
        yield* change("18T23:40", "thread", null)
        yield* say("19T01:00", "acme/shop#2", message("opened", "opened this"))
        yield* say("19T01:30", "acme/shop#2", message("commented", "commented on two"))
        yield* until("19T06:59")
        assert.deepStrictEqual(
          told.filter((line) => !line.includes("card:acme/shop#1")),
          []
        )
        assert.isAbove(told.filter((line) => line.includes("card:acme/shop#1")).length, 1, "it is edited at night")
        const before = told.length
        assert.strictEqual((yield* dispatcher.status).waiting.messages, 3)
        yield* until("19T07:00")
        const morning = told.slice(before)
        assert.isTrue(
          morning.every((line) => line.startsWith("19 07:00")),
          morning.join("\n")
        )
        assert.includeMembers(morning, ["19 07:00 card:acme/shop#2", "19 07:00 *ada* commented on two"])
        assert.deepStrictEqual(
          morning.filter((line) => /first|approved/.test(line)),
          ["19 07:00 *ada* commented first", "19 07:00 *ada* approved"]
        )
      }).pipe(Effect.scoped)
  )

  it.effect("lets a question pass in quiet hours, with its card and with what waits before it", () =>
    Effect.gen(function* () {
      const { change, say, told } = yield* world({ quietHours: { windows: [{ from: "20:00", to: "08:00" }] } })
      yield* say("18T22:00", "acme/shop#1", message("opened", "opened this"))
      yield* say("18T22:10", "acme/shop#1", message("commented", "commented"))
      assert.deepStrictEqual(told, [])
      yield* change("18T22:20", "state", { ...failedPreview, state: "blocked", failure: null })
      assert.sameMembers(told, [
        "18 22:20 card:acme/shop#1",
        "18 22:20 *ada* commented",
        "18 22:20 :raised_hand: The preview of abcdef0 waits for an approval"
      ])
      assert.isBelow(
        told.findIndex((line) => line.includes("commented")),
        told.findIndex((line) => line.includes("waits"))
      )
    }).pipe(Effect.scoped)
  )

  it.effect(
    "gathers a digest and tells it once, by subject, also when the same comes twice and when it was quiet",
    () =>
      Effect.gen(function* () {
        const { outbox, say, told, until } = yield* world({
          events: { commented: "digest", reviewed: "digest", opened: "off" },
          digest: { at: ["06:00"] },
          quietHours: { windows: [{ from: "20:00", to: "08:00" }] }
        })
        const comment = message("commented", "commented", { url: "https://github.com/c", title: "Add <mugs>" })
        yield* say("18T10:00", "acme/shop#1", comment)
        yield* say("18T11:00", "acme/shop#2", message("reviewed", "approved"))
        yield* say("18T12:00", "acme/shop#1", message("commented", "commented again", { author: "bob" }))
        yield* say("18T13:00", "acme/shop#1", comment)
        yield* until("19T07:59")
        assert.deepStrictEqual(told, [])
        yield* until("19T08:00")
        assert.deepStrictEqual(told, [
          [
            "19 08:00 *Meanwhile in acme/shop*",
            "• *#1 Add &lt;mugs&gt;*: *ada* <https://github.com/c|commented>, *bob* commented again",
            "• *#2*: *ada* approved"
          ].join("\n")
        ])
        yield* say("19T09:00", "acme/shop#2", message("reviewed", "asked for changes"))
        yield* until("20T08:00")
        assert.strictEqual(told.length, 2)
        assert.strictEqual((yield* outbox.waiting("slack")).filter(({ lane }) => lane === "append").length, 0)
      }).pipe(Effect.scoped)
  )
})

describe("renderPosting", () => {
  it("says to what a reply is one", () => {
    const parent = {
      ...message("reviewCommented", "commented on a.ts:3", { markdown: "Why\n*this* <!here>?" }),
      broadcast: false
    }
    const reply = {
      ...message("reviewCommented", "replied on a.ts:3", { author: "bob", markdown: "Because" }),
      broadcast: false
    }
    assert.strictEqual(
      renderPosting(reply, names, { parent, repository: "acme/shop", isInThread: true }),
      "*bob* replied on a.ts:3\n> ada: Why *this* &lt;!here&gt;?\nBecause"
    )
  })
})
