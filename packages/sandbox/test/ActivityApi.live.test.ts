/** What the REST API says of issues, reviews, checks, deployments and releases is what GitHub's description says. */
import { assert, it } from "@effect/vitest"
import { Octokit } from "@octokit/core"
import { Effect } from "effect"
import { GitHubSandbox } from "../src/index.ts"
import { makeParts } from "../src/internal/parts.ts"
import { activityRoutes } from "../src/internal/routes/activity.ts"
import {
  complaintsAboutAnswer,
  complaintsAboutError,
  complaintsAboutValidationError
} from "./support/GitHubDescription.ts"

const repo = "/repos/{owner}/{repo}"
const issue = `${repo}/issues/{issue_number}`
const pull = `${repo}/pulls/{pull_number}`
const commit = `${repo}/commits/{ref}`

/** Which routes were asked and answered as described, by method and path. */
const proven: Array<{ readonly method: string; readonly path: string }> = []

let last = 0
/** A repository of its own, and a way to ask about it. */
const setUp = Effect.gen(function* () {
  const sandbox = yield* GitHubSandbox
  const name = `activity-${++last}`
  const repository = `acme/${name}`
  sandbox.addRepository(repository, new Map())
  const octokit = new Octokit({ baseUrl: sandbox.url, auth: "ghp_any" })
  const shop = { owner: "acme", repo: name }
  const ask = (method: string, template: string, parameters: object = {}) =>
    Effect.promise(async (): Promise<unknown> => {
      const { data, status, url } = await octokit.request(`${method} ${template}`, { ...shop, ...parameters })
      assert.deepStrictEqual(complaintsAboutAnswer(method, template, status, data), [], `${method} ${template}`)
      proven.push({ method, path: new URL(url).pathname })
      return data
    })
  const refused = (method: string, template: string, parameters: object = {}) =>
    Effect.promise(() =>
      octokit.request(`${method} ${template}`, { ...shop, ...parameters }).then(
        () => assert.fail(`${method} ${template} was not refused`),
        (error: { readonly status: number; readonly response: { readonly data: unknown } }) => {
          const complaints = error.status === 422 ? complaintsAboutValidationError : complaintsAboutError
          assert.deepStrictEqual(complaints(error.response.data), [])
          return error.status
        }
      )
    )
  const settled = Effect.promise(() => sandbox.settled())
  return { sandbox, repository, ask, refused, settled }
})

/** One property of each element of a list. */
const each = (list: unknown, key: string): ReadonlyArray<unknown> =>
  Array.isArray(list) ? list.map((one: object) => Reflect.get(one, key)) : assert.fail("no list")

const idOf = (data: unknown): number => {
  if (typeof data === "object" && data !== null && "id" in data && typeof data.id === "number") return data.id
  throw new Error(`no id in ${JSON.stringify(data)}`)
}

it.layer(GitHubSandbox.layer({ login: "bot" }), { excludeTestServices: true })("the REST API of the activity", (it) => {
  it.effect("issues: create, read, edit, close, reopen", () =>
    Effect.gen(function* () {
      const { ask, refused, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "First" })
      const created = yield* ask("POST", `${repo}/issues`, {
        title: "Broken",
        body: "See",
        labels: ["bug"],
        assignees: ["ada"]
      })
      assert.deepInclude(created, { number: 2, state: "open", state_reason: null })
      yield* ask("GET", issue, { issue_number: 1 })
      yield* ask("GET", issue, { issue_number: 2 })
      const edited = yield* ask("PATCH", issue, { issue_number: 2, title: "Fixed", labels: ["done"], assignees: [] })
      assert.deepInclude(edited, { title: "Fixed", body: "See", assignees: [] })
      assert.deepStrictEqual(sandbox.issues(repository)[0]?.labels, ["done"])
      const closed = yield* ask("PATCH", issue, { issue_number: 2, state: "closed", state_reason: "not_planned" })
      assert.deepInclude(closed, { state: "closed", state_reason: "not_planned" })
      const reopened = yield* ask("PATCH", issue, { issue_number: 2, state: "open" })
      assert.deepInclude(reopened, { state: "open", state_reason: "reopened", closed_at: null, closed_by: null })
      assert.strictEqual(yield* refused("GET", issue, { issue_number: 9 }), 404)
      assert.strictEqual(yield* refused("POST", `${repo}/issues`, { title: " " }), 422)
      assert.strictEqual(yield* refused("POST", `${repo}/issues`, { body: "x" }), 422)
      assert.strictEqual(yield* refused("PATCH", issue, { issue_number: 2, state: "shut" }), 422)
    })
  )

  it.effect("issues: lists by state, labels, assignee and time, with pull requests, by pages", () =>
    Effect.gen(function* () {
      const { ask, refused, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "1" })
      for (const title of ["2", "3", "4"]) sandbox.openIssue(repository, { title, labels: ["bug"] })
      sandbox.label(repository, 3, "Later")
      sandbox.assign(repository, 4, "ada")
      sandbox.closeIssue(repository, 2)
      const listed = (parameters: object) =>
        Effect.map(ask("GET", `${repo}/issues`, parameters), (data) => each(data, "number"))
      assert.deepStrictEqual(yield* listed({}), [4, 3, 1])
      assert.deepStrictEqual(yield* listed({ state: "all", direction: "asc" }), [1, 2, 3, 4])
      assert.deepStrictEqual(yield* listed({ state: "closed" }), [2])
      assert.deepStrictEqual(yield* listed({ labels: "bug,later" }), [3])
      assert.deepStrictEqual(yield* listed({ assignee: "ada" }), [4])
      assert.deepStrictEqual(yield* listed({ assignee: "none" }), [3, 1])
      assert.deepStrictEqual(yield* listed({ creator: "nobody" }), [])
      assert.deepStrictEqual(yield* listed({ since: "2999-01-01T00:00:00Z" }), [])
      assert.deepStrictEqual(yield* listed({ since: "2020-01-01T00:00:00Z", per_page: 2 }), [4, 3])
      assert.deepStrictEqual(yield* listed({ per_page: 2, page: 2 }), [1])
      assert.strictEqual(yield* refused("GET", `${repo}/issues`, { state: "shut" }), 422)
    })
  )

  it.effect("issues: comments, labels and assignees", () =>
    Effect.gen(function* () {
      const { ask, refused, repository, sandbox } = yield* setUp
      sandbox.openIssue(repository, { title: "One" })
      const one = { issue_number: 1 }
      const comment_id = idOf(yield* ask("POST", `${issue}/comments`, { ...one, body: "first" }))
      yield* ask("PATCH", `${repo}/issues/comments/{comment_id}`, { comment_id, body: "second" })
      assert.deepStrictEqual(each(yield* ask("GET", `${issue}/comments`, one), "body"), ["second"])
      yield* ask("DELETE", `${repo}/issues/comments/{comment_id}`, { comment_id })
      assert.deepStrictEqual(sandbox.comments(repository, 1), [])

      yield* ask("POST", `${repo}/labels`, { name: "bug", color: "d73a4a", description: "It is broken" })
      assert.strictEqual(yield* refused("POST", `${repo}/labels`, { name: "Bug" }), 422)
      yield* ask("GET", `${repo}/labels`)
      yield* ask("GET", `${repo}/labels/{name}`, { name: "BUG" })
      yield* ask("POST", `${issue}/labels`, { ...one, labels: ["bug", "später"] })
      assert.deepStrictEqual(each(yield* ask("GET", `${issue}/labels`, one), "name"), ["bug", "später"])
      const left = yield* ask("DELETE", `${issue}/labels/{name}`, { ...one, name: "später" })
      assert.deepStrictEqual(each(left, "color"), ["d73a4a"])
      assert.strictEqual(yield* refused("DELETE", `${issue}/labels/{name}`, { ...one, name: "später" }), 404)
      assert.deepStrictEqual(each(yield* ask("PUT", `${issue}/labels`, { ...one, labels: ["new"] }), "name"), ["new"])
      yield* ask("DELETE", `${issue}/labels`, one)
      assert.deepStrictEqual(sandbox.issues(repository)[0]?.labels, [])

      sandbox.setPermission(repository, "ada", "triage")
      sandbox.comment(repository, 1, "eve", "I can do it")
      // NOTE: GitHub leaves out whom it may not assign, and says nothing of it.
      yield* ask("POST", `${issue}/assignees`, { ...one, assignees: ["ada", "eve", "stranger"] })
      assert.deepStrictEqual(sandbox.issues(repository)[0]?.assignees, ["ada", "eve"])
      yield* ask("DELETE", `${issue}/assignees`, { ...one, assignees: ["ada"] })
      assert.deepStrictEqual(sandbox.issues(repository)[0]?.assignees, ["eve"])
    })
  )

  it.effect("pull requests: edit, close and reopen, but not once they are merged", () =>
    Effect.gen(function* () {
      const { ask, refused, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "One" })
      sandbox.label(repository, 1, "bug")
      sandbox.assign(repository, 1, "ada")
      const one = { pull_number: 1 }
      assert.deepInclude(yield* ask("PATCH", pull, { ...one, title: "Two", body: "Why", state: "closed" }), {
        title: "Two",
        body: "Why",
        state: "closed"
      })
      assert.deepInclude(yield* ask("PATCH", pull, { ...one, state: "open" }), { state: "open" })
      const asked = yield* ask("POST", `${pull}/requested_reviewers`, { ...one, reviewers: ["ada", "eve"] })
      assert.include(JSON.stringify(asked), '"login":"eve"')
      yield* ask("DELETE", `${pull}/requested_reviewers`, { ...one, reviewers: ["eve"] })
      yield* ask("GET", `${pull}/requested_reviewers`, one)
      assert.deepStrictEqual(sandbox.pullRequests(repository)[0]?.requestedReviewers, ["ada"])
      const own = { ...one, reviewers: ["octocat"] }
      assert.strictEqual(yield* refused("POST", `${pull}/requested_reviewers`, own), 422)
      sandbox.close(repository, 1, { merge: true })
      assert.strictEqual(yield* refused("PATCH", pull, { ...one, state: "open" }), 422)
      assert.strictEqual(yield* refused("PATCH", issue, { issue_number: 1, state: "open", title: "New" }), 422)
      assert.strictEqual(sandbox.pullRequests(repository)[0]?.title, "Two")
      assert.strictEqual(sandbox.pullRequests(repository)[0]?.state, "closed")
    })
  )

  it.effect("reviews and comments on lines: create, read, dismiss, edit, delete", () =>
    Effect.gen(function* () {
      const { ask, refused, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "One", change: { "a.txt": "1\n2\n" } })
      const one = { pull_number: 1 }
      const review = yield* ask("POST", `${pull}/reviews`, {
        ...one,
        event: "REQUEST_CHANGES",
        body: "Why?",
        comments: [{ path: "a.txt", line: 2, side: "RIGHT", body: "This" }]
      })
      assert.deepInclude(review, { state: "CHANGES_REQUESTED" })
      const its = { ...one, review_id: idOf(review) }
      yield* ask("GET", `${pull}/reviews`, one)
      yield* ask("GET", `${pull}/reviews/{review_id}`, its)
      yield* ask("GET", `${pull}/reviews/{review_id}/comments`, its)
      const dismissed = yield* ask("PUT", `${pull}/reviews/{review_id}/dismissals`, { ...its, message: "Done" })
      assert.deepInclude(dismissed, { state: "DISMISSED" })
      const [began] = sandbox.reviewComments(repository, 1)
      const comment_id = began?.id ?? 0
      const replied = yield* ask("POST", `${pull}/comments/{comment_id}/replies`, { ...one, comment_id, body: "So" })
      assert.deepInclude(replied, { in_reply_to_id: comment_id, path: "a.txt", line: 2 })
      yield* ask("POST", `${pull}/comments`, {
        ...one,
        body: "And this",
        path: "a.txt",
        line: 1,
        commit_id: sandbox.pullRequests(repository)[0]?.headSha
      })
      assert.deepStrictEqual(each(yield* ask("GET", `${pull}/comments`, one), "body"), ["This", "So", "And this"])
      yield* ask("GET", `${repo}/pulls/comments`)
      const comment = `${repo}/pulls/comments/{comment_id}`
      yield* ask("GET", comment, { comment_id })
      yield* ask("PATCH", comment, { comment_id, body: "That" })
      yield* ask("DELETE", comment, { comment_id })
      assert.strictEqual(yield* refused("GET", comment, { comment_id }), 404)
      assert.strictEqual(yield* refused("POST", `${pull}/reviews`, { ...one, event: "COMMENT" }), 422)
      sandbox.openPullRequest(repository, { title: "Own", author: "bot" })
      assert.strictEqual(yield* refused("POST", `${pull}/reviews`, { pull_number: 2, event: "APPROVE" }), 422)
    })
  )

  it.effect("checks and statuses of a commit", () =>
    Effect.gen(function* () {
      const { ask, refused, repository, sandbox } = yield* setUp
      const { headSha } = sandbox.openPullRequest(repository, { title: "One", branch: "feature/one" })
      const ref = { ref: "feature/one" }
      const first = sandbox.startCheck(repository, headSha, { name: "test" })
      sandbox.completeCheck(repository, first.id, { conclusion: "failure", title: "2 failed" })
      sandbox.startCheck(repository, headSha, { name: "test" })
      const runs = (parameters: object) =>
        Effect.map(
          ask("GET", `${commit}/check-runs`, { ...ref, ...parameters }),
          (data) => JSON.stringify(data).match(/"total_count":\d+/)?.[0]
        )
      assert.strictEqual(yield* runs({}), '"total_count":1')
      assert.strictEqual(yield* runs({ filter: "all" }), '"total_count":2')
      assert.strictEqual(yield* runs({ check_name: "lint" }), '"total_count":0')
      yield* ask("GET", `${commit}/check-suites`, ref)
      yield* ask("GET", `${repo}/check-runs/{check_run_id}`, { check_run_id: first.id })
      yield* ask("GET", `${repo}/check-suites/{check_suite_id}`, { check_suite_id: first.suite })
      assert.deepInclude(yield* ask("GET", `${commit}/status`, ref), { state: "pending", total_count: 0 })
      const status = { sha: headSha, context: "build", target_url: "https://ci.example/1" }
      yield* ask("POST", `${repo}/statuses/{sha}`, { ...status, state: "failure", description: "2 failed" })
      yield* ask("POST", `${repo}/statuses/{sha}`, { sha: headSha, state: "pending" })
      assert.deepInclude(yield* ask("GET", `${commit}/status`, ref), { state: "failure", total_count: 2 })
      yield* ask("POST", `${repo}/statuses/{sha}`, { ...status, state: "success" })
      assert.deepInclude(yield* ask("GET", `${commit}/status`, ref), { state: "pending", total_count: 2 })
      const all = yield* ask("GET", `${commit}/statuses`, ref)
      assert.deepStrictEqual(each(all, "state"), ["success", "pending", "failure"])
      assert.strictEqual(yield* refused("GET", `${commit}/check-runs`, { ref: "none" }), 422)
      assert.strictEqual(yield* refused("POST", `${repo}/statuses/{sha}`, { sha: headSha, state: "fine" }), 422)
    })
  )

  it.effect("deployments and releases", () =>
    Effect.gen(function* () {
      const { ask, refused, repository, sandbox } = yield* setUp
      const deployments = `${repo}/deployments`
      const made = yield* ask("POST", deployments, { ref: "main", environment: "staging", description: "Try" })
      const its = { deployment_id: idOf(made) }
      yield* ask("GET", deployments, { environment: "staging" })
      assert.deepStrictEqual(yield* ask("GET", deployments, { environment: "production" }), [])
      yield* ask("GET", `${deployments}/{deployment_id}`, its)
      const statuses = `${deployments}/{deployment_id}/statuses`
      yield* ask("POST", statuses, { ...its, state: "in_progress" })
      const done = {
        ...its,
        state: "success",
        environment_url: "https://staging.example",
        log_url: "https://ci.example"
      }
      const status_id = idOf(yield* ask("POST", statuses, done))
      assert.deepStrictEqual(each(yield* ask("GET", statuses, its), "state"), ["success", "in_progress"])
      yield* ask("GET", `${statuses}/{status_id}`, { ...its, status_id })
      assert.strictEqual(yield* refused("POST", deployments, { ref: "none" }), 422)
      assert.strictEqual(yield* refused("POST", statuses, { ...its, state: "fine" }), 422)
      assert.strictEqual(yield* refused("GET", statuses, { deployment_id: 1 }), 404)

      assert.strictEqual(yield* refused("GET", `${repo}/releases/latest`), 404)
      const { id } = sandbox.publishRelease(repository, { tag: "app/v1", name: "One", body: "All new" })
      sandbox.publishRelease(repository, { tag: "v2", prerelease: true })
      assert.deepStrictEqual(each(yield* ask("GET", `${repo}/releases`), "tag_name"), ["v2", "app/v1"])
      assert.deepInclude(yield* ask("GET", `${repo}/releases/latest`), { tag_name: "app/v1" })
      yield* ask("GET", `${repo}/releases/{release_id}`, { release_id: id })
      yield* ask("GET", `${repo}/releases/tags/{tag}`, { tag: "app/v1" })
      yield* ask("GET", `${repo}/contents/{path}`, { path: "", ref: "app/v1" })
    })
  )

  it.effect("every route has been asked and answered as described", () =>
    Effect.sync(() => {
      const parts = makeParts({ api: () => "", app: { id: 1, slug: "a" }, login: "a", tokens: [], webhookSecret: "" })
      const missed = activityRoutes(parts).filter(
        ({ method, pattern }) => !proven.some((one) => one.method === method && pattern.test(one.path))
      )
      assert.deepStrictEqual(
        missed.map(({ method, pattern }) => `${method} ${pattern.source}`),
        []
      )
    })
  )
})
