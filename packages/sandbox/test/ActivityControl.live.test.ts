/** The controls of the activity: the same in this process and by the client. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { GitHubSandbox, SandboxClient } from "../src/index.ts"

let last = 0
const setUp = Effect.gen(function* () {
  const sandbox = yield* GitHubSandbox
  const client = yield* SandboxClient
  const repository = `acme/life-${++last}`
  yield* client.addRepository(repository, { change: { "a.txt": "1\n" } })
  return { sandbox, client, repository }
})

const layer = SandboxClient.layerSandbox.pipe(Layer.provideMerge(GitHubSandbox.layer()))

it.layer(layer, { excludeTestServices: true })("the controls of the activity", (it) => {
  it.effect("an issue's life, numbered with the pull requests", () =>
    Effect.gen(function* () {
      const { client, repository, sandbox } = yield* setUp
      const opened = yield* client.openIssue(repository, { title: "One", author: "ada", assignees: ["eve"] })
      assert.deepInclude(opened, { number: 1, state: "open", stateReason: null, assignees: ["eve"] })
      assert.strictEqual((yield* client.openPullRequest(repository, { title: "Two" })).number, 2)
      assert.deepInclude(yield* client.editIssue(repository, 1, { title: "Uno" }), { title: "Uno", body: "" })
      const label = yield* client.addLabel(repository, { name: "needs work", color: "#D73A4A" })
      assert.deepInclude(label, { color: "d73a4a" })
      assert.deepStrictEqual(yield* client.labels(repository), [label])
      assert.deepStrictEqual(yield* client.label(repository, 1, "Needs Work"), ["needs work"])
      assert.deepStrictEqual(yield* client.label(repository, 2, "other"), ["other"])
      assert.deepStrictEqual(yield* client.unlabel(repository, 1, "NEEDS WORK"), [])
      assert.deepStrictEqual(yield* client.assign(repository, 2, "eve"), ["eve"])
      assert.deepStrictEqual(yield* client.unassign(repository, 1, "Eve"), [])
      const comment = yield* client.comment(repository, 1, "grace", "Nice")
      assert.strictEqual((yield* client.editComment(repository, comment.id, "Nicer")).body, "Nicer")
      assert.deepStrictEqual(yield* client.comments(repository, 1), sandbox.comments(repository, 1))
      yield* client.removeComment(repository, comment.id, { by: "acme" })
      assert.deepStrictEqual(sandbox.comments(repository, 1), [])
      const closed = yield* client.closeIssue(repository, 1, { reason: "duplicate", by: "acme" })
      assert.deepInclude(closed, { state: "closed", stateReason: "duplicate", closedBy: "acme" })
      assert.deepInclude(yield* client.reopenIssue(repository, 1), { state: "open", stateReason: "reopened" })
      assert.deepStrictEqual(yield* client.issues(repository), sandbox.issues(repository))
      const page = yield* Effect.promise(async () => await (await fetch(`${sandbox.url}/_web/${repository}`)).text())
      assert.include(page, `/_web/${repository}/issues/1`)
      const shown = yield* Effect.promise(() => fetch(`${sandbox.url}/_web/${repository}/issues/1`))
      assert.strictEqual(shown.status, 200)
    })
  )

  it.effect("a pull request's reviews", () =>
    Effect.gen(function* () {
      const { client, repository, sandbox } = yield* setUp
      yield* client.openPullRequest(repository, { title: "One", draft: true })
      assert.isFalse((yield* client.setDraft(repository, 1, false)).draft)
      assert.strictEqual((yield* client.editPullRequest(repository, 1, { body: "Why" })).body, "Why")
      const asked = yield* client.requestReview(repository, 1, "ada")
      assert.deepStrictEqual(asked.requestedReviewers, ["ada"])
      assert.deepStrictEqual((yield* client.removeReviewRequest(repository, 1, "Ada")).requestedReviewers, [])
      yield* client.requestReview(repository, 1, "ada")
      const review = yield* client.submitReview(repository, 1, {
        author: "ada",
        state: "approved",
        comments: [{ path: "a.txt", body: "Good" }]
      })
      assert.deepStrictEqual(sandbox.pullRequests(repository)[0]?.requestedReviewers, [])
      assert.strictEqual((yield* client.dismissReview(repository, 1, review.id)).state, "dismissed")
      const [good] = yield* client.reviewComments(repository, 1)
      assert.deepInclude(good, { author: "ada", path: "a.txt", line: 1, review: review.id, inReplyTo: null })
      const inReplyTo = good?.id ?? 0
      const reply = yield* client.reviewComment(repository, 1, { inReplyTo, body: "Thanks" })
      const second = yield* client.reviewComment(repository, 1, { inReplyTo: reply.id, body: "Indeed" })
      assert.strictEqual(second.inReplyTo, inReplyTo, "a reply to a reply is one to the thread")
      assert.strictEqual((yield* client.editReviewComment(repository, reply.id, "Thank you")).body, "Thank you")
      yield* client.removeReviewComment(repository, second.id)
      assert.deepStrictEqual(yield* client.reviewComments(repository, 1), sandbox.reviewComments(repository, 1))
      assert.deepStrictEqual(yield* client.reviews(repository, 1), sandbox.reviews(repository, 1))
    })
  )

  it.effect("checks, statuses, deployments and releases", () =>
    Effect.gen(function* () {
      const { client, repository, sandbox } = yield* setUp
      const pull = yield* client.openPullRequest(repository, { title: "One", branch: "feature/one" })
      const suite = yield* client.startCheckSuite(repository, "feature/one", { app: "builder" })
      assert.deepInclude(suite, { headSha: pull.headSha, headBranch: "feature/one", status: "queued" })
      const check = yield* client.startCheck(repository, pull.headSha, { name: "test", app: "builder" })
      assert.strictEqual(check.suite, suite.id)
      yield* client.completeCheck(repository, check.id, { conclusion: "timed_out" })
      const [ended] = yield* client.checkSuites(repository, "pull/1/head")
      assert.deepInclude(ended, { status: "completed", conclusion: "timed_out" })
      assert.deepInclude(yield* client.completeCheckSuite(repository, suite.id, "neutral"), { conclusion: "neutral" })
      assert.deepStrictEqual(yield* client.checks(repository, "feature/one"), sandbox.checks(repository, pull.headSha))
      yield* client.setStatus(repository, "feature/one", { state: "success", context: "build" })
      assert.deepStrictEqual(
        yield* client.statuses(repository, "feature/one"),
        sandbox.statuses(repository, pull.headSha)
      )

      const deployment = yield* client.deploy(repository, { ref: "feature/one", environment: "pr-1" })
      assert.strictEqual(deployment.sha, pull.headSha)
      yield* client.setDeploymentStatus(repository, deployment.id, { state: "in_progress" })
      yield* client.setDeploymentStatus(repository, deployment.id, { state: "success" })
      const states = (yield* client.deploymentStatuses(repository, deployment.id)).map(({ state }) => state)
      assert.deepStrictEqual(states, ["success", "in_progress"])
      assert.deepStrictEqual(yield* client.deployments(repository), sandbox.deployments(repository))
      const release = yield* client.publishRelease(repository, { tag: "v1", target: "feature/one" })
      assert.strictEqual(release.sha, pull.headSha)
      assert.deepStrictEqual(yield* client.releases(repository), [release])
      assert.strictEqual((yield* client.deploy(repository, { ref: "v1" })).sha, pull.headSha)
    })
  )

  it.effect("what is missing or makes no sense is told as a typed error", () =>
    Effect.gen(function* () {
      const { client, repository } = yield* setUp
      yield* client.openPullRequest(repository, { title: "One" })
      yield* client.openIssue(repository, { title: "Two" })
      const commented = yield* client.submitReview(repository, 1, { body: "Hm" })
      const check = yield* client.startCheck(repository, "main", { name: "test" })
      const missing = [
        client.closeIssue(repository, 1),
        client.comment(repository, 9, "ada", "x"),
        client.label(repository, 9, "bug"),
        client.setDraft(repository, 2, true),
        client.reviewComment(repository, 1, { body: "x", inReplyTo: 1 }),
        client.dismissReview(repository, 2, commented.id),
        client.editComment(repository, 1, "x"),
        client.removeReviewComment(repository, 1),
        client.startCheck(repository, "none", { name: "test" }),
        client.completeCheck(repository, 1, { conclusion: "success" }),
        client.setStatus(repository, "none", { state: "success" }),
        client.deploy(repository, { ref: "none" }),
        client.setDeploymentStatus(repository, 1, { state: "success" }),
        client.publishRelease(repository, { tag: "v1", target: "none" })
      ]
      for (const effect of missing) {
        assert.strictEqual(
          (yield* Effect.flip<unknown, { readonly _tag: string }, never>(effect))._tag,
          "SandboxMissing"
        )
      }
      yield* client.publishRelease(repository, { tag: "v1" })
      yield* client.close(repository, 1, { merge: true })
      const refused = [
        client.reopen(repository, 1),
        client.addLabel(repository, { name: "bug", color: "red" }),
        client.submitReview(repository, 1, { author: "octocat", state: "approved" }),
        client.requestReview(repository, 1, "octocat"),
        client.reviewComment(repository, 1, { body: "x" }),
        client.dismissReview(repository, 1, commented.id),
        client.completeCheckSuite(repository, check.suite, "success"),
        client.publishRelease(repository, { tag: "v1" })
      ]
      for (const effect of refused) {
        assert.strictEqual(
          (yield* Effect.flip<unknown, { readonly _tag: string }, never>(effect))._tag,
          "SandboxRefused"
        )
      }
    })
  )
})
