import { assert, describe, it } from "@effect/vitest"
import webhooks from "@octokit/webhooks-examples" with { type: "json" }
import {
  CodeHost,
  CommitSha,
  Delivery,
  DeliveryId,
  makeRegistry,
  OperationLog,
  Project,
  ProjectRegistry,
  PullRequest,
  PullRequestNumber,
  RepositoryName,
  SqlOperationLog
} from "@productbuilding/core"
import { DateTime, Effect, Fiber, Layer, Option, Schema, Stream } from "effect"
import { make } from "../../src/github/ThreadDeliveries.ts"
import { changedRemarkOf, messageOf } from "../../src/github/ThreadMessages.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const Examples = Schema.Array(Schema.Struct({ name: Schema.String, examples: Schema.Array(Schema.Unknown) }))
const examples = Schema.decodeUnknownSync(Examples)(webhooks)

const delivery = (event: string) =>
  new Delivery({
    id: DeliveryId.make("github:1"),
    sequence: 1,
    source: "github",
    event,
    receivedAt: DateTime.makeUnsafe(0),
    status: "pending",
    attempts: 0,
    decision: null,
    failure: null
  })

const sha = (letter: string) => CommitSha.make(letter.repeat(40))

const open = (number: number, head: string, headRef: string, fromFork = false) =>
  new PullRequest({
    repository: RepositoryName.make("acme/shop"),
    number: PullRequestNumber.make(number),
    state: "open",
    merged: false,
    draft: false,
    title: "Mugs",
    author: "ada",
    headSha: sha(head),
    headRef,
    baseRef: "main",
    fromFork,
    url: `https://github.example/acme/shop/pull/${number}`
  })

const layer = Layer.mergeAll(
  Layer.mock(CodeHost)({
    openPullRequests: () => Effect.succeed([open(7, "a", "mugs"), open(8, "b", "main", true)])
  }),
  Layer.succeed(
    ProjectRegistry,
    makeRegistry(
      [{ repository: "acme/shop" }, { repository: "acme/quiet", notifications: { drafts: false } }].map((project) =>
        Schema.decodeSync(Project)({ trust: "same-repository", secrets: {}, ...project })
      )
    )
  ),
  SqlOperationLog.layer.pipe(Layer.provide(Sqlite.layerMemory))
)

const repository = { full_name: "Acme/Shop" }
const user = { login: "ada" }
const html_url = "https://github.example/acme/shop/issues/7"
const summary = { title: "Mugs", url: html_url }
const issue = { number: 7, title: summary.title, html_url, updated_at: "2026-11-21T10:00:00Z" }
const pull_request = { ...issue, merged: true }

/** What the events of some payloads are. */
const eventsOf = (payloads: ReadonlyArray<readonly [event: string, payload: object]>) =>
  Effect.gen(function* () {
    const log = yield* OperationLog
    const handler = yield* make
    for (const [event, payload] of payloads) yield* handler.handle(delivery(event), { repository, ...payload })
    yield* log.append({ operationId: null, subject: "end", lane: "append", type: "end", data: null })
    const events = yield* log.stream({ after: 0 }).pipe(
      Stream.takeUntil(({ subject }) => subject === "end"),
      Stream.runCollect,
      Effect.forkChild,
      Effect.flatMap((fiber) => Fiber.join(fiber))
    )
    return Array.from(events)
      .filter(({ subject }) => subject !== "end")
      .map(({ data, lane, subject, type }) => ({ subject, lane, type, data }))
  }).pipe(Effect.provide(layer, { local: true }))

describe("ThreadDeliveries", () => {
  it.effect("a comment changes its thread and is said in it; an edit is not said again, ours not at all", () =>
    Effect.gen(function* () {
      const comment = { id: 5, body: "Hello", html_url: `${html_url}#5`, user }
      const ours = { ...comment, body: "<!-- productbuilding:message:x -->\nHello" }
      assert.deepStrictEqual(
        yield* eventsOf([
          ["issue_comment", { action: "created", issue, comment }],
          ["issue_comment", { action: "edited", issue, comment }],
          ["issue_comment", { action: "created", issue, comment: ours }],
          ["issue_comment", { action: "edited", issue, comment: ours }]
        ]),
        [
          { subject: "acme/shop#7", lane: "status", type: "thread", data: summary },
          {
            subject: "acme/shop#7",
            lane: "append",
            type: "said",
            data: {
              key: "comment:5",
              topic: "commented",
              author: "ada",
              markdown: "Hello",
              verb: "commented",
              url: `${html_url}#5`,
              title: "Mugs",
              draft: false,
              bot: false,
              inReplyTo: null
            }
          },
          { subject: "acme/shop#7", lane: "status", type: "thread", data: summary },
          { subject: "acme/shop#7", lane: "status", type: "remark", data: { key: "comment:5" } },
          { subject: "acme/shop#7", lane: "status", type: "thread", data: summary },
          { subject: "acme/shop#7", lane: "status", type: "thread", data: summary }
        ]
      )
    })
  )

  it.effect("a check suite changes the thread of its pull request, which is asked for where it comes from a fork", () =>
    Effect.gen(function* () {
      const told = yield* eventsOf([
        [
          "check_suite",
          { action: "completed", check_suite: { id: 1, head_sha: sha("c"), pull_requests: [{ number: 7 }] } }
        ],
        ["check_suite", { action: "completed", check_suite: { id: 2, head_sha: sha("b"), pull_requests: [] } }],
        ["check_suite", { action: "completed", check_suite: { id: 3, head_sha: sha("c"), pull_requests: [] } }],
        ["check_suite", { action: "requested", check_suite: { id: 4, head_sha: sha("b"), pull_requests: [] } }]
      ])
      assert.deepStrictEqual(
        told.map(({ subject, type }) => [subject, type]),
        [
          ["acme/shop#7", "checks"],
          ["acme/shop#8", "checks"]
        ]
      )
    })
  )

  it.effect(
    "a deployment belongs to the open pull request of its commit or branch, else to its ref; a release to its tag",
    () =>
      Effect.gen(function* () {
        const status = (id: number, ref: string, commit: string) =>
          [
            "deployment_status",
            {
              action: "created",
              deployment: { sha: sha(commit), ref, environment: "staging" },
              deployment_status: { id, state: "success", creator: user }
            }
          ] as const
        const told = yield* eventsOf([
          status(1, "whatever", "a"),
          status(2, "mugs", "d"),
          status(3, "refs/pull/9/head", "d"),
          status(4, "main", "d"),
          ["release", { action: "published", release: { id: 1, tag_name: "V2", html_url, author: user } }]
        ])
        assert.deepStrictEqual(
          told.filter(({ type }) => type === "said").map(({ subject }) => subject),
          ["acme/shop#7", "acme/shop#7", "acme/shop#9", "acme/shop@main", "acme/shop@V2"]
        )
      })
  )

  it.effect("every delivery ends in a decision that says when it is told, or why not", () =>
    Effect.gen(function* () {
      const handler = yield* make
      const comment = { id: 5, body: "Hello", html_url, user }
      const reasonOf = (payload: object) =>
        Effect.map(handler.handle(delivery("issue_comment"), payload), (decision) =>
          Option.map(decision, ({ outcome, reason }) => `${outcome}: ${reason}`)
        )
      const told = yield* reasonOf({ action: "created", repository, issue, comment })
      assert.deepStrictEqual(told, Option.some("accepted: Told to those who follow it"))
      const quiet = { full_name: "acme/quiet" }
      const not = yield* reasonOf({ action: "created", repository: quiet, issue: { ...issue, draft: true }, comment })
      assert.deepStrictEqual(not, Option.some("ignored: Not told, by the project's policy: drafts are not told"))
    }).pipe(Effect.provide(layer, { local: true }))
  )

  it.effect("what happens in repositories that are not registered is nobody's business", () =>
    Effect.gen(function* () {
      const elsewhere = { action: "opened", issue, repository: { full_name: "evil/shop" } }
      assert.deepStrictEqual(yield* eventsOf([["issues", elsewhere]]), [])
    })
  )

  it.each([
    ["issues", { action: "closed", issue, sender: user }, "closed this"],
    ["issues", { action: "reopened", issue, sender: user }, "reopened this"],
    ["pull_request", { action: "closed", pull_request, sender: user }, "merged this"],
    [
      "pull_request",
      { action: "closed", pull_request: { ...pull_request, merged: false }, sender: user },
      "closed this"
    ],
    ["pull_request", { action: "ready_for_review", pull_request, sender: user }, "marked this as ready for review"],
    [
      "pull_request_review",
      { action: "submitted", pull_request, review: { id: 1, state: "approved", html_url, user } },
      "approved"
    ],
    [
      "pull_request_review",
      { action: "submitted", pull_request, review: { id: 1, state: "CHANGES_REQUESTED", body: "No", html_url, user } },
      "asked for changes"
    ],
    [
      "pull_request_review_comment",
      { action: "created", pull_request, comment: { id: 2, body: "Why?", path: "a.ts", html_url, user } },
      "commented on a.ts"
    ],
    [
      "pull_request_review_comment",
      {
        action: "created",
        pull_request,
        comment: { id: 3, body: "So", path: "a.ts", line: 12, in_reply_to_id: 2, html_url, user }
      },
      "replied on a.ts:12"
    ],
    ["pull_request", { action: "synchronize", after: "abcdef0123", pull_request, sender: user }, "pushed abcdef0"],
    ["issues", { action: "opened", issue, sender: user }, "opened this"],
    [
      "deployment_status",
      {
        action: "created",
        deployment: { sha: "1", ref: "main", environment: "staging" },
        deployment_status: { id: 1, state: "success", creator: user }
      },
      "deployed main to staging"
    ],
    [
      "deployment_status",
      {
        action: "created",
        deployment: { sha: "1234567890", ref: "1234567890", environment: "production" },
        deployment_status: { id: 1, state: "error", creator: user }
      },
      "could not deploy 1234567 to production"
    ],
    [
      "release",
      { action: "published", release: { id: 1, tag_name: "v2", name: "Two", html_url, author: user } },
      "released v2: Two"
    ]
  ] as const)("says of %s %o that somebody %s", (event, payload, verb) => {
    const message = Option.getOrThrow(messageOf(event, { repository, ...payload }))
    assert.deepStrictEqual([message.author, message.verb], ["ada", verb])
    assert.strictEqual(message.key, Option.getOrThrow(messageOf(event, { repository, ...payload })).key)
  })

  it.each([
    [
      "a review that only holds comments",
      "pull_request_review",
      { action: "submitted", pull_request, review: { id: 1, state: "commented", html_url, user } }
    ],
    [
      "a dismissal",
      "pull_request_review",
      { action: "dismissed", pull_request, review: { id: 1, state: "approved", html_url, user } }
    ],
    ["a label", "issues", { action: "labeled", issue, sender: user }],
    [
      "a deployment under way",
      "deployment_status",
      {
        action: "created",
        deployment: { sha: "1", ref: "main", environment: "staging" },
        deployment_status: { id: 1, state: "in_progress", creator: user }
      }
    ],
    [
      "a release that is not published",
      "release",
      { action: "created", release: { id: 1, tag_name: "v2", html_url, author: user } }
    ],
    [
      "checks that were cancelled",
      "check_suite",
      { action: "completed", check_suite: { id: 1, head_sha: "1", conclusion: "cancelled", pull_requests: [] } }
    ]
  ] as const)("says nothing of %s", (_name, event, payload) => {
    assert.isTrue(Option.isNone(messageOf(event, { repository, ...payload })))
  })

  it("knows what bots say, whose drafts they are, and that a person's pull request stays theirs when a bot merges it", () => {
    const bot = { login: "renovate[bot]", type: "Bot" }
    const flags = (event: string, payload: object) => {
      const { bot: isBot, draft } = Option.getOrThrow(messageOf(event, { repository, ...payload }))
      return { isBot, draft }
    }
    const comment = { id: 2, body: "Why?", html_url }
    assert.deepStrictEqual(flags("issue_comment", { action: "created", issue, comment: { ...comment, user: bot } }), {
      isBot: true,
      draft: false
    })
    const pull = { ...pull_request, user, draft: true }
    assert.deepStrictEqual(flags("pull_request", { action: "closed", pull_request: pull, sender: bot }), {
      isBot: false,
      draft: true
    })
    assert.deepStrictEqual(
      flags("pull_request", { action: "opened", pull_request: { ...pull, user: bot, draft: false }, sender: bot }),
      { isBot: true, draft: false }
    )
  })

  it.each([
    ["issue_comment", "deleted", { comment: { id: 5, body: "x", html_url, user } }, "comment:5"],
    ["pull_request_review_comment", "edited", { comment: { id: 6, body: "x", html_url, user } }, "review-comment:6"],
    ["pull_request_review", "edited", { review: { id: 7, state: "approved", html_url, user } }, "review:7"],
    ["pull_request_review", "dismissed", { review: { id: 7, state: "dismissed", html_url, user } }, "review:7"],
    ["issue_comment", "created", { comment: { id: 5, body: "x", html_url, user } }, null],
    ["issues", "edited", {}, null]
  ] as const)("knows by %s %s that a message may have changed", (event, action, payload, key) => {
    assert.strictEqual(Option.getOrNull(changedRemarkOf(event, { action, repository, issue, ...payload })), key)
  })

  it("reads every payload that GitHub publishes, and gives each message a key and a place", () => {
    let said = 0
    for (const { examples: payloads, name } of examples) {
      for (const payload of payloads) {
        const message = messageOf(name, payload)
        if (Option.isNone(message)) continue
        said++
        assert.match(message.value.key, /^(comment|review|review-comment|change|push|checks|deployment|release):/)
        if (message.value.topic !== "deployed") assert.match(message.value.url ?? "", /^https:/)
      }
    }
    assert.isAtLeast(said, 8)
  })
})
