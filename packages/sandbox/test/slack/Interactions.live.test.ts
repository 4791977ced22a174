/** Clicks and modals, and the answers to them. */
import { assert, describe } from "@effect/vitest"
import type { ViewsOpenArguments } from "@slack/web-api"
import { field, type Reply, startApp } from "./support/App.ts"
import { clientOf, inSandbox, refusal, withApp } from "./support/Sandbox.ts"

describe("interactions", () => {
  const blocks = [
    {
      type: "actions",
      block_id: "row",
      elements: [
        { type: "button", text: { type: "plain_text", text: "Approve" }, action_id: "approve", value: "42" },
        {
          type: "static_select",
          action_id: "pick",
          options: ["a", "b"].map((value) => ({ text: { type: "plain_text", text: value }, value }))
        }
      ]
    }
  ]

  inSandbox("bring clicks to the app, whose response_url works five times", {}, async (sandbox) => {
    await withApp(sandbox, undefined, async ({ received }) => {
      const { client, general } = sandbox
      const { ts = "" } = await client.chat.postMessage({
        channel: general,
        text: "Deploy?",
        blocks: [{ type: "divider" }]
      })
      await sandbox.settled()
      received.length = 0
      const refused = await sandbox.click("ada", ts, "approve").catch(String)
      assert.include(String(refused), "The sandbox has no action approve")
      await client.apiCall("chat.update", { channel: general, ts, text: "Deploy?", blocks })
      await sandbox.settled()
      received.length = 0
      assert.strictEqual((await sandbox.click("ada", ts, "approve")).status, 200)
      await sandbox.click("ada", ts, "pick", "b")
      const [clicked, picked] = received.map(({ payload }) => payload)
      assert.strictEqual(received[0]?.headers["content-type"], "application/x-www-form-urlencoded")
      assert.deepInclude(field(clicked, "actions", "0"), {
        action_id: "approve",
        block_id: "row",
        value: "42",
        type: "button"
      })
      assert.deepInclude(field(clicked, "container"), { message_ts: ts, channel_id: general, is_ephemeral: false })
      assert.strictEqual(field(clicked, "message", "ts"), ts)
      assert.strictEqual(field(picked, "actions", "0", "selected_option", "value"), "b")
      const respond = async (body: object) => {
        const response = await fetch(String(clicked?.["response_url"]), { method: "POST", body: JSON.stringify(body) })
        return await response.text()
      }
      assert.strictEqual(await respond({ replace_original: true, text: "Approved" }), "ok")
      assert.strictEqual(await respond({ text: "only you" }), "ok")
      assert.strictEqual(await respond({ text: "all", response_type: "in_channel" }), "ok")
      const shown = sandbox.messages(general).map(({ onlyFor, text }) => [text, onlyFor])
      assert.deepStrictEqual(shown, [
        ["Approved", null],
        ["only you", sandbox.ada],
        ["all", null]
      ])
      await respond({ delete_original: true })
      await respond({ text: "five" })
      assert.include(await respond({ text: "six" }), "used_url")
    })
  })

  inSandbox("open a modal once, and submit it", {}, async (sandbox) => {
    const errors = { response_action: "errors", errors: { name: "Too short" } }
    const reply = ({ payload }: { readonly payload: unknown }): Reply =>
      JSON.stringify(payload).includes('"value":"ab"') ? { body: JSON.stringify(errors) } : {}
    await withApp(sandbox, reply, async ({ received }) => {
      const { client, general } = sandbox
      const { ts = "" } = await client.chat.postMessage({ channel: general, text: "x" })
      await client.apiCall("chat.update", { channel: general, ts, text: "x", blocks })
      await sandbox.click("ada", ts, "approve")
      const trigger_id = String(received.at(-1)?.payload["trigger_id"])
      const text = { type: "plain_text", text: "Name" } as const
      const view = {
        type: "modal" as const,
        callback_id: "named",
        title: text,
        blocks: [
          {
            type: "input",
            block_id: "name",
            label: text,
            element: { type: "plain_text_input" as const, action_id: "value" }
          }
        ]
      } satisfies ViewsOpenArguments["view"]
      const opened = await client.views.open({ trigger_id, view })
      const id = opened.view?.id ?? ""
      assert.strictEqual(await refusal(client.views.open({ trigger_id, view })), "exchanged_trigger_id")
      assert.deepStrictEqual((await sandbox.submitView("ada", id, { value: "ab" })).errors, { name: "Too short" })
      assert.deepStrictEqual((await sandbox.submitView("ada", id, { value: "abc" })).errors, {})
      assert.deepInclude(field(received.at(-1)?.payload, "view", "state", "values", "name"), {
        value: { type: "plain_text_input", value: "abc" }
      })
      assert.strictEqual(sandbox.views().length, 0)
    })
  })

  inSandbox("are not sent again, and go where they are told to", { ackDeadlineMs: 50 }, async (sandbox) => {
    const actions = await startApp(() => ({ silent: true }))
    await withApp(sandbox, undefined, async () => {
      sandbox.setInteractivityUrl(actions.url)
      const client = clientOf(sandbox)
      const { ts = "" } = await client.chat.postMessage({ channel: sandbox.general, text: "x" })
      await client.apiCall("chat.update", { channel: sandbox.general, ts, text: "x", blocks })
      assert.strictEqual((await sandbox.click("ada", ts, "approve")).outcome, "timed out")
      await sandbox.settled()
      assert.strictEqual(actions.received.length, 1)
    })
    actions.stop()
  })
})
