/** Webhooks about issues, reviews, checks, deployments and releases are shaped as GitHub's are. */
import { createRequire } from "node:module"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { GitHubSandbox } from "../src/index.ts"
import { complaintsAboutWebhook } from "./support/GitHubDescription.ts"
import { type Received, Receiver } from "./support/Receiver.ts"

const require = createRequire(import.meta.url)
const examples: ReadonlyArray<{
  readonly name: string
  readonly examples: ReadonlyArray<Readonly<Record<string, unknown>>>
}> = require("@octokit/webhooks-examples")

let last = 0
/** A repository of its own with a hook to the receiver, and the names of what the receiver got since it was last asked. */
const setUp = Effect.gen(function* () {
  const sandbox = yield* GitHubSandbox
  const receiver = yield* Receiver
  const repository = `acme/activity-${++last}`
  sandbox.addRepository(repository, new Map())
  sandbox.addHook(repository, { url: receiver.url })
  const received = () => receiver.received.filter(({ body }) => body.includes(`"full_name":"${repository}"`))
  let seen = 0
  const news = Effect.promise(async () => {
    await sandbox.settled()
    const fresh = received().slice(seen)
    seen += fresh.length
    for (const one of fresh)
      assert.deepStrictEqual(complaintsAboutWebhook(nameOf(one), payloadOf(one)), [], nameOf(one))
    return fresh
  })
  const expect = Effect.fnUntraced(function* (...names: ReadonlyArray<string>) {
    const fresh = yield* news
    assert.sameMembers(fresh.map(nameOf), Array.from(names))
    return Object.fromEntries(fresh.map((one) => [nameOf(one), payloadOf(one)]))
  })
  return { sandbox, repository, expect, received }
})

type Payload = Readonly<Record<string, unknown>>
const eventOf = ({ headers }: Received) => String(headers["x-github-event"])
const payloadOf = ({ body }: Received): Payload => JSON.parse(body)
const actionOf = (one: Received) => String(payloadOf(one)["action"] ?? "")

/** Such as `issues-opened`, as GitHub's description calls it. */
const nameOf = (one: Received) => [eventOf(one), actionOf(one)].filter(Boolean).join("-").replaceAll("_", "-")

const keysOf = (value: unknown) => (typeof value === "object" && value !== null ? Object.keys(value) : [])

/** Something in a payload, by its path. */
const at = (payload: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
      payload
    )

const layer = Layer.merge(GitHubSandbox.layer(), Receiver.layer)

it.layer(layer, { excludeTestServices: true })("webhooks of the activity", (it) => {
  it.effect("an issue's life", () =>
    Effect.gen(function* () {
      const { expect, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "First" })
      yield* expect("pull-request-opened")
      sandbox.addLabel(repository, { name: "bug", color: "d73a4a" })
      const issue = sandbox.openIssue(repository, {
        title: "Broken",
        author: "ada",
        labels: ["bug"],
        assignees: ["eve"]
      })
      assert.strictEqual(issue.number, 2, "numbers are shared with pull requests")
      const opened = yield* expect("issues-opened", "issues-labeled", "issues-assigned")
      assert.deepStrictEqual(at(opened, "issues-labeled.label.color"), "d73a4a")
      assert.notProperty(at(opened, "issues-opened.issue"), "pull_request")
      sandbox.editIssue(repository, 2, { title: "Very broken", body: "See", by: "grace" })
      const edited = yield* expect("issues-edited")
      assert.deepStrictEqual(at(edited, "issues-edited.changes"), { title: { from: "Broken" }, body: { from: "" } })
      assert.strictEqual(at(edited, "issues-edited.sender.login"), "grace")
      sandbox.editIssue(repository, 2, { title: "Very broken" })
      sandbox.label(repository, 2, "BUG")
      sandbox.unassign(repository, 2, "nobody")
      yield* expect()
      for (const reason of ["completed", "not_planned", "duplicate"] as const) {
        sandbox.closeIssue(repository, 2, { reason })
        const closed = yield* expect("issues-closed")
        assert.strictEqual(at(closed, "issues-closed.issue.state_reason"), reason)
        sandbox.closeIssue(repository, 2)
        sandbox.reopenIssue(repository, 2)
        const reopened = yield* expect("issues-reopened")
        assert.strictEqual(at(reopened, "issues-reopened.issue.state_reason"), "reopened")
      }
      sandbox.unlabel(repository, 2, "bug")
      sandbox.unassign(repository, 2, "eve")
      sandbox.label(repository, 2, "later")
      sandbox.assign(repository, 2, "grace")
      yield* expect("issues-unlabeled", "issues-unassigned", "issues-labeled", "issues-assigned")
      const { id } = sandbox.comment(repository, 2, "grace", "Same here")
      sandbox.editComment(repository, id, "And here")
      sandbox.removeComment(repository, id, { by: "acme" })
      const comments = yield* expect("issue-comment-created", "issue-comment-edited", "issue-comment-deleted")
      assert.strictEqual(at(comments, "issue-comment-edited.changes.body.from"), "Same here")
      assert.strictEqual(at(comments, "issue-comment-deleted.sender.login"), "acme")
      assert.notProperty(at(comments, "issue-comment-created.issue"), "pull_request")
    })
  )

  it.effect("what happens to a pull request beside its code", () =>
    Effect.gen(function* () {
      const { expect, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "One", draft: true })
      yield* expect("pull-request-opened")
      sandbox.setDraft(repository, 1, false)
      sandbox.setDraft(repository, 1, false)
      sandbox.setDraft(repository, 1, true)
      sandbox.requestReview(repository, 1, "ada")
      sandbox.requestReview(repository, 1, "Ada")
      sandbox.removeReviewRequest(repository, 1, "ada")
      sandbox.label(repository, 1, "later")
      sandbox.unlabel(repository, 1, "later")
      sandbox.assign(repository, 1, "ada")
      sandbox.unassign(repository, 1, "ada")
      sandbox.editPullRequest(repository, 1, { title: "Two" })
      const told = yield* expect(
        "pull-request-ready-for-review",
        "pull-request-converted-to-draft",
        "pull-request-review-requested",
        "pull-request-review-request-removed",
        "pull-request-labeled",
        "pull-request-unlabeled",
        "pull-request-assigned",
        "pull-request-unassigned",
        "pull-request-edited"
      )
      assert.strictEqual(at(told, "pull-request-review-requested.requested_reviewer.login"), "ada")
    })
  )

  it.effect("reviews and comments on lines", () =>
    Effect.gen(function* () {
      const { expect, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "One", change: { "a.txt": "1\n2\n" } })
      sandbox.requestReview(repository, 1, "ada")
      yield* expect("pull-request-opened", "pull-request-review-requested")
      const review = sandbox.submitReview(repository, 1, {
        author: "ada",
        state: "changes_requested",
        body: "Why?",
        comments: [{ path: "a.txt", line: 2, body: "This" }]
      })
      const first = yield* expect("pull-request-review-submitted", "pull-request-review-comment-created")
      assert.strictEqual(at(first, "pull-request-review-submitted.review.state"), "changes_requested")
      assert.deepStrictEqual(at(first, "pull-request-review-submitted.pull_request.requested_reviewers"), [])
      assert.strictEqual(at(first, "pull-request-review-comment-created.comment.diff_hunk"), "@@ -1,0 +2 @@\n+2")
      sandbox.dismissReview(repository, 1, review.id)
      yield* expect("pull-request-review-dismissed")
      sandbox.submitReview(repository, 1, { author: "ada", state: "approved" })
      sandbox.submitReview(repository, 1, { author: "ada", body: "By the way" })
      yield* expect("pull-request-review-submitted", "pull-request-review-submitted")
      const [began] = sandbox.reviewComments(repository, 1)
      if (began === undefined) return assert.fail("no comment")
      const reply = sandbox.reviewComment(repository, 1, { inReplyTo: began.id, body: "Because", author: "octocat" })
      const replied = yield* expect("pull-request-review-submitted", "pull-request-review-comment-created")
      assert.strictEqual(at(replied, "pull-request-review-comment-created.comment.in_reply_to_id"), began.id)
      assert.deepInclude(reply, { path: "a.txt", line: 2 })
      sandbox.editReviewComment(repository, reply.id, "Therefore")
      sandbox.removeReviewComment(repository, reply.id)
      yield* expect("pull-request-review-comment-edited", "pull-request-review-comment-deleted")
    })
  )

  it.effect("checks and statuses of a commit", () =>
    Effect.gen(function* () {
      const { expect, repository, sandbox } = yield* setUp
      const pull = sandbox.openPullRequest(repository, { title: "One", branch: "one" })
      yield* expect("pull-request-opened")
      const test = sandbox.startCheck(repository, pull.headSha, { name: "test" })
      const lint = sandbox.startCheck(repository, "one", { name: "lint" })
      const started = yield* expect("check-suite-requested", "check-run-created", "check-run-created")
      assert.strictEqual(at(started, "check-suite-requested.check_suite.pull_requests.0.number"), 1)
      sandbox.completeCheck(repository, test.id, { conclusion: "failure", title: "2 failed", summary: "…" })
      yield* expect("check-run-completed")
      sandbox.completeCheck(repository, lint.id, { conclusion: "success" })
      const completed = yield* expect("check-run-completed", "check-suite-completed")
      assert.strictEqual(at(completed, "check-suite-completed.check_suite.conclusion"), "failure")
      const again = sandbox.startCheck(repository, "one", { name: "test" })
      sandbox.completeCheck(repository, again.id, { conclusion: "success" })
      const passed = yield* expect("check-run-created", "check-run-completed", "check-suite-completed")
      assert.strictEqual(at(passed, "check-suite-completed.check_suite.conclusion"), "success")
      const suite = sandbox.startCheckSuite(repository, "main", { app: "deployer" })
      sandbox.completeCheckSuite(repository, suite.id, "neutral")
      yield* expect("check-suite-requested", "check-suite-completed")
      sandbox.setStatus(repository, "one", { state: "pending", context: "build", targetUrl: "https://ci.example/1" })
      const statuses = yield* expect("status")
      assert.strictEqual(at(statuses, "status.branches.0.name"), "one")
    })
  )

  it.effect("deployments and releases", () =>
    Effect.gen(function* () {
      const { expect, repository, sandbox } = yield* setUp
      const { id } = sandbox.deploy(repository, { ref: "main", environment: "staging" })
      sandbox.setDeploymentStatus(repository, id, { state: "in_progress" })
      yield* expect("deployment-created", "deployment-status-created")
      sandbox.setDeploymentStatus(repository, id, { state: "success", environmentUrl: "https://staging.example" })
      const told = yield* expect("deployment-status-created")
      const url = at(told, "deployment-status-created.deployment_status.environment_url")
      assert.strictEqual(url, "https://staging.example")
      const next = sandbox.deploy(repository, { ref: "main", environment: "staging" })
      sandbox.setDeploymentStatus(repository, next.id, { state: "success" })
      yield* expect("deployment-created", "deployment-status-created", "deployment-status-created")
      const states = [id, next.id].map((one) => sandbox.deploymentStatuses(repository, one)[0]?.state)
      assert.deepStrictEqual(states, ["inactive", "success"])
      sandbox.publishRelease(repository, { tag: "v1", name: "One", body: "All new" })
      yield* expect("release-created", "release-published", "release-released")
      sandbox.publishRelease(repository, { tag: "v2", prerelease: true })
      yield* expect("release-created", "release-published", "release-prereleased")
    })
  )

  it.effect("of an App name the installation", () =>
    Effect.gen(function* () {
      const { url } = yield* Receiver
      const { received, repository, sandbox } = yield* setUp
      sandbox.addHook(repository, { url, app: true })
      sandbox.openIssue(repository, { title: "One" })
      sandbox.startCheck(repository, "main", { name: "test" })
      sandbox.setStatus(repository, "main", { state: "success" })
      sandbox.setDeploymentStatus(repository, sandbox.deploy(repository, { ref: "main" }).id, { state: "success" })
      sandbox.publishRelease(repository, { tag: "v1" })
      yield* Effect.promise(() => sandbox.settled())
      const ours = received().filter((one) => keysOf(payloadOf(one)).includes("installation"))
      assert.strictEqual(ours.length, received().length / 2)
      for (const one of ours) assert.deepStrictEqual(complaintsAboutWebhook(nameOf(one), payloadOf(one)), [])
    })
  )

  it.effect("have every key that GitHub's recorded examples have", () =>
    Effect.gen(function* () {
      const { received, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "One", change: { "a.txt": "1\n" } })
      sandbox.openIssue(repository, { title: "Two", labels: ["bug"], assignees: ["ada"] })
      sandbox.editIssue(repository, 2, { title: "Three" })
      sandbox.closeIssue(repository, 2)
      sandbox.submitReview(repository, 1, { state: "approved" })
      sandbox.reviewComment(repository, 1, { path: "a.txt", body: "This" })
      sandbox.completeCheck(repository, sandbox.startCheck(repository, "main", { name: "test" }).id, {
        conclusion: "success"
      })
      sandbox.setStatus(repository, "main", { state: "success" })
      sandbox.setDeploymentStatus(repository, sandbox.deploy(repository, { ref: "main" }).id, { state: "success" })
      sandbox.publishRelease(repository, { tag: "v1" })
      yield* Effect.promise(() => sandbox.settled())
      const wanted = [
        ["issues", "opened"],
        ["issues", "labeled"],
        ["issues", "assigned"],
        ["issues", "edited"],
        ["pull_request_review", "submitted"],
        ["pull_request_review_comment", "created"],
        ["check_suite", "completed"],
        ["check_run", "completed"],
        ["status", undefined],
        ["deployment", "created"],
        ["deployment_status", "created"],
        ["release", "published"]
      ] as const
      for (const [event, action] of wanted) {
        const real = examples.find(({ name }) => name === event)?.examples.find((one) => one["action"] === action)
        const ours = received().find((one) => eventOf(one) === event && actionOf(one) === (action ?? ""))
        if (real === undefined || ours === undefined) return assert.fail(`no ${event} ${action}`)
        const payload = payloadOf(ours)
        // NOTE: those two depend on who owns the repository and on how the hook was installed.
        const top = Object.keys(real).filter((key) => key !== "organization" && key !== "installation")
        assert.includeMembers(Object.keys(payload), top, event)
        for (const key of top.filter((name) => name !== "changes" && name !== "branches")) {
          // NOTE: some of the examples of issues have `draft` and some do not.
          const keys = keysOf(real[key]).filter((name) => !(event === "issues" && name === "draft"))
          assert.includeMembers(keysOf(payload[key]), keys, `${event}: ${key}`)
        }
      }
    })
  )
})
