/** The sandbox Slack's page in a browser: what somebody sees of a turn there, and how they stop it. */
import { type RunningSlackSandbox, startSlackSandbox } from "@productbuilding/sandbox"
import { type Browser, chromium } from "playwright-core"
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeWith } from "../../../../test/support/requires.ts"

const tasks = [
  { type: "task_card", task_id: "earlier", title: "… and 3 earlier steps", status: "complete" },
  {
    type: "task_card",
    task_id: "1",
    title: `Read the log of the preview acme/shop#7 ${"of it ".repeat(20)}`,
    status: "complete"
  },
  { type: "task_card", task_id: "2", title: "Read the file src/main.ts", status: "error" },
  { type: "task_card", task_id: "3", title: "Search the code for `listen`", status: "in_progress" }
]

describeWith(["chromium"], "a turn on the page of the sandbox Slack", () => {
  let browser: Browser
  let slack: RunningSlackSandbox
  let channel = ""
  let ts = ""

  const call = async (method: string, body: object) => {
    const response = await fetch(`${slack.apiUrl}${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${slack.app.botToken}`, "content-type": "application/json" },
      body: JSON.stringify({ channel, channel_id: channel, thread_ts: ts, ...body })
    })
    assert.deepInclude(await response.json(), { ok: true })
  }

  beforeAll(async () => {
    slack = await startSlackSandbox({})
    slack.addUser({ name: "ada", realName: "Ada Lovelace" })
    channel = slack.addChannel({ name: "productbuilding-shop" }).id
    slack.invite(channel)
    ts = slack.say("ada", channel, "@productbuilding why did the preview of #7 fail?").ts
    await call("agents.sessions.setStatus", { status: "processing", title: "why did the preview of #7 fail?" })
    const text = ":hourglass_flowing_sand: Looking into the preview …"
    await call("chat.postMessage", {
      text,
      blocks: [
        { type: "section", text: { type: "mrkdwn", text } },
        { type: "plan", title: "6 steps, of which 1 failed", tasks }
      ]
    })
    await call("reactions.add", { timestamp: ts, name: "eyes" })
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    })
  })
  afterAll(async () => {
    await browser.close()
    await slack.stop()
  })

  for (const [name, colorScheme, width] of [
    ["in light", "light", 1280],
    ["in the dark", "dark", 1280],
    ["on a phone", "light", 390]
  ] as const) {
    it(`folds its steps, which stay open when something is said, ${name}`, async () => {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 700 } })
      await page.goto(`${slack.url}/?channel=${channel}&thread=${ts}`)
      const failed = page.locator("#thread .task.error")
      assert.isFalse(await failed.isVisible())
      await page.click("#thread details.plan summary")
      const said = slack.say("ada", channel, "Anything yet?", { threadTs: ts })
      await page.locator(`[id="t${said.ts}"]`).waitFor()
      assert.isTrue(await failed.isVisible())
      assert.include(await page.textContent("#thread"), "👀 1")
      assert.include(await page.textContent("#status"), "is working…")
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth
      )
      assert.isAtMost(overflow, 0)
      await page.close()
    })
  }

  it("is stopped by the session's button, and says when it waits for somebody", async () => {
    const page = await browser.newPage()
    await page.goto(`${slack.url}/?channel=${channel}&thread=${ts}`)
    const stopped = page.waitForResponse((response) => response.url().endsWith(`/threads/${ts}/stop`))
    await page.click('#status [data-do="stop"]')
    assert.isTrue((await stopped).ok())
    await call("agents.sessions.setStatus", { status: "suspended" })
    await page.getByText("is waiting for somebody here").waitFor()
    await call("agents.sessions.setStatus", { status: "active" })
    await page.locator("#status:empty").waitFor({ state: "attached" })
    await page.close()
  })
})
