/** Faults on demand: what a sandbox does wrong for the next requests or webhooks. */
import { Schema } from "effect"
import { RegularExpression } from "./internal/regularExpression.ts"

const Times = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))
const Seconds = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400 }))

/**
 * A fault of the API, for the next requests that match. Of several faults that match a request the oldest one is used.
 *
 * `status`: answer so instead of doing it. `hang`: neither do it nor answer. `drop`: break the connection before
 * anything happened. `lost-answer`: do it, then break the connection. `no-answer`: do it, and never answer.
 */
export const RequestFault = Schema.Struct({
  /** Any method when absent. */
  method: Schema.optionalKey(Schema.String),
  /** A regular expression over the path, without the query. */
  path: RegularExpression,
  /** For how many matching requests. */
  times: Times,
  kind: Schema.Literals(["status", "hang", "drop", "lost-answer", "no-answer"]),
  /** With `status`. Default 500. */
  status: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 }))),
  /** With `status` 403 or 429: the secondary rate limit, with this `retry-after`. */
  retryAfterSeconds: Schema.optionalKey(Seconds),
  /** With `status` 403 or 429: the primary rate limit, used up until so long from now. */
  rateLimitResetSeconds: Schema.optionalKey(Seconds)
})
export type RequestFault = typeof RequestFault.Type

/**
 * A fault of the webhooks, for the next ones to any hook.
 *
 * `lose`: GitHub never sends it and shows no delivery. `duplicate`: sent twice under one GUID. `reorder`: held back
 * until the next webhook of the same event has been delivered. `delay`: sent `delayMs` later.
 */
export const WebhookFault = Schema.Struct({
  kind: Schema.Literals(["lose", "duplicate", "reorder", "delay"]),
  /** For how many matching webhooks. */
  times: Times,
  /** Only for this event, for example `pull_request`. Any when absent. */
  event: Schema.optionalKey(Schema.String),
  /** With `delay`. Default 1000. */
  delayMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 })))
})
export type WebhookFault = typeof WebhookFault.Type

/**
 * A fault of reads: after each of the next pushes to a pull request the API shows its former head for so long, while the
 * push's webhooks tell of the new one. GitHub's API may do so for a moment.
 */
export const HeadFault = Schema.Struct({
  /** For how many pushes. */
  times: Times,
  forMs: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 600_000 }))
})
export type HeadFault = typeof HeadFault.Type
