/** Tool results as a short answer in Markdown. */
import type { ModelMessage } from "../../../ModelState.ts"
import { type Fields, fieldOf, isFields, parseJson, textOf } from "../../slack/values.ts"
import { conceptsOfName, spoken } from "./words.ts"

const maxItems = 8
const maxText = 600

const done: Readonly<Record<string, string>> = {
  create: "Created",
  close: "Closed",
  reopen: "Reopened",
  comment: "Commented on",
  implement: "Handed over",
  assign: "Assigned",
  redeploy: "Redeploying",
  wake: "Waking",
  stop: "Stopped",
  delete: "Deleted",
  merge: "Merged",
  label: "Labelled",
  update: "Updated",
  approve: "Approved",
  publish: "Published",
  push: "Pushed",
  send: "Sent",
  run: "Ran"
}

const firstText = (item: unknown, ...names: ReadonlyArray<string>): string => {
  for (const name of names) {
    const value = fieldOf(item, name)
    if (typeof value === "string" && value !== "") return value
    if (typeof value === "number") return String(value)
  }
  return ""
}

const short = (text: string, most = maxText) => (text.length > most ? `${text.slice(0, most)}…` : text)

/** `[#12 Title](url)`, as far as there is such a thing. */
const nameOf = (item: unknown): string => {
  const number = firstText(item, "number", "issue", "pr", "pullRequest")
  const title = firstText(item, "title", "name", "path", "subject", "id")
  const label = [number === "" ? "" : `#${number.replace(/^#/, "")}`, title === number ? "" : short(title, 120)]
    .filter(Boolean)
    .join(" ")
  const url = firstText(item, "url", "html_url", "htmlUrl", "previewUrl", "link")
  if (!/^https?:/.test(url)) return label
  return `[${label === "" ? url : label.replaceAll(/[[\]]/g, "")}](${url})`
}

const stateOf = (item: unknown): string => {
  const state = firstText(item, "state", "status", "conclusion")
  const reason = firstText(item, "reason", "error", "cause", "message")
  return [state, reason].filter(Boolean).join(", ")
}

const lineOf = (item: unknown): string => {
  if (typeof item === "string") return `- ${short(item, 200)}`
  const name = nameOf(item)
  const state = stateOf(item)
  if (name !== "") return `- ${name}${state === "" ? "" : `: ${state}`}`
  const plain = isFields(item)
    ? Object.entries(item).filter(([, one]) => ["string", "number", "boolean"].includes(typeof one))
    : []
  return `- ${short(plain.map(([key, one]) => `${spoken(key)}: ${String(one)}`).join(", ") || JSON.stringify(item), 200)}`
}

/** The list in a result: the result itself, or the first list in it. */
const listIn = (result: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(result)) return result
  if (!isFields(result) || nameOf(result) !== "") return undefined
  return Object.values(result).find(Array.isArray)
}

const listText = (items: ReadonlyArray<unknown>): string => {
  if (items.length === 0) return "I found nothing."
  const more = items.length > maxItems ? `\n…and ${items.length - maxItems} more.` : ""
  return `I found ${items.length === 1 ? "this" : items.length}:\n\n${items.slice(0, maxItems).map(lineOf).join("\n")}${more}`
}

const failed = (result: Fields) =>
  result["ok"] === false ||
  result["isFailure"] === true ||
  /(?:Error|Failure|Denied|Refused)$/.test(textOf(result["_tag"]))

const problemOf = (text: string, result: unknown) => short(firstText(result, "message", "error", "reason") || text)

const one = ({ isError, text, toolName }: ModelMessage): string => {
  const result = parseJson(text)
  if (isError || (isFields(result) && failed(result))) {
    return `**${spoken(toolName) || "That"}** did not work: ${problemOf(text, result)}`
  }
  const [verb] = conceptsOfName(toolName).writes
  const list = verb === undefined ? listIn(result) : undefined
  if (list !== undefined) return listText(list)
  if (isFields(result)) {
    const word = verb === undefined ? "" : (done[verb] ?? "Done:")
    const name = nameOf(result)
    const state = stateOf(result)
    if (name === "") return [word === "" ? "" : `${word}.`, lineOf(result)].filter(Boolean).join("\n\n")
    if (word !== "") return `${word} ${name}.`
    return `${name}${state === "" ? "" : ` is **${state}**`}.`
  }
  const plain = typeof result === "string" ? result : text
  if (plain.trim() === "") return "Done."
  return plain.includes("\n") ? `\`\`\`\n${short(plain, 2000).replaceAll("```", "'''")}\n\`\`\`` : short(plain)
}

/** What the results say, one after the other. */
export const report = (results: ReadonlyArray<ModelMessage>): string => results.map(one).join("\n\n")
