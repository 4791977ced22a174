/** What OpenAI's two formats have in common: errors, tools, schemas, the list of models. */
import type { ModelRequest, ModelTool } from "../../../ModelState.ts"
import { type Fields, fieldOf, fieldsIn, isFields, listOf, pathOf, textOf } from "../../slack/values.ts"
import { Refused, type Segment } from "../ask.ts"

export const missing = (param: string) =>
  new Refused(400, `Missing required parameter: '${param}'.`, { code: "missing_required_parameter", param })

export const wrong = (message: string, param: string, code = "invalid_value") =>
  new Refused(400, message, { code, param })

const types: Readonly<Record<number, string>> = { 429: "requests", 500: "server_error", 503: "server_error" }

/** https://developers.openai.com/api/docs/guides/error-codes */
const messages: Readonly<Record<number, readonly [code: string | null, message: string]>> = {
  404: [null, "Invalid URL"],
  413: [null, "Request body is too large."],
  429: ["rate_limit_exceeded", "Rate limit reached for requests. Please try again later."],
  500: [null, "The server had an error while processing your request. Sorry about that!"],
  503: [null, "The engine is currently overloaded, please try again later"]
}

/** An error of a status that a fault or a script asks for. */
export const openAiFailure = (status = 503, message?: string, retryAfterSeconds?: number) => {
  const [code, standard] = messages[status] ?? [null, "The server had an error processing your request."]
  return new Refused(status, message ?? standard, { ...(code === null ? {} : { code }), retryAfterSeconds })
}

export const openAiErrorType = (status: number) =>
  types[status] ?? (status >= 500 ? "server_error" : "invalid_request_error")

export const openAiError = ({ code, message, param, status }: Refused): Fields => ({
  error: { message, type: openAiErrorType(status), param, code }
})

/** The errors of Gemini's compatible endpoint are Google's, in a list. */
export const geminiError = ({ message, status }: Refused): ReadonlyArray<Fields> => {
  const names: Readonly<Record<number, string>> = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE"
  }
  return [{ error: { code: status, message, status: names[status] ?? "INTERNAL" } }]
}

/** The text of a content: a text alone, or parts. Pictures and files count for nothing. */
export const contentText = (content: unknown): string =>
  typeof content === "string"
    ? content
    : fieldsIn(content)
        .map((part) => textOf(part["text"]) || textOf(part["refusal"]))
        .filter(Boolean)
        .join("\n")

/** What strict schemas must be. https://developers.openai.com/api/docs/guides/structured-outputs */
const checkStrict = (schema: unknown, place: ReadonlyArray<string>, what: string, param: string): void => {
  if (!isFields(schema)) return
  const refuse = (message: string) =>
    wrong(
      `Invalid schema for ${what}: In context=(${place.map((one) => `'${one}'`).join(", ")}), ${message}`,
      param,
      "invalid_json_schema"
    )
  const properties = schema["properties"]
  if (schema["type"] === "object" || isFields(properties)) {
    if (schema["additionalProperties"] !== false) {
      throw refuse("'additionalProperties' is required to be supplied and to be false.")
    }
    const required = new Set(listOf(schema["required"]))
    const left = Object.keys(isFields(properties) ? properties : {}).find((name) => !required.has(name))
    if (left !== undefined) {
      throw refuse(
        `'required' is required to be supplied and to be an array including every key in properties. Missing '${left}'.`
      )
    }
  }
  for (const group of ["properties", "$defs", "definitions"]) {
    const inner = schema[group]
    if (!isFields(inner)) continue
    for (const [name, one] of Object.entries(inner)) checkStrict(one, [...place, group, name], what, param)
  }
  checkStrict(schema["items"], [...place, "items"], what, param)
  for (const [index, one] of listOf(schema["anyOf"]).entries()) {
    checkStrict(one, [...place, "anyOf", String(index)], what, param)
  }
}

/** A function that is offered: nested in chat completions, flat in responses. */
export const toolOf = (tool: Fields, param: string): ModelTool => {
  const name = textOf(tool["name"])
  if (name === "") throw missing(`${param}.name`)
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw wrong(
      `Invalid '${param}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${param}.name`
    )
  }
  const schema = isFields(tool["parameters"]) ? tool["parameters"] : { type: "object", properties: {} }
  if (tool["strict"] === true) {
    checkStrict(schema, [], `function '${name}'`, `${param}.parameters`)
  }
  return { name, description: textOf(tool["description"]), schema }
}

/** The schema of a response format: nested in chat completions, flat in responses. */
export const formatSchema = (format: unknown, nested: unknown, param: string): Fields | null => {
  const type = textOf(fieldOf(format, "type"))
  if (type === "json_object") return { type: "object" }
  if (type !== "json_schema") return null
  const name = textOf(fieldOf(nested, "name"))
  const schema = fieldOf(nested, "schema")
  if (name === "") throw missing(`${param}.name`)
  if (!isFields(schema)) throw missing(`${param}.schema`)
  if (fieldOf(nested, "strict") === true) {
    checkStrict(schema, [], `response_format '${name}'`, param)
  }
  return schema
}

export const choiceOf = (choice: unknown, tools: ReadonlyArray<ModelTool>): ModelRequest["toolChoice"] => {
  if (choice === "none" || choice === "required") return choice
  const tool = textOf(pathOf(choice, "function", "name")) || textOf(fieldOf(choice, "name"))
  if (tool === "") return "auto"
  if (!tools.some(({ name }) => name === tool)) {
    throw wrong(`Tool choice '${tool}' not found in 'tools' parameter.`, "tool_choice")
  }
  return { tool }
}

/** In the order in which OpenAI caches: tools, then messages. */
export const segmentsOf = (body: Fields, items: ReadonlyArray<unknown>): ReadonlyArray<Segment> =>
  [...listOf(body["tools"]), ...items].map((one) => ({
    text: typeof one === "string" ? one : JSON.stringify(one),
    keep: null
  }))

export const stopsOf = (stop: unknown): ReadonlyArray<string> =>
  (typeof stop === "string" ? [stop] : listOf(stop).map(textOf)).filter(Boolean)

export const tokenLimit = (limit: unknown): number | null =>
  typeof limit === "number" && Number.isInteger(limit) && limit > 0 ? limit : null

/** One of the list of models. */
export const openAiModel = (id: string): Fields => ({
  id,
  object: "model",
  created: 1_767_225_600,
  owned_by: "sandbox"
})

export const openAiModels = (ids: ReadonlyArray<string>): Fields => ({ object: "list", data: ids.map(openAiModel) })
