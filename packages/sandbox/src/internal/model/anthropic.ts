/** Writes Anthropic's Messages, as `@anthropic-ai/sdk` 1.11.0 declares them. */
import type { ModelFinish } from "../../ModelState.ts"
import type { Fields } from "../slack/values.ts"
import { readAnthropic } from "./anthropicRead.ts"
import {
  type Ask,
  type Dialect,
  type Issued,
  type IssuedCall,
  Refused,
  type SentEvent,
  shardsOf,
  wordsOf
} from "./ask.ts"

const reasons: Readonly<Record<ModelFinish, string>> = {
  stop: "end_turn",
  "stop-sequence": "stop_sequence",
  "tool-calls": "tool_use",
  length: "max_tokens",
  refusal: "refusal"
}

/** https://platform.claude.com/docs/en/api/errors (read 2026-11-21) */
const types: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error"
}

const messages: Readonly<Record<number, string>> = {
  404: "Not Found",
  413: "Request exceeds the maximum size",
  429: "This request would exceed the rate limit for your organization. Please reduce the prompt length or the maximum tokens requested, or try again later.",
  504: "The request timed out while processing. Please try again.",
  529: "Overloaded"
}

/** An error of a status that a fault or a script asks for. */
export const anthropicFailure = (status: number | undefined, message: string | undefined, retryAfterSeconds?: number) =>
  new Refused(status ?? 529, message ?? messages[status ?? 529] ?? "Internal server error", { retryAfterSeconds })

export const anthropicError = (refused: Refused, requestId: string): Fields => ({
  type: "error",
  error: { type: types[refused.status] ?? "api_error", message: refused.message },
  request_id: requestId
})

const usageOf = ({ usage }: Issued, outputTokens: number): Fields => ({
  input_tokens: usage.inputTokens - usage.cachedTokens - usage.written5mTokens - usage.written1hTokens,
  cache_creation_input_tokens: usage.written5mTokens + usage.written1hTokens,
  cache_read_input_tokens: usage.cachedTokens,
  cache_creation: {
    ephemeral_5m_input_tokens: usage.written5mTokens,
    ephemeral_1h_input_tokens: usage.written1hTokens
  },
  output_tokens: outputTokens,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: "standard",
  inference_geo: null,
  speed: "standard"
})

const textBlock = (text: string): Fields => ({ type: "text", text, citations: null })

const toolBlock = ({ id, name }: IssuedCall, input: Fields): Fields => ({
  type: "tool_use",
  id: `toolu_${id}`,
  name,
  input,
  caller: { type: "direct" }
})

const messageOf = (
  { request }: Ask,
  issued: Issued,
  content: ReadonlyArray<Fields>,
  end: { readonly reason: string | null; readonly stopSequence: string | null; readonly outputTokens: number }
): Fields => ({
  id: `msg_${issued.id}`,
  type: "message",
  role: "assistant",
  model: request.model,
  content: Array.from(content),
  container: null,
  diagnostics: null,
  stop_reason: end.reason,
  stop_sequence: end.stopSequence,
  stop_details: end.reason === "refusal" ? { type: "refusal", category: null, explanation: null } : null,
  usage: usageOf(issued, end.outputTokens)
})

const whole = (ask: Ask, issued: Issued): Fields =>
  messageOf(
    ask,
    issued,
    [
      ...(issued.text === "" ? [] : [textBlock(issued.text)]),
      ...issued.toolCalls.map((call) => toolBlock(call, call.arguments))
    ],
    {
      reason: reasons[issued.finish],
      stopSequence: issued.stopSequence,
      outputTokens: issued.usage.outputTokens
    }
  )

const event = (data: Fields & { readonly type: string }, piece = false): SentEvent => ({ name: data.type, data, piece })

const block = (index: number, start: Fields, deltas: ReadonlyArray<Fields>): ReadonlyArray<SentEvent> => [
  event({ type: "content_block_start", index, content_block: start }),
  ...deltas.map((delta) => event({ type: "content_block_delta", index, delta }, true)),
  event({ type: "content_block_stop", index })
]

const events = (ask: Ask, issued: Issued): ReadonlyArray<SentEvent> => {
  const texts = issued.text === "" ? 0 : 1
  const { cachedTokens, written1hTokens, written5mTokens } = issued.usage
  const { input_tokens } = usageOf(issued, 0)
  return [
    event({
      type: "message_start",
      message: messageOf(ask, issued, [], {
        reason: null,
        stopSequence: null,
        outputTokens: Math.min(1, issued.usage.outputTokens)
      })
    }),
    event({ type: "ping" }),
    ...(texts === 0
      ? []
      : block(
          0,
          textBlock(""),
          wordsOf(issued.text).map((text) => ({ type: "text_delta", text }))
        )),
    ...issued.toolCalls.flatMap((call, index) =>
      block(
        texts + index,
        toolBlock(call, {}),
        ["", ...shardsOf(JSON.stringify(call.arguments))].map((partial_json) => ({
          type: "input_json_delta",
          partial_json
        }))
      )
    ),
    event({
      type: "message_delta",
      delta: {
        stop_reason: reasons[issued.finish],
        stop_sequence: issued.stopSequence,
        stop_details: issued.finish === "refusal" ? { type: "refusal", category: null, explanation: null } : null,
        container: null
      },
      usage: {
        input_tokens: input_tokens ?? null,
        cache_creation_input_tokens: written5mTokens + written1hTokens,
        cache_read_input_tokens: cachedTokens,
        output_tokens: issued.usage.outputTokens,
        output_tokens_details: null,
        server_tool_use: null
      }
    }),
    event({ type: "message_stop" })
  ]
}

export const anthropic: Dialect = {
  read: readAnthropic,
  whole,
  events,
  errorEvent: ({ message, status }) => ({
    name: "error",
    data: { type: "error", error: { type: types[status] ?? "api_error", message } }
  })
}

/** One of the list of models. */
export const anthropicModel = (id: string): Fields => ({
  type: "model",
  id,
  display_name: id,
  created_at: "2026-01-01T00:00:00Z",
  deprecated_at: null,
  retires_at: null,
  lifecycle: "active",
  line: null,
  capabilities: null,
  max_input_tokens: 200_000,
  max_tokens: 64_000
})

/** A page with all of them. */
export const anthropicModels = (ids: ReadonlyArray<string>): Fields => ({
  data: ids.map(anthropicModel),
  has_more: false,
  first_id: ids[0] ?? null,
  last_id: ids.at(-1) ?? null
})
