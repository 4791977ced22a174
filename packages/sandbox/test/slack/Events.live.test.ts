/** The Events API: verified by Bolt's own receiver, sent again as Slack does, and wrong on demand. */
import { once } from "node:events"
import { assert, describe } from "@effect/vitest"
import { App, HTTPReceiver, LogLevel } from "@slack/bolt"
import { field, type Reply } from "./support/App.ts"
import { inSandbox, until, withApp } from "./support/Sandbox.ts"

const fast = { retryDelaysMs: [0, 10, 20], ackDeadlineMs: 60 }

/** The types and subtypes that came, in order. */
const kinds = (received: ReadonlyArray<{ readonly payload: unknown }>) =>
  received.map(({ payload }) =>
    [field(payload, "event", "type"), field(payload, "event", "subtype")].filter(Boolean).join("/")
  )

describe("events", () => {
  inSandbox("pass Bolt's verification, and reach its listeners", {}, async (sandbox) => {
    const heard: Array<string> = []
    const receiver = new HTTPReceiver({
      signingSecret: sandbox.app.signingSecret,
      endpoints: "/slack/events",
      logLevel: LogLevel.ERROR
    })
    const bolt = new App({
      receiver,
      token: sandbox.app.botToken,
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: sandbox.apiUrl }
    })
    bolt.event("app_mention", async ({ event, say }) => {
      heard.push(`mention ${event.text}`)
      await say({ text: "On it", thread_ts: event.ts })
    })
    bolt.message("please", async ({ message }) => void heard.push(`message ${message.ts}`))
    const server = await bolt.start({ port: 0, host: "127.0.0.1" })
    try {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      await sandbox.setRequestUrl(`http://127.0.0.1:${port}/slack/events`)
      const { ts } = sandbox.say("ada", "general", "@productbuilding please build")
      await sandbox.settled()
      await until(() => sandbox.thread(sandbox.general, ts).length === 2)
      const mention = `mention <@${sandbox.app.botUserId}> please build`
      assert.sameMembers(heard, [mention, `message ${ts}`])
      assert.deepStrictEqual(
        sandbox
          .deliveries()
          .filter(({ kind }) => kind === "event")
          .map(({ status }) => status),
        sandbox
          .deliveries()
          .filter(({ kind }) => kind === "event")
          .map(() => 200)
      )
    } finally {
      await bolt.stop()
    }
  })

  inSandbox(
    "are refused by Bolt with another secret, and by an app that does not echo the challenge",
    {},
    async (sandbox) => {
      const receiver = new HTTPReceiver({ signingSecret: "another", logLevel: LogLevel.ERROR })
      const server = await receiver.start({ port: 0, host: "127.0.0.1" })
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const refused = await sandbox.setRequestUrl(`http://127.0.0.1:${port}/slack/events`).catch(String)
      assert.include(String(refused), "did not answer with the challenge (HTTP 401)")
      const closed = once(server, "close")
      await receiver.stop()
      await closed
      assert.include(String(await sandbox.setRequestUrl("nowhere").catch(String)), "is no URL")
    }
  )

  inSandbox("tell of one mention twice, and only where the bot is", {}, async (sandbox) => {
    await withApp(sandbox, undefined, async ({ received }) => {
      sandbox.addChannel({ name: "elsewhere" })
      sandbox.say("ada", "elsewhere", "@productbuilding not here")
      const { ts } = sandbox.say("ada", "general", "@productbuilding hi")
      await sandbox.settled()
      assert.sameMembers(kinds(received), ["message", "app_mention"])
      assert.strictEqual(new Set(received.map(({ payload }) => payload["event_id"])).size, 2)
      for (const { payload } of received) {
        assert.deepInclude(payload, {
          team_id: sandbox.app.teamId,
          api_app_id: sandbox.app.appId,
          type: "event_callback"
        })
        assert.deepStrictEqual(field(payload, "event", "ts"), ts)
      }
      sandbox.kick("general")
      sandbox.say("ada", "general", "@productbuilding still there?")
      sandbox.invite("general")
      const direct = sandbox.directMessage("ada")
      sandbox.say("ada", direct.id, "@productbuilding just us")
      await sandbox.settled()
      assert.sameMembers(kinds(received).slice(2), ["channel_left", "member_joined_channel", "message"])
      assert.strictEqual(field(received.at(-1)?.payload, "event", "channel_type"), "im")
    })
  })

  inSandbox("tell of edits, deletions, reactions, members and the bot's own words", {}, async (sandbox) => {
    await withApp(sandbox, undefined, async ({ received }) => {
      const { ada, app, bob, client, general } = sandbox
      const { ts } = sandbox.say("ada", "general", "one")
      sandbox.edit(ts, "two")
      sandbox.react("bob", ts, "eyes")
      sandbox.unreact("bob", ts, "eyes")
      sandbox.remove(ts)
      const room = sandbox.addChannel({ name: "room", members: ["ada"] })
      sandbox.invite(room.id)
      sandbox.invite(room.id, "bob")
      sandbox.kick(room.id, "bob")
      await client.chat.postMessage({ channel: general, text: "mine" })
      await client.chat.postMessage({ channel: general, text: "mine", username: "Another" })
      await client.chat.postEphemeral({ channel: general, user: ada, text: "psst" })
      await sandbox.settled()
      const find = (kind: string, n = 0) => received.filter((_, index) => kinds(received)[index] === kind)[n]?.payload
      assert.sameMembers(kinds(received), [
        "message",
        "message/message_changed",
        "reaction_added",
        "reaction_removed",
        "message/message_deleted",
        "member_joined_channel",
        "member_joined_channel",
        "member_left_channel",
        "message",
        "message/bot_message"
      ])
      assert.strictEqual(field(find("message/message_changed"), "event", "message", "text"), "two")
      assert.strictEqual(field(find("message/message_changed"), "event", "previous_message", "text"), "one")
      assert.strictEqual(field(find("message/message_deleted"), "event", "deleted_ts"), ts)
      assert.deepInclude(field(find("reaction_added"), "event"), { user: bob, reaction: "eyes", item_user: ada })
      assert.strictEqual(field(find("message/bot_message"), "event", "bot_id"), app.botId)
    })
  })

  inSandbox("tell of other bots' words, mentions included, with their bot id", {}, async (sandbox) => {
    await withApp(sandbox, undefined, async ({ received }) => {
      const other = sandbox.addUser({ name: "deploybot", isBot: true })
      sandbox.invite("general", other.id)
      sandbox.say("deploybot", "general", "@productbuilding deployed")
      await sandbox.settled()
      const [, ...told] = received
      assert.sameMembers(kinds(told), ["message/bot_message", "app_mention/bot_message"])
      for (const { payload } of told) {
        assert.deepInclude(field(payload, "event"), { bot_id: `B${other.id.slice(1)}`, user: other.id })
        assert.isUndefined(field(payload, "event", "app_id"))
      }
    })
  })

  inSandbox("need the scope for them", { scopes: ["app_mentions:read"] }, async (sandbox) => {
    await withApp(sandbox, undefined, async ({ received }) => {
      sandbox.say("ada", "general", "@productbuilding hi")
      await sandbox.settled()
      assert.deepStrictEqual(kinds(received), ["app_mention"])
    })
  })

  inSandbox("are sent again three times, with number and reason, then no more", fast, async (sandbox) => {
    await withApp(
      sandbox,
      () => ({ status: 500 }),
      async ({ received }) => {
        sandbox.say("ada", "general", "hi")
        await sandbox.settled()
        const retry = received.map(({ headers }) => [headers["x-slack-retry-num"], headers["x-slack-retry-reason"]])
        assert.deepStrictEqual(retry, [
          [undefined, undefined],
          ["1", "http_error"],
          ["2", "http_error"],
          ["3", "http_error"]
        ])
        assert.strictEqual(new Set(received.map(({ payload }) => payload["event_id"])).size, 1)
      }
    )
  })

  inSandbox("are sent again when the answer is late, and after that not", fast, async (sandbox) => {
    let first = true
    const reply = (): Reply => {
      const silent = first
      first = false
      return { silent }
    }
    await withApp(sandbox, reply, async ({ received }) => {
      sandbox.say("ada", "general", "hi")
      await sandbox.settled()
      assert.deepStrictEqual(
        received.map(({ headers }) => headers["x-slack-retry-reason"]),
        [undefined, "http_timeout"]
      )
    })
  })

  inSandbox("are not sent again where the app asks for that", fast, async (sandbox) => {
    await withApp(
      sandbox,
      () => ({ status: 500, headers: { "X-Slack-No-Retry": "1" } }),
      async ({ received }) => {
        sandbox.say("ada", "general", "hi")
        await sandbox.settled()
        assert.strictEqual(received.length, 1)
      }
    )
  })

  inSandbox("get lost, doubled, late and out of order on demand", {}, async (sandbox) => {
    await withApp(sandbox, undefined, async ({ received }) => {
      const texts = () => received.map(({ payload }) => String(field(payload, "event", "text")))
      sandbox.eventFault({ kind: "lose", event: "message", times: 1 })
      sandbox.say("ada", "general", "lost")
      sandbox.eventFault({ kind: "duplicate", copies: 3, times: 1 })
      sandbox.say("ada", "general", "three")
      await sandbox.settled()
      assert.deepStrictEqual(texts(), ["three", "three", "three"])
      sandbox.eventFault({ kind: "reorder", times: 1 })
      sandbox.say("ada", "general", "first")
      sandbox.say("ada", "general", "second")
      await until(() => received.length === 5)
      sandbox.eventFault({ kind: "delay", delayMs: 30, times: 1 })
      sandbox.say("ada", "general", "late")
      sandbox.say("ada", "general", "soon")
      await sandbox.settled()
      assert.deepStrictEqual(texts().slice(3), ["second", "first", "soon", "late"])
    })
  })

  inSandbox("give way to app_rate_limited when there are too many", { eventsPerHour: 2 }, async (sandbox) => {
    await withApp(sandbox, undefined, async ({ received }) => {
      for (let n = 0; n < 5; n++) sandbox.say("ada", "general", `${n}`)
      await sandbox.settled()
      assert.strictEqual(received.length, 3)
      assert.deepInclude(received.at(-1)?.payload, { type: "app_rate_limited", team_id: sandbox.app.teamId })
    })
  })
})
