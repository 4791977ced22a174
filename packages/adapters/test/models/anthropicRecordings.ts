/** The wire of Anthropic's Messages API, version 2026-10-21, by hand from https://platform.claude.com/docs/en/api/messages. */
import { Option } from "effect"
import type { Recordings } from "./LanguageModelTest.ts"
import { key, system } from "./LanguageModelTest.ts"
import { type Answer, named } from "./recorded.ts"

const usage = { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 100, output_tokens: 7 }

const message = (content: ReadonlyArray<unknown>, stop_reason: string): Answer => ({
  json: {
    id: "msg_01",
    type: "message",
    role: "assistant",
    model: "claude-opus-4-6",
    content,
    stop_reason,
    stop_sequence: null,
    usage
  }
})

const cache_control = { type: "ephemeral" }
const systemBlocks = [{ type: "text", text: system, cache_control }]
const asking = (text: string) => [{ role: "user", content: [{ type: "text", text, cache_control }] }]
const base = { model: "claude-opus-4-6", max_tokens: 1024 }
const tools = [
  {
    name: "find_issue",
    description: "Finds an issue by its number.",
    input_schema: {
      type: "object",
      properties: { number: { type: "integer", minimum: -9007199254740991, maximum: 9007199254740991 } },
      required: ["number"],
      additionalProperties: true
    },
    cache_control
  }
]

const started = named(
  [
    "message_start",
    {
      type: "message_start",
      message: {
        id: "msg_01",
        type: "message",
        role: "assistant",
        model: "claude-opus-4-6",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...usage, output_tokens: 1 }
      }
    }
  ],
  ["ping", { type: "ping" }]
)

const stopped = (stop_reason: string, more: object = {}) =>
  named(
    [
      "message_delta",
      { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 7, ...more } }
    ],
    ["message_stop", { type: "message_stop" }]
  )

const block = (index: number, content_block: object, ...deltas: ReadonlyArray<object>) =>
  named(
    ["content_block_start", { type: "content_block_start", index, content_block }],
    ...deltas.map((delta) => ["content_block_delta", { type: "content_block_delta", index, delta }] as const),
    ["content_block_stop", { type: "content_block_stop", index }]
  )

const failure = (
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {}
): Answer => ({
  status,
  headers,
  json: { type: "error", error: { type, message: text }, request_id: "req_1" }
})

const thinking = { type: "thinking", thinking: "The user wants issue 12.", signature: "c2lnbmF0dXJl" }
const called = { type: "tool_use", id: "toolu_01", name: "find_issue", input: { number: 12 } }

export const anthropic: Recordings = {
  settings: { provider: "anthropic", model: "claude-opus-4-6" },
  basePath: "",
  auth: { authorization: `Bearer ${key}`, "anthropic-version": "2026-10-21" },
  text: {
    path: "/v1/messages",
    body: { ...base, system: systemBlocks, messages: asking("What is open?") },
    answer: message([{ type: "text", text: "Two issues are open." }], "end_turn")
  },
  textStream: {
    path: "/v1/messages",
    body: { ...base, stream: true, system: systemBlocks, messages: asking("What is open?") },
    answer: {
      frames: [
        ...started,
        ...block(
          0,
          { type: "text", text: "" },
          { type: "text_delta", text: "Two issues " },
          { type: "text_delta", text: "are open." }
        ),
        ...named(["an_event_of_tomorrow", { type: "an_event_of_tomorrow" }]),
        ...stopped("end_turn")
      ]
    }
  },
  toolCall: {
    path: "/v1/messages",
    body: { ...base, system: systemBlocks, messages: asking("What is 12?"), tools, tool_choice: { type: "auto" } },
    answer: message([thinking, called], "tool_use")
  },
  toolResult: {
    path: "/v1/messages",
    body: {
      ...base,
      system: systemBlocks,
      tools,
      tool_choice: { type: "auto" },
      messages: [
        { role: "user", content: [{ type: "text", text: "What is 12?" }] },
        { role: "assistant", content: [thinking, called] },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "toolu_01", content: '{"title":"Issue 12"}', cache_control }]
        }
      ]
    },
    answer: message([{ type: "text", text: "Two issues are open." }], "end_turn")
  },
  toolCallStream: {
    path: "/v1/messages",
    body: {
      ...base,
      stream: true,
      system: systemBlocks,
      messages: asking("What is 12?"),
      tools,
      tool_choice: { type: "auto" }
    },
    answer: {
      frames: [
        ...started,
        ...block(
          0,
          { type: "thinking", thinking: "", signature: "" },
          { type: "thinking_delta", thinking: "The user wants issue 12." },
          { type: "signature_delta", signature: "c2lnbmF0dXJl" }
        ),
        ...block(
          1,
          { type: "tool_use", id: "toolu_01", name: "find_issue", input: {} },
          { type: "input_json_delta", partial_json: '{"num' },
          { type: "input_json_delta", partial_json: 'ber": 12}' }
        ),
        ...stopped("tool_use")
      ]
    }
  },
  argumentPieces: ['{"num', 'ber": 12}'],
  object: {
    path: "/v1/messages",
    body: {
      ...base,
      system: systemBlocks,
      messages: asking("close it"),
      output_config: {
        format: {
          type: "json_schema",
          schema: {
            type: "object",
            properties: {
              intent: { type: "string", enum: ["status", "close"] },
              confidence: { type: "number" },
              note: { anyOf: [{ type: "string" }, { type: "null" }] }
            },
            required: ["intent", "confidence", "note"],
            additionalProperties: false
          }
        }
      }
    },
    answer: message([{ type: "text", text: '{"intent":"close","confidence":0.9,"note":null}' }], "end_turn")
  },
  count: Option.some({
    path: "/v1/messages/count_tokens",
    body: { model: "claude-opus-4-6", system: systemBlocks, messages: asking("What is 12?"), tools },
    answer: { json: { input_tokens: 42 } }
  }),
  finishReasons: [
    [message([], "stop_sequence"), "stop"],
    [message([], "max_tokens"), "length"],
    [message([], "model_context_window_exceeded"), "length"],
    [message([], "pause_turn"), "pause"],
    [message([], "refusal"), "content-filter"],
    [message([], "a_reason_of_tomorrow"), "other"]
  ],
  failures: [
    {
      title: "a wrong key",
      answer: failure(401, "authentication_error", `invalid x-api-key ${key}`),
      reason: "AuthenticationError"
    },
    { title: "no permission", answer: failure(403, "permission_error", "no"), reason: "AuthenticationError" },
    {
      title: "too many requests, with a wait",
      answer: failure(429, "rate_limit_error", "slow down", { "retry-after": "7" }),
      reason: "RateLimitError",
      retryAfter: "7 seconds"
    },
    {
      title: "too many requests, with a wait in milliseconds",
      answer: failure(429, "rate_limit_error", "slow down", { "retry-after": "7", "retry-after-ms": "250" }),
      reason: "RateLimitError",
      retryAfter: "250 millis"
    },
    {
      title: "the month's money is spent",
      answer: {
        status: 429,
        json: {
          type: "error",
          error: {
            type: "rate_limit_error",
            message: "You have reached your limit.",
            details: { error_code: "enforced_spend_limit_reached" }
          }
        }
      },
      reason: "QuotaExhaustedError"
    },
    {
      title: "no credit",
      answer: failure(400, "invalid_request_error", "Your credit balance is too low to access the API."),
      reason: "QuotaExhaustedError"
    },
    {
      title: "overloaded",
      answer: failure(529, "overloaded_error", "Overloaded", { "retry-after": "2" }),
      reason: "InternalProviderError",
      retryAfter: "2 seconds"
    },
    {
      title: "an error of the server",
      answer: failure(500, "api_error", "Internal server error"),
      reason: "InternalProviderError"
    },
    {
      title: "a prompt that is too long",
      answer: failure(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
      reason: "InvalidRequestError",
      tooLong: true
    },
    {
      title: "a request that is too large",
      answer: failure(413, "request_too_large", "Request exceeds the maximum size"),
      reason: "InvalidRequestError",
      tooLong: true
    },
    {
      title: "an unknown model",
      answer: failure(404, "not_found_error", "model: claude-x"),
      reason: "InvalidRequestError"
    },
    {
      title: "a wrong request",
      answer: failure(400, "invalid_request_error", "max_tokens: must be positive"),
      reason: "InvalidRequestError"
    },
    {
      title: "a proxy's page",
      answer: { status: 502, json: "<html>Bad gateway</html>" },
      reason: "InternalProviderError"
    }
  ],
  failedStream: {
    frames: [
      ...started,
      ...named(["error", { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }])
    ]
  }
}
