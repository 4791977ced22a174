/** 10,000 messages, each delivered eight times in any order, while the process dies again and again: each counts once. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import {
  DeliveryHandlers,
  DeliveryInbox,
  DeliveryProcessor,
  EventRouting,
  Outbox,
  SqlDeliveryInbox,
  SqlOperationLog,
  SqlOutbox,
  SqlThreadReplies
} from "@productbuilding/core"
import { Effect, Layer, Option, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { quickFolder } from "../../../../test/support/quickFolder.ts"
import { random } from "../../../../test/support/random.ts"
import * as ZstdBodyCodec from "../../src/node/ZstdBodyCodec.ts"
import { makeClient } from "../../src/slack/SlackClient.ts"
import { incomingEvent } from "../../src/slack/SlackWebhook.ts"
import type { SlackWorkspace } from "../../src/slack/SlackWorkspace.ts"
import * as Replies from "../../src/slack/ThreadReplies.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const messages = 10_000
const deliveries = 8
const threads = 100
const lives = 8
const atOnce = 200

const workspace: SlackWorkspace = {
  client: makeClient({ botToken: Redacted.make("xoxb-none") }),
  identity: Effect.succeed({ botUserId: "UBOT", botId: "BBOT", appId: "ABOT" }),
  channelId: Effect.succeed,
  userName: (id) => Effect.succeed(id),
  user: (id) => Effect.succeed({ name: id, guest: false })
}

const rootOf = (thread: number) => `1700000000.${String(thread).padStart(6, "0")}`

const encoder = new TextEncoder()

/** One of the two events of a message, in one of its deliveries. */
const bodyOf = (message: number, delivery: number) =>
  encoder.encode(
    JSON.stringify({
      type: "event_callback",
      team_id: "T1",
      event_id: `Ev${message}-${delivery % 2}`,
      event: {
        type: "message",
        channel: "C1",
        user: "UADA",
        ts: `1800000000.${String(message).padStart(6, "0")}`,
        thread_ts: rootOf(message % threads),
        text: `message ${message}`
      }
    })
  )

const server = (file: string) => {
  const stores = SqlThreadReplies.layer.pipe(
    Layer.provideMerge(SqlOperationLog.layer),
    Layer.provide(EventRouting.layer([])),
    Layer.provideMerge(Layer.merge(SqlOutbox.layer, SqlDeliveryInbox.layer.pipe(Layer.provide(ZstdBodyCodec.layer)))),
    Layer.provideMerge(Layer.orDie(Sqlite.layer(file)).pipe(Layer.provide(NodeServices.layer)))
  )
  const handlers = Layer.effect(
    DeliveryHandlers,
    Effect.map(
      Replies.make(workspace, { slackOf: () => Effect.succeed(() => undefined), gitHubOf: () => Effect.undefined }),
      (handler) => [handler]
    )
  )
  return DeliveryProcessor.layer.pipe(Layer.provide(handlers), Layer.provideMerge(stores))
}

const seed = Number(process.env["PB_SEED"] ?? Date.now() % 1_000_000)

it.live(
  `10,000 messages, each delivered 8 times, shuffled, over restarts: none lost, none doubled (PB_SEED=${seed})`,
  () => {
    const next = random(seed)
    const folder = quickFolder("pb-redelivered-")
    const file = join(folder, "test.db")
    const arrivals = Array.from({ length: messages * deliveries }, (_, index) => index)
    for (let index = arrivals.length - 1; index > 0; index--) {
      const other = Math.floor(next() * (index + 1))
      const [one = 0, two = 0] = [arrivals[index], arrivals[other]]
      arrivals[index] = two
      arrivals[other] = one
    }
    const put = (index: number) => {
      const incoming = incomingEvent(bodyOf(Math.floor(index / deliveries), index % deliveries))
      if (incoming.kind !== "delivery") return assert.fail(`${incoming.kind} is no delivery`)
      return Effect.flatMap(DeliveryInbox, (inbox) => inbox.put(incoming.incoming))
    }
    return Effect.gen(function* () {
      let taken = 0
      for (let life = 0; life < lives; life++) {
        const end = life === lives - 1 ? arrivals.length : Math.floor((arrivals.length * (life + 1)) / lives)
        yield* Effect.gen(function* () {
          const outbox = yield* Outbox
          const sql = yield* SqlClient.SqlClient
          if (life === 0) {
            for (let thread = 0; thread < threads; thread++) {
              const key = `card:acme/shop#${thread + 1}`
              const entry = { sink: "slack", key, thread: `acme/shop#${thread + 1}`, priority: "normal" } as const
              yield* outbox.put([{ lane: "status", ...entry }])
              const slot = Option.getOrThrow(yield* outbox.slot("slack", key))
              yield* outbox.shown(slot, `C1:${rootOf(thread)}`)
            }
          }
          while (taken < end) {
            const batch = arrivals.slice(taken, Math.min(end, taken + atOnce))
            yield* Effect.forEach(batch, put, { concurrency: "unbounded", discard: true })
            taken += batch.length
          }
          // NOTE: every life but the last ends in the middle of whatever it is doing.
          if (life < lives - 1) return
          yield* sql<{ left: number }>`SELECT COUNT(*) AS left FROM deliveries WHERE status <> 'decided'`.pipe(
            Effect.repeat({ until: ([row]) => row?.left === 0, schedule: Schedule.spaced("100 millis") })
          )
          const told = yield* sql<{ count: number }>`SELECT COUNT(*) AS count FROM events WHERE type = 'replied'`
          assert.strictEqual(told[0]?.count, messages)
          const stored = yield* sql<{ markdown: string }>`SELECT markdown FROM thread_replies`
          assert.strictEqual(stored.length, messages)
          assert.strictEqual(new Set(stored.map(({ markdown }) => markdown)).size, messages)
        }).pipe(Effect.provide(server(file), { local: true }))
      }
    }).pipe(Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))))
  },
  300_000
)
