/** OpenAI's Responses, as `openai` 7.55.0 declares them. */
import type { ModelMessage, ModelUsage } from "../../../ModelState.ts"
import { type Fields, fieldsIn, isFields, parseJson, pathOf, textOf } from "../../slack/values.ts"
import { type Ask, type Dialect, type Issued, type SentEvent, said, shardsOf, toolCallOf, wordsOf } from "../ask.ts"
import { choiceOf, contentText, formatSchema, missing, segmentsOf, tokenLimit, toolOf, wrong } from "./common.ts"

/** More than a test or a demo goes back. */
const maxStored = 1000

const itemsOf = (input: unknown): ReadonlyArray<Fields> =>
  typeof input === "string" ? [{ role: "user", content: input }] : fieldsIn(input)

const isCall = ({ type }: Fields) => type === "function_call"
const isOutput = ({ type }: Fields) => type === "function_call_output"

const checkPairs = (items: ReadonlyArray<Fields>) => {
  const called = new Set<string>()
  const answered = new Set(items.filter(isOutput).map(({ call_id }) => textOf(call_id)))
  for (const item of items) {
    const id = textOf(item["call_id"])
    if (isCall(item)) called.add(id)
    if (isOutput(item) && !called.has(id)) {
      throw wrong(`No tool call found for function call output with call_id ${id}.`, "input")
    }
    if (isCall(item) && !answered.has(id)) throw wrong(`No tool output found for function call ${id}.`, "input")
  }
}

/** One assistant's message with the calls that stand beside it. */
const joined = (messages: ReadonlyArray<ModelMessage>): ReadonlyArray<ModelMessage> => {
  const all: Array<ModelMessage> = []
  for (const one of messages) {
    const last = all.at(-1)
    if (one.role !== "assistant" || last?.role !== "assistant") {
      all.push(one)
      continue
    }
    const text = [last.text, one.text].filter(Boolean).join("\n")
    all[all.length - 1] = { ...last, text, toolCalls: [...last.toolCalls, ...one.toolCalls] }
  }
  return all
}

const messagesOf = (items: ReadonlyArray<Fields>): ReadonlyArray<ModelMessage> => {
  const names = new Map(items.filter(isCall).map((item) => [textOf(item["call_id"]), textOf(item["name"])] as const))
  return joined(
    items.flatMap((item): ReadonlyArray<ModelMessage> => {
      if (isCall(item)) {
        return [
          said("assistant", "", [toolCallOf(textOf(item["name"]), parseJson(textOf(item["arguments"])), isFields)])
        ]
      }
      if (isOutput(item)) {
        const toolName = names.get(textOf(item["call_id"])) ?? ""
        return [{ role: "tool", text: contentText(item["output"]), toolCalls: [], toolName, isError: false }]
      }
      if (item["role"] === "assistant" || item["role"] === "user") {
        return [said(item["role"], contentText(item["content"]))]
      }
      return []
    })
  )
}

const usageOf = ({ cachedTokens, inputTokens, outputTokens }: ModelUsage): Fields => ({
  input_tokens: inputTokens,
  input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: 0 },
  output_tokens: outputTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: inputTokens + outputTokens
})

type Status = "in_progress" | "completed" | "incomplete" | "failed"

const textPart = (text: string, finish?: Issued["finish"]): Fields =>
  finish === "refusal"
    ? { type: "refusal", refusal: text }
    : { type: "output_text", text, annotations: [], logprobs: [] }

const messageItem = (issued: Issued, status: Status, text: string | undefined): Fields => ({
  id: `msg_${issued.id}`,
  type: "message",
  role: "assistant",
  status,
  content: text === undefined ? [] : [textPart(text, issued.finish)]
})

const callItem = (
  { arguments: given, id, name }: Issued["toolCalls"][number],
  status: Status,
  started: boolean
): Fields => ({
  id: `fc_${id}`,
  type: "function_call",
  call_id: `call_${id}`,
  name,
  arguments: started ? "" : JSON.stringify(given),
  status
})

const outputOf = (issued: Issued): ReadonlyArray<Fields> => [
  ...(issued.text === ""
    ? []
    : [messageItem(issued, issued.finish === "length" ? "incomplete" : "completed", issued.text)]),
  ...issued.toolCalls.map((call) => callItem(call, "completed", false))
]

/** The response itself, which repeats most of the request. */
const responseOf = ({ body, request }: Ask, issued: Issued, status: Status, error: Fields | null = null): Fields => {
  const ended = status === "completed" || status === "incomplete"
  const format = pathOf(body, "text", "format")
  return {
    id: `resp_${issued.id}`,
    object: "response",
    access_programs: null,
    created_at: Math.floor(issued.atMs / 1000),
    status,
    background: false,
    completed_at: status === "completed" ? Math.floor(issued.atMs / 1000) : null,
    error,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: request.maxTokens,
    metadata: isFields(body["metadata"]) ? body["metadata"] : {},
    model: request.model,
    output: ended ? Array.from(outputOf(issued)) : [],
    parallel_tool_calls: body["parallel_tool_calls"] !== false,
    previous_response_id: body["previous_response_id"] ?? null,
    temperature: body["temperature"] ?? 1,
    text: { format: isFields(format) ? format : { type: "text" } },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: fieldsIn(body["tools"]).map((tool) => ({
      ...tool,
      parameters: tool["parameters"] ?? null,
      strict: tool["strict"] ?? true
    })),
    top_p: body["top_p"] ?? 1,
    truncation: "disabled",
    ...(ended ? { usage: usageOf(issued.usage) } : {})
  }
}

const endOf = ({ finish }: Issued): "completed" | "incomplete" => (finish === "length" ? "incomplete" : "completed")

type Unnumbered = Fields & { readonly type: string }

const textEvents = (issued: Issued): ReadonlyArray<Unnumbered> => {
  const place = { item_id: `msg_${issued.id}`, output_index: 0, content_index: 0 } as const
  const refused = issued.finish === "refusal"
  const kind = refused ? "response.refusal" : "response.output_text"
  const logprobs = refused ? {} : { logprobs: [] }
  return [
    { type: "response.output_item.added", output_index: 0, item: messageItem(issued, "in_progress", undefined) },
    { type: "response.content_part.added", ...place, part: textPart("", issued.finish) },
    ...wordsOf(issued.text).map((delta) => ({ type: `${kind}.delta`, ...place, delta, ...logprobs })),
    refused
      ? { type: `${kind}.done`, ...place, refusal: issued.text }
      : { type: `${kind}.done`, ...place, text: issued.text, logprobs: [] },
    { type: "response.content_part.done", ...place, part: textPart(issued.text, issued.finish) },
    { type: "response.output_item.done", output_index: 0, item: messageItem(issued, endOf(issued), issued.text) }
  ]
}

const callEvents = (call: Issued["toolCalls"][number], index: number): ReadonlyArray<Unnumbered> => {
  const place = { item_id: `fc_${call.id}`, output_index: index } as const
  const whole = JSON.stringify(call.arguments)
  return [
    { type: "response.output_item.added", output_index: index, item: callItem(call, "in_progress", true) },
    ...shardsOf(whole).map((delta) => ({ type: "response.function_call_arguments.delta", ...place, delta })),
    { type: "response.function_call_arguments.done", ...place, arguments: whole },
    { type: "response.output_item.done", output_index: index, item: callItem(call, "completed", false) }
  ]
}

const events = (ask: Ask, issued: Issued): ReadonlyArray<SentEvent> => {
  const begun = responseOf(ask, issued, "in_progress")
  const end = endOf(issued)
  const all: ReadonlyArray<Unnumbered> = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...(issued.text === "" ? [] : textEvents(issued)),
    ...issued.toolCalls.flatMap((call, index) => callEvents(call, index + (issued.text === "" ? 0 : 1))),
    { type: `response.${end}`, response: responseOf(ask, issued, end) }
  ]
  return all.map((data, sequence_number) => ({
    name: data.type,
    data: { ...data, sequence_number },
    piece: data.type.endsWith(".delta")
  }))
}

export interface ResponsesDialect extends Dialect {
  /** Remembers an answer, for `previous_response_id`. */
  readonly store: (ask: Ask, issued: Issued) => void
}

/** With a memory of its own, for `previous_response_id`. */
export const makeResponses = (): ResponsesDialect => {
  const stored = new Map<string, ReadonlyArray<Fields>>()

  const inputOf = (body: Fields): ReadonlyArray<Fields> => {
    const previous = textOf(body["previous_response_id"])
    const before = previous === "" ? [] : stored.get(previous)
    if (before === undefined) {
      throw wrong(
        `Previous response with id '${previous}' not found.`,
        "previous_response_id",
        "previous_response_not_found"
      )
    }
    return [...before, ...itemsOf(body["input"])]
  }

  const read = (body: Fields): Ask => {
    if (textOf(body["model"]) === "") throw missing("model")
    if (body["input"] === undefined) throw missing("input")
    const items = inputOf(body)
    checkPairs(items)
    const tools = fieldsIn(body["tools"])
      .filter(({ type }) => type === "function")
      .map((tool, index) => toolOf(tool, `tools[${index}]`))
    const format = pathOf(body, "text", "format")
    const instructions = textOf(body["instructions"])
    const systems = items.filter(({ role }) => role === "system" || role === "developer")
    return {
      body,
      parallel: body["parallel_tool_calls"] !== false,
      stopSequences: [],
      segments: segmentsOf(body, [instructions, ...items]),
      request: {
        api: "openai-responses",
        model: textOf(body["model"]),
        system: [instructions, ...systems.map(({ content }) => contentText(content))].filter(Boolean).join("\n\n"),
        messages: messagesOf(items),
        tools,
        toolChoice: choiceOf(body["tool_choice"], tools),
        schema: formatSchema(format, format, "text.format"),
        maxTokens: tokenLimit(body["max_output_tokens"]),
        stream: body["stream"] === true
      }
    }
  }

  return {
    read,
    whole: (ask, issued) => responseOf(ask, issued, endOf(issued)),
    events,
    errorEvent: ({ message, status }, { ask, issued, sent }) => {
      const error = { code: status === 429 ? "rate_limit_exceeded" : "server_error", message }
      return {
        name: "response.failed",
        data: { type: "response.failed", sequence_number: sent, response: responseOf(ask, issued, "failed", error) }
      }
    },
    store: (ask, issued) => {
      if (ask.body["store"] === false) return
      stored.set(`resp_${issued.id}`, [...inputOf(ask.body), ...outputOf(issued)])
      for (const old of stored.keys()) {
        if (stored.size <= maxStored) break
        stored.delete(old)
      }
    }
  }
}
