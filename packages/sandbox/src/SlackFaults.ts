/** Faults on demand: what a Slack sandbox does wrong for the next calls or events. */
import { Schema } from "effect"

const Times = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))

/**
 * A fault of the Web API, for the next calls that match. Of several faults that match a call the oldest one is used.
 *
 * `status`: answer so instead of doing it; with 429 and `Retry-After`. `error`: answer `{ok: false, error}` instead of
 * doing it. `hang`: neither do it nor answer. `drop`: break the connection before anything happened. `lost-answer`: do
 * it, then break the connection. `no-answer`: do it, and never answer.
 */
export const SlackRequestFault = Schema.Struct({
  kind: Schema.Literals(["status", "error", "hang", "drop", "lost-answer", "no-answer"]),
  /** Such as `chat.postMessage`. Any when absent. */
  method: Schema.optionalKey(Schema.String),
  /** For how many matching calls. */
  times: Times,
  /** With `status`. Default 500. */
  status: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 }))),
  /** With `status` 429. Default 30. */
  retryAfterSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400 }))),
  /** With `error`. Default `internal_error`. */
  error: Schema.optionalKey(Schema.String)
})
export type SlackRequestFault = typeof SlackRequestFault.Type

/**
 * A fault of the Events API, over HTTP and Socket Mode alike, for the next events.
 *
 * `lose`: never sent. `duplicate`: sent `copies` times under one `event_id`. `reorder`: held back until the next event
 * has been delivered. `delay`: sent `delayMs` later.
 */
export const SlackEventFault = Schema.Struct({
  kind: Schema.Literals(["lose", "duplicate", "reorder", "delay"]),
  /** For how many matching events. */
  times: Times,
  /** Only for this type, for example `app_mention`. Any when absent. */
  event: Schema.optionalKey(Schema.String),
  /** With `duplicate`. Default 2. */
  copies: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 100 }))),
  /** With `delay`. Default 1000. */
  delayMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 })))
})
export type SlackEventFault = typeof SlackEventFault.Type
