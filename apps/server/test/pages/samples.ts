/** Previews and deliveries as the pages meet them. */
import type { TurnFact } from "@productbuilding/agent"
import { Decision, Delivery, DeliveryId } from "@productbuilding/core"
import { Preview, type PreviewState, type Stage } from "@productbuilding/preview"
import { DateTime, Schema } from "effect"
import type { AgentPlace, AgentView } from "../../src/pages/AgentPanel.ts"
import type { SlackState } from "../../src/pages/ThreadList.ts"
import type { BudgetsRow, TurnRow, TurnWhole } from "../../src/pages/TurnSteps.ts"
import type { SinkReport, ThreadReport } from "../../src/SinkReport.ts"
import { TurnSummary } from "../../src/TurnReport.ts"

/** 20 November 2026, 14:30 UTC. */
export const nowMs = 1_795_185_000_000
export const now = DateTime.makeUnsafe(nowMs)

const order: ReadonlyArray<Stage> = ["fetch", "contract", "compose", "build", "start", "migrate", "readiness"]

/** Stages of the given seconds, one after the other, ending at `end`; the last one runs on if `running`. */
export const timings = (seconds: ReadonlyArray<number>, end: number, running = false) => {
  let at = end - seconds.reduce((sum, one) => sum + one * 1_000, 0)
  return seconds.map((length, index) => {
    const startedAt = at
    at += length * 1_000
    const stage = order[index] ?? "post-deploy"
    return { stage, startedAt, endedAt: running && index === seconds.length - 1 ? null : at }
  })
}

const decodePreview = Schema.decodeUnknownSync(Preview)

export const preview = (
  number: number,
  state: PreviewState,
  change: Partial<typeof Preview.Encoded> = {},
  repository = "acme/shop"
): Preview => {
  const sha = ((number * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, "0").repeat(5)
  const slug = repository.replace("/", "-").toLowerCase()
  return decodePreview({
    id: `${repository.toLowerCase()}#${number}`,
    repository,
    pullRequest: number,
    title: `Change number ${number}`,
    author: "octocat",
    headRef: `feature/${number}`,
    fromFork: false,
    pullRequestUrl: `https://github.example/${repository}/pull/${number}`,
    environment: `pb-${slug}-pr-${number}`,
    host: `${slug}-pr-${number}-preview.preview.acme.dev`,
    url: `https://${slug}-pr-${number}-preview.preview.acme.dev/`,
    state,
    sha,
    runningSha: state === "ready" ? sha : null,
    operationId: `operation-${number}`,
    approvedSha: null,
    removedSha: null,
    failure: null,
    stages: [],
    note: null,
    createdAt: nowMs - 3_600_000,
    updatedAt: nowMs - 60_000 * number,
    version: 3,
    ...change
  })
}

export const delivery = (
  sequence: number,
  change: Partial<Pick<Delivery, "event" | "status" | "attempts" | "failure">> & {
    readonly decision?: Decision | null
  } = {}
): Delivery =>
  new Delivery({
    id: DeliveryId.make(`github:72d3162e-cc78-11e3-81ab-${sequence}`),
    sequence,
    source: "github",
    event: "pull_request",
    receivedAt: DateTime.makeUnsafe(nowMs - sequence * 240_000),
    status: "decided",
    attempts: 1,
    decision: new Decision({
      outcome: "accepted",
      reason: "The commit is newer than the one that runs",
      subject: `acme/shop#${sequence}`
    }),
    failure: null,
    ...change
  })

/** One of each state, as a busy morning leaves them. */
export const morning: ReadonlyArray<Preview> = [
  preview(412, "failed", {
    title: "Move checkout to the new payment form",
    author: "mira-k",
    headRef: "checkout/payment-form",
    updatedAt: nowMs - 95_000,
    stages: timings([1.2, 0.1, 0.4, 48, 2.1, 3.2, 60], nowMs - 95_000),
    failure: {
      stage: "readiness",
      summary:
        "Nothing listens on port 8080, but port 3000 is open. Set runtime.internal_port to 3000, or make the app listen on 8080.",
      evidence:
        "app_1  | > shop@2.4.0 start\napp_1  | > node server.js\napp_1  | ready on http://localhost:3000\napp_1  | warning: PAYMENT_URL is not set"
    }
  }),
  preview(
    77,
    "blocked",
    {
      title: "Fix a typo in the imprint",
      author: "passerby",
      headRef: "patch-1",
      fromFork: true,
      updatedAt: nowMs - 840_000
    },
    "acme/website"
  ),
  preview(418, "building", {
    title: "Show delivery dates in the basket",
    author: "jonas",
    headRef: "basket/delivery-dates",
    updatedAt: nowMs - 4_000,
    runningSha: "c0ffee0".padEnd(40, "1"),
    stages: timings([0.9, 0.1, 0.3, 21], nowMs, true)
  }),
  preview(419, "pending", {
    title: "Bump the base image to Debian 13",
    author: "renovate-bot",
    headRef: "renovate/debian-13",
    updatedAt: nowMs - 2_000
  }),
  preview(409, "ready", {
    title: "Search finds products by their old names as well",
    author: "lena.fischer",
    headRef: "search/aliases",
    updatedAt: nowMs - 1_500_000,
    stages: timings([1.1, 0.1, 0.4, 64, 2.2, 4.8, 6.1, 3], nowMs - 1_500_000)
  }),
  preview(
    75,
    "ready",
    {
      title:
        "New landing page for the autumn campaign with a title that is so long that it needs two lines on most screens",
      author: "tom",
      headRef: "campaign/autumn-2026",
      updatedAt: nowMs - 8_000_000,
      stages: timings([0.6, 0.1, 0.2, 12, 1.1, 0, 2.4], nowMs - 8_000_000)
    },
    "acme/website"
  ),
  preview(401, "closing", {
    title: "Remove the old basket",
    updatedAt: nowMs - 6_000,
    stages: timings([1, 0.1, 0.3, 50, 2, 3, 5], nowMs - 90_000_000)
  }),
  ...Array.from({ length: 11 }, (_, index) => {
    const end = nowMs - 90_000_000 - index * 9_000_000
    const failed = index === 4
    return preview(380 + index, "deleted", {
      title:
        ["Round prices up", "Cache the catalogue", "Use the shared header", "Print invoices in colour"][index % 4] ??
        "",
      updatedAt: end + 4_000_000,
      stages: timings([1, 0.1, 0.3, 34 + ((index * 37) % 46), 2, 3 + (index % 3), 5 + (index % 4) * 2], end),
      failure: failed ? { stage: "build", summary: "The build ended with code 1.", evidence: "" } : null
    })
  })
]

export const deliveries: ReadonlyArray<Delivery> = [
  delivery(419, {
    decision: new Decision({ outcome: "accepted", reason: "The pull request was opened", subject: "acme/shop#419" })
  }),
  delivery(418),
  delivery(417, {
    event: "check_run",
    decision: new Decision({ outcome: "ignored", reason: "Nobody takes events of this kind" })
  }),
  delivery(416, {
    status: "failed",
    attempts: 2,
    decision: null,
    failure: "The code host answered 502 three times; it is tried again when the delivery is replayed"
  }),
  delivery(415, {
    event: "issue_comment",
    decision: new Decision({
      outcome: "unchanged",
      reason: "The preview of this commit runs",
      subject: "acme/shop#409"
    })
  }),
  delivery(414, { status: "pending", attempts: 0, decision: null })
].map(
  (row, index) => new Delivery({ ...row, receivedAt: DateTime.makeUnsafe(nowMs - 3_000 - index * index * 170_000) })
)

const calls = (some: Readonly<Record<number, number>>) => Array.from({ length: 60 }, (_, index) => some[index] ?? 0)

/** Slack at work with one budget paused, and comments on GitHub at rest. */
export const sinks: ReadonlyArray<typeof SinkReport.Type> = [
  {
    sink: "code-host",
    workspace: null,
    problems: [],
    waiting: { messages: 0, slots: 0, threads: 0 },
    next: [],
    sent: 0,
    dropped: 0,
    failures: [],
    budgets: []
  },
  {
    sink: "slack",
    workspace: "Acme",
    problems: [
      {
        found: "The bot is not in #productbuilding-website, the channel of acme/website.",
        advice: "Type in #productbuilding-website: /invite @productbuilding",
        isFatal: true
      }
    ],
    waiting: { messages: 3, slots: 2, threads: 4 },
    next: [
      {
        lane: "append",
        thread: "acme/shop#418",
        key: "acme/shop#418 comment:7",
        since: DateTime.makeUnsafe(nowMs - 260_000),
        attempts: 2
      },
      {
        lane: "status",
        thread: "acme/shop#418",
        key: "card:acme/shop#418",
        since: DateTime.makeUnsafe(nowMs - 200_000),
        attempts: null
      }
    ],
    failures: [
      {
        lane: "append",
        thread: "acme/shop#409",
        key: "acme/shop#409 comment:5",
        detail: "not_in_channel",
        advice: "The bot is not in the channel: type /invite and its name in it.",
        at: DateTime.makeUnsafe(nowMs - 700_000)
      }
    ],
    sent: 1_284,
    dropped: 1,
    budgets: [
      {
        name: "updates",
        available: 7,
        burst: 10,
        perMinute: 40,
        spent: 96,
        pausedUntil: null,
        callsByMinute: Array.from({ length: 60 }, (_, index) => Math.round(9 + 9 * Math.sin(index / 5) + (index % 4)))
      },
      {
        name: "posts",
        available: 0,
        burst: 20,
        perMinute: 180,
        spent: 41,
        pausedUntil: DateTime.makeUnsafe(nowMs + 42_000),
        callsByMinute: calls({ 20: 3, 21: 2, 40: 1, 57: 9, 58: 14, 59: 6 })
      },
      {
        name: "channel acme/shop",
        available: 2,
        burst: 3,
        perMinute: 54,
        spent: 12,
        pausedUntil: null,
        callsByMinute: calls({ 50: 2, 58: 57, 59: 4 })
      },
      {
        name: "reads",
        available: 10,
        burst: 10,
        perMinute: 40,
        spent: 1,
        pausedUntil: null,
        callsByMinute: calls({})
      },
      {
        name: "channel acme/website",
        available: 3,
        burst: 3,
        perMinute: 54,
        spent: 1,
        pausedUntil: null,
        callsByMinute: calls({})
      }
    ]
  }
]

export const thread = (number: number, change: Partial<typeof ThreadReport.Type> = {}): typeof ThreadReport.Type => ({
  thread: `acme/shop#${number}`,
  title: `Change number ${number}`,
  githubUrl: `https://github.example/acme/shop/pull/${number}`,
  slackUrl: `https://acme.slack.com/archives/C024BE91L/p1795184${number}000100`,
  preview: null,
  version: 7,
  sentVersion: 7,
  messagesWaiting: 0,
  failure: null,
  since: DateTime.makeUnsafe(nowMs - 200_000),
  changedAt: DateTime.makeUnsafe(nowMs - 95_000),
  ...change
})

/** One of each kind. */
export const threads: ReadonlyArray<typeof ThreadReport.Type> = [
  thread(418, {
    title: "Show delivery dates in the basket",
    preview: { state: "building", url: "https://acme-shop-pr-418-preview.acme.dev" },
    version: 9,
    messagesWaiting: 2
  }),
  thread(412, {
    title: "Move checkout to the new payment form",
    preview: { state: "ready", url: "https://acme-shop-pr-412-preview.acme.dev" }
  }),
  thread(420, { title: null, githubUrl: null, slackUrl: null, version: 1, sentVersion: 0 }),
  thread(77, {
    thread: "acme/website#77",
    title: "Fix a typo in the imprint",
    slackUrl: null,
    version: 2,
    sentVersion: 2,
    failure: {
      lane: "status",
      detail: "there is no channel #productbuilding-website that the bot can see: create it and invite the bot",
      advice: "Or name another as slackChannel in the targets file."
    }
  }),
  thread(409, {
    title: "Search finds products by their old names as well",
    failure: {
      lane: "append",
      detail: "not_in_channel",
      advice: "The bot is not in the channel: type /invite and its name in it."
    }
  })
]

export const slack: SlackState = {
  connected: true,
  createAppUrl: "https://api.slack.com/apps?new_app=1",
  channels: [
    { repository: "acme/shop", channel: "productbuilding-shop" },
    { repository: "acme/website", channel: "productbuilding-website" }
  ]
}

const decodeTurns = Schema.decodeUnknownSync(Schema.Array(TurnSummary))
const encodeTurns = Schema.encodeSync(Schema.Array(TurnSummary))

export const turnId = (number: number) => `01996a00-0000-7000-8000-${String(number).padStart(12, "0")}`

/** One turn in a list, valid, and as the API sends it. */
export const turnRow = (
  number: number,
  change: Partial<TurnRow["turn"]> = {},
  of: Partial<Omit<TurnRow, "turn">> = {}
): TurnRow => {
  const [row] = encodeTurns(
    decodeTurns([
      {
        turn: {
          id: turnId(number),
          conversation: "slack:T0:C0:1795000000.000100",
          repository: "acme/shop",
          about: null,
          asker: { id: "slack:T0:U0", name: "Ada", login: "ada", guest: false, sharedChannel: false },
          text: "What is open about checkout?",
          state: "ended",
          leg: 1,
          outcome: "answered",
          answer: "Two issues: #7 (slow) and #9 (wrong currency).",
          createdAt: nowMs - number * 60_000,
          endedAt: nowMs - number * 60_000 + 4_200,
          ...change
        },
        doing: "Looking at the state of things",
        writes: [],
        sums: {
          modelCalls: 3,
          toolCalls: 1,
          inputTokens: 3600,
          cachedTokens: 3000,
          outputTokens: 135,
          microDollars: 9300,
          unpriced: 0
        },
        ...of
      }
    ])
  )
  if (row === undefined) throw new Error("one row was given")
  return row
}

export const turns: ReadonlyArray<TurnRow> = [
  turnRow(
    1,
    {
      text: "Close #12 as completed, make an issue of the slow checkout, and hand it to the coding agent",
      state: "waiting",
      outcome: null,
      answer: null,
      endedAt: null
    },
    { doing: "Writing an issue" }
  ),
  turnRow(2),
  turnRow(
    3,
    {
      text: "Redeploy the preview of #412",
      outcome: "failed",
      answer: "The model's provider has not answered for 15m."
    },
    { doing: "Looking after previews", writes: ["Redeploy #412"], sums: { ...turnRow(2).sums, unpriced: 3 } }
  ),
  turnRow(4, { text: "Delete the repository", outcome: "refused", answer: "Guests of this workspace cannot ask me." })
]

const call = { id: "2.1", tool: "create_issue", params: { title: "Checkout is slow", body: "It takes 9 s." } }

const spent = { inputTokens: 1200, cachedTokens: 1000, outputTokens: 45, microDollars: 3100 }

const answered = {
  provider: "anthropic",
  model: "claude-opus-4-6",
  promptDigest: "0".repeat(64),
  spent,
  durationMs: 1200
}

const recordedFacts: ReadonlyArray<TurnFact> = [
  { _tag: "Asked", text: "What is open about checkout?" },
  { _tag: "Model", purpose: "route", text: "{}", calls: [], ...answered },
  {
    _tag: "Routed",
    specialist: "issue-writer",
    doing: "Writing an issue",
    confidence: 0.9,
    reason: "It is about an issue."
  },
  {
    _tag: "Model",
    purpose: "work",
    text: "",
    calls: [call, { id: "2.2", tool: "close_issue", params: { number: 3, reason: "completed" } }],
    ...answered
  },
  { _tag: "Started", call, summary: 'Create the issue "Checkout is slow"', writes: true },
  {
    _tag: "Finished",
    callId: "2.1",
    result: { created: 7, url: "https://code.test/acme/shop/issues/7" },
    failed: false,
    resources: ["turn:x:2.1"],
    durationMs: 800
  },
  {
    _tag: "Approval",
    digest: "d",
    calls: [{ id: "2.2", summary: "Close #3 as completed" }],
    permission: "triage",
    expiresAtMs: nowMs
  },
  { _tag: "Decided", digest: "d", verdict: "rejected", by: "Bob" },
  {
    _tag: "Finished",
    callId: "2.2",
    result: { error: "Bob said no. Do not try it again; ask what is wanted instead." },
    failed: true,
    resources: [],
    durationMs: 0
  },
  { _tag: "Model", purpose: "work", text: "Made #7.", calls: [], ...answered },
  { _tag: "Ended", outcome: "answered", text: "Made #7. #3 stays open.", options: [] }
]

/** The second turn, whole. */
export const wholeTurn = (facts: ReadonlyArray<TurnFact> = recordedFacts): TurnWhole => {
  const { sums, turn } = turnRow(2)
  return {
    turn,
    sums,
    entries: facts.map((fact, index) => ({
      turnId: turn.id,
      number: index + 1,
      at: turn.createdAt + index * 400,
      fact,
      hash: "0".repeat(64)
    })),
    chain: { whole: true, brokenAt: null },
    resources: [
      { ownerKey: "turn:x:2.1", kind: "issue", subject: "acme/shop", externalId: "7", state: "live", updatedAt: nowMs }
    ]
  }
}

const limit = { tokens: 1_000_000, microDollars: 5_000_000 }

export const budgets: BudgetsRow = {
  turn: { modelCalls: 12, toolCalls: 30, tokens: 200_000, microDollars: 1_000_000 },
  daily: { user: limit, channel: limit, project: limit, everybody: limit },
  today: [
    {
      scope: "user",
      key: "slack:T0:U0",
      day: "2026-11-20",
      spent: { tokens: 640_000, microDollars: 4_300_000 },
      limit
    },
    { scope: "everybody", key: "all", day: "2026-11-20", spent: { tokens: 300_000, microDollars: 5_000_000 }, limit },
    { scope: "project", key: "acme/shop", day: "2026-11-20", spent: { tokens: 40_000, microDollars: 9_300 }, limit }
  ]
}

export const agent: AgentView = { kind: "shown", turns, budgets }

export const place: AgentPlace = { hasModel: true, hasSlack: true, channel: "productbuilding-shop" }
