/** The connection under the GitHub adapter: Octokit with its plugins, inside the bounds that we set. */
import type { OctokitOptions } from "@octokit/core"
import { Octokit } from "@octokit/core"
import { paginateRest } from "@octokit/plugin-paginate-rest"
import { retry } from "@octokit/plugin-retry"
import { throttling } from "@octokit/plugin-throttling"
import { CodeHostError, Rejected } from "@productbuilding/core"
import Bottleneck from "bottleneck"
import { Clock, Duration, Effect, Result, Schema } from "effect"
import { isPrimary, reasonOf } from "./GitHubFailure.ts"

const ClientWithPlugins = Octokit.plugin(throttling, retry, paginateRest)

/** Octokit with throttling, retry and pagination. */
export type OctokitClient = InstanceType<typeof ClientWithPlugins>

/** How a client connects. */
export interface ClientOptions {
  /** Without a slash at its end. */
  readonly apiUrl: string
  /** For one request and its whole answer; of an archive for each piece of it. */
  readonly timeout: Duration.Duration
  /** Between two writes with the same credentials. */
  readonly writeInterval: Duration.Duration
  /** Names the credentials, for what is counted per credentials. Not a secret. */
  readonly identity: string
  readonly auth: Pick<OctokitOptions, "auth" | "authStrategy">
}

/**
 * What GitHub counts a request towards: 5000 an hour for most; for authenticated searches 30 a minute, of code 10 a minute.
 * https://docs.github.com/en/rest/search/search#rate-limit (read 2026-11-21)
 */
export type GitHubLimit = "core" | "search" | "code_search"

/** One set of credentials: its client, and what GitHub told it to wait for. */
export interface GitHubClient {
  readonly octokit: OctokitClient
  /** Epoch milliseconds; nothing that counts towards the limit is asked before. `core` holds for all. */
  readonly blockedUntilMs: Record<GitHubLimit, number>
}

/** A wait of at most this happens inside a call; a longer one is the caller's, who can sleep durably. */
export const longestWait: Duration.Duration = Duration.minutes(1)

/** How often a call is repeated after a wait that GitHub asked for. */
const maxRepeats = 2

/**
 * `fetch` that ends: the answer and its whole body arrive within the time, or it fails. A body that breaks off is a
 * failure too, where Octokit would take it for an empty answer. A request whose redirect is not followed is that of an
 * archive, whose body is handed on as it comes.
 */
const boundedFetch =
  (timeout: Duration.Duration): typeof fetch =>
  async (input, init = {}) => {
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), Duration.toMillis(timeout))
    try {
      const signal = init.signal ? AbortSignal.any([init.signal, deadline.signal]) : deadline.signal
      const response = await fetch(input, { ...init, signal })
      if (init.redirect === "manual") return response
      const body = await response.arrayBuffer()
      return new Response(body.byteLength === 0 ? null : body, {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers
      })
    } finally {
      clearTimeout(timer)
    }
  }

const never = () => false

/**
 * A client for some credentials. Its own notes go to Effect's log at debug level.
 *
 * GitHub asks for a second between writes and bans who goes on after a limit:
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api (read 2026-11-21)
 */
export const makeClient = Effect.fnUntraced(function* (options: ClientOptions) {
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const note = (message: string) => void fork(Effect.logDebug(message).pipe(Effect.annotateLogs("source", "octokit")))
  const log = { debug: note, info: note, warn: note, error: note }
  const spaced = new Bottleneck.Group({ maxConcurrent: 1, minTime: Duration.toMillis(options.writeInterval) })
  const oneByOne = () => new Bottleneck.Group({ maxConcurrent: 1 })
  const octokit = new ClientWithPlugins({
    ...options.auth,
    baseUrl: options.apiUrl,
    userAgent: "productbuilding",
    log,
    throttle: {
      id: options.identity,
      write: spaced,
      notifications: oneByOne(),
      // NOTE: left to itself the plugin sends a search every two seconds, however few there are.
      search: oneByOne(),
      // NOTE: `request` below waits instead: for all calls of these credentials, and so that it can be interrupted.
      onRateLimit: never,
      onSecondaryRateLimit: never
    },
    // NOTE: left to itself the plugin repeats a 429 after a second, whatever the answer asks for.
    retry: { retries: 2, doNotRetry: [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 451] },
    request: { fetch: boundedFetch(options.timeout), log }
  })
  return { octokit, blockedUntilMs: { core: 0, search: 0, code_search: 0 } } satisfies GitHubClient
})

/**
 * Runs requests of one client. When GitHub asks to wait for at most `longestWait`, all requests of the client wait and
 * this one is repeated, twice at most; a longer wait is returned as `RateLimited`, to this and to every other call until
 * it is over, without asking GitHub again. Where what is spent is the limit of searches, only those wait. Interruption
 * aborts the connection.
 */
export const request = Effect.fnUntraced(function* <A>(
  client: GitHubClient,
  operation: string,
  repository: string,
  run: (octokit: OctokitClient, signal: AbortSignal) => Promise<A>,
  limit: GitHubLimit = "core"
): Effect.fn.Return<A, CodeHostError> {
  const failed = (cause: unknown, nowMs: number) =>
    new CodeHostError({ operation, repository, reason: reasonOf(cause, nowMs), cause })
  for (let repeats = 0; ; repeats++) {
    const until = Math.max(client.blockedUntilMs.core, client.blockedUntilMs[limit])
    const wait = Duration.millis(Math.max(0, until - (yield* Clock.currentTimeMillis)))
    if (Duration.isGreaterThan(wait, longestWait)) {
      return yield* new CodeHostError({ operation, repository, reason: { _tag: "RateLimited", retryAfter: wait } })
    }
    yield* Effect.sleep(wait)
    const result = yield* Effect.result(
      Effect.tryPromise({ try: (signal) => run(client.octokit, signal), catch: (cause) => ({ cause }) })
    )
    if (Result.isSuccess(result)) return result.success
    const nowMs = yield* Clock.currentTimeMillis
    const error = failed(result.failure.cause, nowMs)
    if (error.reason._tag !== "RateLimited") return yield* error
    const { retryAfter } = error.reason
    const spent = isPrimary(result.failure.cause) ? limit : "core"
    client.blockedUntilMs[spent] = Math.max(client.blockedUntilMs[spent], nowMs + Duration.toMillis(retryAfter))
    if (repeats === maxRepeats || Duration.isGreaterThan(retryAfter, longestWait)) return yield* error
  }
})

/** Reads an answer; one that cannot be read is `Rejected` and will not get better by asking again. */
export const decodeAnswer =
  <A, I>(operation: string, repository: string, schema: Schema.Codec<A, I>) =>
  (answer: unknown): Effect.Effect<A, CodeHostError> =>
    Schema.decodeUnknownEffect(schema)(answer).pipe(
      Effect.mapError(
        (cause) =>
          new CodeHostError({
            operation,
            repository,
            reason: new Rejected({ status: 200, detail: "its answer is not what GitHub documents" }),
            cause
          })
      )
    )

/** Every element of every page of a list. `path` may have a query. */
export const paginate = (octokit: OctokitClient, signal: AbortSignal, path: string): Promise<ReadonlyArray<unknown>> =>
  // NOTE: the plugin passes each page's address on and nothing else, so the signal has to be a default of the request.
  octokit.paginate(octokit.request.defaults({ method: "GET", url: path, request: { signal } }))
