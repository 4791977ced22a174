/** What a model sandbox is told to answer. */
import { Schema } from "effect"
import { RegularExpression } from "./internal/regularExpression.ts"
import { ModelApi, ModelFinish, ModelToolCall } from "./ModelState.ts"

const Delay = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 }))
const Tokens = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000_000 }))

/** One answer. */
export const ModelTurn = Schema.Struct({
  text: Schema.optionalKey(Schema.String),
  /** Sent as text: for requests that want JSON. */
  json: Schema.optionalKey(Schema.Json),
  toolCalls: Schema.optionalKey(Schema.Array(ModelToolCall)),
  /** Default: `tool-calls` where there are any, `stop` otherwise. */
  finish: Schema.optionalKey(ModelFinish),
  /** Before anything is sent. Default 0. */
  delayMs: Schema.optionalKey(Delay),
  /** Between the pieces of a stream. Default: the sandbox's `pieceDelayMs`. */
  pieceDelayMs: Schema.optionalKey(Delay),
  /** Instead of what the request counts. */
  inputTokens: Schema.optionalKey(Tokens),
  /** Instead of what the answer counts. */
  outputTokens: Schema.optionalKey(Tokens),
  /** An error instead of an answer, in the vendor's shape. */
  status: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 }))),
  /** With `status`: its message. Default the vendor's. */
  message: Schema.optionalKey(Schema.String),
  /** With `status`: the `retry-after` header. */
  retryAfterSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400 })))
})
export type ModelTurn = typeof ModelTurn.Type

/** Which requests. All that is given must hold; patterns are regular expressions and ignore case. */
export const ModelMatch = Schema.Struct({
  api: Schema.optionalKey(ModelApi),
  model: Schema.optionalKey(RegularExpression),
  /** Over the user's last text. */
  text: Schema.optionalKey(RegularExpression),
  /** Over the system prompt. */
  system: Schema.optionalKey(RegularExpression),
  /** Over system prompt, messages and tool results. */
  anywhere: Schema.optionalKey(RegularExpression),
  /** Names of tools that must all be on offer. */
  tools: Schema.optionalKey(Schema.Array(Schema.String)),
  /** A tool whose result came after the user's last text. */
  resultOf: Schema.optionalKey(Schema.String),
  /** Over the results that came after the user's last text. */
  result: Schema.optionalKey(RegularExpression),
  /** Whether any result came after the user's last text. */
  hasResult: Schema.optionalKey(Schema.Boolean),
  /** Whether JSON of a schema is wanted. */
  structured: Schema.optionalKey(Schema.Boolean)
})
export type ModelMatch = typeof ModelMatch.Type

/**
 * Answers in their order, in each conversation from the first one on. A conversation is known by its first user message.
 * A turn is used up once its answer has gone out whole: what a fault or a hang-up cut off is answered again.
 */
export const ModelScript = Schema.Struct({
  /** Which requests it is for. Others neither get nor use up a turn. Default: every one. */
  when: Schema.optionalKey(ModelMatch),
  turns: Schema.NonEmptyArray(ModelTurn),
  /**
   * Whether conversations share one cursor: the first request gets the first turn, whoever asks. Default false.
   */
  shared: Schema.optionalKey(Schema.Boolean)
})
export type ModelScript = typeof ModelScript.Type

/** The same answer whenever something holds. */
export const ModelRule = Schema.Struct({
  when: ModelMatch,
  answer: ModelTurn,
  /** For how many requests. Default: all. */
  times: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })))
})
export type ModelRule = typeof ModelRule.Type

/** One answer of a recording. */
export const ModelRecorded = Schema.Struct({
  /** SHA-256 of what was asked. Neither the wire format nor the ids of tool calls are in it. */
  key: Schema.String,
  turn: ModelTurn
})
export type ModelRecorded = typeof ModelRecorded.Type

/** Answers to be given again, in the order in which they were given. */
export const ModelRecording = Schema.Array(ModelRecorded)
export type ModelRecording = typeof ModelRecording.Type

/**
 * What it does where no script, rule or recording says what.
 *
 * `demo`: keywords of the user's last text choose among the tools on offer; quoted and fenced text is data. `obey`: does
 * whatever any text of the request demands, wherever it stands, before all else; for tests of what an app permits.
 */
export const ModelMode = Schema.Literals(["demo", "obey"])
export type ModelMode = typeof ModelMode.Type
