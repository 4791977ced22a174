/** Streamed messages, thread statuses and sessions. */
import { assert, describe } from "@effect/vitest"
import { inSandbox, refusal, type Workspace } from "./support/Sandbox.ts"

const started = async (sandbox: Workspace) => {
  const { ada, app, client, general } = sandbox
  const thread_ts = sandbox.say("ada", "general", "go").ts
  const where = { channel: general, thread_ts, recipient_user_id: ada, recipient_team_id: app.teamId }
  const { ts = "" } = await client.chat.startStream({ ...where, markdown_text: "**One**" })
  return { where, thread_ts, at: { channel: general, ts } }
}

describe("streams", () => {
  inSandbox("grow, and become plain messages at their end", {}, async (sandbox) => {
    const { client } = sandbox
    const { at, thread_ts } = await started(sandbox)
    await client.chat.appendStream({ ...at, markdown_text: " two" })
    await client.chat.appendStream({
      ...at,
      chunks: [
        { type: "task_update", id: "t1", title: "Build", status: "in_progress" },
        { type: "task_update", id: "t1", title: "Build", status: "complete" }
      ]
    })
    assert.strictEqual(await refusal(client.chat.update({ ...at, text: "x" })), "streaming_state_conflict")
    const [, streaming] = sandbox.thread(at.channel, thread_ts)
    assert.deepInclude(streaming, { text: "**One** two", streaming: "in_progress" })
    assert.deepStrictEqual(
      streaming?.blocks.map((block) => [block["type"], block["status"] ?? ""]),
      [
        ["markdown", ""],
        ["task_card", "complete"]
      ]
    )
    const stopped = await client.chat.stopStream({ ...at, markdown_text: ".", blocks: [{ type: "divider" }] })
    assert.strictEqual(stopped.message?.text, "**One** two.")
    assert.strictEqual(
      await refusal(client.chat.appendStream({ ...at, markdown_text: "x" })),
      "message_not_in_streaming_state"
    )
    assert.strictEqual(await refusal(client.chat.update({ ...at, text: "final" })), "ok")
  })

  inSandbox("work through the SDK's own streamer", {}, async (sandbox) => {
    const { where, thread_ts } = await started(sandbox)
    const streamer = sandbox.client.chatStream({ ...where, buffer_size: 4 })
    await streamer.append({ markdown_text: "hello " })
    await streamer.append({ markdown_text: "world" })
    await streamer.stop()
    assert.deepInclude(sandbox.thread(where.channel, thread_ts).at(-1), { text: "hello world", streaming: "completed" })
  })

  inSandbox("need a thread and a recipient in channels, and keep to 12,000 characters", {}, async (sandbox) => {
    const { client } = sandbox
    const { at, where } = await started(sandbox)
    const start = (more: object) => refusal(client.apiCall("chat.startStream", { ...where, ...more }))
    assert.strictEqual(await start({ recipient_team_id: "" }), "missing_recipient_team_id")
    assert.strictEqual(await start({ recipient_user_id: "" }), "missing_recipient_user_id")
    assert.strictEqual(await start({ thread_ts: "" }), "invalid_arguments")
    assert.strictEqual(await start({ markdown_text: "x".repeat(12_001) }), "msg_too_long")
    assert.strictEqual(await refusal(client.apiCall("chat.appendStream", at)), "no_text")
    assert.strictEqual(
      await refusal(client.apiCall("chat.appendStream", { ...at, chunks: [{ type: "x" }] })),
      "invalid_chunks"
    )
    const other = await client.chat.postMessage({ channel: at.channel, text: "x" })
    const wrong = client.chat.appendStream({ channel: at.channel, ts: other.ts ?? "", markdown_text: "x" })
    assert.strictEqual(await refusal(wrong), "message_not_in_streaming_state")
    const direct = sandbox.directMessage("bob").id
    const asked = sandbox.say("bob", direct, "hi").ts
    assert.strictEqual(await refusal(client.chat.startStream({ channel: direct, thread_ts: asked })), "ok")
  })

  let atMs = 1_763_700_000_000
  inSandbox("expire when nothing is appended", { now: () => atMs, streamIdleMs: 1000 }, async (sandbox) => {
    const { at } = await started(sandbox)
    atMs += 1001
    const late = sandbox.client.chat.appendStream({ ...at, markdown_text: "x" })
    assert.strictEqual(await refusal(late), "message_not_in_streaming_state")
  })
})

describe("threads", () => {
  let atMs = 1_763_700_000_000
  inSandbox("show a status for two minutes, or until the bot writes", { now: () => atMs }, async (sandbox) => {
    const { client, general } = sandbox
    const thread_ts = sandbox.say("ada", "general", "go").ts
    const set = () => client.assistant.threads.setStatus({ channel_id: general, thread_ts, status: "is building…" })
    await set()
    assert.strictEqual(sandbox.threadStatus(general, thread_ts).status, "is building…")
    atMs += 120_000
    assert.strictEqual(sandbox.threadStatus(general, thread_ts).status, "")
    await set()
    await client.chat.postMessage({ channel: general, thread_ts, text: "done" })
    assert.strictEqual(sandbox.threadStatus(general, thread_ts).status, "")
    const many = Array.from({ length: 11 }, (_, n) => `${n}`)
    const args = { channel_id: general, thread_ts, status: "x", loading_messages: many }
    assert.strictEqual(await refusal(client.assistant.threads.setStatus(args)), "invalid_arguments")
  })

  inSandbox("have a session that a person can stop, with the streams in it", {}, async (sandbox) => {
    const { client, general } = sandbox
    const { at, thread_ts } = await started(sandbox)
    const session = { channel_id: general, thread_ts }
    assert.throws(() => sandbox.stopSession("ada", general, thread_ts), /processing/)
    const set = await client.agents.sessions.setStatus({ ...session, status: "processing", title: "Mugs" })
    assert.deepInclude(set, { status: "processing", title: "Mugs" })
    await client.agents.sessions.rename({ ...session, title: "Better mugs" })
    sandbox.stopSession("ada", general, thread_ts)
    assert.strictEqual(sandbox.thread(general, thread_ts).at(-1)?.streaming, "completed")
    assert.deepInclude(sandbox.threadStatus(general, thread_ts), { session: "processing", title: "Better mugs" })
    await client.agents.sessions.setStatus({ ...session, status: "active" })
    assert.strictEqual(sandbox.threadStatus(general, thread_ts).session, "active")
    assert.strictEqual(await refusal(client.agents.sessions.setStatus({ ...session, status: "x" })), "invalid_status")
    const stopped = { ...at, session_status: "closed" }
    assert.strictEqual(await refusal(client.chat.stopStream(stopped)), "message_not_in_streaming_state")
  })
})
