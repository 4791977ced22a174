/** `CodeHost` on GitHub's REST API, through Octokit with its throttling, retry, pagination and App authentication. */
import { CodeHost, type PullRequestNumber, type RemarkId, type RepositoryName } from "@productbuilding/core"
import { type Config, Effect, Layer, Option, Schema, Stream } from "effect"
import { archive } from "./GitHubArchive.ts"
import { paginate } from "./GitHubClient.ts"
import * as GitHubConnection from "./GitHubConnection.ts"
import { type GitHubCredentials, GitHubCredentialsError, type GitHubOptions } from "./GitHubCredentials.ts"
import {
  CheckRunsJson,
  CommentJson,
  CommitJson,
  commentFrom,
  IssueJson,
  PullRequestJson,
  pullRequestFrom,
  RemarkJson,
  ReviewJson,
  remarkFrom,
  threadFrom,
  UserJson
} from "./GitHubJson.ts"

export { type GitHubCredentials, GitHubCredentialsError, type GitHubOptions }

const { split } = GitHubConnection

/**
 * A host on a connection.
 *
 * Reads, and edits of a comment, are repeated twice after a 5xx or a broken connection; a new comment is not, because it
 * may have been written. An answer that does not come within `timeout` is `Unavailable` at once. Waits that GitHub asks
 * for are kept by all calls with the same credentials: up to a minute inside the call, a longer one is returned as
 * `RateLimited`.
 */
const makeOn = (connection: GitHubConnection.GitHubConnection["Service"]): CodeHost["Service"] => {
  const { ask } = connection

  const readPull = (repository: RepositoryName, number: PullRequestNumber) =>
    ask(
      `reading pull request #${number}`,
      repository,
      PullRequestJson,
      async (octokit, signal) =>
        (
          await octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
            ...split(repository),
            pull_number: number,
            request: { signal }
          })
        ).data
    )

  const pullRequest = Effect.fn("GitHubCodeHost.pullRequest")((repository: RepositoryName, number: PullRequestNumber) =>
    Effect.map(readPull(repository, number), (json) => pullRequestFrom(repository, json))
  )

  /** Not every token or App may see checks: then there are none to show. */
  const readChecks = (repository: RepositoryName, sha: string) =>
    ask(
      `reading the checks of ${sha.slice(0, 7)}`,
      repository,
      CheckRunsJson,
      async (octokit, signal) =>
        (
          await octokit.request("GET /repos/{owner}/{repo}/commits/{ref}/check-runs", {
            ...split(repository),
            ref: sha,
            per_page: 100,
            request: { signal }
          })
        ).data
    ).pipe(
      Effect.catchIf(
        ({ reason }) => reason._tag === "Denied" || reason._tag === "NotFound",
        () => Effect.succeed(null)
      )
    )

  const thread = Effect.fn("GitHubCodeHost.thread")(function* (repository: RepositoryName, number: PullRequestNumber) {
    const issue = yield* ask(
      `reading #${number}`,
      repository,
      IssueJson,
      async (octokit, signal) =>
        (
          await octokit.request("GET /repos/{owner}/{repo}/issues/{issue_number}", {
            ...split(repository),
            issue_number: number,
            request: { signal }
          })
        ).data
    )
    if (issue.pull_request === undefined) return threadFrom(repository, issue, undefined, [], null)
    const pull = yield* readPull(repository, number)
    const reviews = yield* ask(
      `listing the reviews of #${number}`,
      repository,
      Schema.Array(ReviewJson),
      (octokit, signal) => paginate(octokit, signal, `/repos/${repository}/pulls/${number}/reviews?per_page=100`)
    )
    const runs = pull.state === "open" ? yield* readChecks(repository, pull.head.sha) : null
    return threadFrom(repository, issue, pull, reviews, runs)
  })

  const openPullRequests = Effect.fn("GitHubCodeHost.openPullRequests")(function* (repository: RepositoryName) {
    const pages = yield* ask(
      "listing open pull requests",
      repository,
      Schema.Array(PullRequestJson),
      (octokit, signal) => paginate(octokit, signal, `/repos/${repository}/pulls?state=open&per_page=100`)
    )
    // NOTE: one that is opened while we turn the pages moves another one to the next page, where it comes again.
    return Array.from(new Map(pages.map((json) => [json.number, pullRequestFrom(repository, json)])).values())
  })

  const comments = Effect.fn("GitHubCodeHost.comments")(function* (
    repository: RepositoryName,
    number: PullRequestNumber
  ) {
    const pages = yield* ask(
      `listing the comments of #${number}`,
      repository,
      Schema.Array(CommentJson),
      (octokit, signal) => paginate(octokit, signal, `/repos/${repository}/issues/${number}/comments?per_page=100`)
    )
    return pages.map(commentFrom)
  })

  const createComment = Effect.fn("GitHubCodeHost.createComment")(function* (
    repository: RepositoryName,
    number: PullRequestNumber,
    body: string
  ) {
    const json = yield* ask(
      `commenting on #${number}`,
      repository,
      CommentJson,
      async (octokit, signal) =>
        (
          await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
            ...split(repository),
            issue_number: number,
            body,
            // NOTE: after a 5xx or a lost answer the comment may exist; the caller looks before it sends again.
            request: { signal, retries: 0 }
          })
        ).data
    )
    return commentFrom(json)
  })

  const updateComment = Effect.fn("GitHubCodeHost.updateComment")(function* (
    repository: RepositoryName,
    commentId: string,
    body: string
  ) {
    const json = yield* ask(
      "editing a comment",
      repository,
      CommentJson,
      async (octokit, signal) =>
        (
          await octokit.request("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", {
            ...split(repository),
            comment_id: Number(commentId),
            body,
            request: { signal }
          })
        ).data
    )
    return commentFrom(json)
  })

  const deleteComment = Effect.fn("GitHubCodeHost.deleteComment")(
    (repository: RepositoryName, commentId: string) =>
      ask("deleting a comment", repository, Schema.Unknown, async (octokit, signal) => {
        await octokit.request("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", {
          ...split(repository),
          comment_id: Number(commentId),
          request: { signal }
        })
      }),
    Effect.asVoid
  )

  const remark = Effect.fn("GitHubCodeHost.remark")(function* (
    repository: RepositoryName,
    number: PullRequestNumber,
    { id, kind }: RemarkId
  ) {
    const path = {
      comment: `issues/comments/${id}`,
      "line comment": `pulls/comments/${id}`,
      review: `pulls/${number}/reviews/${id}`
    }[kind]
    const json = yield* ask(
      `reading a ${kind} on #${number}`,
      repository,
      RemarkJson,
      async (octokit, signal) =>
        (await octokit.request(`GET /repos/{owner}/{repo}/${path}`, { ...split(repository), request: { signal } })).data
    )
    return remarkFrom(json)
  })

  /** The newest commit by a login or an address. */
  const newestCommit = (repository: RepositoryName, author: string) =>
    ask(
      "reading the commits of somebody",
      repository,
      Schema.Array(CommitJson),
      async (octokit, signal) =>
        (
          await octokit.request("GET /repos/{owner}/{repo}/commits", {
            ...split(repository),
            author,
            per_page: 1,
            request: { signal }
          })
        ).data
    ).pipe(Effect.map((commits) => commits[0]))

  const emailsOf = Effect.fn("GitHubCodeHost.emailsOf")(function* (repository: RepositoryName, login: string) {
    const user = yield* ask(
      "reading a profile",
      repository,
      UserJson,
      async (octokit, signal) =>
        (await octokit.request("GET /users/{username}", { username: login, request: { signal } })).data
    )
    const commit = yield* newestCommit(repository, login)
    const emails = [user.email ?? "", commit?.commit.author?.email ?? ""]
    return Array.from(new Set(emails.filter((email) => email !== "" && !email.endsWith("noreply.github.com"))))
  })

  const loginOf = Effect.fn("GitHubCodeHost.loginOf")((repository: RepositoryName, email: string) =>
    Effect.map(newestCommit(repository, email), (commit) => Option.fromUndefinedOr(commit?.author?.login))
  )

  return CodeHost.of({
    pullRequest,
    thread,
    openPullRequests,
    archive: (repository, sha) =>
      Stream.unwrap(
        Effect.map(connection.client(repository), (client) =>
          archive({ ...connection, client }, repository, sha).pipe(
            Stream.tapError((error) => connection.failed(repository, error))
          )
        )
      ),
    comments,
    createComment,
    updateComment,
    deleteComment,
    remark,
    emailsOf,
    loginOf
  })
}

/** A host with the given credentials, on a connection of its own. */
export const make = (options: GitHubOptions): Effect.Effect<CodeHost["Service"], GitHubCredentialsError> =>
  Effect.map(GitHubConnection.make(options), makeOn)

/** A host with the given credentials, on a connection of its own. */
export const layer = (options: GitHubOptions): Layer.Layer<CodeHost, GitHubCredentialsError> =>
  Layer.effect(CodeHost, make(options))

/** A host on a connection. */
export const layerConnected: Layer.Layer<CodeHost, never, GitHubConnection.GitHubConnection> = Layer.effect(
  CodeHost,
  Effect.map(GitHubConnection.GitHubConnection, makeOn)
)

/** A host on the connection that `GitHubConnection.layerConfig` makes of the environment, shared with all others on it. */
export const layerConfig: Layer.Layer<CodeHost, GitHubCredentialsError | Config.ConfigError> = layerConnected.pipe(
  Layer.provide(GitHubConnection.layerConfig)
)
