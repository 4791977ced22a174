/** What is to be told, as the API answers it: by sink, and by thread. */
import { Preview } from "@productbuilding/preview"
import { Schema } from "effect"

/** How often a sink may call, how often it does, and whether its vendor wants it to wait. */
export const BudgetReport = Schema.Struct({
  /** For example `posts`, or `channel acme/shop`. */
  name: Schema.String,
  /** Calls that could be made now. */
  available: Schema.Int,
  /** Calls that may come at once after a pause. */
  burst: Schema.Int,
  perMinute: Schema.Finite,
  /** Calls since the start of the server. */
  spent: Schema.Int,
  pausedUntil: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  /** Calls in each of the last 60 minutes; the last one is not over. */
  callsByMinute: Schema.Array(Schema.Int)
})

/** `status`: something that is shown, of which the newest version counts. `append`: a message. */
const lane = Schema.Literals(["status", "append"])

/** Something that has yet to be told. */
export const WaitingReport = Schema.Struct({
  lane,
  thread: Schema.String,
  /** Unique in its sink. */
  key: Schema.String,
  since: Schema.DateTimeUtcFromMillis,
  /** How often the message was sent in vain; `null` for what is shown. */
  attempts: Schema.NullOr(Schema.Int)
})

/** Something that was refused for good. What is shown is tried again with its next change. */
export const FailureReport = Schema.Struct({
  lane,
  thread: Schema.String,
  key: Schema.String,
  /** The vendor's own words. */
  detail: Schema.String,
  /** What to do about it. */
  advice: Schema.String,
  at: Schema.DateTimeUtcFromMillis
})

/** What one sink has yet to tell, what it told, and what keeps it from telling. */
export const SinkReport = Schema.Struct({
  sink: Schema.String,
  /** Whose budgets are spent, where the vendor has said so. */
  workspace: Schema.NullOr(Schema.String),
  /** What is wrong with its setup. */
  problems: Schema.Array(
    Schema.Struct({
      found: Schema.String,
      /** What to do about it. */
      advice: Schema.NullOr(Schema.String),
      /** Nothing is told, or nothing comes in, until it is mended. */
      isFatal: Schema.Boolean
    })
  ),
  waiting: Schema.Struct({ messages: Schema.Int, slots: Schema.Int, threads: Schema.Int }),
  /** What waits longest, first. */
  next: Schema.Array(WaitingReport),
  /** Messages since the first start. */
  sent: Schema.Int,
  /** Messages that the vendor will never take. */
  dropped: Schema.Int,
  /** The newest first. */
  failures: Schema.Array(FailureReport),
  /** Those that were used since the start of the server. */
  budgets: Schema.Array(BudgetReport)
})

/** An issue or a pull request as Slack shows it. */
export const ThreadReport = Schema.Struct({
  /** `owner/name#number` in lower case. */
  thread: Schema.String,
  /** `null` until a delivery has told of it. */
  title: Schema.NullOr(Schema.String),
  /** `null` until a delivery has told of it. */
  githubUrl: Schema.NullOr(Schema.String),
  /** `null` until it is shown. */
  slackUrl: Schema.NullOr(Schema.String),
  preview: Schema.NullOr(Schema.Struct({ state: Preview.fields.state, url: Schema.String })),
  version: Schema.Int,
  /** The newest version that is shown or was refused for good, 0 before the first. */
  sentVersion: Schema.Int,
  /** Of the newest 20 messages those that have yet to be sent. */
  messagesWaiting: Schema.Int,
  /** Why the newest version of the card, or else the newest message, will never be shown. */
  failure: Schema.NullOr(
    Schema.Struct({
      lane,
      /** Slack's own words. */
      detail: Schema.String,
      /** What to do about it. */
      advice: Schema.String
    })
  ),
  /** When the card first differed from what is shown. */
  since: Schema.DateTimeUtcFromMillis,
  changedAt: Schema.DateTimeUtcFromMillis
})
