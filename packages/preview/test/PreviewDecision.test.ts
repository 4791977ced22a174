import { CommitSha, OperationId, Project, PullRequest, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { DateTime } from "effect"
import { assert, describe, it } from "vitest"
import { EnvironmentName, Preview, PreviewFailure, PreviewId, type PreviewState } from "../src/Preview.ts"
import { decide, type Situation } from "../src/PreviewDecision.ts"

const sha = (digit: string) => CommitSha.make(digit.repeat(40))
const repository = RepositoryName.make("acme/shop")
const project = new Project({ repository, trust: "same-repository", secrets: {} })

const pullRequest = (change: Partial<PullRequest> = {}) =>
  new PullRequest({
    repository,
    number: PullRequestNumber.make(12),
    state: "open",
    merged: false,
    draft: false,
    title: "Add a cart",
    author: "ada",
    headSha: sha("a"),
    headRef: "cart",
    baseRef: "main",
    fromFork: false,
    url: "https://github.example/acme/shop/pull/12",
    ...change
  })

const preview = (state: PreviewState, change: Partial<Preview> = {}) =>
  new Preview({
    id: PreviewId.make("acme/shop#12"),
    repository,
    pullRequest: PullRequestNumber.make(12),
    title: "Add a cart",
    author: "ada",
    headRef: "cart",
    fromFork: false,
    pullRequestUrl: "https://github.example/acme/shop/pull/12",
    environment: EnvironmentName.make("pb-acme-shop-pr-12"),
    host: "pr-12-preview.localhost",
    url: "http://pr-12-preview.localhost/",
    state,
    sha: sha("a"),
    runningSha: null,
    operationId: OperationId.make("op"),
    approvedSha: null,
    removedSha: null,
    failure: null,
    stages: [],
    note: null,
    createdAt: DateTime.makeUnsafe(0),
    updatedAt: DateTime.makeUnsafe(0),
    version: 1,
    ...change
  })

const action = (change: Partial<Situation>) =>
  decide({
    project,
    pullRequest: pullRequest(),
    preview: undefined,
    held: false,
    operationEnded: true,
    wish: "none",
    approvedSha: null,
    ...change
  }).action

describe("decide", () => {
  it("an open pull request without a preview is deployed", () => assert.strictEqual(action({}), "deploy"))

  it("the same commit is not deployed twice", () => {
    assert.strictEqual(action({ preview: preview("ready"), held: true }), "none")
    assert.strictEqual(action({ preview: preview("building"), operationEnded: false }), "resume")
    assert.strictEqual(action({ preview: preview("failed") }), "none")
  })

  it("a new commit supersedes, whatever the state", () => {
    for (const state of ["pending", "building", "deploying", "ready", "failed", "closing", "deleted"] as const) {
      const situation = { preview: preview(state, { sha: sha("b") }), held: true, operationEnded: false }
      assert.strictEqual(action(situation), "deploy", state)
    }
  })

  it("a deployment that stopped without a result is started anew", () => {
    assert.strictEqual(action({ preview: preview("deploying"), operationEnded: true }), "deploy")
  })

  it("a ready preview whose containers are gone is deployed again", () => {
    assert.strictEqual(action({ preview: preview("ready"), held: false }), "deploy")
  })

  it("a closed pull request is torn down from every state but deleted", () => {
    const closed = pullRequest({ state: "closed" })
    for (const state of ["pending", "building", "deploying", "ready", "failed", "blocked"] as const) {
      assert.strictEqual(action({ pullRequest: closed, preview: preview(state) }), "teardown", state)
    }
    assert.strictEqual(action({ pullRequest: closed, preview: preview("deleted") }), "none")
    assert.strictEqual(action({ pullRequest: closed }), "none")
  })

  it("a removal under way is not started twice, and one that stopped is", () => {
    const closed = pullRequest({ state: "closed" })
    assert.strictEqual(
      action({ pullRequest: closed, preview: preview("closing"), held: true, operationEnded: false }),
      "resume"
    )
    assert.strictEqual(action({ pullRequest: closed, preview: preview("closing"), held: true }), "teardown")
  })

  it("what is left of a deleted preview is removed", () => {
    assert.strictEqual(
      action({ pullRequest: pullRequest({ state: "closed" }), preview: preview("deleted"), held: true }),
      "teardown"
    )
    assert.strictEqual(action({ pullRequest: undefined, held: true }), "teardown")
    assert.strictEqual(action({ project: undefined, held: true }), "teardown")
  })

  it("a fork's commit waits for an approval of that very commit", () => {
    const fork = pullRequest({ fromFork: true })
    assert.strictEqual(action({ pullRequest: fork }), "block")
    assert.strictEqual(action({ pullRequest: fork, wish: "redeploy" }), "block")
    assert.strictEqual(action({ pullRequest: fork, approvedSha: sha("b") }), "block")
    assert.strictEqual(action({ pullRequest: fork, approvedSha: sha("a") }), "deploy")
    assert.strictEqual(action({ pullRequest: fork, preview: preview("blocked") }), "none")
    assert.strictEqual(action({ pullRequest: fork, preview: preview("blocked"), approvedSha: sha("a") }), "deploy")
    assert.strictEqual(action({ pullRequest: fork, project: new Project({ ...project, trust: "everyone" }) }), "deploy")
  })

  it("what an operator removed stays away until a push or a redeploy", () => {
    const removed = preview("deleted", { removedSha: sha("a") })
    assert.strictEqual(action({ preview: preview("ready"), held: true, wish: "remove" }), "teardown")
    assert.strictEqual(action({ preview: removed }), "none")
    assert.strictEqual(action({ preview: removed, wish: "redeploy" }), "deploy")
    assert.strictEqual(action({ preview: removed, pullRequest: pullRequest({ headSha: sha("b") }) }), "deploy")
  })

  it("a reopened pull request is deployed, also while its removal runs or after it failed", () => {
    assert.strictEqual(action({ preview: preview("deleted") }), "deploy")
    assert.strictEqual(action({ preview: preview("closing"), operationEnded: false, held: true }), "deploy")
    const failure = new PreviewFailure({ stage: "teardown", summary: "", evidence: "" })
    assert.strictEqual(action({ preview: preview("failed", { failure }) }), "deploy")
  })
})
