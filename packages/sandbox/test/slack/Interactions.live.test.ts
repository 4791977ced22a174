/** Clicks and modals, and the answers to them. */
import { assert, describe } from "@effect/vitest"
import type { ViewsOpenArguments } from "@slack/web-api"
import { Effect } from "effect"
import { SlackSandboxClient } from "../../src/index.ts"
import { field, type Reply, startApp } from "./support/App.ts"
import { clientOf, inSandbox, refusal, withApp } from "./support/Sandbox.ts"

describe("interactions", () => {
  const clock = { ms: 1_800_000_000_000 }
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
        submit: text,
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

  inSandbox("give a modal with boxes to whoever clicked, and bring back what is ticked", {}, async (sandbox) => {
    await withApp(sandbox, undefined, async ({ received }) => {
      const { client, general } = sandbox
      const { ts = "" } = await client.chat.postMessage({ channel: general, text: "x" })
      await client.apiCall("chat.update", { channel: general, ts, text: "x", blocks })
      const open = async (change: object = {}) => {
        await sandbox.click("ada", ts, "approve")
        const trigger_id = String(received.at(-1)?.payload["trigger_id"])
        return await client.apiCall("views.open", { trigger_id, view: { ...view, ...change } })
      }
      const text = (words: string) => ({ type: "plain_text", text: words })
      const options = ["one", "two", "three"].map((value) => ({ text: text(value), value }))
      const boxes = (over: object = {}) => ({
        type: "input",
        block_id: "steps",
        optional: true,
        label: text("Steps"),
        element: { type: "checkboxes", action_id: "steps", options, initial_options: options, ...over }
      })
      const words = (over: object = {}) => ({
        type: "input",
        block_id: "words",
        label: text("Words"),
        element: { type: "plain_text_input", action_id: "words", multiline: true, max_length: 20, ...over }
      })
      const view = {
        type: "modal",
        title: text("Change"),
        submit: text("Go"),
        private_metadata: "kept",
        notify_on_close: true,
        blocks: [boxes(), words()]
      }
      await open()
      const [shown] = sandbox.views()
      assert.strictEqual(shown?.user, sandbox.ada)
      const id = shown?.id ?? ""
      assert.include(String(await sandbox.submitView("bob", id).catch(String)), "has no modal")
      assert.include(String(await sandbox.submitView("ada", id).catch(String)), "required field: Words")
      assert.include(String(await sandbox.submitView("ada", id, { words: "x".repeat(21) }).catch(String)), "at most 20")
      await sandbox.submitView("ada", id, { words: "hello", steps: ["one", "three"] })
      const sent = received.at(-1)?.payload
      assert.deepInclude(sent, { type: "view_submission" })
      assert.strictEqual(field(sent, "view", "private_metadata"), "kept")
      assert.deepStrictEqual(field(sent, "view", "state", "values"), {
        steps: { steps: { type: "checkboxes", selected_options: [options[0], options[2]] } },
        words: { words: { type: "plain_text_input", value: "hello" } }
      })
      await open({ blocks: [boxes(), words({ initial_value: "as it was" })] })
      await sandbox.submitView("ada", sandbox.views()[0]?.id ?? "")
      assert.deepStrictEqual(field(received.at(-1)?.payload, "view", "state", "values", "steps", "steps"), {
        type: "checkboxes",
        selected_options: options
      })
      await open()
      await sandbox.closeView("ada", sandbox.views()[0]?.id ?? "")
      assert.strictEqual(received.at(-1)?.payload["type"], "view_closed")
      assert.deepStrictEqual(sandbox.views(), [])
      await open()
      await open({ notify_on_close: false })
      const [submitted, closed] = await Effect.runPromise(
        Effect.gen(function* () {
          const client = yield* SlackSandboxClient
          const [one, other] = yield* client.views
          return [
            yield* client.submitView("ada", one?.id ?? "", { words: "from afar", steps: [] }),
            yield* client.closeView("ada", other?.id ?? "")
          ] as const
        }).pipe(Effect.provide(SlackSandboxClient.layer(sandbox.url)))
      )
      assert.deepStrictEqual([submitted.delivery.status, submitted.errors, closed], [200, {}, undefined])
      assert.deepStrictEqual(
        field(received.at(-1)?.payload, "view", "state", "values", "steps", "steps", "selected_options"),
        []
      )
      assert.deepStrictEqual(sandbox.views(), [])

      const many = Array.from({ length: 11 }, (_, index) => ({ text: text(`${index}`), value: `${index}` }))
      const wrong: ReadonlyArray<readonly [object, string]> = [
        [{ title: text("x".repeat(25)) }, "must be less than 25 characters [json-pointer:/view/title/text]"],
        [{ submit: text("x".repeat(25)) }, "json-pointer:/view/submit/text"],
        [{ submit: undefined }, "json-pointer:/view/submit]"],
        [{ private_metadata: "x".repeat(3001) }, "json-pointer:/view/private_metadata"],
        [{ blocks: undefined }, "json-pointer:/view/blocks]"],
        [{ blocks: Array.from({ length: 101 }, () => ({ type: "divider" })) }, "no more than 100 items allowed"],
        [{ blocks: [{ type: "plan", title: "x", tasks: [] }] }, "unsupported type: plan"],
        [{ blocks: [{ type: "nothing" }] }, "unsupported block type: nothing"],
        [{ blocks: [boxes({ type: "tickboxes" })] }, "unsupported type: tickboxes"],
        [{ blocks: [boxes({ options: many, initial_options: [] })] }, "no more than 10 items allowed"],
        [{ blocks: [boxes({ initial_options: [many[0]] })] }, "must be among the options"],
        [
          { blocks: [boxes({ options: [{ text: text("x".repeat(76)), value: "x" }], initial_options: [] })] },
          "must be less than 76 characters [json-pointer:/view/blocks/0/element/options/0/text/text]"
        ],
        [{ blocks: [words({ max_length: 3001 })] }, "json-pointer:/view/blocks/0/element/max_length"],
        [{ blocks: [{ ...words(), label: undefined }] }, "json-pointer:/view/blocks/0/label/text"]
      ]
      for (const [change, complaint] of wrong) {
        const error = await open(change).catch((cause) => cause)
        assert.strictEqual(field(error, "data", "error"), "invalid_arguments")
        assert.include(JSON.stringify(field(error, "data", "response_metadata")), complaint)
      }
      assert.deepStrictEqual(sandbox.views(), [])
    })
  })

  inSandbox(
    "open no modal three seconds later, nor by a trigger that is none",
    { now: () => clock.ms },
    async (sandbox) => {
      await withApp(sandbox, undefined, async ({ received }) => {
        const { client, general } = sandbox
        const { ts = "" } = await client.chat.postMessage({ channel: general, text: "x" })
        await client.apiCall("chat.update", { channel: general, ts, text: "x", blocks })
        await sandbox.click("ada", ts, "approve")
        const view = { type: "modal", title: { type: "plain_text", text: "x" }, blocks: [{ type: "divider" }] }
        const open = (trigger_id: string) => client.apiCall("views.open", { trigger_id, view })
        clock.ms += 3001
        assert.strictEqual(await refusal(open(String(received.at(-1)?.payload["trigger_id"]))), "expired_trigger_id")
        assert.strictEqual(await refusal(open("1.2")), "invalid_trigger_id")
      })
    }
  )

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
