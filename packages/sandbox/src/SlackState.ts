/** What a Slack sandbox holds, as its controls and its control API show it. */
import { Schema } from "effect"

/** A person or a bot of the workspace. */
export const SlackUser = Schema.Struct({
  id: Schema.String,
  /** The handle, by which `@name` mentions them. */
  name: Schema.String,
  realName: Schema.String,
  email: Schema.String,
  isBot: Schema.Boolean,
  isAdmin: Schema.Boolean,
  /** A guest of several channels. */
  isRestricted: Schema.Boolean,
  /** A guest of one channel. */
  isUltraRestricted: Schema.Boolean,
  /** An IANA time zone. */
  tz: Schema.String
})
export type SlackUser = typeof SlackUser.Type

/** A channel or a direct message. */
export const SlackChannel = Schema.Struct({
  id: Schema.String,
  /** Without `#`. Of a direct message: the name of the user. */
  name: Schema.String,
  kind: Schema.Literals(["public", "private", "im"]),
  topic: Schema.String,
  creator: Schema.String,
  createdAtSeconds: Schema.Int,
  /** Ids of users, in the order in which they joined. */
  members: Schema.Array(Schema.String)
})
export type SlackChannel = typeof SlackChannel.Type

/** Who reacted with one emoji. */
export const SlackReaction = Schema.Struct({ name: Schema.String, users: Schema.Array(Schema.String) })
export type SlackReaction = typeof SlackReaction.Type

/** A message, as it was when it was read. */
export const SlackMessage = Schema.Struct({
  /** Its id: `seconds.micros`, unique in the workspace and strictly increasing. */
  ts: Schema.String,
  channel: Schema.String,
  user: Schema.String,
  /** `null` for people. */
  botId: Schema.NullOr(Schema.String),
  /** A name that the bot chose for this message. */
  username: Schema.NullOr(Schema.String),
  subtype: Schema.NullOr(Schema.String),
  text: Schema.String,
  /** The `ts` of the thread's first message. On that one as well, once it has been answered. */
  threadTs: Schema.NullOr(Schema.String),
  /** An answer in a thread that the channel shows too. */
  broadcast: Schema.Boolean,
  blocks: Schema.Array(Schema.JsonObject),
  attachments: Schema.Array(Schema.JsonObject),
  metadata: Schema.NullOr(Schema.JsonObject),
  edited: Schema.NullOr(Schema.Struct({ user: Schema.String, ts: Schema.String })),
  reactions: Schema.Array(SlackReaction),
  /** Set for messages of `chat.startStream`. */
  streaming: Schema.NullOr(Schema.Literals(["in_progress", "completed"])),
  /** For whom alone an ephemeral message is. */
  onlyFor: Schema.NullOr(Schema.String)
})
export type SlackMessage = typeof SlackMessage.Type

/** One call of the Web API. */
export const SlackCall = Schema.Struct({
  method: Schema.String,
  atMs: Schema.Finite,
  /** Where the method has one. */
  channel: Schema.NullOr(Schema.String),
  /** 0 where a fault left it without an answer. */
  status: Schema.Int,
  ok: Schema.Boolean,
  error: Schema.NullOr(Schema.String),
  /** Made before the `Retry-After` of an earlier answer had passed. */
  early: Schema.Boolean
})
export type SlackCall = typeof SlackCall.Type

/** Every call of the Web API so far. */
export const SlackCalls = Schema.Struct({
  /** Oldest first. */
  list: Schema.Array(SlackCall),
  /** How many were answered with 429. */
  rateLimited: Schema.Int,
  /** How many came before a `Retry-After` had passed. */
  early: Schema.Int
})
export type SlackCalls = typeof SlackCalls.Type

/** One attempt to bring something to the app. */
export const SlackDelivery = Schema.Struct({
  /** `Ev…` of an event, the envelope's id or the trigger's otherwise; the same for every attempt. */
  id: Schema.String,
  kind: Schema.Literals(["event", "interaction", "verification"]),
  /** Such as `app_mention` or `block_actions`. */
  type: Schema.String,
  transport: Schema.Literals(["http", "socket"]),
  /** 0 for the first one. */
  attempt: Schema.Int,
  /** Why it is sent again, in Slack's words: `http_timeout`, `http_error`, `connection_failed`, `timeout`. */
  retryReason: Schema.NullOr(Schema.String),
  sentAtMs: Schema.Finite,
  /** 200 for what a socket acknowledged, 0 for no answer in time. */
  status: Schema.Int,
  outcome: Schema.String,
  payload: Schema.JsonObject,
  /** At most the first 64 KiB; what a socket said as JSON. */
  responseBody: Schema.String
})
export type SlackDelivery = typeof SlackDelivery.Type

/** A modal that the bot opened. */
export const SlackView = Schema.Struct({
  id: Schema.String,
  user: Schema.String,
  hash: Schema.String,
  /** As `views.open` was given it, with every `block_id` and `action_id`. */
  view: Schema.JsonObject
})
export type SlackView = typeof SlackView.Type

/** What the bot shows in a thread besides messages. */
export const SlackThreadStatus = Schema.Struct({
  /** By `assistant.threads.setStatus`; empty when it has passed: two minutes, or the bot's next message. */
  status: Schema.String,
  loadingMessages: Schema.Array(Schema.String),
  /** By `agents.sessions.setStatus`. */
  session: Schema.NullOr(Schema.Literals(["active", "processing", "suspended", "closed"])),
  title: Schema.String
})
export type SlackThreadStatus = typeof SlackThreadStatus.Type
