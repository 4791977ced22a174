/** What a model sandbox is asked and answers, the same for every vendor's wire format. */
import { Schema } from "effect"

/** The wire formats. Gemini's OpenAI-compatible endpoint speaks `openai-chat`. */
export const ModelApi = Schema.Literals(["anthropic-messages", "openai-chat", "openai-responses"])
export type ModelApi = typeof ModelApi.Type

/** A call of a tool that a model asks for. */
export const ModelToolCall = Schema.Struct({ name: Schema.String, arguments: Schema.JsonObject })
export type ModelToolCall = typeof ModelToolCall.Type

/** One message of a conversation. A vendor's message that carries several tool results is one of these for each. */
export const ModelMessage = Schema.Struct({
  role: Schema.Literals(["user", "assistant", "tool"]),
  /** With `tool`: what the tool answered. Pictures and files are left out. */
  text: Schema.String,
  /** What an assistant asked for. */
  toolCalls: Schema.Array(ModelToolCall),
  /** With `tool`: whose result it is; empty where the call is unknown. */
  toolName: Schema.String,
  /** With `tool`: whether the app said that it failed. OpenAI's formats cannot say so. */
  isError: Schema.Boolean
})
export type ModelMessage = typeof ModelMessage.Type

/** A tool that was offered. */
export const ModelTool = Schema.Struct({
  name: Schema.String,
  description: Schema.String,
  /** The JSON schema of its arguments. */
  schema: Schema.JsonObject
})
export type ModelTool = typeof ModelTool.Type

/** A request, read from whichever wire format it came in. */
export const ModelRequest = Schema.Struct({
  api: ModelApi,
  model: Schema.String,
  /** Every system and developer message, one after the other. */
  system: Schema.String,
  /** Oldest first. */
  messages: Schema.Array(ModelMessage),
  tools: Schema.Array(ModelTool),
  /** `tool` names the one that must be called. */
  toolChoice: Schema.Union([Schema.Literals(["auto", "none", "required"]), Schema.Struct({ tool: Schema.String })]),
  /** The JSON schema that the answer has to fit; `null` for free text. */
  schema: Schema.NullOr(Schema.JsonObject),
  maxTokens: Schema.NullOr(Schema.Int),
  stream: Schema.Boolean
})
export type ModelRequest = typeof ModelRequest.Type

/** Tokens of one call. About one for every four characters, so that the same text always counts the same. */
export const ModelUsage = Schema.Struct({
  /** All of the input, cached or not. */
  inputTokens: Schema.Int,
  /** Of those: read from the prompt cache. */
  cachedTokens: Schema.Int,
  /** Of those: written to the prompt cache for five minutes. Anthropic's format alone. */
  written5mTokens: Schema.Int,
  /** Of those: written for an hour. */
  written1hTokens: Schema.Int,
  outputTokens: Schema.Int
})
export type ModelUsage = typeof ModelUsage.Type

/** Why an answer ended. */
export const ModelFinish = Schema.Literals(["stop", "stop-sequence", "tool-calls", "length", "refusal"])
export type ModelFinish = typeof ModelFinish.Type

/** What was answered. */
export const ModelReply = Schema.Struct({
  text: Schema.String,
  toolCalls: Schema.Array(ModelToolCall),
  finish: ModelFinish,
  usage: ModelUsage
})
export type ModelReply = typeof ModelReply.Type

/** One request and what became of it. */
export const ModelCall = Schema.Struct({
  /** 1 for the first. */
  id: Schema.Int,
  atMs: Schema.Finite,
  /** From the request to the end of the answer; `null` while it is under way. */
  tookMs: Schema.NullOr(Schema.Finite),
  path: Schema.String,
  /** `null` where the request was refused before it was read. */
  request: Schema.NullOr(ModelRequest),
  /** As it was sent. `null` where it was no JSON object. */
  body: Schema.NullOr(Schema.JsonObject),
  /** 0 where a fault left it without an answer. */
  status: Schema.Int,
  /** `null` where an error was answered, or nothing. */
  reply: Schema.NullOr(ModelReply),
  /** Why it was answered so: `script`, `rule`, `replay`, `obeyed`, `demo`, `fault`, `refused`. */
  because: Schema.String,
  /** The error's message. */
  error: Schema.NullOr(Schema.String),
  /** Whether the whole answer went out. */
  complete: Schema.Boolean
})
export type ModelCall = typeof ModelCall.Type

/** The requests so far. */
export const ModelCalls = Schema.Struct({
  /** Oldest first; the newest `maxCalls` of them. */
  list: Schema.Array(ModelCall),
  /** How many there have been, the forgotten ones included. */
  total: Schema.Int,
  /** How many are under way. */
  open: Schema.Int
})
export type ModelCalls = typeof ModelCalls.Type
