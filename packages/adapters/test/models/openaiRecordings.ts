/** The wire of Chat Completions, by hand from https://developers.openai.com/api/reference/resources/chat. */
import { Option } from "effect"
import { key, type Recordings, system } from "./LanguageModelTest.ts"
import { type Answer, unnamed } from "./recorded.ts"

const usage = {
  prompt_tokens: 112,
  completion_tokens: 7,
  total_tokens: 119,
  prompt_tokens_details: { cached_tokens: 100, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 2, audio_tokens: 0 }
}

const head = (object: string) => ({ id: "chatcmpl-1", object, created: 1763000000, model: "gpt-5-2025-08-07" })

const completion = (message: object, finish_reason: string): Answer => ({
  json: {
    ...head("chat.completion"),
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: null, refusal: null, ...message },
        logprobs: null,
        finish_reason
      }
    ],
    usage
  }
})

const chunk = (delta: object, finish_reason: string | null = null) => ({
  ...head("chat.completion.chunk"),
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  usage: null
})

const lastChunk = { ...head("chat.completion.chunk"), choices: [], usage }

const failure = (status: number, error: object, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  json: { error: { param: null, code: null, ...error } }
})

const functions = [
  {
    type: "function",
    function: {
      name: "find_issue",
      description: "Finds an issue by its number.",
      parameters: {
        type: "object",
        properties: { number: { type: "integer", minimum: -9007199254740991, maximum: 9007199254740991 } },
        required: ["number"],
        additionalProperties: true
      }
    }
  }
]

const asking = (text: string) => [
  { role: "system", content: system },
  { role: "user", content: text }
]

const call = { id: "call_1", type: "function", function: { name: "find_issue", arguments: '{"number":12}' } }
const streamed = { stream: true, stream_options: { include_usage: true } }

/** Of OpenAI itself, or of a server that speaks its form. */
export const chatCompletions = (provider: "openai" | "openaicompat"): Recordings => {
  const path = "/v1/chat/completions"
  const base = { model: "gpt-5", ...(provider === "openai" ? { max_completion_tokens: 1024 } : { max_tokens: 1024 }) }
  const choice = { tools: functions, tool_choice: "auto" }
  return {
    settings: { provider, model: "gpt-5" },
    basePath: "/v1",
    auth: { authorization: `Bearer ${key}` },
    text: {
      path,
      body: { ...base, messages: asking("What is open?") },
      answer: completion({ content: "Two issues are open." }, "stop")
    },
    textStream: {
      path,
      body: { ...base, ...streamed, messages: asking("What is open?") },
      answer: {
        frames: unnamed(
          chunk({ role: "assistant", content: "", refusal: null }),
          chunk({ content: "Two issues " }),
          chunk({ content: "are open." }),
          chunk({}, "stop"),
          lastChunk,
          "[DONE]"
        )
      }
    },
    toolCall: {
      path,
      body: { ...base, ...choice, messages: asking("What is 12?") },
      answer: completion({ tool_calls: [call] }, "tool_calls")
    },
    toolResult: {
      path,
      body: {
        ...base,
        ...choice,
        messages: [
          ...asking("What is 12?"),
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", tool_call_id: "call_1", content: '{"title":"Issue 12"}' }
        ]
      },
      answer: completion({ content: "Two issues are open." }, "stop")
    },
    toolCallStream: {
      path,
      body: { ...base, ...streamed, ...choice, messages: asking("What is 12?") },
      answer: {
        frames: unnamed(
          chunk({
            role: "assistant",
            content: null,
            tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "find_issue", arguments: "" } }]
          }),
          chunk({ tool_calls: [{ index: 0, function: { arguments: '{"num' } }] }),
          chunk({ tool_calls: [{ index: 0, function: { arguments: 'ber":12}' } }] }),
          chunk({}, "tool_calls"),
          lastChunk,
          "[DONE]"
        )
      }
    },
    argumentPieces: ['{"num', 'ber":12}'],
    object: {
      path,
      body: {
        ...base,
        messages: asking("close it"),
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "intent_of_message",
            strict: true,
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
      answer: completion({ content: '{"intent":"close","confidence":0.9,"note":null}' }, "stop")
    },
    count: Option.none(),
    finishReasons: [
      [completion({ content: "…" }, "length"), "length"],
      [completion({ content: "…" }, "content_filter"), "content-filter"],
      [completion({ refusal: "I cannot." }, "stop"), "content-filter"],
      // NOTE: cut in the middle of its arguments, the call is left out.
      [
        completion({ tool_calls: [{ ...call, function: { name: "find_issue", arguments: '{"num' } }] }, "length"),
        "length"
      ],
      [completion({ content: "…" }, "a_reason_of_tomorrow"), "other"]
    ],
    failures: [
      {
        title: "a wrong key",
        answer: failure(401, {
          message: `Incorrect API key provided: ${key}. You can find your API key at https://platform.openai.com.`,
          type: "invalid_request_error",
          code: "invalid_api_key"
        }),
        reason: "AuthenticationError"
      },
      {
        title: "no permission",
        answer: failure(403, { message: "Country not supported", type: "invalid_request_error" }),
        reason: "AuthenticationError"
      },
      {
        title: "too many requests, with a wait",
        answer: failure(
          429,
          { message: "Rate limit reached", type: "requests", code: "rate_limit_exceeded" },
          { "retry-after-ms": "350" }
        ),
        reason: "RateLimitError",
        retryAfter: "350 millis"
      },
      {
        title: "too many tokens, until their reset",
        answer: failure(
          429,
          { message: "Rate limit reached", type: "tokens", code: "rate_limit_exceeded" },
          {
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "1s",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "6m1.5s"
          }
        ),
        reason: "RateLimitError",
        retryAfter: 361_500
      },
      {
        title: "no credit",
        answer: failure(429, {
          message: "You exceeded your current quota, please check your plan and billing details.",
          type: "insufficient_quota",
          code: "insufficient_quota"
        }),
        reason: "QuotaExhaustedError"
      },
      {
        title: "a prompt that is too long",
        answer: failure(400, {
          message: "This model's maximum context length is 400000 tokens.",
          type: "invalid_request_error",
          param: "messages",
          code: "context_length_exceeded"
        }),
        reason: "InvalidRequestError",
        tooLong: true
      },
      {
        title: "a prompt that is refused",
        answer: failure(400, {
          message: "The response was filtered",
          type: "invalid_request_error",
          code: "content_filter"
        }),
        reason: "ContentPolicyError"
      },
      {
        title: "an unknown model",
        answer: failure(404, {
          message: "The model does not exist",
          type: "invalid_request_error",
          code: "model_not_found"
        }),
        reason: "InvalidRequestError"
      },
      {
        title: "a wrong request",
        answer: failure(400, {
          message: "Invalid type for 'messages'",
          type: "invalid_request_error",
          param: "messages"
        }),
        reason: "InvalidRequestError"
      },
      {
        title: "an error of the server",
        answer: failure(500, { message: "The server had an error", type: "server_error" }),
        reason: "InternalProviderError"
      },
      {
        title: "overloaded",
        answer: failure(503, { message: "The engine is overloaded", type: "server_error" }, { "retry-after": "3" }),
        reason: "InternalProviderError",
        retryAfter: "3 seconds"
      },
      {
        title: "a proxy's page",
        answer: { status: 502, json: "<html>Bad gateway</html>" },
        reason: "InternalProviderError"
      }
    ],
    failedStream: {
      frames: unnamed({ error: { message: "The server had an error", type: "server_error", param: null, code: null } })
    }
  }
}
