/** Tools as an agent for a team offers them. */
import type Anthropic from "@anthropic-ai/sdk"
import type OpenAI from "openai"

const text = { type: "string" } as const
const number = { type: "integer", minimum: 1 } as const

const object = (properties: Readonly<Record<string, object>>, required: ReadonlyArray<string>) => ({
  type: "object" as const,
  properties,
  required: Array.from(required),
  additionalProperties: false
})

const schemas = {
  create_issue: object({ repository: text, title: text, body: text, labels: { type: "array", items: text } }, [
    "repository",
    "title",
    "body"
  ]),
  close_issue: object({ number, reason: { type: "string", enum: ["completed", "not_planned"] } }, ["number"]),
  comment_on_issue: object({ number, body: text }, ["number", "body"]),
  list_issues: object({ state: { type: "string", enum: ["open", "closed", "all"] } }, []),
  get_issue: object({ number }, ["number"]),
  search_code: object({ query: text }, ["query"]),
  delegate_issue: object({ number }, ["number"]),
  label_issue: object({ number, add: { type: "array", items: text }, remove: { type: "array", items: text } }, [
    "number"
  ]),
  assign_issue: object({ number, logins: { type: "array", items: text, minItems: 1 } }, ["number", "logins"]),
  get_preview: object({ pr: number }, ["pr"]),
  preview_logs: object({ pr: number }, ["pr"]),
  redeploy_preview: object({ pr: number }, ["pr"]),
  wake_preview: object({ pr: number }, ["pr"]),
  stop_preview: object({ pr: number }, ["pr"])
}

export type ToolName = keyof typeof schemas

const isOneOf =
  (names: ReadonlyArray<string>) =>
  ([name]: readonly [string, unknown]) =>
    names.length === 0 || names.includes(name)

export const anthropicTools = (...names: ReadonlyArray<ToolName>): Array<Anthropic.Tool> =>
  Object.entries(schemas)
    .filter(isOneOf(names))
    .map(([name, input_schema]) => ({ name, description: `Does what ${name} says.`, input_schema }))

export const chatTools = (...names: ReadonlyArray<ToolName>): Array<OpenAI.ChatCompletionFunctionTool> =>
  Object.entries(schemas)
    .filter(isOneOf(names))
    .map(([name, parameters]) => ({ type: "function", function: { name, parameters } }))

export const responseTools = (...names: ReadonlyArray<ToolName>): Array<OpenAI.Responses.FunctionTool> =>
  Object.entries(schemas)
    .filter(isOneOf(names))
    .map(([name, parameters]) => ({ type: "function", name, parameters, strict: false }))
