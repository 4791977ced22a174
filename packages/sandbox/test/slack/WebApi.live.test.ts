/** The Web API, through Slack's own client: every answer is checked against the type that the client declares for it. */
import { assert, describe } from "@effect/vitest"
import { clientOf, inSandbox, refusal } from "./support/Sandbox.ts"

const button = { type: "button", text: { type: "plain_text", text: "Open" }, action_id: "open", value: "1" } as const
const task = { type: "task_card", task_id: "1", title: "Read the file", status: "complete" } as const

describe("the Web API", () => {
  inSandbox("says who the bot is, and what its token may do", {}, async ({ app, client }) => {
    const who = await client.auth.test()
    assert.deepInclude(who, { team_id: app.teamId, user_id: app.botUserId, bot_id: app.botId })
    assert.include(who.response_metadata?.scopes ?? [], "chat:write")
  })

  inSandbox("refuses tokens that are missing, wrong or of the other kind", {}, async (sandbox) => {
    assert.strictEqual(await refusal(clientOf(sandbox, { token: "xoxb-wrong" }).auth.test()), "invalid_auth")
    assert.strictEqual(await refusal(sandbox.client.apps.connections.open()), "not_allowed_token_type")
    const bare = await fetch(`${sandbox.apiUrl}auth.test`, { method: "POST" })
    assert.deepStrictEqual(await bare.json(), { ok: false, error: "not_authed" })
  })

  inSandbox("takes JSON, forms, and the token in the body", {}, async ({ apiUrl, app, general }) => {
    const say = async (headers: Record<string, string>, body: string) => {
      const response = await fetch(`${apiUrl}chat.postMessage`, { method: "POST", headers, body })
      assert.deepInclude(await response.json(), { ok: true, channel: general })
    }
    const authorization = `Bearer ${app.botToken}`
    const fields = { channel: general, text: "hello", metadata: { event_type: "a", event_payload: { id: "1" } } }
    await say({ authorization, "content-type": "application/json; charset=utf-8" }, JSON.stringify(fields))
    const form = { ...fields, metadata: JSON.stringify(fields.metadata), token: app.botToken }
    const type = "application/x-www-form-urlencoded"
    await say({ "content-type": type }, new URLSearchParams(form).toString())
  })

  inSandbox("posts, answers in threads, edits and deletes", {}, async ({ app, client, general, messages, thread }) => {
    const posted = await client.chat.postMessage({
      channel: "#general",
      text: "Build 1",
      blocks: [
        { type: "section", text: { type: "mrkdwn", text: "*Build 1*" }, accessory: button },
        { type: "actions", elements: [{ ...button, action_id: "stop", style: "danger" }] },
        { type: "context", elements: [{ type: "mrkdwn", text: "soon" }] },
        { type: "divider" },
        { type: "header", text: { type: "plain_text", text: "Head" } }
      ],
      metadata: { event_type: "build", event_payload: { id: "1" } }
    })
    const ts = posted.ts ?? ""
    const reply = await client.chat.postMessage({ channel: general, text: "log", thread_ts: ts })
    const deeper = await client.chat.postMessage({ channel: general, text: "log 2", thread_ts: reply.ts ?? "" })
    assert.strictEqual(deeper.message?.thread_ts, ts)
    const updated = await client.chat.update({ channel: general, ts, text: "Build 1 is ready" })
    assert.strictEqual(updated.text, "Build 1 is ready")
    assert.deepStrictEqual(messages(general)[0]?.blocks, [])
    assert.strictEqual(messages(general)[0]?.edited?.user, app.botId)
    assert.strictEqual(messages(general)[0]?.metadata?.["event_type"], "build")
    assert.isTrue(await client.chat.delete({ channel: general, ts: reply.ts ?? "" }).then(({ ok }) => ok))
    assert.deepStrictEqual(
      thread(general, ts).map(({ text }) => text),
      ["Build 1 is ready", "log 2"]
    )
    await client.chat.delete({ channel: general, ts })
    const { messages: left = [] } = await client.conversations.replies({ channel: general, ts })
    assert.strictEqual(left[0]?.text, "This message was deleted.")
  })

  inSandbox("refuses in Slack's words what Slack refuses", { rateLimits: "off" }, async (sandbox) => {
    const { ada, client, general } = sandbox
    const quiet = sandbox.addChannel({ name: "quiet" }).id
    const secret = sandbox.addChannel({ name: "secret", isPrivate: true }).id
    const hers = sandbox.say("ada", "general", "mine").ts
    const { ts = "" } = await client.chat.postMessage({ channel: general, text: "x" })
    const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } }) as const
    const blocks = (count: number) => Array.from({ length: count }, () => ({ type: "divider" }) as const)
    const post = (more: object) => client.apiCall("chat.postMessage", { channel: general, ...more })
    const expected: ReadonlyArray<readonly [string, Promise<unknown>]> = [
      ["channel_not_found", client.chat.postMessage({ channel: "C404", text: "x" })],
      ["channel_not_found", client.chat.postMessage({ channel: secret, text: "x" })],
      ["not_in_channel", client.chat.postMessage({ channel: quiet, text: "x" })],
      ["no_text", post({ text: "" })],
      ["thread_not_found", post({ text: "x", thread_ts: "1.000001" })],
      ["invalid_blocks", post({ blocks: blocks(51) })],
      ["invalid_blocks", post({ blocks: [section("x".repeat(3001))] })],
      ["invalid_blocks", post({ blocks: [{ type: "hologram" }] })],
      ["ok", post({ blocks: [{ type: "plan", title: "1 step", tasks: [task] }] })],
      ["invalid_blocks", post({ blocks: [{ type: "plan", title: "", tasks: [task] }] })],
      ["invalid_blocks", post({ blocks: [{ type: "plan", title: "1 step", tasks: [section("x")] }] })],
      ["invalid_blocks", post({ blocks: [{ type: "plan", title: "1 step", tasks: [{ ...task, status: "done" }] }] })],
      [
        "invalid_blocks",
        post({
          blocks: [{ type: "actions", elements: [{ ...button, text: { type: "plain_text", text: "x".repeat(76) } }] }]
        })
      ],
      ["invalid_blocks_format", post({ blocks: "[" })],
      ["invalid_metadata_schema", post({ text: "x", metadata: { event_type: "x" } })],
      ["msg_too_long", client.chat.update({ channel: general, ts, text: "x".repeat(4001) })],
      ["message_not_found", client.chat.update({ channel: general, ts: "1.000001", text: "x" })],
      ["cant_update_message", client.chat.update({ channel: general, ts: hers, text: "x" })],
      ["cant_delete_message", client.chat.delete({ channel: general, ts: hers })],
      ["user_not_in_channel", client.chat.postEphemeral({ channel: general, user: "U404", text: "x" })],
      ["invalid_arguments", client.apiCall("reactions.add", { channel: general })],
      ["no_reaction", client.reactions.remove({ channel: general, timestamp: ts, name: "tada" })],
      ["user_not_found", client.users.info({ user: "U404" })],
      ["users_not_found", client.users.lookupByEmail({ email: "nobody@example.com" })],
      ["thread_not_found", client.conversations.replies({ channel: general, ts: "1.000001" })],
      ["invalid_cursor", client.conversations.list({ cursor: "nonsense" })],
      ["name_taken", client.conversations.create({ name: "general" })],
      ["already_in_channel", client.conversations.invite({ channel: general, users: ada })],
      [
        "invalid_trigger_id",
        client.views.open({ trigger_id: "1", view: { type: "modal", title: button.text, blocks: [] } })
      ]
    ]
    for (const [error, call] of expected) assert.strictEqual(await refusal(call), error)
    assert.strictEqual(await refusal(client.chat.update({ channel: general, ts, text: "x".repeat(4000) })), "ok")
    const long = await client.chat.postMessage({ channel: general, text: "x".repeat(40_001) })
    assert.strictEqual(long.warning, "message_truncated")
    const unknown = await fetch(`${sandbox.apiUrl}chat.shout`, { method: "POST" })
    assert.deepInclude(await unknown.json(), { ok: false, error: "unknown_method" })
  })

  inSandbox("closes the edit window where it is told to", { editWindowMs: 0 }, async ({ client, general }) => {
    const { ts = "" } = await client.chat.postMessage({ channel: general, text: "x" })
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.strictEqual(await refusal(client.chat.update({ channel: general, ts, text: "y" })), "edit_window_closed")
  })

  inSandbox("names the scope that is missing", {}, async ({ client, general, setScopes }) => {
    setScopes(["chat:write"])
    const failed = await fetch(`${client.slackApiUrl}reactions.add`, {
      method: "POST",
      headers: { authorization: `Bearer ${client.token}` },
      body: new URLSearchParams({ channel: general })
    })
    assert.strictEqual(failed.headers.get("x-oauth-scopes"), "chat:write")
    assert.deepStrictEqual(await failed.json(), {
      ok: false,
      error: "missing_scope",
      needed: "reactions:write",
      provided: "chat:write"
    })
    assert.strictEqual(await refusal(client.conversations.history({ channel: general })), "missing_scope")
    assert.strictEqual(await refusal(client.users.list({})), "missing_scope")
  })

  inSandbox("reacts once with each emoji", {}, async ({ ada, app, client, general, react, say }) => {
    const { ts } = say("ada", "general", "done")
    await client.reactions.add({ channel: general, timestamp: ts, name: "tada" })
    assert.strictEqual(
      await refusal(client.reactions.add({ channel: general, timestamp: ts, name: "tada" })),
      "already_reacted"
    )
    react("ada", ts, ":tada:")
    const got = await client.reactions.get({ channel: general, timestamp: ts })
    assert.deepStrictEqual(got.message?.reactions, [{ name: "tada", users: [app.botUserId, ada], count: 2 }])
    await client.reactions.remove({ channel: general, timestamp: ts, name: "tada" })
    const left = await client.reactions.get({ channel: general, timestamp: ts })
    assert.deepStrictEqual(left.message?.reactions, [{ name: "tada", users: [ada], count: 1 }])
  })

  inSandbox("pages channels, members and users with cursors", {}, async (sandbox) => {
    const { client } = sandbox
    for (let n = 0; n < 4; n++) sandbox.addChannel({ name: `room-${n}` })
    const channels: Array<string> = []
    for await (const page of client.paginate("conversations.list", { limit: 2 })) {
      const found: unknown = "channels" in page ? page.channels : []
      if (Array.isArray(found)) channels.push(...found.map(({ name }) => name))
    }
    assert.deepStrictEqual(channels, ["general", "room-0", "room-1", "room-2", "room-3"])
    const first = await client.conversations.members({ channel: sandbox.general, limit: 2 })
    const second = await client.conversations.members({
      channel: sandbox.general,
      limit: 2,
      cursor: first.response_metadata?.next_cursor ?? ""
    })
    assert.deepStrictEqual(
      [...(first.members ?? []), ...(second.members ?? [])],
      [sandbox.ada, sandbox.bob, sandbox.app.botUserId]
    )
    const users = await client.users.list({ limit: 2 })
    assert.strictEqual(users.members?.length, 2)
    assert.notStrictEqual(users.response_metadata?.next_cursor, "")
  })

  inSandbox("reads history and threads by cursor and by time, with metadata on request", {}, async (sandbox) => {
    const { client, general } = sandbox
    const { ts } = sandbox.say("ada", "general", "root")
    for (let n = 0; n < 4; n++) {
      const metadata = { event_type: "n", event_payload: { n } }
      await client.chat.postMessage({ channel: general, text: `reply ${n}`, thread_ts: ts, metadata })
    }
    sandbox.say("bob", "general", "after")
    const history = await client.conversations.history({ channel: general })
    assert.deepStrictEqual(
      history.messages?.map(({ text }) => text),
      ["after", "root"]
    )
    assert.deepInclude(history.messages?.[1], { reply_count: 4, thread_ts: ts })
    const page = await client.conversations.replies({ channel: general, ts, limit: 3 })
    assert.deepStrictEqual(
      page.messages?.map(({ text }) => text),
      ["root", "reply 0", "reply 1", "reply 2"]
    )
    assert.isTrue(page.has_more)
    assert.isUndefined(page.messages?.[1]?.metadata)
    const cursor = page.response_metadata?.next_cursor ?? ""
    const rest = await client.conversations.replies({ channel: general, ts, cursor, include_all_metadata: true })
    assert.deepStrictEqual(
      rest.messages?.map(({ text }) => text),
      ["root", "reply 3"]
    )
    assert.deepStrictEqual(rest.messages?.[1]?.metadata, { event_type: "n", event_payload: { n: 3 } })
    const oldest = rest.messages?.[1]?.ts ?? ""
    const since = await client.conversations.history({ channel: general, oldest, inclusive: true })
    assert.deepStrictEqual(
      since.messages?.map(({ text }) => text),
      ["after"]
    )
  })

  inSandbox("knows people, guests among them", {}, async (sandbox) => {
    const { client } = sandbox
    const guest = sandbox.addUser({ name: "guest", isUltraRestricted: true, tz: "America/New_York" })
    const { user } = await client.users.info({ user: guest.id })
    assert.deepInclude(user, { is_restricted: true, is_ultra_restricted: true, tz: "America/New_York", is_bot: false })
    const found = await client.users.lookupByEmail({ email: "ADA@example.com" })
    assert.strictEqual(found.user?.real_name, "Ada Lovelace")
    sandbox.setScopes(["users:read"])
    assert.isUndefined((await client.users.info({ user: sandbox.ada })).user?.profile?.email)
  })

  inSandbox("creates, joins and fills channels, and opens direct messages", {}, async (sandbox) => {
    const { ada, client } = sandbox
    const created = await client.conversations.create({ name: "new-room" })
    await client.conversations.invite({ channel: created.channel?.id ?? "", users: ada })
    const info = await client.conversations.info({ channel: created.channel?.id ?? "", include_num_members: true })
    assert.deepInclude(info.channel, { name: "new-room", is_member: true, num_members: 2 })
    const lobby = sandbox.addChannel({ name: "lobby" }).id
    await client.conversations.join({ channel: lobby })
    assert.strictEqual((await client.conversations.join({ channel: lobby })).warning, "already_in_channel")
    const { channel } = await client.conversations.open({ users: ada })
    await client.chat.postMessage({ channel: ada, text: "just us" })
    const [message] = sandbox.messages(channel?.id ?? "")
    assert.strictEqual(message?.text, "just us")
    const update = client.chat.update({ channel: ada, ts: message?.ts ?? "", text: "x" })
    assert.strictEqual(await refusal(update), "channel_not_found")
  })

  inSandbox("shows ephemeral messages to one person, unfurls and links", {}, async (sandbox) => {
    const { ada, client, general } = sandbox
    const { message_ts = "" } = await client.chat.postEphemeral({ channel: general, user: ada, text: "psst" })
    assert.deepInclude(sandbox.messages(general)[0], { ts: message_ts, onlyFor: ada })
    assert.deepStrictEqual((await client.conversations.history({ channel: general })).messages, [])
    const { ts } = sandbox.say("ada", "general", "see https://example.com/1")
    const unfurls = { "https://example.com/1": { blocks: [{ type: "divider" } as const] } }
    await client.chat.unfurl({ channel: general, ts, unfurls })
    assert.strictEqual(sandbox.messages(general)[1]?.attachments[0]?.["from_url"], "https://example.com/1")
    const { permalink = "" } = await client.chat.getPermalink({ channel: general, message_ts: ts })
    assert.strictEqual(permalink, `${sandbox.url}/archives/${general}/p${ts.replace(".", "")}`)
  })

  inSandbox(
    "gives every message a timestamp of its own, in order",
    { now: () => 1_700_000_000_000 },
    async (sandbox) => {
      const stamps = Array.from({ length: 5 }, (_, n) => sandbox.say("ada", "general", `${n}`).ts)
      assert.deepStrictEqual(stamps, [...stamps].sort())
      assert.strictEqual(new Set(stamps).size, 5)
      assert.match(stamps[0] ?? "", /^1700000000\.\d{6}$/)
    }
  )
})
