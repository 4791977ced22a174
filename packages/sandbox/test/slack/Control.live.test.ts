/** The controls over HTTP, and the page. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SlackSandbox, startSlackSandbox } from "../../src/index.ts"
import { inSandbox, until, type Workspace } from "./support/Sandbox.ts"

const steer = async (
  sandbox: { readonly url: string },
  method: string,
  path: string,
  body?: object,
  origin?: string
) => {
  const response = await fetch(`${sandbox.url}/_sandbox/slack${path}`, {
    method,
    headers: { "content-type": "application/json", ...(origin === undefined ? {} : { origin }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const text = await response.text()
  return { status: response.status, json: text === "" ? undefined : JSON.parse(text) }
}

const pageOf = async (sandbox: Workspace, query = "") => {
  const response = await fetch(`${sandbox.url}/${query}`)
  assert.strictEqual(response.status, 200)
  assert.include(response.headers.get("content-security-policy") ?? "", "default-src 'none'")
  return await response.text()
}

describe("the controls over HTTP", () => {
  inSandbox("do what those in process do", { rateLimits: "off" }, async (sandbox) => {
    const { general } = sandbox
    const guest = await steer(sandbox, "POST", "/users", { name: "gus", isRestricted: true })
    assert.deepInclude(guest.json, { name: "gus", isRestricted: true })
    const room = await steer(sandbox, "POST", "/channels", { name: "room", members: ["ada"] })
    await steer(sandbox, "POST", "/channels/room/invite", {})
    await steer(sandbox, "POST", "/channels/room/invite", { user: "gus" })
    await steer(sandbox, "POST", "/channels/room/kick", { user: "ada" })
    assert.deepStrictEqual(sandbox.channels().at(-1)?.members, [sandbox.app.botUserId, guest.json.id])
    assert.strictEqual(room.json.name, "room")
    const said = await steer(sandbox, "POST", "/channels/general/messages", {
      user: "ada",
      text: "@productbuilding a < b, see https://x.example/?a=1&b=2.",
      typed: true
    })
    const { ts } = said.json
    assert.strictEqual(said.json.text, `<@${sandbox.app.botUserId}> a &lt; b, see <https://x.example/?a=1&amp;b=2>.`)
    await steer(sandbox, "PATCH", `/messages/${ts}`, { text: "edited" })
    await steer(sandbox, "POST", `/messages/${ts}/reactions`, { user: "bob", emoji: "eyes" })
    await steer(sandbox, "POST", `/channels/${general}/messages`, { user: "bob", text: "re", threadTs: ts })
    const thread = await steer(sandbox, "GET", `/channels/general/threads/${ts}`)
    assert.deepStrictEqual(
      thread.json.map(({ text }: { readonly text: string }) => text),
      ["edited", "re"]
    )
    assert.deepStrictEqual((await steer(sandbox, "GET", "/channels/general/messages")).json[0].reactions, [
      { name: "eyes", users: [sandbox.bob] }
    ])
    await steer(sandbox, "DELETE", `/messages/${ts}/reactions`, { user: "bob", emoji: "eyes" })
    assert.strictEqual((await steer(sandbox, "DELETE", `/messages/${ts}`)).status, 204)
    await steer(sandbox, "PUT", "/scopes", { scopes: ["chat:write"] })
    await steer(sandbox, "POST", "/faults", { kind: "error", error: "no_permission", times: 1 })
    await steer(sandbox, "POST", "/event-faults", { kind: "lose", times: 1 })
    assert.strictEqual((await steer(sandbox, "DELETE", "/faults")).status, 204)
    await sandbox.client.auth.test()
    assert.strictEqual((await steer(sandbox, "GET", "/calls")).json.list.length, 1)
    assert.strictEqual((await steer(sandbox, "POST", "/settled", {})).status, 204)
    assert.deepInclude((await steer(sandbox, "GET", "/app")).json, { apiUrl: sandbox.apiUrl, botToken: "xoxb-sandbox" })
    assert.deepStrictEqual((await steer(sandbox, "GET", "/sockets")).json, { open: 0 })
    assert.deepStrictEqual((await steer(sandbox, "GET", "/deliveries")).json, [])
  })

  inSandbox("say what is missing, what is refused, and keep other origins out", {}, async (sandbox) => {
    const missing = await steer(sandbox, "POST", "/channels/nowhere/messages", { user: "ada", text: "x" })
    assert.deepStrictEqual(missing, {
      status: 404,
      json: { message: "The sandbox has no channel nowhere.", missing: "channel nowhere" }
    })
    assert.strictEqual((await steer(sandbox, "POST", "/users", { name: "Not A Handle" })).status, 422)
    assert.strictEqual((await steer(sandbox, "POST", "/users", { name: 1 })).status, 422)
    assert.strictEqual((await steer(sandbox, "POST", "/channels", { name: "general" })).status, 422)
    assert.strictEqual((await steer(sandbox, "POST", "/faults", { kind: "explode", times: 1 })).status, 422)
    assert.strictEqual((await steer(sandbox, "GET", "/nothing")).status, 404)
    assert.strictEqual((await steer(sandbox, "GET", "/app", undefined, "https://evil.example")).status, 403)
    const stranger = sandbox.addUser({ name: "stranger" })
    assert.throws(() => sandbox.say(stranger.id, "general", "x"), /is not in general/)
    assert.throws(() => sandbox.edit("1.000001", "x"), /no message/)
  })
})

describe("the page", () => {
  it.live("says what to do first", () =>
    Effect.promise(async () => {
      const sandbox = await startSlackSandbox()
      const html = await (await fetch(sandbox.url)).text()
      assert.include(html, "Add a person.")
      assert.include(html, sandbox.apiUrl)
      await sandbox.stop()
    })
  )

  inSandbox("shows channels, threads and Block Kit", {}, async (sandbox) => {
    const { client, general } = sandbox
    const { ts } = sandbox.say("ada", "general", "*bold* `code` <https://x.example|a link>")
    await client.chat.postMessage({
      channel: general,
      thread_ts: ts,
      text: "x",
      blocks: [
        { type: "header", text: { type: "plain_text", text: "A header" } },
        { type: "section", fields: [{ type: "mrkdwn", text: "_one_" }] },
        {
          type: "actions",
          elements: [{ type: "button", text: { type: "plain_text", text: "Press" }, action_id: "press" }]
        },
        { type: "markdown", text: "# Title\n- item\n**strong** [site](https://y.example)" }
      ]
    })
    const html = await pageOf(sandbox, `?channel=${general}&thread=${ts}`)
    for (const part of [
      "<b>bold</b>",
      "<code>code</code>",
      '<a href="https://x.example" target="_blank" rel="noreferrer noopener">a link</a>',
      "1 reply",
      '<p class="block-header">A header</p>',
      "<i>one</i>",
      'data-click="press">Press</button>',
      '<p class="heading level-1">Title</p>',
      "<b>strong</b>",
      '<a href="https://y.example"'
    ]) {
      assert.include(html, part)
    }
    const { permalink = "" } = await client.chat.getPermalink({ channel: general, message_ts: ts })
    const redirect = await fetch(permalink, { redirect: "manual" })
    assert.strictEqual(redirect.headers.get("location"), `/?channel=${general}#m${ts}`)
  })

  inSandbox("never takes what is in a message for markup", { rateLimits: "off" }, async (sandbox) => {
    const { client, general } = sandbox
    const evil = `<img src=x onerror=alert(1)>"'<script>alert(1)</script>\u{E000}0\u{E001}`
    const text = { type: "mrkdwn", text: evil } as const
    const plain = { type: "plain_text", text: evil.slice(0, 70) } as const
    sandbox.addUser({ name: "mallory", realName: evil })
    sandbox.say("ada", "general", evil)
    sandbox.say("ada", "general", "<javascript:alert(1)|click> <data:text/html,x|y>")
    await client.chat.postMessage({ channel: general, text: evil })
    await client.apiCall("chat.postMessage", {
      channel: general,
      text: evil,
      username: evil,
      blocks: [
        { type: "section", text, accessory: { type: "image", image_url: "javascript:alert(1)", alt_text: evil } },
        { type: "section", text: plain, fields: [text] },
        { type: "header", text: plain },
        { type: "context", elements: [text, plain] },
        { type: "markdown", text: `${evil}\n[x](javascript:alert(1))\n\`\`\`\n${evil}\n\`\`\`` },
        { type: "actions", elements: [{ type: "button", text: plain, action_id: evil, value: evil }] },
        {
          type: "rich_text",
          elements: [
            {
              type: "rich_text_section",
              elements: [
                { type: "text", text: evil },
                { type: "link", url: "javascript:alert(1)", text: evil },
                { type: "emoji", name: evil }
              ]
            }
          ]
        }
      ],
      attachments: [{ title: evil, text: evil }]
    })
    const html = await pageOf(sandbox, `?channel=${general}`)
    assert.notMatch(html, /<img src=x/)
    assert.notInclude(html, "<script>alert")
    assert.notMatch(html, /(href|src)="(javascript|data:text)/)
    assert.strictEqual(html.match(/<script/g)?.length, 1)
  })

  inSandbox("is told of every change", {}, async (sandbox) => {
    const stopping = new AbortController()
    const stream = await fetch(`${sandbox.url}/_sandbox/slack/stream`, { signal: stopping.signal })
    let text = ""
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) text += Buffer.from(chunk).toString("utf8")
    })().catch(() => {})
    sandbox.say("ada", "general", "hi")
    await until(() => text.includes(sandbox.general))
    stopping.abort()
    await reading
  })
})

it.layer(SlackSandbox.layer({ botName: "helper" }), { excludeTestServices: true })("SlackSandbox.layer", (it) => {
  it.effect("listens for the life of the layer", () =>
    Effect.gen(function* () {
      const sandbox = yield* SlackSandbox
      const page = yield* Effect.promise(() => fetch(sandbox.url))
      assert.strictEqual(page.status, 200)
      assert.strictEqual(sandbox.users()[0]?.name, "helper")
    })
  )
})
