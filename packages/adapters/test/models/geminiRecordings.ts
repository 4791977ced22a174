/** The wire of the Gemini API, by hand from https://ai.google.dev/api/generate-content. */
import { Option } from "effect"
import { key, type Recordings, system } from "./LanguageModelTest.ts"
import { type Answer, unnamed } from "./recorded.ts"

const usageMetadata = {
  promptTokenCount: 112,
  cachedContentTokenCount: 100,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 2,
  totalTokenCount: 119
}

const chunk = (parts: ReadonlyArray<object>, finishReason?: string) => ({
  candidates: [
    {
      content: { parts, role: "model" },
      index: 0,
      ...(finishReason === undefined ? {} : { finishReason })
    }
  ],
  usageMetadata,
  modelVersion: "gemini-2.5-pro",
  responseId: "resp-1"
})

const answer = (parts: ReadonlyArray<object>, finishReason: string): Answer => ({ json: chunk(parts, finishReason) })

const failure = (code: number, status: string, message: string, details: ReadonlyArray<object> = []): Answer => ({
  status: code,
  json: { error: { code, message, status, details } }
})

const path = "/v1/models/gemini-2.5-pro:generateContent"
const streamPath = "/v1/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
const systemInstruction = { parts: [{ text: system }] }
const generationConfig = { maxOutputTokens: 1024 }
const asking = (text: string) => [{ role: "user", parts: [{ text }] }]
const base = { systemInstruction, generationConfig }

const declaration = {
  name: "find_issue",
  description: "Finds an issue by its number.",
  parametersJsonSchema: {
    type: "object",
    properties: { number: { type: "integer", minimum: -9007199254740991, maximum: 9007199254740991 } },
    required: ["number"],
    additionalProperties: true
  }
}
const choice = {
  tools: [{ functionDeclarations: [declaration] }],
  toolConfig: { functionCallingConfig: { mode: "AUTO" } }
}
const call = {
  functionCall: { id: "fc_1", name: "find_issue", args: { number: 12 } },
  thoughtSignature: "c2lnbmF0dXJl"
}

export const gemini: Recordings = {
  settings: { provider: "gemini", model: "gemini-2.5-pro" },
  basePath: "",
  auth: { "x-goog-api-key": key },
  text: {
    path,
    body: { ...base, contents: asking("What is open?") },
    answer: answer([{ text: "Two issues are open." }], "STOP")
  },
  textStream: {
    path: streamPath,
    body: { ...base, contents: asking("What is open?") },
    answer: {
      frames: unnamed(
        chunk([{ text: "Two issues " }]),
        chunk([{ text: "are open." }]),
        chunk([{ text: "", thoughtSignature: "c2lnbmF0dXJl" }]),
        chunk([{ text: "" }], "STOP")
      )
    }
  },
  toolCall: { path, body: { ...base, ...choice, contents: asking("What is 12?") }, answer: answer([call], "STOP") },
  toolResult: {
    path,
    body: {
      ...base,
      ...choice,
      contents: [
        ...asking("What is 12?"),
        { role: "model", parts: [call] },
        {
          role: "user",
          parts: [
            { functionResponse: { id: "fc_1", name: "find_issue", response: { output: '{"title":"Issue 12"}' } } }
          ]
        }
      ]
    },
    answer: answer([{ text: "Two issues are open." }], "STOP")
  },
  toolCallStream: {
    path: streamPath,
    body: { ...base, ...choice, contents: asking("What is 12?") },
    answer: { frames: unnamed(chunk([{ text: "I look it up.", thought: true }]), chunk([call], "STOP")) }
  },
  argumentPieces: ['{"number":12}'],
  object: {
    path,
    body: {
      systemInstruction,
      contents: asking("close it"),
      generationConfig: {
        ...generationConfig,
        responseMimeType: "application/json",
        responseJsonSchema: {
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
    },
    answer: answer([{ text: '{"intent":"close","confidence":0.9,"note":null}' }], "STOP")
  },
  count: Option.some({
    path: "/v1/models/gemini-2.5-pro:countTokens",
    body: {
      contents: [
        {
          role: "user",
          parts: [
            { text: system },
            {
              text: JSON.stringify({
                name: declaration.name,
                description: declaration.description,
                schema: declaration.parametersJsonSchema
              })
            }
          ]
        },
        ...asking("What is 12?")
      ]
    },
    answer: { json: { totalTokens: 42 } }
  }),
  finishReasons: [
    [answer([{ text: "…" }], "MAX_TOKENS"), "length"],
    [answer([], "SAFETY"), "content-filter"],
    [answer([], "PROHIBITED_CONTENT"), "content-filter"],
    [answer([{ text: "…" }], "CONTINUATION"), "pause"],
    [answer([], "A_REASON_OF_TOMORROW"), "other"]
  ],
  failures: [
    {
      title: "a wrong key",
      answer: failure(400, "INVALID_ARGUMENT", `API key not valid. Please pass a valid API key: ${key}`, [
        { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID", domain: "googleapis.com" }
      ]),
      reason: "AuthenticationError"
    },
    {
      title: "no permission",
      answer: failure(403, "PERMISSION_DENIED", "Permission denied"),
      reason: "AuthenticationError"
    },
    {
      title: "too many requests, with a wait",
      answer: failure(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [
        {
          "@type": "type.googleapis.com/google.rpc.QuotaFailure",
          violations: [{ quotaId: "GenerateRequestsPerMinutePerProjectPerModel" }]
        },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" }
      ]),
      reason: "RateLimitError",
      retryAfter: 34_500
    },
    {
      title: "the day's quota is spent",
      answer: failure(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [
        {
          "@type": "type.googleapis.com/google.rpc.QuotaFailure",
          violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }]
        }
      ]),
      reason: "QuotaExhaustedError"
    },
    {
      title: "a prompt that is too long",
      answer: failure(
        400,
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
      ),
      reason: "InvalidRequestError",
      tooLong: true
    },
    {
      title: "a prompt that is blocked",
      answer: { json: { promptFeedback: { blockReason: "SAFETY" }, usageMetadata, modelVersion: "gemini-2.5-pro" } },
      streamed: { frames: unnamed({ promptFeedback: { blockReason: "SAFETY" }, usageMetadata }) },
      reason: "ContentPolicyError"
    },
    {
      title: "an unknown model",
      answer: failure(404, "NOT_FOUND", "models/x is not found"),
      reason: "InvalidRequestError"
    },
    {
      title: "a wrong request",
      answer: failure(400, "INVALID_ARGUMENT", "Invalid JSON payload"),
      reason: "InvalidRequestError"
    },
    {
      title: "an error of the server",
      answer: failure(500, "INTERNAL", "An internal error"),
      reason: "InternalProviderError"
    },
    {
      title: "overloaded",
      answer: failure(503, "UNAVAILABLE", "The model is overloaded."),
      reason: "InternalProviderError"
    },
    {
      title: "a proxy's page",
      answer: { status: 502, json: "<html>Bad gateway</html>" },
      reason: "InternalProviderError"
    }
  ],
  failedStream: failure(503, "UNAVAILABLE", "The model is overloaded.")
}
