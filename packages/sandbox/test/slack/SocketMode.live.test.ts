/** Socket Mode, through Slack's own client. */
import { once } from "node:events"
import { assert, describe } from "@effect/vitest"
import { App, LogLevel } from "@slack/bolt"
import { SocketModeClient } from "@slack/socket-mode"
import { WebSocket } from "ws"
import { field } from "./support/App.ts"
import { clientOf, inSandbox, until, type Workspace } from "./support/Sandbox.ts"

const fast = { retryDelaysMs: [0, 10, 20], ackDeadlineMs: 60 }

/** A socket without an SDK, which acknowledges what it is told to. */
const openSocket = async (sandbox: Workspace, acknowledges: (n: number) => boolean = () => true) => {
  const { url = "" } = await clientOf(sandbox, { token: sandbox.app.appToken }).apps.connections.open()
  const socket = new WebSocket(url)
  const received: Array<Readonly<Record<string, unknown>>> = []
  const pings: Array<string> = []
  socket.on("ping", (data) => void pings.push(String(data)))
  socket.on("message", (data) => {
    const message = JSON.parse(String(data))
    received.push(message)
    const count = received.filter((one) => one["envelope_id"] !== undefined).length
    if (message.envelope_id !== undefined && acknowledges(count)) {
      socket.send(JSON.stringify({ envelope_id: message.envelope_id }))
    }
  })
  await once(socket, "open")
  await until(() => received.length > 0)
  return { socket, received, pings, envelopes: () => received.filter((one) => one["envelope_id"] !== undefined) }
}

describe("Socket Mode", () => {
  inSandbox("greets, delivers and takes acknowledgements", {}, async (sandbox) => {
    const client = new SocketModeClient({
      appToken: sandbox.app.appToken,
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: sandbox.apiUrl }
    })
    const heard: Array<unknown> = []
    client.on("slack_event", async ({ ack, body, retry_num, type }) => {
      await ack()
      heard.push([type, field(body, "event", "type"), retry_num])
    })
    await client.start()
    assert.strictEqual(sandbox.sockets(), 1)
    sandbox.say("ada", "general", "@productbuilding hi")
    await sandbox.settled()
    assert.sameDeepMembers(heard, [
      ["events_api", "message", 0],
      ["events_api", "app_mention", 0]
    ])
    assert.deepStrictEqual(
      sandbox.deliveries().map(({ outcome, transport }) => [transport, outcome]),
      [
        ["socket", "OK"],
        ["socket", "OK"]
      ]
    )
    await client.disconnect()
  })

  inSandbox("runs a Bolt app with mentions and buttons", {}, async (sandbox) => {
    const bolt = new App({
      token: sandbox.app.botToken,
      appToken: sandbox.app.appToken,
      socketMode: true,
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: sandbox.apiUrl }
    })
    const button = { type: "button", text: { type: "plain_text", text: "Go" }, action_id: "go" } as const
    bolt.event("app_mention", async ({ event, say }) => {
      await say({ thread_ts: event.ts, text: "Go?", blocks: [{ type: "actions", elements: [button] }] })
    })
    bolt.action("go", async ({ ack, respond }) => {
      await ack()
      await respond({ replace_original: true, text: "Gone" })
    })
    await bolt.start()
    const { ts } = sandbox.say("ada", "general", "@productbuilding hi")
    await until(() => sandbox.thread(sandbox.general, ts).length === 2)
    const [, answer] = sandbox.thread(sandbox.general, ts)
    assert.strictEqual((await sandbox.click("ada", answer?.ts ?? "", "go")).outcome, "OK")
    await until(() => sandbox.thread(sandbox.general, ts)[1]?.text === "Gone")
    await bolt.stop()
  })

  inSandbox("takes answers to modals with the acknowledgement", {}, async (sandbox) => {
    const { client, general } = sandbox
    const socket = new SocketModeClient({
      appToken: sandbox.app.appToken,
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: sandbox.apiUrl }
    })
    const text = { type: "plain_text", text: "Name" } as const
    socket.on("interactive", async ({ ack, body }) => {
      if (body.type === "view_submission") return await ack({ response_action: "errors", errors: { name: "Taken" } })
      await ack()
      const element = { type: "plain_text_input", action_id: "value" } as const
      const blocks = [{ type: "input" as const, block_id: "name", label: text, element }]
      await client.views.open({
        trigger_id: body.trigger_id,
        view: { type: "modal", title: text, submit: text, blocks }
      })
    })
    await socket.start()
    const elements = [{ type: "button" as const, text, action_id: "open" }]
    const { ts = "" } = await client.chat.postMessage({
      channel: general,
      text: "x",
      blocks: [{ type: "actions", elements }]
    })
    await sandbox.click("ada", ts, "open")
    await until(() => sandbox.views().length === 1)
    const submitted = await sandbox.submitView("ada", sandbox.views()[0]?.id ?? "", { value: "x" })
    assert.deepStrictEqual(submitted.errors, { name: "Taken" })
    assert.strictEqual(sandbox.views().length, 1)
    await socket.disconnect()
  })

  inSandbox("sends again what was not acknowledged, under another envelope", fast, async (sandbox) => {
    const { envelopes, pings, received } = await openSocket(sandbox, (n) => n === 3)
    await until(() => pings.length === 1)
    assert.deepInclude(received[0], {
      type: "hello",
      num_connections: 1,
      connection_info: { app_id: sandbox.app.appId }
    })
    sandbox.say("ada", "general", "hi")
    await sandbox.settled()
    assert.deepStrictEqual(
      envelopes().map((one) => [one["retry_attempt"], one["retry_reason"]]),
      [
        [0, ""],
        [1, "timeout"],
        [2, "timeout"]
      ]
    )
    assert.strictEqual(new Set(envelopes().map((one) => field(one, "payload", "event_id"))).size, 1)
    assert.strictEqual(new Set(envelopes().map((one) => one["envelope_id"])).size, 3)
  })

  inSandbox("takes the sockets in turn, at most ten of them", {}, async (sandbox) => {
    const sockets = [await openSocket(sandbox), await openSocket(sandbox)]
    for (let n = 0; n < 4; n++) sandbox.say("ada", "general", `${n}`)
    await sandbox.settled()
    assert.deepStrictEqual(
      sockets.map(({ envelopes }) => envelopes().length),
      [2, 2]
    )
    assert.strictEqual(sandbox.sockets(), 2)
  })

  inSandbox("refuses an eleventh socket, and a ticket that was used", { rateLimits: "off" }, async (sandbox) => {
    const client = clientOf(sandbox, { token: sandbox.app.appToken })
    for (let n = 0; n < 10; n++) await openSocket(sandbox)
    const { url = "" } = await client.apps.connections.open()
    const statusOf = async () => {
      const socket = new WebSocket(url)
      const [, response] = await once(socket, "unexpected-response")
      const status: unknown = field(response, "statusCode")
      socket.on("error", () => {})
      socket.terminate()
      return status
    }
    assert.strictEqual(await statusOf(), 429)
    assert.strictEqual(await statusOf(), 403)
  })

  inSandbox(
    "keeps an event for the socket that comes back after a refresh",
    { retryDelaysMs: [200, 200, 200] },
    async (sandbox) => {
      const first = await openSocket(sandbox)
      sandbox.disconnectSockets("warning")
      await until(() => first.received.some(({ reason }) => reason === "warning"))
      assert.strictEqual(sandbox.sockets(), 1)
      const closed = once(first.socket, "close")
      sandbox.disconnectSockets("refresh_requested")
      await closed
      sandbox.say("ada", "general", "meanwhile")
      const second = await openSocket(sandbox)
      await sandbox.settled()
      assert.deepStrictEqual(
        second.envelopes().map((one) => field(one, "payload", "event", "text")),
        ["meanwhile"]
      )
    }
  )

  inSandbox("reconnects Slack's client after a refresh", {}, async (sandbox) => {
    const client = new SocketModeClient({
      appToken: sandbox.app.appToken,
      logLevel: LogLevel.ERROR,
      clientPingTimeout: 50,
      clientOptions: { slackApiUrl: sandbox.apiUrl }
    })
    await client.start()
    const again = new Promise((resolve) => client.once("connected", resolve))
    sandbox.disconnectSockets("refresh_requested")
    await again
    assert.strictEqual(sandbox.sockets(), 1)
    await client.disconnect()
  })
})
