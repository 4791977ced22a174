/** The pages in a real browser, behind a real front door: their scripts, their policy, and the way from page to preview. */
import * as Http from "node:http"
import * as FrontDoor from "@productbuilding/adapters/frontdoor/FrontDoor"
import { frontDoorServer } from "@productbuilding/adapters/frontdoor/FrontDoorServer"
import { Preview } from "@productbuilding/preview"
import { Effect, Exit, Queue, Schema, Scope, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { type Browser, chromium, type Page } from "playwright-core"
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeWith } from "../../../../test/support/requires.ts"
import { dashboard } from "../../src/pages/Dashboard.ts"
import { statesPage, statesStreamPath } from "../../src/pages/StatesPage.ts"
import { SinkReport, ThreadReport } from "../../src/SinkReport.ts"
import {
  agent,
  budgets,
  deliveries,
  morning,
  now,
  nowMs,
  place,
  preview,
  sinks,
  slack,
  thread,
  threads,
  timings,
  turnId,
  turnRow,
  turns,
  wholeTurn
} from "./samples.ts"

const encode = Schema.encodeSync(Schema.fromJsonString(Preview))
const encodeThreads = Schema.encodeSync(Schema.fromJsonString(Schema.Array(ThreadReport)))
const encodeSinks = Schema.encodeSync(Schema.fromJsonString(Schema.Array(SinkReport)))
const host = "acme-shop-pr-5-preview.localhost"

describeWith(["chromium"], "the pages in Chromium", () => {
  const scope = Scope.makeUnsafe()
  let browser: Browser
  let app: Http.Server
  let server: Http.Server
  let port = 0
  let upstream: number | undefined
  let current = preview(5, "building", { host, stages: timings([1, 1, 1, 5], nowMs, true) })
  let currentThreads = threads
  let currentSinks = sinks
  let currentTurns = turns
  /** Of a server that has one, and what came in for it. */
  let token: string | undefined
  let replays: ReadonlyArray<string> = []
  const dashboards = new Set<Http.ServerResponse>()
  const watchers = new Set<(frame: string) => void>()

  const toDashboards = (row: Preview) => {
    for (const response of dashboards) response.write(`event: preview\ndata: ${encode(row)}\n\n`)
  }
  const toldOfOutbox = () => {
    for (const response of dashboards) response.write("event: outbox\ndata: {}\n\n")
  }
  const toWatchers = (event: string, data: string) => {
    for (const send of watchers) send(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  const answer: Http.RequestListener = (request, response) => {
    if (request.url === "/previews/stream") {
      dashboards.add(response)
      response.on("close", () => dashboards.delete(response))
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders()
    } else if (request.method === "POST") {
      const isAllowed = token === undefined || request.headers.authorization === `Bearer ${token}`
      if (isAllowed) replays = [...replays, decodeURIComponent(request.url ?? "")]
      response.writeHead(isAllowed ? 200 : 403, { "content-type": "application/json" }).end("{}")
    } else if (request.url?.startsWith("/deliveries") === true) {
      response.writeHead(200, { "content-type": "application/json" }).end("[]")
    } else if (request.url?.startsWith("/turns") === true || request.url === "/budgets") {
      const isAllowed = token === undefined || request.headers.authorization === `Bearer ${token}`
      const body =
        request.url === "/budgets" ? budgets : request.url?.startsWith("/turns?") ? currentTurns : wholeTurn()
      response
        .writeHead(isAllowed ? 200 : 403, { "content-type": "application/json" })
        .end(JSON.stringify(isAllowed ? body : {}))
    } else if (request.url?.startsWith("/threads") === true) {
      response.writeHead(200, { "content-type": "application/json" }).end(encodeThreads(currentThreads))
    } else if (request.url?.startsWith("/outbox") === true) {
      response.writeHead(200, { "content-type": "application/json" }).end(encodeSinks(currentSinks))
    } else {
      const page = dashboard({
        previews: morning,
        deliveries,
        sinks,
        threads,
        slack,
        agent: token === undefined ? agent : { kind: "guarded" },
        place,
        repositories: ["acme/shop"],
        filter: { repo: "", state: "", q: "" },
        publicUrl: "https://pb.acme.dev",
        targetsPath: "/etc/targets.json",
        isGuarded: token !== undefined,
        now
      })
      response.writeHead(page.status, page.headers).end(page.body)
    }
  }

  const portOf = (listening: Http.Server) => {
    const address = listening.address()
    if (address === null || typeof address === "string") throw new Error("no port")
    return address.port
  }

  const open = async (url: string): Promise<{ readonly page: Page; readonly complaints: ReadonlyArray<string> }> => {
    const page = await browser.newPage()
    const complaints: Array<string> = []
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("console", (message) => {
      // NOTE: the states page's own status is 503, which the browser logs as a failed resource.
      if (message.type() === "error" && !message.text().includes("503")) complaints.push(message.text())
    })
    await page.goto(url)
    return { page, complaints }
  }

  beforeAll(async () => {
    app = Http.createServer((request, response) => {
      response.setHeader("content-type", "text/html")
      response.end(`<h1 id="app">The shop at ${request.url}</h1>`)
    })
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve))
    const door = await Effect.runPromise(
      FrontDoor.make({
        resolve: () => (upstream === undefined ? undefined : { host: "127.0.0.1", port: upstream }),
        isPreviewHost: (name) => name === host,
        page: (visit) =>
          Effect.sync(() => {
            if (visit.path === statesStreamPath) {
              const frames = Stream.callback<Uint8Array>((queue) =>
                Effect.acquireRelease(
                  Effect.sync(() => {
                    const send = (frame: string) => void Queue.offerUnsafe(queue, new TextEncoder().encode(frame))
                    watchers.add(send)
                    return send
                  }),
                  (send) => Effect.sync(() => watchers.delete(send))
                )
              )
              return HttpServerResponse.stream(frames, { contentType: "text/event-stream" })
            }
            const page = statesPage({
              host: visit.host,
              preview: current,
              unreachable: visit.detail,
              log: ["first line"],
              dashboardUrl: `http://localhost:${port}`,
              accept: "text/html",
              now
            })
            return HttpServerResponse.text(page.body, { status: page.status, headers: page.headers })
          })
      }).pipe(Scope.provide(scope))
    )
    server = frontDoorServer({
      ...door,
      handleRequest: (request, response) =>
        request.headers.host?.startsWith("localhost") === true ? false : door.handleRequest(request, response)
    })
    server.on("request", answer)
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    port = portOf(server)
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    })
  })

  afterAll(async () => {
    await browser.close()
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
    await new Promise((resolve) => app.close(resolve))
    await Effect.runPromise(Scope.close(scope, Exit.void))
  })

  it("the dashboard follows the stream, keeps the focus, filters, and obeys the keyboard", async () => {
    const { page, complaints } = await open(`http://localhost:${port}/`)
    await page.getByText("Live", { exact: true }).waitFor()
    const card = page.locator('[data-id="acme/shop#418"]')
    await card.getByRole("link", { name: "Log" }).focus()
    toDashboards(preview(418, "ready", { title: "Show delivery <dates>", version: 9, updatedAt: nowMs + 1_000 }))
    await page.locator('[data-group="live"] [data-id="acme/shop#418"]').waitFor()
    assert.include((await card.textContent()) ?? "", "Show delivery <dates>")
    assert.strictEqual(await page.evaluate(() => document.activeElement?.getAttribute("data-key")), "log")
    assert.strictEqual(await page.locator("#news").textContent(), "acme/shop #418: Ready")

    toDashboards(preview(418, "failed", { version: 8 }))
    toDashboards(preview(500, "pending", { version: 1 }))
    await page.locator('[data-group="progress"] [data-id="acme/shop#500"]').waitFor()
    assert.strictEqual(
      await page.locator('[data-group="live"] [data-id="acme/shop#418"]').count(),
      1,
      "an older version is ignored"
    )

    await page.locator("h1").click()
    await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    const focused = () => page.evaluate(() => document.activeElement?.parentElement?.getAttribute("data-id"))
    assert.strictEqual(await focused(), "acme/shop#412")

    await page.keyboard.press("/")
    await page.keyboard.type("autumn")
    await page.locator('[data-id="acme/shop#412"]').waitFor({ state: "detached" })
    assert.strictEqual(await page.locator(".card").count(), 1)
    assert.match(page.url(), /\?q=autumn$/)
    await page.locator("#q").fill("")
    await page.getByRole("link", { name: /^Needs attention/ }).click()
    assert.strictEqual(await page.locator(".card").count(), 2)
    assert.match(page.url(), /\?state=attention$/)
    assert.deepStrictEqual(complaints, [])
    await page.close()
  })

  it("the dashboard draws threads, outbox and problems anew when told to; what is open and has the focus stays so", async () => {
    const { page, complaints } = await open(`http://localhost:${port}/`)
    await page.getByText("Live", { exact: true }).waitFor()
    await page.locator("#outbox summary").first().click()
    const link = page.locator('[data-thread="acme/shop#412"]').getByRole("link", { name: "Slack" })
    await link.focus()
    const [github, atWork] = sinks
    if (github === undefined || atWork === undefined) throw new Error("there are sinks")
    currentThreads = [thread(500, { title: "A new <thread>" }), ...threads]
    currentSinks = [github, { ...atWork, problems: [], waiting: { messages: 0, slots: 17, threads: 9 } }]
    assert.strictEqual(await page.locator("#problems .cause").count(), 1)
    toldOfOutbox()
    await page.getByRole("heading", { name: "A new <thread>" }).waitFor()
    await page.locator('[data-sink="slack"]').getByText("17 waiting, in 9 threads").waitFor()
    assert.strictEqual(await page.locator("#problems .cause").count(), 0)
    assert.isTrue(
      await page
        .locator("#outbox details")
        .first()
        .evaluate((part) => part.hasAttribute("open"))
    )
    assert.strictEqual(
      await page.evaluate(() => document.activeElement?.closest("li")?.getAttribute("data-thread")),
      "acme/shop#412"
    )
    assert.deepStrictEqual(complaints, [])
    await page.close()
  })

  it("the dashboard replays a delivery, with a token where one is needed, which is asked for once", async () => {
    const { page: plain, complaints } = await open(`http://localhost:${port}/`)
    const [first] = deliveries
    const path = `/deliveries/${first?.id}/replay`
    replays = []
    await plain
      .getByRole("button", { name: /^Replay/ })
      .first()
      .click()
    await plain.getByText("It is handled again.").waitFor()
    assert.deepStrictEqual(replays, [path])
    assert.deepStrictEqual(complaints, [])
    await plain.close()

    token = "s3cret"
    const { page } = await open(`http://localhost:${port}/`)
    const button = page.getByRole("button", { name: /^Replay/ }).first()
    await button.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await page.getByRole("dialog").waitFor({ state: "hidden" })
    assert.lengthOf(replays, 1, "whoever does not want to does nothing")
    await button.click()
    await page.getByLabel("API_TOKEN").fill("wrong")
    await page.keyboard.press("Enter")
    await page.getByText("The server does not take this token.").waitFor()
    await button.click()
    await page.getByLabel("API_TOKEN").fill(token)
    await page.getByRole("button", { name: "Go on" }).click()
    await page.getByText("It is handled again.").waitFor()
    await Promise.all([page.waitForResponse(/replay$/), button.click()])
    assert.lengthOf(replays, 3)
    assert.isFalse(await page.getByRole("dialog").isVisible())
    token = undefined
    await page.close()
  })

  it("the dashboard tells a turn step by step, keeps it open while turns change, and stops one", async () => {
    const { page, complaints } = await open(`http://localhost:${port}/`)
    await page.getByText("Live", { exact: true }).waitFor()
    const turn = page.locator(`[data-turn="${turnId(2)}"]`)
    await turn.locator("summary").first().focus()
    await page.keyboard.press("Enter")
    await turn.getByText("The record is whole:").waitFor()
    await turn.getByText("Arguments").first().click()
    await turn.getByText('"title": "Checkout is slow"').waitFor()
    currentTurns = [
      turnRow(9, { text: "A new <question>", state: "running", outcome: null, answer: null, endedAt: null }),
      ...turns
    ]
    for (const response of dashboards) response.write("event: turn\ndata: {}\n\n")
    await page.getByRole("heading", { name: "A new <question>" }).waitFor()
    assert.isTrue(await turn.getByText('"title": "Checkout is slow"').isVisible())
    replays = []
    await page.getByRole("button", { name: "Stop A new <question>" }).click()
    await page.getByText("It is stopped").waitFor()
    assert.deepStrictEqual(replays, [`/turns/${turnId(9)}/stop`])
    assert.deepStrictEqual(complaints, [])
    await page.close()
  })

  it("the dashboard shows turns to whoever has the token, and to nobody else", async () => {
    token = "s3cret"
    const { page } = await open(`http://localhost:${port}/`)
    await page.getByText("Live", { exact: true }).waitFor()
    assert.strictEqual(await page.locator("[data-turn]").count(), 0)
    await page.getByRole("button", { name: "Show it" }).click()
    await page.getByLabel("API_TOKEN").fill("wrong")
    await page.keyboard.press("Enter")
    await page.getByText("The server does not take this token.").waitFor()
    await page.getByRole("button", { name: "Show it" }).click()
    await page.getByLabel("API_TOKEN").fill(token)
    await page.keyboard.press("Enter")
    await page.locator(`[data-turn="${turnId(2)}"]`).waitFor()
    await page.reload()
    await page.locator(`[data-turn="${turnId(2)}"]`).waitFor()
    token = undefined
    await page.close()
  })

  it("the states page shows the log as it comes, follows the state, and gives way to the preview", async () => {
    const { page, complaints } = await open(`http://${host}:${port}/basket?item=1`)
    await page.getByRole("heading", { name: "Being built" }).waitFor()
    await page.waitForFunction(() => document.querySelector("#lines")?.childElementCount === 1)
    while (watchers.size === 0) await new Promise((resolve) => setImmediate(resolve))
    toWatchers("log", "\u001b[32msecond <line>\u001b[0m")
    await page.getByText("second <line>").waitFor()

    current = preview(5, "deploying", { host, stages: timings([1, 1, 1, 5, 1], nowMs, true) })
    toWatchers("preview", "")
    await page.getByRole("heading", { name: "Starting up" }).waitFor()
    assert.strictEqual(await page.locator("#lines li").count(), 2, "the log is kept")

    upstream = portOf(app)
    current = preview(5, "ready", { host })
    toWatchers("preview", "")
    await page.locator("#app").waitFor()
    assert.strictEqual(await page.locator("#app").textContent(), "The shop at /basket?item=1")
    assert.deepStrictEqual(complaints, [])
    await page.close()
  })

  it("neither page is wider than a phone", async () => {
    upstream = undefined
    current = preview(5, "failed", {
      host,
      failure: { stage: "build", summary: "x".repeat(200), evidence: "y".repeat(400) }
    })
    for (const address of [`http://localhost:${port}/`, `http://${host}:${port}/`]) {
      const { page } = await open(address)
      await page.setViewportSize({ width: 390, height: 800 })
      assert.isAtMost(await page.evaluate(() => document.documentElement.scrollWidth), 390, address)
      await page.close()
    }
  })
})
