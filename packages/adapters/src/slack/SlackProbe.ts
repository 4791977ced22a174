/** Slack's Web API, only read and without the vendor's SDK, with what its answers say about token and clock. */
import { Clock, DateTime, Effect, Option, type Redacted, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

/** Slack refused, or did not answer. `error` is Slack's own word for it, or `no_answer`. */
export class SlackRefused extends Schema.TaggedError<SlackRefused>()("SlackRefused", {
  method: Schema.String,
  error: Schema.String
}) {}

/** An answer that was read. */
export interface SlackAnswer<A> {
  readonly data: A
  /** What the token may do; `undefined` where Slack does not say. */
  readonly scopes: ReadonlyArray<string> | undefined
  /** How far Slack's clock is ahead of this machine's; `undefined` where Slack does not say. */
  readonly aheadMs: number | undefined
}

/** Asks with one token. */
export interface SlackProbe {
  readonly apiUrl: string
  /** Calls a method and reads its answer. Waits at most 8 seconds for it. */
  ask<A, I>(
    method: string,
    parameters: Readonly<Record<string, string>>,
    schema: Schema.Codec<A, I>
  ): Effect.Effect<SlackAnswer<A>, SlackRefused>
}

const Verdict = Schema.Struct({ ok: Schema.Boolean, error: Schema.optionalKey(Schema.String) })

/** Asks Slack, or what stands in for it at `apiUrl`. */
export const makeSlackProbe = Effect.fnUntraced(function* (options: {
  readonly botToken: Redacted.Redacted<string>
  readonly apiUrl?: string
}) {
  const http = yield* HttpClient.HttpClient
  const apiUrl = options.apiUrl ?? "https://slack.com/api/"
  const ask: SlackProbe["ask"] = Effect.fnUntraced(function* (method, parameters, schema) {
    const refused = (error: string) => () => new SlackRefused({ method, error })
    const before = yield* Clock.currentTimeMillis
    const response = yield* HttpClientRequest.post(`${apiUrl}${method}`).pipe(
      HttpClientRequest.bearerToken(options.botToken),
      HttpClientRequest.bodyUrlParams(parameters),
      http.execute,
      Effect.timeout("8 seconds"),
      Effect.mapError(refused("no_answer"))
    )
    const after = yield* Clock.currentTimeMillis
    const body = yield* Effect.mapError(response.json, refused(`status ${response.status}`))
    const verdict = yield* Effect.mapError(
      Schema.decodeUnknownEffect(Verdict)(body),
      refused(`status ${response.status}`)
    )
    if (!verdict.ok) return yield* new SlackRefused({ method, error: verdict.error ?? "unknown" })
    const data = yield* Effect.mapError(Schema.decodeUnknownEffect(schema)(body), refused("unexpected"))
    const scopes = response.headers["x-oauth-scopes"]
    const date = Option.flatMap(Option.fromNullishOr(response.headers["date"]), DateTime.make)
    return {
      data,
      scopes: scopes === undefined || scopes === "" ? undefined : scopes.split(",").map((scope) => scope.trim()),
      aheadMs: Option.getOrUndefined(
        Option.map(date, (one) => Math.round(DateTime.toEpochMillis(one) - (before + after) / 2))
      )
    }
  })
  return { apiUrl, ask } satisfies SlackProbe
})
