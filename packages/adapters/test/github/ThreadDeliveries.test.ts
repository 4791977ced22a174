import { assert, describe, it } from "@effect/vitest"
import webhooks from "@octokit/webhooks-examples" with { type: "json" }
import {
  Delivery,
  DeliveryId,
  makeRegistry,
  OperationLog,
  Project,
  ProjectRegistry,
  SqlOperationLog
} from "@productbuilding/core"
import { DateTime, Effect, Fiber, Layer, Option, Schema, Stream } from "effect"
import { make, messageOf } from "../../src/github/ThreadDeliveries.ts"
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

const layer = Layer.merge(
  Layer.succeed(
    ProjectRegistry,
    makeRegistry([Schema.decodeSync(Project)({ repository: "acme/shop", trust: "same-repository", secrets: {} })])
  ),
  SqlOperationLog.layer.pipe(Layer.provide(Sqlite.layerMemory))
)

const repository = { full_name: "Acme/Shop" }
const user = { login: "ada" }
const html_url = "https://github.example/acme/shop/issues/7"
const issue = { number: 7, html_url, updated_at: "2026-11-21T10:00:00Z" }
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
  it.effect("a comment changes its thread and is said in it; ours and edits are not said", () =>
    Effect.gen(function* () {
      const comment = { id: 5, body: "Hello", html_url: `${html_url}#5`, user }
      const ours = { ...comment, body: "<!-- productbuilding:message:x -->\nHello" }
      assert.deepStrictEqual(
        yield* eventsOf([
          ["issue_comment", { action: "created", issue, comment }],
          ["issue_comment", { action: "edited", issue, comment }],
          ["issue_comment", { action: "created", issue, comment: ours }]
        ]),
        [
          { subject: "acme/shop#7", lane: "status", type: "thread", data: null },
          {
            subject: "acme/shop#7",
            lane: "append",
            type: "said",
            data: {
              key: "comment:5",
              kind: "comment",
              author: "ada",
              markdown: "Hello",
              verb: "commented",
              url: `${html_url}#5`
            }
          },
          { subject: "acme/shop#7", lane: "status", type: "thread", data: null },
          { subject: "acme/shop#7", lane: "status", type: "thread", data: null }
        ]
      )
    })
  )

  it.effect("a check suite changes the thread of its pull request", () =>
    Effect.gen(function* () {
      const told = yield* eventsOf([
        ["check_suite", { action: "completed", check_suite: { pull_requests: [{ number: 7 }] } }],
        ["check_suite", { action: "completed", check_suite: { pull_requests: [] } }]
      ])
      assert.deepStrictEqual(
        told.map(({ subject, type }) => [subject, type]),
        [["acme/shop#7", "thread"]]
      )
    })
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
      "commented on `a.ts`"
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
    ["a push", "pull_request", { action: "synchronize", pull_request, sender: user }]
  ] as const)("says nothing of %s", (_name, event, payload) => {
    assert.isTrue(Option.isNone(messageOf(event, { repository, ...payload })))
  })

  it("reads every payload that GitHub publishes, and gives each message a key and a place", () => {
    let said = 0
    for (const { examples: payloads, name } of examples) {
      for (const payload of payloads) {
        const message = messageOf(name, payload)
        if (Option.isNone(message)) continue
        said++
        assert.match(message.value.key, /^(comment|review|review-comment|change):/)
        assert.match(message.value.url, /^https:/)
      }
    }
    assert.isAtLeast(said, 8)
  })
})
