/** `CodeHost` on GitHub's REST API, through Octokit with its throttling, retry and pagination. */
import { createAppAuth } from "@octokit/auth-app"
import { Octokit } from "@octokit/core"
import { paginateRest } from "@octokit/plugin-paginate-rest"
import { retry } from "@octokit/plugin-retry"
import { throttling } from "@octokit/plugin-throttling"
import { CodeHost, CodeHostError, type PullRequestNumber, type RepositoryName } from "@productbuilding/core"
import { Clock, Config, Effect, Layer, Option, Redacted, Schema, Stream } from "effect"
import { reasonOf } from "./GitHubFailure.ts"
import { CommentJson, commentFrom, InstallationJson, PullRequestJson, pullRequestFrom } from "./GitHubJson.ts"

/** How we prove who we are: a personal or installation token, or a GitHub App's key. */
export type GitHubCredentials =
  | { readonly _tag: "Token"; readonly token: Redacted.Redacted<string> }
  | { readonly _tag: "App"; readonly appId: string; readonly privateKey: Redacted.Redacted<string> }

export interface GitHubOptions {
  /** Without a slash at its end. Default `https://api.github.com`. */
  readonly apiUrl?: string
  readonly credentials: GitHubCredentials
  /** For one request without its body, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
}

/** The credentials are missing or contradict each other. Fails the boot; names the variables. */
export class GitHubCredentialsError extends Schema.TaggedError<GitHubCredentialsError>()("GitHubCredentialsError", {
  message: Schema.String
}) {}

const Client = Octokit.plugin(throttling, retry, paginateRest)
type Client = InstanceType<typeof Client>

/** A wait of at most this many seconds happens inside a call; longer ones are the caller's to sleep through durably. */
const longestWait = 30

const throttle = {
  onRateLimit: (retryAfter: number, _options: object, _octokit: Octokit, retryCount: number) =>
    retryCount < 2 && retryAfter <= longestWait,
  onSecondaryRateLimit: (retryAfter: number, _options: object, _octokit: Octokit, retryCount: number) =>
    retryCount < 2 && retryAfter <= longestWait
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A client whose requests end after a while: nothing of GitHub's takes longer than its own ten seconds. */
const makeClient = (options: GitHubOptions, auth: object, timeoutMs = options.timeoutMs ?? 10_000): Client =>
  new Client({
    ...auth,
    baseUrl: options.apiUrl ?? "https://api.github.com",
    userAgent: "productbuilding",
    log: quiet,
    throttle,
    retry: { retries: 2 },
    request: {
      fetch: (url: string, init?: RequestInit) =>
        fetch(url, {
          ...init,
          signal: AbortSignal.any([...(init?.signal ? [init.signal] : []), AbortSignal.timeout(timeoutMs)])
        })
    }
  })

const split = (repository: string) => {
  const [owner = "", repo = ""] = repository.split("/")
  return { owner, repo }
}

/** A host for the given credentials. */
export const make = Effect.fnUntraced(function* (options: GitHubOptions) {
  const { credentials } = options
  const shared =
    credentials._tag === "Token" ? makeClient(options, { auth: Redacted.value(credentials.token) }) : undefined
  const app =
    credentials._tag === "App"
      ? { appId: credentials.appId, privateKey: Redacted.value(credentials.privateKey) }
      : undefined
  const appClient = app === undefined ? undefined : makeClient(options, { authStrategy: createAppAuth, auth: app })
  const installations = new Map<string, Client>()

  /** Runs a request; interrupting it aborts the connection. */
  const call = <A>(operation: string, repository: string, run: (signal: AbortSignal) => Promise<A>) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
      Effect.tryPromise({
        try: run,
        catch: (cause) => new CodeHostError({ operation, repository, reason: reasonOf(cause, nowMs), cause })
      })
    )

  const decode =
    <A, I>(operation: string, repository: string, schema: Schema.Codec<A, I>) =>
    (data: unknown) =>
      Schema.decodeUnknownEffect(schema)(data).pipe(
        Effect.mapError(
          (cause) =>
            new CodeHostError({
              operation,
              repository,
              reason: { _tag: "Rejected", status: 200, detail: "its answer is not what GitHub documents" },
              cause
            })
        )
      )

  /** The client that may see a repository: the token's, or the one of the App's installation there. */
  const clientFor = Effect.fnUntraced(function* (repository: string) {
    if (shared !== undefined) return shared
    const known = installations.get(repository.toLowerCase())
    if (known !== undefined) return known
    const operation = "finding the App's installation"
    const installation = yield* call(operation, repository, (signal) =>
      (appClient ?? makeClient(options, {})).request("GET /repos/{owner}/{repo}/installation", {
        ...split(repository),
        request: { signal }
      })
    ).pipe(Effect.flatMap(({ data }) => decode(operation, repository, InstallationJson)(data)))
    const client = makeClient(options, {
      authStrategy: createAppAuth,
      auth: { ...app, installationId: installation.id }
    })
    installations.set(repository.toLowerCase(), client)
    return client
  })

  const pullRequest = Effect.fn("GitHubCodeHost.pullRequest")(function* (
    repository: RepositoryName,
    number: PullRequestNumber
  ) {
    const operation = `reading pull request #${number}`
    const client = yield* clientFor(repository)
    const { data } = yield* call(operation, repository, (signal) =>
      client.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
        ...split(repository),
        pull_number: number,
        request: { signal }
      })
    )
    return pullRequestFrom(repository, yield* decode(operation, repository, PullRequestJson)(data))
  })

  const openPullRequests = Effect.fn("GitHubCodeHost.openPullRequests")(function* (repository: RepositoryName) {
    const operation = "listing open pull requests"
    const client = yield* clientFor(repository)
    const pages = yield* call(operation, repository, (signal) =>
      client.paginate<unknown>("GET /repos/{owner}/{repo}/pulls", {
        ...split(repository),
        state: "open",
        per_page: 100,
        request: { signal }
      })
    )
    const decoded = yield* decode(operation, repository, Schema.Array(PullRequestJson))(pages)
    return decoded.map((json) => pullRequestFrom(repository, json))
  })

  const archive: CodeHost["Service"]["archive"] = (repository, sha) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const operation = `fetching the archive of ${sha.slice(0, 7)}`
        const client = yield* clientFor(repository)
        const controller = yield* Effect.acquireRelease(
          Effect.sync(() => new AbortController()),
          (controller) => Effect.sync(() => controller.abort())
        )
        // NOTE: asked for the redirect only: following it ourselves, without our token, keeps it from the other host.
        const location = yield* call(operation, repository, (signal) =>
          client.request("GET /repos/{owner}/{repo}/tarball/{ref}", {
            ...split(repository),
            ref: sha,
            request: { signal, redirect: "manual" }
          })
        ).pipe(Effect.map(({ headers }) => headers.location))
        const unavailable = (detail: string, cause?: unknown) =>
          new CodeHostError({
            operation,
            repository,
            reason: { _tag: "Unavailable", detail },
            ...(cause === undefined ? {} : { cause })
          })
        if (location === undefined) return yield* unavailable("GitHub gave no address for the archive")
        const response = yield* call(operation, repository, (signal) => {
          signal.addEventListener("abort", () => controller.abort(), { once: true })
          return fetch(location, { signal: controller.signal, headers: { "user-agent": "productbuilding" } })
        })
        if (!response.ok || response.body === null) {
          const nowMs = yield* Clock.currentTimeMillis
          const reason = reasonOf(
            { status: response.status, response: { headers: Object.fromEntries(response.headers) } },
            nowMs
          )
          return yield* new CodeHostError({ operation, repository, reason })
        }
        const body = response.body
        return Stream.fromReadableStream({
          evaluate: () => body,
          onError: (cause) => unavailable("the connection broke in the middle of the archive", cause)
        })
      })
    )

  const comments = Effect.fn("GitHubCodeHost.comments")(function* (
    repository: RepositoryName,
    number: PullRequestNumber
  ) {
    const operation = `listing the comments of #${number}`
    const client = yield* clientFor(repository)
    const pages = yield* call(operation, repository, (signal) =>
      client.paginate<unknown>("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        ...split(repository),
        issue_number: number,
        per_page: 100,
        request: { signal }
      })
    )
    return (yield* decode(operation, repository, Schema.Array(CommentJson))(pages)).map(commentFrom)
  })

  const createComment = Effect.fn("GitHubCodeHost.createComment")(function* (
    repository: RepositoryName,
    number: PullRequestNumber,
    body: string
  ) {
    const operation = `commenting on #${number}`
    const client = yield* clientFor(repository)
    const { data } = yield* call(operation, repository, (signal) =>
      client.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        ...split(repository),
        issue_number: number,
        body,
        // NOTE: after a 5xx or a lost answer the comment may exist; the caller looks before it sends again.
        request: { signal, retries: 0 }
      })
    )
    return commentFrom(yield* decode(operation, repository, CommentJson)(data))
  })

  const updateComment = Effect.fn("GitHubCodeHost.updateComment")(function* (
    repository: RepositoryName,
    commentId: string,
    body: string
  ) {
    const operation = "editing a comment"
    const client = yield* clientFor(repository)
    const { data } = yield* call(operation, repository, (signal) =>
      client.request("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", {
        ...split(repository),
        comment_id: Number(commentId),
        body,
        request: { signal }
      })
    )
    return commentFrom(yield* decode(operation, repository, CommentJson)(data))
  })

  return CodeHost.of({ pullRequest, openPullRequests, archive, comments, createComment, updateComment })
})

/** A host with the given credentials. */
export const layer = (options: GitHubOptions): Layer.Layer<CodeHost> => Layer.effect(CodeHost, make(options))

/**
 * Reads `GITHUB_API_URL` (default `https://api.github.com`), and either `GITHUB_TOKEN` or both `GITHUB_APP_ID` and
 * `GITHUB_APP_PRIVATE_KEY` (PEM; `\n` may be written for a line end).
 */
export const layerConfig: Layer.Layer<CodeHost, GitHubCredentialsError | Config.ConfigError> = Layer.effect(
  CodeHost,
  Effect.gen(function* () {
    const apiUrl = yield* Config.URL("GITHUB_API_URL").pipe(Config.option)
    const token = yield* Config.option(Config.Redacted("GITHUB_TOKEN"))
    const appId = yield* Config.option(Config.NonEmptyString("GITHUB_APP_ID"))
    const privateKey = yield* Config.option(Config.Redacted("GITHUB_APP_PRIVATE_KEY"))
    const at = Option.match(apiUrl, { onNone: () => ({}), onSome: (url) => ({ apiUrl: url.href.replace(/\/$/, "") }) })
    const wrong = (message: string) => new GitHubCredentialsError({ message })
    if (Option.isSome(token)) {
      if (Option.isSome(appId))
        return yield* wrong("Set GITHUB_TOKEN or GITHUB_APP_ID with GITHUB_APP_PRIVATE_KEY, not both.")
      return yield* make({ ...at, credentials: { _tag: "Token", token: token.value } })
    }
    if (Option.isNone(appId) || Option.isNone(privateKey)) {
      return yield* wrong(
        "GitHub needs credentials: set GITHUB_TOKEN, or both GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY."
      )
    }
    return yield* make({
      ...at,
      credentials: {
        _tag: "App",
        appId: appId.value,
        privateKey: Redacted.make(Redacted.value(privateKey.value).replaceAll("\\n", "\n"))
      }
    })
  })
)
