/** Slack's Web API through the vendor's SDK, with its failures in a sink's words. */
import { Ambiguous, BudgetSpent, NeverPossible, NotDone, SinkError } from "@productbuilding/core"
import { LogLevel, WebClient } from "@slack/web-api"
import { Duration, Effect, Predicate, Redacted } from "effect"

/** The sink's name in the outbox. */
export const sinkName = "slack"

export interface SlackOptions {
  readonly botToken: Redacted.Redacted<string>
  /** Default: Slack's own. */
  readonly apiUrl?: string
  /** For one call. Default 10 seconds. */
  readonly timeout?: Duration.Input
}

export type SlackClient = WebClient

/** A client that neither retries nor waits by itself: the dispatcher does. */
export const makeClient = ({ apiUrl, botToken, timeout }: SlackOptions): SlackClient =>
  new WebClient(Redacted.value(botToken), {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: Duration.toMillis(Duration.fromInputUnsafe(timeout ?? "10 seconds")),
    logLevel: LogLevel.ERROR,
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl })
  })

/** Errors after which Slack itself does not say whether it did it. https://docs.slack.dev/reference/methods/chat.postMessage */
const unclear = new Set([
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "team_added_to_org"
])

const text = (cause: unknown, key: string): string => {
  const value = Predicate.hasProperty(cause, key) ? cause[key] : undefined
  return typeof value === "string" ? value : ""
}

const number = (cause: unknown, key: string): number => {
  const value = Predicate.hasProperty(cause, key) ? cause[key] : undefined
  return typeof value === "number" ? value : 0
}

/** What a failed call means. */
export const reasonOf = (cause: unknown): SinkError["reason"] => {
  const code = text(cause, "code")
  if (code === "slack_webapi_rate_limited_error") {
    return new BudgetSpent({ retryAfter: Duration.seconds(Math.max(1, number(cause, "retryAfter"))) })
  }
  if (code === "slack_webapi_platform_error") {
    const error = Predicate.hasProperty(cause, "data") ? text(cause.data, "error") : ""
    return unclear.has(error) ? new Ambiguous({ detail: error }) : new NeverPossible({ detail: error })
  }
  if (code === "slack_webapi_http_error") return new Ambiguous({ detail: `status ${number(cause, "statusCode")}` })
  const original = Predicate.hasProperty(cause, "original") ? text(cause.original, "code") : ""
  return original === "ECONNREFUSED" || original === "ENOTFOUND" || original === "EAI_AGAIN"
    ? new NotDone({ detail: original })
    : new Ambiguous({ detail: original === "" ? "no answer" : original })
}

/** Slack's words for a message that somebody deleted, or whose channel is no more. */
const gone = new Set(["message_not_found", "channel_not_found"])

/** Whether it was refused because there is nothing there any more. */
export const isGone = (detail: string): boolean => gone.has(detail)

/** Where a message is, as the outbox keeps it. */
export const placeOf = (reference: string): { readonly channel: string; readonly ts: string } => {
  const [channel = "", ts = ""] = reference.split(":")
  return { channel, ts }
}

/** Calls Slack. */
export const callSlack = <A>(run: () => Promise<A>): Effect.Effect<A, SinkError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new SinkError({ sink: sinkName, reason: reasonOf(cause) }) })
