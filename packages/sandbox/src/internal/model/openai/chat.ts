/** OpenAI's Chat Completions, as `openai` 7.55.0 declares them; Gemini's compatible endpoint speaks them too. */
import type { ModelFinish, ModelMessage, ModelUsage } from "../../../ModelState.ts"
import { compact, type Fields, fieldOf, fieldsIn, isFields, parseJson, pathOf, textOf } from "../../slack/values.ts"
import {
  type Ask,
  type Dialect,
  type Issued,
  Refused,
  type SentEvent,
  said,
  shardsOf,
  toolCallOf,
  wordsOf
} from "../ask.ts"
import {
  choiceOf,
  contentText,
  formatSchema,
  missing,
  openAiError,
  segmentsOf,
  stopsOf,
  tokenLimit,
  toolOf,
  wrong
} from "./common.ts"

const reasons: Readonly<Record<ModelFinish, string>> = {
  stop: "stop",
  "stop-sequence": "stop",
  "tool-calls": "tool_calls",
  length: "length",
  refusal: "stop"
}

const roles = ["developer", "system", "user", "assistant", "tool"]

/** Every call needs its result right after it, and every result its call. */
const checkPairs = (messages: ReadonlyArray<Fields>) => {
  let open = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message["role"] === "tool") {
      const id = textOf(message["tool_call_id"])
      if (id === "") throw missing(`messages[${index}].tool_call_id`)
      if (!open.delete(id)) {
        throw wrong(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`
        )
      }
      continue
    }
    if (open.size > 0) break
    open = new Set(fieldsIn(message["tool_calls"]).map((call) => textOf(call["id"])))
  }
  if (open.size > 0) {
    throw wrong(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${Array.from(open).join(", ")}`,
      "messages"
    )
  }
}

const read = (body: Fields): Ask => {
  if (textOf(body["model"]) === "") throw new Refused(400, "you must provide a model parameter")
  if (body["messages"] === undefined) throw missing("messages")
  const given = fieldsIn(body["messages"])
  if (given.length === 0) {
    throw wrong(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "messages",
      "empty_array"
    )
  }
  for (const [index, message] of given.entries()) {
    if (!roles.includes(textOf(message["role"]))) {
      throw wrong(
        `Invalid value: '${textOf(message["role"])}'. Supported values are: ${roles.map((one) => `'${one}'`).join(", ")}.`,
        `messages[${index}].role`
      )
    }
  }
  if (body["max_tokens"] !== undefined && body["max_completion_tokens"] !== undefined) {
    throw wrong(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      "max_tokens",
      "invalid_parameter_combination"
    )
  }
  checkPairs(given)
  const names = new Map(
    given
      .flatMap((message) => fieldsIn(message["tool_calls"]))
      .map((call) => [textOf(call["id"]), textOf(pathOf(call, "function", "name"))] as const)
  )
  const messages = given.flatMap((message): ReadonlyArray<ModelMessage> => {
    const text = contentText(message["content"])
    switch (message["role"]) {
      case "user":
        return [said("user", text)]
      case "assistant":
        return [
          said(
            "assistant",
            text,
            fieldsIn(message["tool_calls"]).map((call) =>
              toolCallOf(
                textOf(pathOf(call, "function", "name")),
                parseJson(textOf(pathOf(call, "function", "arguments"))),
                isFields
              )
            )
          )
        ]
      case "tool": {
        const toolName = names.get(textOf(message["tool_call_id"])) ?? ""
        return [{ role: "tool", text, toolCalls: [], toolName, isError: false }]
      }
      default:
        return []
    }
  })
  const tools = fieldsIn(body["tools"]).map((tool, index) => {
    const inner = tool["function"]
    if (!isFields(inner)) throw missing(`tools[${index}].function`)
    return toolOf(inner, `tools[${index}].function`)
  })
  const format = body["response_format"]
  return {
    body,
    parallel: body["parallel_tool_calls"] !== false,
    stopSequences: stopsOf(body["stop"]),
    segments: segmentsOf(body, given),
    request: {
      api: "openai-chat",
      model: textOf(body["model"]),
      system: given
        .filter(({ role }) => role === "system" || role === "developer")
        .map(({ content }) => contentText(content))
        .join("\n\n"),
      messages,
      tools,
      toolChoice: choiceOf(body["tool_choice"], tools),
      schema: formatSchema(format, fieldOf(format, "json_schema"), "response_format.json_schema"),
      maxTokens: tokenLimit(body["max_completion_tokens"]) ?? tokenLimit(body["max_tokens"]),
      stream: body["stream"] === true
    }
  }
}

const usageOf = ({ cachedTokens, inputTokens, outputTokens }: ModelUsage): Fields => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
  prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0
  }
})

const headOf = ({ request }: Ask, { atMs, id }: Issued) =>
  ({
    id: `chatcmpl-${id}`,
    created: Math.floor(atMs / 1000),
    model: request.model,
    service_tier: "default",
    system_fingerprint: "fp_sandbox"
  }) as const

const whole = (ask: Ask, issued: Issued): Fields => ({
  ...headOf(ask, issued),
  object: "chat.completion",
  choices: [
    {
      index: 0,
      finish_reason: reasons[issued.finish],
      logprobs: null,
      message: compact({
        role: "assistant",
        content: issued.text === "" || issued.finish === "refusal" ? null : issued.text,
        refusal: issued.finish === "refusal" ? issued.text : null,
        annotations: [],
        tool_calls:
          issued.toolCalls.length === 0
            ? undefined
            : issued.toolCalls.map(({ arguments: given, id, name }) => ({
                id: `call_${id}`,
                type: "function",
                function: { name, arguments: JSON.stringify(given) }
              }))
      })
    }
  ],
  usage: usageOf(issued.usage)
})

const events = (ask: Ask, issued: Issued): ReadonlyArray<SentEvent> => {
  const withUsage = pathOf(ask.body, "stream_options", "include_usage") === true
  const head = { ...headOf(ask, issued), object: "chat.completion.chunk" } as const
  const chunk = (delta: Fields, finish: string | null = null, piece = true): SentEvent => ({
    piece,
    data: {
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(withUsage ? { usage: null } : {})
    }
  })
  const field = issued.finish === "refusal" ? "refusal" : "content"
  return [
    chunk(
      { role: "assistant", content: issued.toolCalls.length > 0 && issued.text === "" ? null : "", refusal: null },
      null,
      false
    ),
    ...wordsOf(issued.text).map((text) => chunk({ [field]: text })),
    ...issued.toolCalls.flatMap(({ arguments: given, id, name }, index) => [
      chunk({ tool_calls: [{ index, id: `call_${id}`, type: "function", function: { name, arguments: "" } }] }),
      ...shardsOf(JSON.stringify(given)).map((shard) =>
        chunk({ tool_calls: [{ index, function: { arguments: shard } }] })
      )
    ]),
    chunk({}, reasons[issued.finish], false),
    ...(withUsage ? [{ data: { ...head, choices: [], usage: usageOf(issued.usage) } }] : []),
    { data: "[DONE]" }
  ]
}

export const openAiChat: Dialect = {
  read,
  whole,
  events,
  errorEvent: (refused) => ({ data: openAiError(refused) })
}
