/** Faults on demand: what a model sandbox does wrong for the next requests, or for a while. */
import { Schema } from "effect"
import { RegularExpression } from "./internal/regularExpression.ts"
import { ModelApi } from "./ModelState.ts"

/**
 * A fault of the model's API, for the next requests that match. Of several faults that match, the oldest one is used.
 *
 * `status`: an error in the vendor's shape. `hang`: no answer at all. `drop`: break the connection before anything was
 * answered. `lost-answer`: work, then break the connection before the first byte. `cut`: break it in the middle of the
 * answer. `error-in-stream`: an error event in the middle of a stream; of a request without a stream, a `status`. `slow`:
 * `delayMs` between the pieces.
 *
 * Requests for the list of models and for counts of tokens are concerned as well.
 */
export const ModelFault = Schema.Struct({
  kind: Schema.Literals(["status", "hang", "drop", "lost-answer", "cut", "error-in-stream", "slow"]),
  /** For how many matching requests. One of `times` and `forMs` is needed; with both, whichever ends first. */
  times: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
  /** For how long from now. */
  forMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400_000 }))),
  /** Only for this wire format. */
  api: Schema.optionalKey(ModelApi),
  /** A regular expression over the name of the model. */
  model: Schema.optionalKey(RegularExpression),
  /** With `status` and `error-in-stream`. Default: the vendor's for an overload, 529 or 503. */
  status: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 }))),
  /** With `status`: the `retry-after` header. Default 30 with 429, none otherwise. */
  retryAfterSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400 }))),
  /** With `cut` and `error-in-stream`: after so many events. Default: half of them. */
  afterEvents: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))),
  /** With `slow`. Default 500. */
  delayMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 600_000 })))
}).check(
  Schema.makeFilter((fault) => fault.times !== undefined || fault.forMs !== undefined, {
    expected: "`times`, `forMs` or both"
  })
)
export type ModelFault = typeof ModelFault.Type
