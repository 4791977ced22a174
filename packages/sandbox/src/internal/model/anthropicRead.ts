/** Reads Anthropic's requests, and refuses what Anthropic refuses. */
import type { ModelMessage, ModelRequest, ModelTool } from "../../ModelState.ts"
import { type Fields, fieldOf, fieldsIn, isFields, listOf, pathOf, textOf } from "../slack/values.ts"
import { type Ask, Refused, type Segment, said, toolCallOf } from "./ask.ts"

const invalid = (message: string) => new Refused(400, message)

const keepOf = (block: unknown): Segment["keep"] => {
  const control = fieldOf(block, "cache_control")
  if (!isFields(control)) return null
  return control["ttl"] === "1h" ? "1h" : "5m"
}

/** The blocks of a content, which may be a text alone. */
const blocksOf = (content: unknown, place: string): ReadonlyArray<Fields> => {
  if (typeof content === "string") return [{ type: "text", text: content }]
  const blocks = fieldsIn(content)
  if (!Array.isArray(content) || blocks.length !== content.length) {
    throw invalid(`${place}: Input should be a valid string or a valid list`)
  }
  for (const [index, block] of blocks.entries()) {
    if (block["type"] === "text" && textOf(block["text"]) === "") {
      throw invalid(`${place}.${index}: text content blocks must be non-empty`)
    }
  }
  return blocks
}

const plainOf = (blocks: ReadonlyArray<Fields>) =>
  blocks
    .filter(({ type }) => type === "text")
    .map(({ text }) => textOf(text))
    .join("\n")

const resultText = (block: Fields, place: string) =>
  block["content"] === undefined || block["content"] === "" ? "" : plainOf(blocksOf(block["content"], place))

/** Every call needs its result in the next message, and every result its call in the one before. */
const checkPairs = (messages: ReadonlyArray<{ readonly role: string; readonly blocks: ReadonlyArray<Fields> }>) => {
  for (const [index, { blocks }] of messages.entries()) {
    const calls = blocks.filter(({ type }) => type === "tool_use").map(({ id }) => textOf(id))
    const next = messages[index + 1]?.blocks ?? []
    const answered = new Set(next.map((block) => textOf(block["tool_use_id"])))
    const open = calls.filter((id) => !answered.has(id))
    if (open.length > 0) {
      throw invalid(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
      )
    }
    const before = new Set((messages[index - 1]?.blocks ?? []).map(({ id }) => textOf(id)))
    for (const [at, block] of blocks.entries()) {
      const id = textOf(block["tool_use_id"])
      if (block["type"] !== "tool_result" || before.has(id)) continue
      throw invalid(
        `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`
      )
    }
  }
}

const toolsOf = (body: Fields): ReadonlyArray<ModelTool> => {
  const seen = new Set<string>()
  return fieldsIn(body["tools"]).map((tool, index) => {
    const name = textOf(tool["name"])
    const schema = tool["input_schema"]
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
      throw invalid(`tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
    }
    if (!isFields(schema)) throw invalid(`tools.${index}.custom.input_schema: Field required`)
    if (schema["type"] !== "object") throw invalid(`tools.${index}.custom.input_schema.type: Input should be 'object'`)
    if (seen.has(name)) throw invalid("tools: Tool names must be unique.")
    seen.add(name)
    return { name, description: textOf(tool["description"]), schema }
  })
}

const choiceOf = (body: Fields, tools: ReadonlyArray<ModelTool>): ModelRequest["toolChoice"] => {
  const type = textOf(pathOf(body, "tool_choice", "type"))
  if (type === "any") return "required"
  if (type === "none") return "none"
  if (type !== "tool") return "auto"
  const tool = textOf(pathOf(body, "tool_choice", "name"))
  if (!tools.some(({ name }) => name === tool)) throw invalid(`tool_choice.tool.name: Tool '${tool}' not found`)
  return { tool }
}

/** Objects must be closed: Anthropic compiles the schema to a grammar. */
const checkClosed = (schema: unknown): void => {
  if (!isFields(schema)) return
  if (schema["type"] === "object" && schema["additionalProperties"] !== false) {
    throw invalid(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
    )
  }
  for (const inner of Object.values(schema)) {
    if (Array.isArray(inner)) inner.forEach(checkClosed)
    else if (isFields(inner)) checkClosed(inner)
  }
}

const schemaOf = (body: Fields): Fields | null => {
  const format = pathOf(body, "output_config", "format")
  const schema = fieldOf(format, "schema")
  if (!isFields(format)) return null
  if (format["type"] !== "json_schema" || !isFields(schema)) {
    throw invalid("output_config.format: Input should be a JSON schema format")
  }
  checkClosed(schema)
  return schema
}

/** A request for a message, or for a count of its tokens, which needs no `max_tokens`. */
export const readAnthropic = (body: Fields, counting = false): Ask => {
  for (const name of counting ? ["model", "messages"] : ["model", "max_tokens", "messages"]) {
    if (body[name] === undefined) throw invalid(`${name}: Field required`)
  }
  const maxTokens = body["max_tokens"]
  if (!counting && (typeof maxTokens !== "number" || !Number.isInteger(maxTokens))) {
    throw invalid("max_tokens: Input should be a valid integer")
  }
  if (typeof maxTokens === "number" && maxTokens < 1) {
    throw invalid("max_tokens: Input should be greater than or equal to 1")
  }
  const system = body["system"] === undefined ? [] : blocksOf(body["system"], "system")
  const given = listOf(body["messages"]).map((one, index) => {
    const role = textOf(fieldOf(one, "role"))
    if (role !== "user" && role !== "assistant" && role !== "system") {
      throw invalid(`messages.${index}.role: Input should be 'user', 'assistant' or 'system'`)
    }
    const content = fieldOf(one, "content")
    if (content === "") throw invalid(`messages.${index}: user messages must have non-empty content`)
    return { role, blocks: blocksOf(content, `messages.${index}.content`) }
  })
  if (given.length === 0) throw invalid("messages: at least one message is required")
  if (given[0]?.role === "assistant") throw invalid('messages: first message must use the "user" role')
  checkPairs(given)
  const names = new Map(
    given.flatMap(({ blocks }) => blocks).map((block) => [textOf(block["id"]), textOf(block["name"])] as const)
  )
  const messages = given.flatMap(({ blocks, role }, index): ReadonlyArray<ModelMessage> => {
    const text = plainOf(blocks)
    if (role === "system") return []
    if (role === "assistant") {
      const calls = blocks.filter(({ type }) => type === "tool_use")
      return [
        said(
          "assistant",
          text,
          calls.map((call) => toolCallOf(textOf(call["name"]), call["input"], isFields))
        )
      ]
    }
    const results = blocks.filter(({ type }) => type === "tool_result")
    return [
      ...results.map(
        (block): ModelMessage => ({
          role: "tool",
          text: resultText(block, `messages.${index}.content`),
          toolCalls: [],
          toolName: names.get(textOf(block["tool_use_id"])) ?? "",
          isError: block["is_error"] === true
        })
      ),
      ...(text === "" ? [] : [said("user", text)])
    ]
  })
  const tools = toolsOf(body)
  const segments: ReadonlyArray<Segment> = [
    ...fieldsIn(body["tools"]).map((tool) => ({ text: JSON.stringify(tool), keep: keepOf(tool) })),
    ...system.map((block) => ({ text: textOf(block["text"]), keep: keepOf(block) })),
    ...given.flatMap(({ blocks, role }) =>
      blocks.map(({ cache_control, ...block }) => ({
        text: block["type"] === "text" ? `${role}: ${textOf(block["text"])}` : `${role}: ${JSON.stringify(block)}`,
        keep: keepOf({ cache_control: cache_control ?? null })
      }))
    )
  ]
  const whole = keepOf(body)
  return {
    body,
    parallel: pathOf(body, "tool_choice", "disable_parallel_tool_use") !== true,
    stopSequences: listOf(body["stop_sequences"]).map(textOf).filter(Boolean),
    // NOTE: a mark on the request itself stands for one on its last piece.
    segments: segments.map((one, index) =>
      index === segments.length - 1 && whole !== null ? { ...one, keep: whole } : one
    ),
    request: {
      api: "anthropic-messages",
      model: textOf(body["model"]),
      system: [plainOf(system), ...given.filter(({ role }) => role === "system").map(({ blocks }) => plainOf(blocks))]
        .filter(Boolean)
        .join("\n\n"),
      messages,
      tools,
      toolChoice: choiceOf(body, tools),
      schema: schemaOf(body),
      maxTokens: typeof maxTokens === "number" ? maxTokens : null,
      stream: body["stream"] === true
    }
  }
}
