/** `CodeHost` on GitHub's REST API, through Octokit with its throttling, retry, pagination and App authentication. */
import { createAppAuth } from "@octokit/auth-app"
import { CodeHost, type CodeHostError, type PullRequestNumber, type RepositoryName } from "@productbuilding/core"
import { Cache, type Config, Duration, Effect, Exit, Layer, Redacted, Schema, Stream } from "effect"
import { archive } from "./GitHubArchive.ts"
import { type ClientOptions, decodeAnswer, type GitHubClient, makeClient, paginate, request } from "./GitHubClient.ts"
import {
  checkCredentials,
  configuredOptions,
  type GitHubCredentials,
  GitHubCredentialsError,
  type GitHubOptions
} from "./GitHubCredentials.ts"
import {
  CheckRunsJson,
  CommentJson,
  commentFrom,
  InstallationJson,
  IssueJson,
  PullRequestJson,
  pullRequestFrom,
  ReviewJson,
  threadFrom
} from "./GitHubJson.ts"

export { type GitHubCredentials, GitHubCredentialsError, type GitHubOptions }

type Connection = Omit<ClientOptions, "identity" | "auth">

const split = (repository: string) => {
  const [owner = "", repo = ""] = repository.split("/")
  return { owner, repo }
}

/** Finds the client that may see a repository, and forgets what it found there. */
interface Clients {
  find(repository: RepositoryName): Effect.Effect<GitHubClient, CodeHostError>
  forget(repository: RepositoryName): Effect.Effect<void>
}

const tokenClients = Effect.fnUntraced(function* (connection: Connection, token: Redacted.Redacted<string>) {
  const client = yield* makeClient({ ...connection, identity: "token", auth: { auth: Redacted.value(token) } })
  const clients: Clients = { find: () => Effect.succeed(client), forget: () => Effect.void }
  return clients
})

/**
 * One client for each installation of the App; a repository's installation is remembered for an hour. Octokit renews
 * the installations' tokens.
 */
const appClients = Effect.fnUntraced(function* (
  connection: Connection,
  { appId, privateKey }: Extract<GitHubCredentials, { readonly _tag: "App" }>
) {
  const app = { appId, privateKey: Redacted.value(privateKey) }
  const client = yield* makeClient({
    ...connection,
    identity: `app ${appId}`,
    auth: { authStrategy: createAppAuth, auth: app }
  })
  const installations = yield* Cache.make({
    capacity: 10_000,
    lookup: (installationId: number) =>
      makeClient({
        ...connection,
        identity: `installation ${installationId}`,
        auth: { authStrategy: createAppAuth, auth: { ...app, installationId } }
      })
  })
  const repositories = yield* Cache.makeWith(
    (repository: string) => {
      const operation = "finding the App's installation"
      return request(client, operation, repository, (octokit, signal) =>
        octokit.request("GET /repos/{owner}/{repo}/installation", { ...split(repository), request: { signal } })
      ).pipe(
        Effect.flatMap(({ data }) => decodeAnswer(operation, repository, InstallationJson)(data)),
        Effect.flatMap(({ id }) => Cache.get(installations, id))
      )
    },
    { capacity: 10_000, timeToLive: (exit) => (Exit.isSuccess(exit) ? Duration.hours(1) : Duration.zero) }
  )
  const clients: Clients = {
    find: (repository) => Cache.get(repositories, repository.toLowerCase()),
    forget: (repository) => Cache.invalidate(repositories, repository.toLowerCase())
  }
  return clients
})

/**
 * A host for the given credentials.
 *
 * Reads, and edits of a comment, are repeated twice after a 5xx or a broken connection; a new comment is not, because it
 * may have been written. An answer that does not come within `timeout` is `Unavailable` at once. Waits that GitHub asks
 * for are kept by all calls with the same credentials: up to a minute inside the call, a longer one is returned as
 * `RateLimited`.
 */
export const make = Effect.fnUntraced(function* (
  options: GitHubOptions
): Effect.fn.Return<CodeHost["Service"], GitHubCredentialsError> {
  const credentials = yield* checkCredentials(options.credentials)
  const connection: Connection = {
    apiUrl: (options.apiUrl ?? "https://api.github.com").replace(/\/+$/, ""),
    timeout: Duration.fromInputUnsafe(options.timeout ?? Duration.seconds(15)),
    writeInterval: Duration.fromInputUnsafe(options.writeInterval ?? Duration.seconds(1))
  }
  const clients =
    credentials._tag === "Token"
      ? yield* tokenClients(connection, credentials.token)
      : yield* appClients(connection, credentials)
  const anonymous = yield* makeClient({ ...connection, identity: "anonymous", auth: {} })

  /** A wrong or missing right may mean that the App was installed anew: then its installation is looked up again. */
  const forgetOnRefusal = (repository: RepositoryName) => (error: CodeHostError) =>
    error.reason._tag === "NotFound" || error.reason._tag === "Denied" ? clients.forget(repository) : Effect.void

  const ask = <A, I>(
    operation: string,
    repository: RepositoryName,
    schema: Schema.Codec<A, I>,
    run: (octokit: GitHubClient["octokit"], signal: AbortSignal) => Promise<unknown>
  ) =>
    clients.find(repository).pipe(
      Effect.flatMap((client) => request(client, operation, repository, run)),
      Effect.tapError(forgetOnRefusal(repository)),
      Effect.flatMap(decodeAnswer(operation, repository, schema))
    )

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

  return CodeHost.of({
    pullRequest,
    thread,
    openPullRequests,
    archive: (repository, sha) =>
      Stream.unwrap(
        Effect.map(clients.find(repository), (client) =>
          archive({ ...connection, client, anonymous }, repository, sha).pipe(
            Stream.tapError(forgetOnRefusal(repository))
          )
        )
      ),
    comments,
    createComment,
    updateComment
  })
})

/** A host with the given credentials. */
export const layer = (options: GitHubOptions): Layer.Layer<CodeHost, GitHubCredentialsError> =>
  Layer.effect(CodeHost, make(options))

/**
 * Reads `GITHUB_API_URL` (default `https://api.github.com`), `GITHUB_WRITE_INTERVAL` (default 1 second), and either
 * `GITHUB_TOKEN` or both `GITHUB_APP_ID` and `GITHUB_APP_PRIVATE_KEY` (PEM; `\n` may be written for a line end).
 */
export const layerConfig: Layer.Layer<CodeHost, GitHubCredentialsError | Config.ConfigError> = Layer.effect(
  CodeHost,
  Effect.flatMap(configuredOptions, make)
)
