/** What a person sees: the dashboard follows a pull request, and its link leads to the running preview. */
import { type Browser, chromium } from "playwright-core"
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeWith } from "../../../test/support/requires.ts"
import { makeWorld, repository, type ServerProcess, startServer, untilState, type World } from "./Harness.ts"

describeWith(["chromium"], "a browser on a running server", () => {
  let browser: Browser
  let world: World
  let server: ServerProcess

  beforeAll(async () => {
    world = await makeWorld({ runtime: "process" })
    server = await startServer(world)
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    })
  })
  afterAll(async () => {
    await browser.close()
    await server.kill("SIGTERM")
    await world.stop()
  })

  it("an empty dashboard says what to do first", async () => {
    const page = await browser.newPage()
    await page.goto(`${world.url}/`)
    assert.include(await page.textContent("#first"), "Open a pull request")
    await page.close()
  })

  it("the dashboard shows a pull request as it is deployed, and its link opens the preview", async () => {
    const page = await browser.newPage()
    await page.goto(`${world.url}/`)
    world.sandbox.openPullRequest(repository, { title: "Mugs in the window" })
    const card = page.locator("article, li, section").filter({ hasText: "Mugs in the window" }).last()
    await card.waitFor()
    await untilState(world, 1, "ready")
    const link = page.getByRole("link", { name: /Open preview/ }).first()
    await link.waitFor()
    const preview = await browser.newPage()
    await preview.goto((await link.getAttribute("href")) ?? "")
    assert.include(await preview.textContent("h1"), "A small shop, open for preview")
    await preview.waitForFunction(() => document.getElementById("up")?.textContent?.startsWith("up for") === true)
    await preview.close()
    await page.close()
  })

  it("a closed preview's address says that it is closed", async () => {
    world.sandbox.close(repository, 1)
    await untilState(world, 1, "deleted")
    const page = await browser.newPage()
    const answer = await page.goto(`http://pr-1-preview.localhost:${world.port}/`)
    assert.strictEqual(answer?.status(), 410)
    assert.match((await page.textContent("h1")) ?? "", /closed|gone|removed/i)
    await page.close()
  })

  it("the API's documentation is there", async () => {
    const page = await browser.newPage()
    const answer = await page.goto(`${world.url}/docs`)
    assert.strictEqual(answer?.status(), 200)
    const description = JSON.parse(await (await fetch(`${world.url}/openapi.json`)).text())
    assert.include(Object.keys(description.paths), "/previews")
    await page.close()
  })
})
