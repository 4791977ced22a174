/** `Issues` on GitHub's REST API. */
import { IssueDetail, IssueSummary, Issues, type NewIssue } from "@productbuilding/agent"
import { type PullRequestNumber, type RepositoryName, sameRepository } from "@productbuilding/core"
import { type Config, Effect, Layer, Option, Schema } from "effect"
import * as GitHubConnection from "./GitHubConnection.ts"
import type { GitHubCredentialsError } from "./GitHubCredentials.ts"
import { ghost, IssueJson, labelsFrom } from "./GitHubJson.ts"
import { queryAbout } from "./GitHubSearch.ts"

const { split } = GitHubConnection

/** https://docs.github.com/en/rest/issues/issues (read 2026-11-21). An issue without a text has `null`. */
const DetailJson = Schema.Struct({ ...IssueJson.fields, body: Schema.optionalKey(Schema.NullOr(Schema.String)) })

/** https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests (read 2026-11-21) */
const FoundJson = Schema.Struct({
  items: Schema.Array(Schema.Struct({ ...IssueJson.fields, repository_url: Schema.String, score: Schema.Finite }))
})

const LabelsJson = Schema.Array(Schema.Struct({ name: Schema.String }))

/** Of one page of any list or search. */
const maxPerPage = 100

const fieldsFrom = (repository: RepositoryName, json: typeof IssueJson.Type) => ({
  repository,
  number: json.number,
  kind: json.pull_request === undefined ? ("issue" as const) : ("pull request" as const),
  title: json.title,
  state: json.state,
  labels: labelsFrom(json),
  author: json.user?.login ?? ghost,
  url: json.html_url
})

const detailFrom = (repository: RepositoryName, json: typeof DetailJson.Type) =>
  new IssueDetail({ ...fieldsFrom(repository, json), body: json.body ?? "" })

/** Whether the API's address of a repository is that of this one. */
const isAbout = (repository: RepositoryName, url: string) =>
  sameRepository(url.split("/").slice(-2).join("/"), repository)

const sameName = (left: string) => (right: string) => left.toLowerCase() === right.toLowerCase()

/**
 * Issues on a connection.
 *
 * `search` costs two of the 30 searches a minute, one for each kind, as GitHub answers some credentials only so; what it
 * finds in another repository is left out. At most 100 are found. GitHub's index lags behind by seconds or more.
 *
 * Labels and assignees that our credentials may not set are dropped by GitHub without an error: look at the answer.
 * https://docs.github.com/en/rest/issues/issues#create-an-issue (read 2026-11-21)
 */
const make = (connection: GitHubConnection.GitHubConnection["Service"]): Issues["Service"] => {
  const { ask } = connection

  const get = Effect.fn("GitHubIssues.get")((repository: RepositoryName, number: PullRequestNumber) =>
    Effect.map(
      ask(
        `reading #${number}`,
        repository,
        DetailJson,
        async (octokit, signal) =>
          (
            await octokit.request("GET /repos/{owner}/{repo}/issues/{issue_number}", {
              ...split(repository),
              issue_number: number,
              request: { signal }
            })
          ).data
      ),
      (json) => detailFrom(repository, json)
    )
  )

  const searchKind = (repository: RepositoryName, words: string, kind: string, limit: number) =>
    ask(
      "searching issues",
      repository,
      FoundJson,
      async (octokit, signal) =>
        (
          await octokit.request("GET /search/issues", {
            q: queryAbout(repository, words, kind),
            per_page: Math.min(limit, maxPerPage),
            request: { signal }
          })
        ).data,
      "search"
    )

  const search = Effect.fn("GitHubIssues.search")(function* (
    repository: RepositoryName,
    query: string,
    { limit }: { readonly limit: number }
  ) {
    const found = yield* Effect.forEach(["is:issue", "is:pull-request"], (kind) =>
      searchKind(repository, query, kind, limit)
    )
    return found
      .flatMap(({ items }) => items)
      .filter(({ repository_url: url }) => isAbout(repository, url))
      .toSorted((left, right) => right.score - left.score)
      .slice(0, limit)
      .map((json) => new IssueSummary(fieldsFrom(repository, json)))
  })

  const create = Effect.fn("GitHubIssues.create")((repository: RepositoryName, { body, labels, title }: NewIssue) =>
    Effect.map(
      ask(
        "opening an issue",
        repository,
        DetailJson,
        async (octokit, signal) =>
          (
            await octokit.request("POST /repos/{owner}/{repo}/issues", {
              ...split(repository),
              title,
              body,
              labels: [...labels],
              // NOTE: after a 5xx or a lost answer the issue may exist; the caller looks before it tries again.
              request: { signal, retries: 0 }
            })
          ).data
      ),
      (json) => detailFrom(repository, json)
    )
  )

  const findMarked = Effect.fn("GitHubIssues.findMarked")(function* (repository: RepositoryName, marker: string) {
    const own = yield* connection.login(repository)
    const listed = yield* ask(
      "listing our issues",
      repository,
      Schema.Array(DetailJson),
      async (octokit, signal) =>
        (
          await octokit.request("GET /repos/{owner}/{repo}/issues", {
            ...split(repository),
            ...Option.match(own, { onNone: () => ({}), onSome: (creator) => ({ creator }) }),
            state: "all",
            sort: "created",
            direction: "desc",
            per_page: maxPerPage,
            request: { signal }
          })
        ).data
    )
    const found = listed.find(
      ({ body, user }) => user !== null && GitHubConnection.isOwn(own, user.login) && (body ?? "").includes(marker)
    )
    return Option.map(Option.fromUndefinedOr(found), (json) => detailFrom(repository, json))
  })

  const setState = (
    operation: string,
    repository: RepositoryName,
    number: PullRequestNumber,
    to: { readonly state: "open" | "closed"; readonly state_reason: "completed" | "not_planned" | "reopened" }
  ) =>
    Effect.map(
      ask(
        `${operation} #${number}`,
        repository,
        DetailJson,
        async (octokit, signal) =>
          (
            await octokit.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", {
              ...split(repository),
              issue_number: number,
              ...to,
              request: { signal }
            })
          ).data
      ),
      (json) => detailFrom(repository, json)
    )

  const labelsOf = (repository: RepositoryName, number: PullRequestNumber) =>
    Effect.map(
      ask(
        `reading the labels of #${number}`,
        repository,
        LabelsJson,
        async (octokit, signal) =>
          (
            await octokit.request("GET /repos/{owner}/{repo}/issues/{issue_number}/labels", {
              ...split(repository),
              issue_number: number,
              per_page: maxPerPage,
              request: { signal }
            })
          ).data
      ),
      (labels) => labels.map(({ name }) => name)
    )

  const addLabels = (repository: RepositoryName, number: PullRequestNumber, labels: ReadonlyArray<string>) =>
    ask(
      `labelling #${number}`,
      repository,
      LabelsJson,
      async (octokit, signal) =>
        (
          await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/labels", {
            ...split(repository),
            issue_number: number,
            labels: [...labels],
            request: { signal }
          })
        ).data
    )

  /** Somebody else may have removed it in between. */
  const removeLabel = (repository: RepositoryName, number: PullRequestNumber, name: string) =>
    ask(
      `removing a label from #${number}`,
      repository,
      LabelsJson,
      async (octokit, signal) =>
        (
          await octokit.request("DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", {
            ...split(repository),
            issue_number: number,
            name,
            request: { signal }
          })
        ).data
    ).pipe(
      Effect.asVoid,
      Effect.catchReason("CodeHostError", "NotFound", () => Effect.void)
    )

  const changeLabels = Effect.fn("GitHubIssues.changeLabels")(function* (
    repository: RepositoryName,
    number: PullRequestNumber,
    change: { readonly add: ReadonlyArray<string>; readonly remove: ReadonlyArray<string> }
  ) {
    const present = yield* labelsOf(repository, number)
    const missing = change.add.filter((name) => !present.some(sameName(name)))
    const surplus = present.filter((name) => change.remove.some(sameName(name)) && !change.add.some(sameName(name)))
    if (missing.length === 0 && surplus.length === 0) return present
    if (missing.length > 0) yield* addLabels(repository, number, missing)
    yield* Effect.forEach(surplus, (name) => removeLabel(repository, number, name))
    return yield* labelsOf(repository, number)
  })

  const assign = Effect.fn("GitHubIssues.assign")(
    (repository: RepositoryName, number: PullRequestNumber, logins: ReadonlyArray<string>) =>
      Effect.map(
        ask(
          `assigning #${number}`,
          repository,
          IssueJson,
          async (octokit, signal) =>
            (
              await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/assignees", {
                ...split(repository),
                issue_number: number,
                assignees: [...logins],
                request: { signal }
              })
            ).data
        ),
        ({ assignees }) => (assignees ?? []).map(({ login }) => login)
      )
  )

  return Issues.of({
    get,
    search,
    create,
    findMarked,
    close: Effect.fn("GitHubIssues.close")((repository, number, reason) =>
      setState("closing", repository, number, {
        state: "closed",
        state_reason: reason === "completed" ? "completed" : "not_planned"
      })
    ),
    reopen: Effect.fn("GitHubIssues.reopen")((repository, number) =>
      setState("reopening", repository, number, { state: "open", state_reason: "reopened" })
    ),
    changeLabels,
    assign
  })
}

/** Issues on a connection. */
export const layer: Layer.Layer<Issues, never, GitHubConnection.GitHubConnection> = Layer.effect(
  Issues,
  Effect.map(GitHubConnection.GitHubConnection, make)
)

/** Issues on the connection that `GitHubConnection.layerConfig` makes of the environment. */
export const layerConfig: Layer.Layer<Issues, GitHubCredentialsError | Config.ConfigError> = layer.pipe(
  Layer.provide(GitHubConnection.layerConfig)
)
