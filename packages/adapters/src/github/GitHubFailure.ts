/** What a failed request to GitHub means. */
import type { CodeHostError } from "@productbuilding/core"
import { Denied, NotFound, RateLimited, Rejected, Unavailable } from "@productbuilding/core"
import { Duration, Option, Schema } from "effect"

/** The shape of Octokit's `RequestError`, as far as we look. */
const Failure = Schema.Struct({
  status: Schema.Int,
  message: Schema.optionalKey(Schema.String),
  response: Schema.optionalKey(
    Schema.Struct({
      headers: Schema.Record(Schema.String, Schema.UndefinedOr(Schema.Union([Schema.String, Schema.Finite])))
    })
  )
})

/**
 * GitHub asks to obey `retry-after`, else to wait until `x-ratelimit-reset`, else at least a minute.
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api (read 2026-11-21)
 */
const waitOf = (
  headers: Readonly<Record<string, string | number | undefined>>,
  nowMs: number
): Duration.Duration | undefined => {
  const retryAfter = Number(headers["retry-after"] ?? Number.NaN)
  if (Number.isFinite(retryAfter)) return Duration.seconds(retryAfter)
  if (String(headers["x-ratelimit-remaining"]) !== "0") return undefined
  const reset = Number(headers["x-ratelimit-reset"] ?? Number.NaN)
  return Number.isFinite(reset) ? Duration.millis(Math.max(1000, reset * 1000 - nowMs)) : Duration.minutes(1)
}

/** Whether it is the counted limit that is spent, and not one of the secondary ones, which are about all that we do. */
export const isPrimary = (cause: unknown): boolean =>
  Option.exists(
    Schema.decodeUnknownOption(Failure)(cause),
    ({ response }) =>
      response?.headers["retry-after"] === undefined && String(response?.headers["x-ratelimit-remaining"]) === "0"
  )

/** GitHub's own sentence, without addresses and cut to a line. */
const sentence = (message: string | undefined): string =>
  (message ?? "")
    .replace(/ - https?:\S+/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200)

/** The system's name of what broke a connection, for example `ECONNREFUSED`. */
const codeOf = (cause: unknown): string | undefined => {
  if (!(cause instanceof Error)) return undefined
  return "code" in cause && typeof cause.code === "string" ? cause.code : codeOf(cause.cause)
}

/** The reason behind anything that a request threw. */
export const reasonOf = (cause: unknown, nowMs: number): CodeHostError["reason"] => {
  if (cause instanceof DOMException) return new Unavailable({ detail: "no answer in time" })
  const failure = Schema.decodeUnknownOption(Failure)(cause)
  if (Option.isNone(failure) || (failure.value.status >= 500 && failure.value.response === undefined)) {
    // NOTE: Octokit reports a request that never got an answer as a 500 without a response.
    const code = codeOf(cause)
    return new Unavailable({ detail: `the connection failed${code === undefined ? "" : ` (${code})`}` })
  }
  const { message, response, status } = failure.value
  const headers = response?.headers ?? {}
  if (status === 403 || status === 429) {
    const wait = waitOf(headers, nowMs)
    if (wait !== undefined) return new RateLimited({ retryAfter: wait })
    if (status === 429 || /rate limit/i.test(message ?? "")) return new RateLimited({ retryAfter: Duration.minutes(1) })
    return new Denied({ status, detail: sentence(message) })
  }
  if (status === 401) return new Denied({ status, detail: sentence(message) })
  if (status === 404 || status === 410) return new NotFound()
  if (status >= 500) return new Unavailable({ detail: `status ${status}` })
  return new Rejected({ status, detail: sentence(message) })
}
