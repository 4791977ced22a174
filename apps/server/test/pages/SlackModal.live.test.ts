/** A plan that somebody changes on the sandbox Slack's page, as our own modal looks there. */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { planChangeOf, planModal } from "@productbuilding/adapters/slack/PlanModal"
import { OperationId } from "@productbuilding/core"
import { type RunningSlackSandbox, startSlackSandbox } from "@productbuilding/sandbox"
import { Option } from "effect"
import { type Browser, chromium } from "playwright-core"
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeWith } from "../../../../test/support/requires.ts"

const turn = OperationId.make("0195f000-0000-7000-8000-000000000000")
const long = `Comment on #7: "${"Fixed this morning, thank you. ".repeat(5)}"`
const summaries = ["Close #7 as completed", long, ...Array.from({ length: 10 }, (_, n) => `Label #${n}: add wontfix`)]
const calls = summaries.map((summary, index) => ({ id: `2.${index + 1}`, summary }))
const plan = { _tag: "Approval", digest: "d", calls, permission: "triage", expiresAtMs: 1 } as const

describeWith(["chromium"], "a plan's modal on the page of the sandbox Slack", () => {
  let app: Server
  let browser: Browser
  let slack: RunningSlackSandbox
  let channel = ""

  const call = async (method: string, body: object) => {
    const response = await fetch(`${slack.apiUrl}${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${slack.app.botToken}`, "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    assert.deepInclude(await response.json(), { ok: true })
  }

  beforeAll(async () => {
    slack = await startSlackSandbox({})
    slack.addUser({ name: "ada", realName: "Ada Lovelace" })
    channel = slack.addChannel({ name: "productbuilding-shop" }).id
    slack.invite(channel)
    app = createServer((request, response) => {
      const answer = async () => {
        const body = Buffer.concat(await request.toArray()).toString()
        const { challenge, trigger_id, type } = JSON.parse(new URLSearchParams(body).get("payload") ?? body)
        response.end(challenge)
        if (type === "block_actions")
          await call("views.open", { trigger_id, view: planModal(turn, plan, { shared: false }) })
      }
      answer().catch(() => response.destroy())
    }).listen(0, "127.0.0.1")
    await once(app, "listening")
    const address = app.address()
    await slack.setRequestUrl(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`)
    const button = { type: "button", action_id: "turn-change", text: { type: "plain_text", text: "Change …" } }
    await call("chat.postMessage", { channel, text: "?", blocks: [{ type: "actions", elements: [button] }] })
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    })
  })
  afterAll(async () => {
    await browser.close()
    await slack.stop()
    app.close()
    app.closeAllConnections()
  })

  const opened = async (colorScheme: "light" | "dark", width: number) => {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 700 } })
    await page.goto(`${slack.url}/?channel=${channel}`)
    await page.getByRole("button", { name: "Change …" }).click()
    await page.getByRole("dialog").waitFor()
    return page
  }

  for (const [name, colorScheme, width] of [
    ["in light", "light", 1280],
    ["in the dark", "dark", 1280],
    ["on a phone", "light", 390]
  ] as const) {
    it(`is ticked whole, unticked by its labels, and sent with what is written, ${name}`, async () => {
      const page = await opened(colorScheme, width)
      assert.strictEqual(await page.locator(".dialog [type=checkbox]:checked").count(), calls.length)
      assert.include((await page.textContent(".dialog")) ?? "", long)
      await page.getByLabel("1. Close #7 as completed").uncheck()
      await page.getByLabel("12. Label #9: add wontfix").uncheck()
      await page.getByLabel("What should be different?").fill("Label them first")
      const overflow = await page.evaluate(
        () =>
          document.querySelector(".dialog form")?.scrollWidth !== document.querySelector(".dialog form")?.clientWidth
      )
      assert.isFalse(overflow)
      await page.getByRole("button", { name: "Do these" }).click()
      await page.getByRole("dialog").waitFor({ state: "detached" })
      assert.deepStrictEqual(slack.views(), [])
      const change = Option.getOrThrow(planChangeOf(slack.deliveries().at(-1)?.payload))
      assert.deepStrictEqual(
        Array.from(change.ticked),
        calls.slice(1, -1).map(({ id }) => id)
      )
      assert.strictEqual(change.words, "Label them first")
      await page.close()
    })
  }

  it("is closed by its button and by the key, without anything being sent, and does not come back", async () => {
    for (const close of ["button", "key"] as const) {
      const page = await opened("light", 1280)
      const before = slack.deliveries().length
      if (close === "button") await page.getByRole("button", { name: "Back" }).click()
      else await page.keyboard.press("Escape")
      await page.getByRole("dialog").waitFor({ state: "detached" })
      await page.reload()
      assert.strictEqual(await page.getByRole("dialog").count(), 0)
      assert.strictEqual(slack.deliveries().length, before)
      await page.close()
    }
  })
})
