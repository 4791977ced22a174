import type { PreviewState } from "@productbuilding/preview"
import { assert, describe, it } from "vitest"
import { type StatesInput, statesPage } from "../../src/pages/StatesPage.ts"
import { assertSafe, hostile } from "./safety.ts"
import { now, nowMs, preview, timings } from "./samples.ts"

const render = (change: Partial<StatesInput> = {}) =>
  statesPage({
    host: "pr-12-preview.preview.acme.dev",
    preview: null,
    unreachable: null,
    log: [],
    dashboardUrl: "https://pb.acme.dev",
    accept: "text/html,*/*",
    now,
    ...change
  })

const failure = { stage: "readiness" as const, summary: "Nothing listens on port 8080.", evidence: "line 1\nline 2" }

describe("statesPage", () => {
  const expected: ReadonlyArray<readonly [PreviewState, number, string, string | undefined]> = [
    ["pending", 503, "Waiting for its turn", "3"],
    ["building", 503, "Being built", "5"],
    ["deploying", 503, "Starting up", "3"],
    ["ready", 503, "Ready", "1"],
    ["failed", 503, "This preview failed", "60"],
    ["blocked", 503, "Waiting for approval", "60"],
    ["closing", 410, "Being removed", undefined],
    ["deleted", 410, "This preview is closed", undefined]
  ]
  for (const [state, status, title, retryAfter] of expected) {
    it(`answers ${status} and says so for ${state}`, () => {
      const page = render({ preview: preview(12, state, state === "failed" ? { failure } : {}) })
      assert.strictEqual(page.status, status)
      assert.strictEqual(page.headers["retry-after"], retryAfter)
      assert.strictEqual(page.headers["x-productbuilding-status"], state)
      assert.include(page.body, `<h1>${title}</h1>`)
      assert.strictEqual(page.body.includes('http-equiv="refresh"'), retryAfter !== undefined)
      assertSafe(page)
    })
  }

  it("answers 404 with what to check for a host that never had a preview", () => {
    const page = render()
    assert.strictEqual(page.status, 404)
    assert.include(page.body, "What to check")
    assert.include(page.body, "pr-12-preview.preview.acme.dev")
    assert.include(page.body, 'href="https://pb.acme.dev"')
    assertSafe(page)
  })

  it("tells a ready preview that does not answer apart, with the cause and its log", () => {
    const page = render({ preview: preview(12, "ready"), unreachable: "ECONNREFUSED", log: ["listening on 3000"] })
    assert.strictEqual(page.status, 503)
    assert.strictEqual(page.headers["x-productbuilding-status"], "unreachable")
    assert.include(page.body, "Nothing accepts connections")
    assert.include(page.body, "<li>listening on 3000</li>")
  })

  it("shows cause, evidence and the failing stage of a failure", () => {
    const page = render({
      preview: preview(12, "failed", { failure, stages: timings([1, 1, 1, 30, 2, 1, 60], nowMs) })
    })
    assert.include(page.body, "Failed at readiness.")
    assert.include(page.body, "Nothing listens on port 8080.")
    assert.include(page.body, "line 1\nline 2")
    assert.match(page.body, /<li class="bad"><span>readiness/)
  })

  it("shows the log of a build without the terminal's colours", () => {
    const page = render({
      preview: preview(12, "building"),
      log: ["\u001b[32mdone\u001b[0m", "\u001b]0;title\u0007next"]
    })
    assert.include(page.body, "<li>done</li>")
    assert.include(page.body, "<li>next</li>")
  })

  it("escapes everything that comes from outside", () => {
    const page = render({
      host: hostile,
      preview: preview(12, "failed", {
        title: hostile,
        author: hostile,
        headRef: hostile,
        pullRequestUrl: "javascript:alert(1)",
        failure: { stage: "build", summary: hostile, evidence: hostile }
      })
    })
    assertSafe(page)
    assertSafe(render({ host: hostile }))
    assertSafe(render({ preview: preview(12, "building"), log: [hostile] }))
    assertSafe(render({ preview: preview(12, "ready"), unreachable: hostile }))
  })

  it("answers JSON to those who ask for JSON and not for HTML", () => {
    const row = preview(12, "failed", { failure })
    const page = render({ preview: row, accept: "application/json" })
    assert.strictEqual(page.status, 503)
    assert.strictEqual(page.headers["content-type"], "application/json")
    assert.strictEqual(page.headers["retry-after"], "60")
    const body = JSON.parse(page.body)
    assert.strictEqual(body.state, "failed")
    assert.strictEqual(body.retryAfterSeconds, 60)
    assert.deepStrictEqual(body.preview.failure, failure)
    assert.strictEqual(JSON.parse(render({ accept: "application/json" }).body).preview, null)
    assert.match(render({ accept: "text/html,application/json" }).headers["content-type"] ?? "", /^text\/html/)
    assert.match(render({ accept: undefined }).headers["content-type"] ?? "", /^text\/html/)
  })
})
