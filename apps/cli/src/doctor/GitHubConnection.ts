/** GitHub, asked with the server's own credentials; only read. */
import { createAppAuth } from "@octokit/auth-app"
import { Octokit } from "@octokit/core"
import { checkCredentials, configuredOptions } from "@productbuilding/adapters/github/GitHubCredentials"
import { reasonOf } from "@productbuilding/adapters/github/GitHubFailure"
import type { CodeHostError } from "@productbuilding/core"
import { Clock, Effect, Redacted, Schema } from "effect"

/** GitHub refused, or did not answer. */
export class GitHubRefused extends Schema.TaggedError<GitHubRefused>()("GitHubRefused", {
  path: Schema.String,
  reason: Schema.Literals(["NotFound", "Denied", "RateLimited", "Unavailable", "Rejected"]),
  detail: Schema.String
}) {}

/** An answer that was read. */
export interface Answer<A> {
  readonly data: A
  /** Of a classic token; `undefined` for tokens and Apps that have permissions instead. */
  readonly scopes: ReadonlyArray<string> | undefined
}

/** A way to ask. */
export interface GitHubConnection {
  readonly apiUrl: string
  readonly kind: "Token" | "App"
  get<A, I>(path: string, schema: Schema.Codec<A, I>): Effect.Effect<Answer<A>, GitHubRefused>
}

const detailOf = (reason: CodeHostError["reason"]) => ("detail" in reason ? reason.detail : "")

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Fails as the server's boot does when the credentials are missing or malformed. */
export const connectGitHub = Effect.gen(function* () {
  const options = yield* configuredOptions
  const credentials = yield* checkCredentials(options.credentials)
  const baseUrl = (options.apiUrl ?? "https://api.github.com").replace(/\/+$/, "")
  const octokit = new Octokit({
    baseUrl,
    userAgent: "productbuilding",
    log: quiet,
    ...(credentials._tag === "Token"
      ? { auth: Redacted.value(credentials.token) }
      : {
          authStrategy: createAppAuth,
          auth: { appId: credentials.appId, privateKey: Redacted.value(credentials.privateKey) }
        })
  })
  const get: GitHubConnection["get"] = Effect.fnUntraced(function* (path, schema) {
    const nowMs = yield* Clock.currentTimeMillis
    const response = yield* Effect.tryPromise({
      try: (signal) =>
        octokit.request({
          method: "GET",
          url: path,
          request: { signal: AbortSignal.any([signal, AbortSignal.timeout(8_000)]) }
        }),
      catch: (cause) => {
        const reason = reasonOf(cause, nowMs)
        return new GitHubRefused({ path, reason: reason._tag, detail: detailOf(reason) })
      }
    })
    const data = yield* Schema.decodeUnknownEffect(schema)(response.data).pipe(
      Effect.mapError(
        () => new GitHubRefused({ path, reason: "Rejected", detail: "its answer is not what GitHub documents" })
      )
    )
    const scopes = response.headers["x-oauth-scopes"]
    return {
      data,
      scopes: typeof scopes === "string" && scopes !== "" ? scopes.split(",").map((scope) => scope.trim()) : undefined
    }
  })
  return { apiUrl: baseUrl, kind: credentials._tag, get } satisfies GitHubConnection
})
