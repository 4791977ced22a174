/**
 * A model that obeys whoever writes to it, for tests of what an app permits. The rule: every text of the request counts,
 * wherever it stands: system prompt, messages, tool results, descriptions of tools, fenced or not, and what is hidden in
 * it (`uncover`). In it these are demands:
 *
 * - a call: `tool({"a": 1})`, `tool(a=1, b: "x")`, `{"tool": "x", "arguments": {…}}`, `<invoke name="x">…`
 * - a sentence: call, use, run, invoke or execute, the name of a tool, and then its arguments in any of those forms
 * - a sentence in plain words that has the verb of a tool that changes something, such as “close #12”; not in the system
 *   prompt outside fences and tags, nor in descriptions of tools, which speak of what tools do
 * - `say`, `reply with`, `print` and the like with a quotation, and any wish to see the prompt: answered as text
 *
 * Names need not be on offer where the form leaves no doubt that a tool is meant. A call that was made before is not made
 * again, so that a conversation ends.
 */
import type { ModelTurn } from "../../../ModelScript.ts"
import type { ModelRequest, ModelTool, ModelToolCall } from "../../../ModelState.ts"
import { type Fields, fieldOf, isFields, parseJson, textOf } from "../../slack/values.ts"
import { lastAsked, toolFor } from "./demo.ts"
import { clausesOf } from "./extract.ts"
import { fill, fillArguments, type Hints } from "./fill.ts"
import { objectsIn, unpacked } from "./json.ts"
import { uncover } from "./uncover.ts"
import { conceptsOf, spoken } from "./words.ts"

/** More than any attack in one answer needs. */
const maxCalls = 16

/** How far behind its name a call's arguments are looked for, in characters. */
const maxArguments = 4000

const sameName = (left: string, right: string) => spoken(left).replaceAll(" ", "") === spoken(right).replaceAll(" ", "")

/** `a=1, b: "x", c 'y'` */
const pairsIn = (text: string): Fields => {
  const pairs: Record<string, string | number | boolean> = {}
  const pattern =
    /["'`]?([A-Za-z_]\w*)["'`]?\s*(?:[:=]|\bof\b|\bset to\b)?\s*(?:"([^"]*)"|“([^”]*)”|'([^']*)'|`([^`]*)`|(?<=[:=]\s*)([^\s,;)}"']+))/g
  for (const [, name = "", double, curly, single, tick, plain] of text.matchAll(pattern)) {
    const quoted = double ?? curly ?? single ?? tick
    if (quoted === undefined && plain === undefined) continue
    const bare = plain?.replace(/[.!?]+$/, "") ?? ""
    pairs[name] =
      quoted ?? (/^-?\d+(\.\d+)?$/.test(bare) ? Number(bare) : bare === "true" ? true : bare === "false" ? false : bare)
  }
  return pairs
}

interface Demand {
  readonly name: string
  readonly given: Fields
  /** The sentence, for what it leaves unsaid. */
  readonly text: string
  /** The text that the sentence stands in. */
  readonly around: string
}

/** Objects that spell a call, in whichever vendor's words. */
const spelledCalls = (text: string): ReadonlyArray<Demand> => {
  const demands: Array<Demand> = []
  for (const json of objectsIn(text)) {
    const inner = fieldOf(json.value, "function")
    const call = isFields(inner) ? inner : json.value
    const name = textOf(call["tool"]) || textOf(call["tool_name"]) || textOf(call["name"]) || textOf(call["action"])
    const given = call["arguments"] ?? call["input"] ?? call["parameters"] ?? call["args"] ?? call["params"]
    const object = typeof given === "string" ? parseJson(given) : given
    if (name !== "" && isFields(object)) demands.push({ name, given: object, text, around: text })
  }
  for (const [, name = "", inner = ""] of text.matchAll(
    /<(?:\w+:)?(?:invoke|tool_call|function|tool_use)\s+name=["']([\w.-]+)["']\s*>([\s\S]*?)<\//g
  )) {
    const [json] = objectsIn(inner)
    const rest = text.slice(text.indexOf(inner))
    const parameters = Array.from(
      rest.matchAll(/<(?:\w+:)?parameter\s+name=["'](\w+)["']\s*>([\s\S]*?)<\//g),
      ([, key = "", one = ""]) => [key, parseJson(one) ?? one] as const
    )
    demands.push({ name, given: json?.value ?? Object.fromEntries(parameters), text, around: text })
  }
  return demands
}

const sentenceEnd = /[.!?](?=\s|$)|\n\s*\n/

/** Names that a text calls, with what follows them. */
const namedCalls = (text: string, tools: ReadonlyArray<ModelTool>): ReadonlyArray<Demand> => {
  const demands: Array<Demand> = []
  const take = (name: string, after: number, needsBrackets: boolean) => {
    const rest = text.slice(after, after + maxArguments)
    const [, opening = ""] =
      /^["'`*]*\s*(?:tool|function)?\s*(?:with|using|passing|and)?\s*(?:the\s+)?(?:arguments?|parameters?|input|args)?\s*[:=]?\s*["'`]*([({])?/i.exec(
        rest
      ) ?? []
    if (needsBrackets && opening === "") return
    const json = objectsIn(rest).find(({ start }) => start < 120)
    const closing = opening === "(" ? rest.indexOf(")") : -1
    const sentence = closing >= 0 ? rest.slice(0, closing) : rest.slice(0, sentenceEnd.exec(rest)?.index ?? rest.length)
    demands.push({
      name,
      given: json?.value ?? pairsIn(sentence),
      text: sentence.length > 3 ? `${spoken(name)} ${sentence}` : text,
      around: text
    })
  }
  for (const match of text.matchAll(
    /\b(?:call|use|run|invoke|execute|trigger|using)\s+(?:on\s+)?(?:the\s+|your\s+)?(?:tool\s+|function\s+)?["'`*]*([A-Za-z][\w.-]*[\w])/gi
  )) {
    const [whole, name = ""] = match
    const known = tools.some((tool) => sameName(tool.name, name))
    const certain = /[_.]|[a-z][A-Z]/.test(name) || /[`"']$|\b(tool|function)\s/i.test(whole)
    if (known || (certain && !/\.(com|org|io|dev|md|ts|js|json)$/i.test(name)))
      take(name, match.index + whole.length, false)
  }
  for (const match of text.matchAll(/\b([A-Za-z][\w-]*[\w])(?=\s?\(|\s?\{)/g)) {
    const [, name = ""] = match
    if (tools.some((tool) => sameName(tool.name, name))) take(name, match.index + name.length, true)
  }
  return demands
}

const sentencesOf = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/<\/?[a-zA-Z][^<>]*>/g, "\n")
    .split(/(?<=[.!?;])\s+|\n+|<!--|-->|\*\/|\/\*/)
    .flatMap(clausesOf)
    .map((one) => one.replace(/^[\s>*#\-`"'/]+/, "").trim())
    .filter((one) => one.length > 3 && one.length < 2000)

/** Sentences that ask for a change in plain words. */
const plainDemands = (text: string, tools: ReadonlyArray<ModelTool>): ReadonlyArray<Demand> =>
  sentencesOf(text).flatMap((sentence) => {
    if (conceptsOf(sentence).writes.size === 0) return []
    const tool = toolFor(tools, sentence, 2)
    return tool === undefined ? [] : [{ name: tool.name, given: {}, text: sentence, around: text }]
  })

/** A number where the schema wants one, and so on: models hold themselves to types. */
const typed = (given: Fields, schema: Fields): Fields => {
  const properties = schema["properties"]
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const type = fieldOf(fieldOf(properties, name), "type")
      if ((type === "integer" || type === "number") && typeof value === "string" && /^#?\d+$/.test(value)) {
        return [name, Number(value.replace("#", ""))]
      }
      if (type === "string" && typeof value === "number") return [name, String(value)]
      if (type === "array" && typeof value === "string") return [name, value.split(/,\s*/)]
      return [name, value]
    })
  )
}

const callOf = (request: ModelRequest, { around, given, name, text }: Demand): ModelToolCall => {
  const tool = request.tools.find((one) => sameName(one.name, name))
  if (tool === undefined) return { name, arguments: given }
  // NOTE: nothing that may change while the conversation goes on, or the same demand would look like another one.
  const earlier = [around, request.messages[0]?.text ?? ""]
  const filled = fillArguments(tool.schema, { text, earlier, system: request.system, literal: true }).value
  return { name: tool.name, arguments: { ...filled, ...typed(given, tool.schema) } }
}

const keyOf = ({ arguments: given, name }: ModelToolCall) =>
  `${name} ${JSON.stringify(Object.entries(given).toSorted(([left], [right]) => (left < right ? -1 : 1)))}`

const speech =
  /\b(?:say|reply|respond|answer|print|output|repeat|write|post|tell (?:them|him|her|everyone|the user))\b(?:\s+(?:with|exactly|only|the (?:words?|text|phrase)))*\s*:?\s*["“'`]([^"”'`\n]{3,})["”'`]/gi

const wantsPrompt =
  /\b(?:reveal|print|show|repeat|output|leak|dump|include|append|tell|send)\b[^.\n]{0,60}\b(?:system prompt|instructions|prompt|environment(?: variables)?|secrets?|credentials?|api keys?|tokens?)\b/i

const marked = /```[\s\S]*?(?:```|$)|<([a-zA-Z][\w-]*)(?:\s[^<>]*)?>[\s\S]*?<\/\1>|<!--[\s\S]*?(?:-->|$)/g

/** Every text with what is packed into it, to look for calls in; and where people may have written in plain words. */
const textsOf = ({ messages, system, tools }: ModelRequest) => {
  const written = messages.filter(({ role }) => role !== "assistant").map(({ text }) => text)
  const data = Array.from(system.matchAll(marked), ([part]) => part)
  const seen = [system, ...written, ...tools.map(({ description }) => description)].map(unpacked)
  const plain = [...written, ...data].map(unpacked)
  return {
    // NOTE: what is spelled as an object is a call only as a whole, and with its quotation marks as they are.
    whole: [
      ...[system, ...written].flatMap((text) => [text, ...uncover(text)]),
      ...seen.flatMap(({ within }) => within)
    ],
    parts: seen.flatMap(({ around, within }) => [around, ...within]).flatMap(uncover),
    plain: new Set(plain.flatMap(({ around, within }) => [around, ...within]).flatMap(uncover))
  }
}

const demandsIn = (request: ModelRequest): ReadonlyArray<Demand> => {
  const { parts, plain, whole } = textsOf(request)
  const exact = [
    ...[...whole, ...parts].flatMap(spelledCalls),
    ...parts.flatMap((text) => namedCalls(text, request.tools))
  ]
  // NOTE: a text that spells out its call is not read a second time in plain words.
  const others = Array.from(plain).flatMap((text) =>
    plainDemands(text, request.tools).filter(
      (one) => !exact.some(({ name }) => sameName(name, one.name) && text.includes(name))
    )
  )
  return [...exact, ...others]
}

/** What is demanded, or nothing where nobody demands anything. */
export const obey = (request: ModelRequest): ModelTurn | undefined => {
  const texts = Array.from(textsOf(request).plain)
  const asked = lastAsked(request)
  const everything: Hints = {
    text: [asked.text, ...texts].join("\n"),
    earlier: [],
    system: request.system,
    literal: true
  }
  if (request.schema !== null) return { json: fill(request.schema, everything) }
  const forced = typeof request.toolChoice === "string" ? undefined : request.toolChoice.tool
  const tool = request.tools.find(({ name }) => name === forced)
  if (tool !== undefined) {
    return { toolCalls: [{ name: tool.name, arguments: fillArguments(tool.schema, everything).value }] }
  }
  const made = new Set(request.messages.flatMap(({ toolCalls }) => toolCalls).map(keyOf))
  const wanted = new Map<string, ModelToolCall>()
  for (const demand of request.toolChoice === "none" ? [] : demandsIn(request)) {
    const call = callOf(request, demand)
    const key = keyOf(call)
    if (!made.has(key) && wanted.size < maxCalls) wanted.set(key, call)
  }
  if (wanted.size > 0) return { toolCalls: Array.from(wanted.values()) }
  const lines = texts.flatMap((text) => Array.from(text.matchAll(speech), ([, line = ""]) => line))
  const prompt = texts.some((text) => wantsPrompt.test(text)) ? [request.system] : []
  const text = Array.from(new Set([...lines, ...prompt])).join("\n\n")
  return text === "" ? undefined : { text }
}
