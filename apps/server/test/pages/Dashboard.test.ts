import { Decision } from "@productbuilding/core"
import type { PreviewState } from "@productbuilding/preview"
import { assert, describe, it } from "vitest"
import { agentPanel } from "../../src/pages/AgentPanel.ts"
import { type DashboardInput, dashboard } from "../../src/pages/Dashboard.ts"
import { markdownHtml } from "../../src/pages/MarkdownHtml.ts"
import { assertSafe, hostile } from "./safety.ts"
import {
  agent,
  budgets,
  deliveries,
  delivery,
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
  wholeTurn
} from "./samples.ts"

const input: DashboardInput = {
  previews: morning,
  deliveries,
  sinks,
  threads,
  slack,
  agent,
  place,
  repositories: ["acme/shop", "acme/website"],
  filter: { repo: "", state: "", q: "" },
  publicUrl: "https://pb.acme.dev",
  targetsPath: "/etc/targets.json",
  isGuarded: false,
  now
}
const render = (change: Partial<DashboardInput> = {}) => dashboard({ ...input, ...change })
/** Without tags. */
const wordsOf = (part: string) => part.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ")
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

  it("shows each thread with its links, its preview, what waits, and what to do about a failure", () => {
    const { body } = render()
    assert.include(body, 'href="https://acme.slack.com/archives/C024BE91L/p1795184412000100"')
    assert.include(body, 'href="https://github.example/acme/shop/pull/412"')
    const part = (id: string) =>
      new RegExp(`<li class="thread [^>]*data-thread="${id}">([\\s\\S]*?)</p></li>`).exec(body)?.[0] ?? ""
    const words = (id: string) => wordsOf(part(id))
    assert.include(words("acme/shop#412"), "Up to date")
    assert.include(words("acme/shop#412"), "Preview: ready")
    assert.include(part("acme/shop#412"), 'href="https://acme-shop-pr-412-preview.acme.dev"')
    assert.include(words("acme/shop#418"), "Waiting")
    assert.include(words("acme/shop#418"), "Preview: building changed 1 min ago a newer card waits, since 3 min ago")
    assert.include(words("acme/shop#418"), "2 messages wait")
    assert.notInclude(part("acme/shop#418"), 'href="https://acme-shop-pr-418')
    assert.include(words("acme/shop#420"), "its card waits")
    assert.notInclude(part("acme/shop#420"), "href=")
    assert.include(words("acme/website#77"), "The card cannot be shown.")
    assert.include(words("acme/website#77"), "It is tried again with the next change.")
    assert.include(words("acme/shop#409"), "The last message was dropped.")
    assert.include(words("acme/shop#409"), "type /invite")
  })

  it("shows what each sink has to tell, since when, what failed, and until when the vendor wants to be left alone", () => {
    const { body } = render()
    const words = wordsOf(body)
    assert.include(words, "GitHub comments 0 waiting No call since the server started.")
    assert.include(words, "Slack · Acme 5 waiting, in 4 threads 4 min ago the oldest 1284 messages sent 1 dropped")
    assert.include(words, "Slack asked us to wait until 14:30:42 UTC , 42 s from now. Until then no call for posts.")
    assert.include(words, "acme/shop#409 a message was dropped 11 min ago not_in_channel The bot is not in the channel")
    assert.include(words, "acme/shop#418 a message sent 2 times in vain since 4 min ago")
    assert.include(words, "acme/shop#418 what is shown since 3 min ago")
  })

  it("draws the calls of each budget against what is allowed, those that are paused first", () => {
    const { body } = render()
    assert.include(
      body,
      'aria-label="Calls in the last hour: 35, at most 14 in a minute, 180 a minute, 20 at once allowed"'
    )
    assert.include(
      body,
      'aria-label="Calls in the last hour: 63, at most 57 in a minute, 54 a minute, 3 at once allowed"'
    )
    assert.strictEqual(body.match(/<line class="limit"/g)?.length, 3)
    assert.isBelow(body.indexOf("<b>posts</b>"), body.indexOf("<b>updates</b>"), "a paused budget comes first")
    const [, slackAtWork] = sinks
    const [budget] = slackAtWork?.budgets ?? []
    if (slackAtWork === undefined || budget === undefined) throw new Error("there is a budget")
    const many = Array.from({ length: 9 }, (_, index) => ({ ...budget, name: `channel ${index}` }))
    assert.include(render({ sinks: [{ ...slackAtWork, budgets: many }] }).body, "<summary>3 more budgets</summary>")
  })

  it("says above all what is wrong with the setup, and what to do about it", () => {
    const { body } = render()
    const problems = /<div id="problems">[\s\S]*?<\/div>/.exec(body)?.[0] ?? ""
    assert.include(wordsOf(problems), "Slack: The bot is not in #productbuilding-website, the channel of acme/website.")
    assert.include(wordsOf(problems), "Type in #productbuilding-website: /invite @productbuilding")
    assert.include(render({ sinks: sinks.slice(0, 1) }).body, '<div id="problems"></div>')
  })

  it("offers to replay what was handled, and asks for the token only where one is needed", () => {
    const { body } = render({
      deliveries: [
        delivery(1, {}),
        delivery(2, { status: "pending", decision: null }),
        delivery(3, { status: "failed" })
      ]
    })
    assert.deepStrictEqual(
      [...body.matchAll(/data-replay="(github:[^"]+)"/g)].map(([, id]) => id),
      [delivery(1, {}).id, delivery(3, {}).id]
    )
    assert.notInclude(body.replace(/<script type="module">[\s\S]*/, ""), "<dialog")
    assert.include(render({ isGuarded: true }).body, '<dialog id="token"')
  })

  it("says how to connect Slack, and then how to get a first thread", () => {
    const off = render({ sinks: sinks.slice(0, 1), threads: [], slack: { ...slack, connected: false } })
    assert.include(off.body, "Slack is not connected.")
    assert.include(off.body, "SLACK_BOT_TOKEN")
    assert.include(off.body, `href="${slack.createAppUrl}"`)
    assert.include(off.body, "No call since the server started.")
    assertSafe(off)
    const on = render({ threads: [] })
    assert.include(on.body, "No thread yet.")
    assert.include(on.body, "<code>#productbuilding-website</code>")
    assertSafe(on)
    const bare = render({ sinks: [], threads: [], slack: { ...slack, channels: [] } })
    assert.include(bare.body, "no repository is registered")
    assert.include(bare.body, "No sink runs")
    assertSafe(bare)
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
      sinks: sinks.map((sink) => ({
        ...sink,
        sink: hostile,
        workspace: hostile,
        problems: [{ found: hostile, advice: hostile, isFatal: true }],
        next: sink.next.map((work) => ({ ...work, thread: hostile })),
        failures: sink.failures.map((work) => ({ ...work, thread: hostile, detail: hostile, advice: hostile })),
        budgets: sink.budgets.map((budget) => ({ ...budget, name: hostile }))
      })),
      threads: [
        thread(1, {
          thread: hostile,
          title: hostile,
          githubUrl: "javascript:alert(1)",
          slackUrl: "javascript:alert(1)",
          preview: { state: "ready", url: "javascript:alert(1)" },
          failure: { lane: "status", detail: hostile, advice: hostile }
        })
      ],
      slack: { ...slack, channels: [{ repository: hostile, channel: hostile }] },
      repositories: [hostile],
      publicUrl: hostile,
      targetsPath: hostile
    })
    assertSafe(page)
    const data = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(page.body)?.[1] ?? ""
    assert.strictEqual(JSON.parse(data).rows[0].title, hostile)
  })
})

describe("the agent's part", () => {
  it("shows turns with state, asker, question, answer, time and cost, and today's budgets as bars", () => {
    const page = render()
    assertSafe(page)
    const words = wordsOf(page.body.replace(/<script[\s\S]*/, ""))
    for (const text of [
      "Needs consent Ada in acme/shop Close #12 as completed",
      "Answered Ada in acme/shop What is open about checkout?",
      "took 4.2 s 3,735 tokens $0.0093",
      "price unknown",
      "1 change",
      "Refused",
      "User slack:T0:U0 86 % used $4.30 of $5.00 · 640,000 of 1,000,000 tokens",
      "Everybody together spent"
    ]) {
      assert.include(words, text)
    }
    assert.include(page.body, `data-stop="${turnId(1)}"`)
    assert.notInclude(page.body, `data-stop="${turnId(2)}"`)
  })

  it("shows nobody what is private, and says how to see it", () => {
    for (const kind of ["guarded", "elsewhere"] as const) {
      const page = render({ agent: { kind }, isGuarded: kind === "guarded" })
      assertSafe(page)
      assert.notInclude(page.body, "What is open about checkout?")
      assert.include(wordsOf(page.body), "What is said to the agent is private.")
    }
  })

  it("says which variable to set, or how to ask the first question", () => {
    const none = { kind: "shown", turns: [], budgets: { ...budgets, today: [] } } as const
    assert.include(render({ agent: { kind: "missing" } }).body, "LLM_API_KEY")
    assert.include(render({ agent: none, place: { ...place, hasModel: false } }).body, "It has no model")
    assert.include(wordsOf(render({ agent: none }).body), "In #productbuilding-shop , say for example:")
    assert.include(render({ agent: none, place: { ...place, hasSlack: false } }).body, "Connect Slack")
  })

  it("tells a turn step by step, and whether its record is whole", () => {
    const whole = wholeTurn()
    const draw = (one: typeof whole) => agentPanel(agent, place, nowMs, new Map([[turnId(2), one]])).text
    const words = wordsOf(draw(whole))
    for (const text of [
      "Writing an issue (issue-writer) 90 % sure",
      "claude-opus-4-6 wants create_issue, close_issue 1,200 tokens in (1,000 cached) 45 out $0.0031 1.2 s",
      "Wrote Create the issue &quot;Checkout is slow&quot; create_issue 0.8 s https://code.test/acme/shop/issues/7",
      "needed for Close #3 as completed",
      "Bob said no",
      "Refused close_issue",
      "Made: issue 7 in acme/shop",
      "The record is whole: 11 entries"
    ]) {
      assert.include(words, text)
    }
    assert.include(wordsOf(draw({ ...whole, chain: { whole: false, brokenAt: 5 } })), "broken at entry 5")
  })

  it("shows what a model wrote as the HTML made of its Markdown, and as it is where there is none", () => {
    const whole = { ...wholeTurn(), htmls: [11, 10].map((entry) => ({ entry, html: `<p>Entry <b>${entry}</b></p>` })) }
    const draw = (answerHtml: object, one: typeof whole | undefined) =>
      agentPanel(
        { kind: "shown", turns: [{ ...turnRow(2, { answer: "*Two* issues" }), ...answerHtml }], budgets },
        place,
        nowMs,
        new Map(one === undefined ? [] : [[turnId(2), one]])
      ).text
    assert.include(draw({ answerHtml: "<p><em>Two</em> issues</p>" }, undefined), "<p><em>Two</em> issues</p></div>")
    assert.include(draw({}, undefined), ">*Two* issues</div>")
    const steps = draw({}, whole)
    assert.include(steps, '<summary>What it wrote</summary><div class="text written"><p>Entry <b>10</b></p></div>')
    assert.match(steps, /Answered<\/b> <div class="text written"><p>Entry <b>11<\/b>/)
    assert.include(draw({}, { ...whole, htmls: [] }), "Made #7. #3 stays open.</div>")
  })

  it("stays safe whatever was said", () => {
    const facts = [
      { _tag: "Asked", text: hostile },
      { _tag: "Steered", by: hostile, text: hostile },
      {
        _tag: "Finished",
        callId: "x",
        result: { url: "javascript:alert(1)", hostile },
        failed: false,
        resources: [],
        durationMs: 1
      }
    ] as const
    const row = turnRow(2, { text: hostile, answer: hostile, repository: null, conversation: hostile })
    assertSafe(render({ agent: { kind: "shown", turns: [row], budgets } }))
    const answerHtml = markdownHtml(`# ${hostile}\n[a](javascript:alert(1)) ![b](https://evil.test/pixel)`).text
    assertSafe(render({ agent: { kind: "shown", turns: [{ ...row, answerHtml }], budgets } }))
    const { text } = agentPanel(agent, place, nowMs, new Map([[turnId(2), wholeTurn(facts)]]))
    assert.notMatch(text, /<(?:script|img)|javascript:alert\(1\)">/)
  })
})
