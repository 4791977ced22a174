import { Decision } from "@productbuilding/core"
import type { PreviewState } from "@productbuilding/preview"
import { assert, describe, it } from "vitest"
import { type DashboardInput, dashboard } from "../../src/pages/Dashboard.ts"
import { assertSafe, hostile } from "./safety.ts"
import { deliveries, delivery, morning, now, nowMs, preview, timings } from "./samples.ts"

const input: DashboardInput = {
  previews: morning,
  deliveries,
  repositories: ["acme/shop", "acme/website"],
  filter: { repo: "", state: "", q: "" },
  publicUrl: "https://pb.acme.dev",
  targetsPath: "/etc/targets.json",
  now
}
const render = (change: Partial<DashboardInput> = {}) => dashboard({ ...input, ...change })
const cards = (body: string) =>
  [...body.replace(/<script type="module">[\s\S]*/, "").matchAll(/<li class="card [^>]*data-id="([^"]+)"/g)].map(
    (match) => match[1]
  )

describe("dashboard", () => {
  it("shows each preview with state, links, commit, age and the time of each stage, attention first", () => {
    const page = render()
    assert.strictEqual(page.status, 200)
    assertSafe(page)
    assert.deepStrictEqual(cards(page.body).slice(0, 6), [
      "acme/shop#412",
      "acme/website#77",
      "acme/shop#419",
      "acme/shop#418",
      "acme/shop#409",
      "acme/website#75"
    ])
    for (const text of ["Failed", "Needs approval", "Queued", "Building", "Ready", "Closing", "Closed"]) {
      assert.match(page.body, new RegExp(`</svg>${text}</span>`))
    }
    assert.include(page.body, 'href="https://acme-shop-pr-409-preview.preview.acme.dev/"')
    assert.include(page.body, 'href="https://github.example/acme/shop/pull/409"')
    assert.include(page.body, 'href="/previews/acme/shop/409/logs?tail=200"')
    assert.include(page.body, ">25 min ago</span>")
    assert.match(page.body, /build<span class="quiet"> 1 m 04 s<\/span>/)
    assert.match(page.body, /<li class="bad">readiness<span class="quiet"> 1 m 00 s \(failed\)/)
    assert.include(page.body, "Nothing listens on port 8080")
    assert.include(page.body, "still serving <code>c0ffee0</code>")
    assert.include(page.body, "--approve")
    assert.include(page.body, "<title>(2) Previews · ProductBuilding</title>")
  })

  for (const state of [
    "pending",
    "building",
    "deploying",
    "ready",
    "failed",
    "blocked",
    "closing",
    "deleted"
  ] satisfies ReadonlyArray<PreviewState>) {
    it(`shows a preview that is ${state}, with and without stages`, () => {
      const withStages = { stages: timings([1, 2, 3], nowMs, state === "building") }
      const page = render({ previews: [preview(1, state), preview(2, state, withStages)] })
      assert.deepStrictEqual(cards(page.body), ["acme/shop#1", "acme/shop#2"])
      assertSafe(page)
    })
  }

  it("says what to do first while there is nothing, and ticks what is done", () => {
    const bare = render({ previews: [], deliveries: [], repositories: [] })
    assert.include(bare.body, "No previews yet")
    assert.include(bare.body, "/etc/targets.json")
    assert.include(bare.body, "config[url]=https://pb.acme.dev/webhook")
    assert.include(bare.body, "gh pr create")
    assert.notInclude(bare.body, 'class="ok"')
    assertSafe(bare)
    const begun = render({ previews: [] })
    assert.include(begun.body, "Registered: acme/shop, acme/website")
    assert.strictEqual(begun.body.match(/<li class="ok">/g)?.length, 2)
    assert.match(render().body, /<div id="first" hidden>/)
  })

  it("filters by repository, state and words without a script, and keeps the filter in its links", () => {
    const shown = (filter: Partial<DashboardInput["filter"]>) =>
      cards(render({ filter: { ...input.filter, ...filter } }).body)
    assert.deepStrictEqual(shown({ repo: "ACME/website" }), ["acme/website#77", "acme/website#75"])
    assert.deepStrictEqual(shown({ state: "live" }), ["acme/shop#409", "acme/website#75"])
    assert.deepStrictEqual(shown({ q: "autumn tom" }), ["acme/website#75"])
    assert.deepStrictEqual(shown({ q: "#418" }), ["acme/shop#418"])
    assert.strictEqual(shown({ state: "closed" }).length, 12, "all closed ones, when they are asked for")
    const page = render({ filter: { repo: "acme/shop", state: "live", q: hostile } })
    assert.match(page.body, /<option selected>acme\/shop/)
    assert.match(page.body, /href="\/\?repo=acme%2Fshop&amp;state=attention&amp;q=/)
    assert.match(page.body, /data-state="live" aria-current="true"/)
    assert.match(page.body, /id="nothing">No preview fits/)
    assertSafe(page)
  })

  it("shows what came in and what was decided, and failures with their cause", () => {
    const { body } = render()
    assert.include(body, "The commit is newer than the one that runs")
    assert.include(body, "The code host answered 502 three times")
    assert.include(body, "2 attempts")
    assert.include(body, "Not handled yet.")
  })

  it("draws the time of finished deployments, and only of those", () => {
    const { body } = render({
      previews: [
        preview(1, "ready", { stages: timings([1, 1, 1, 57], nowMs) }),
        preview(2, "failed", {
          stages: timings([1, 1, 1, 27], nowMs - 1_000),
          failure: { stage: "build", summary: "", evidence: "" }
        }),
        preview(3, "building", { stages: timings([1, 500], nowMs, true) })
      ]
    })
    assert.include(body, 'aria-label="Median 45 s, slowest 1 m 00 s, 1 of 2 failed"')
    assert.strictEqual(body.match(/<g class="(?:fine|failed)">/g)?.length, 2)
  })

  it("escapes everything that comes from outside, also in the data for the script", () => {
    const row = preview(1, "failed", {
      title: hostile,
      author: hostile,
      headRef: hostile,
      url: "javascript:alert(1)",
      pullRequestUrl: "javascript:alert(1)",
      failure: { stage: "build", summary: hostile, evidence: hostile }
    })
    const page = render({
      previews: [row, preview(2, "ready", { url: "javascript:alert(1)" })],
      deliveries: [
        delivery(1, {
          event: hostile,
          decision: new Decision({ outcome: "ignored", reason: hostile, subject: hostile })
        }),
        delivery(2, { status: "failed", decision: null, failure: hostile })
      ],
      repositories: [hostile],
      publicUrl: hostile,
      targetsPath: hostile
    })
    assertSafe(page)
    const data = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(page.body)?.[1] ?? ""
    assert.strictEqual(JSON.parse(data).rows[0].title, hostile)
  })
})
