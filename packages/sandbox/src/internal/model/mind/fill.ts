/** Values that fit a JSON schema, read out of a text as far as they stand there. */
import type { Schema } from "effect"
import { type Fields, fieldOf, fieldsIn, isFields, listOf, textOf } from "../../slack/values.ts"
import { bodyOf, handleOf, numberOf, pathOf, queryOf, quotedOf, repositoryOf, titleOf, urlOf } from "./extract.ts"
import { conceptsOf, conceptsOfName, isQuestion, spoken } from "./words.ts"

/** What a value may be read from. */
export interface Hints {
  /** What is asked for. */
  readonly text: string
  /** What was said before, newest first: for numbers and repositories that the text takes for granted. */
  readonly earlier: ReadonlyArray<string>
  /** Describes the choices. */
  readonly system: string
  /** `name: value` in the text decides, whatever else it says. Default false. */
  readonly literal?: boolean
}

type Json = Schema.Json

/** Follows references and joins what must hold together. */
const resolved = (schema: unknown, root: Fields, depth = 0): Fields => {
  if (!isFields(schema) || depth > 20) return {}
  const reference = textOf(schema["$ref"])
  if (reference.startsWith("#")) {
    const target = reference
      .slice(1)
      .split("/")
      .filter(Boolean)
      .reduce<unknown>(
        (inner, key) => fieldOf(inner, decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~")),
        root
      )
    return resolved(target, root, depth + 1)
  }
  const parts = fieldsIn(schema["allOf"]).map((one) => resolved(one, root, depth + 1))
  return Object.assign({}, ...parts, schema)
}

const typesOf = (schema: Fields): ReadonlyArray<string> =>
  typeof schema["type"] === "string" ? [schema["type"]] : listOf(schema["type"]).map(textOf)

const overlap = (left: ReadonlySet<string>, right: ReadonlySet<string>): number =>
  Array.from(left).filter((one) => right.has(one)).length

/** The line of the system prompt that describes a choice: that which begins with it, or else speaks of it. */
const lineOf = (choice: string, system: string): string => {
  const lines = system.split("\n").map((line) => line.toLowerCase())
  const name = choice.toLowerCase()
  return (
    lines.find((line) => line.replace(/^[\s*`"'-]+/, "").startsWith(name)) ??
    lines.find((line) => line.includes(name)) ??
    ""
  )
}

/** Begins as what changes nothing does, whatever verbs come after. */
const asksFirst =
  /^\s*(?:what|which|who|how|why|where|when|in which|is|are|did|does|has|list|show me|find|search|read|tell me)\b/i

/** How well a choice fits: its own words, and the line of the system prompt that describes it. */
const choiceFit = (choice: string, { system, text }: Hints): number => {
  const asked = conceptsOf(text)
  const own = conceptsOfName(choice)
  const line = conceptsOf(lineOf(choice, system).replace(choice.toLowerCase(), ""))
  const literal = new RegExp(`\\b${spoken(choice).replaceAll(/[^a-z0-9 ]/g, ".")}\\b`).test(text.toLowerCase()) ? 4 : 0
  // NOTE: who asks a question does not want anything to be changed, and who wants a change asks no question.
  const isReading = asksFirst.test(text) || (asked.writes.size === 0 && (asked.reads.size > 0 || isQuestion(text)))
  const writes = isReading ? 0 : 3 * overlap(asked.writes, new Set([...own.writes, ...line.writes]))
  const listed = asked.reads.has("list") && own.reads.has("status") ? 3 : 0
  const reads = 3 * overlap(asked.reads, own.reads) + 2 * overlap(asked.reads, line.reads) + listed
  const nouns = overlap(asked.nouns, own.nouns)
  const things = 2 * nouns + overlap(asked.nouns, line.nouns) + (own.nouns.has("preview") ? 2 * nouns : 0)
  const isOff = isReading ? own.writes.size > 0 : asked.writes.size > 0 && writes === 0 && nouns === 0
  return literal + writes + reads + things - (isOff && literal === 0 ? 4 : 0)
}

const fallbacks =
  /^(other|unknown|none|general|chat|smalltalk|small-talk|clarify|question|unclear|answer|conversation)$/i

const bestOf = (choices: ReadonlyArray<Json>, hints: Hints): { readonly value: Json; readonly fit: number } => {
  let best = { value: choices.find((one) => fallbacks.test(String(one))) ?? choices[0] ?? null, fit: 0 }
  for (const value of choices) {
    const fit = typeof value === "string" ? choiceFit(value, hints) : 0
    if (fit > best.fit) best = { value, fit }
  }
  return best
}

const isChoice = (schema: Fields) => Array.isArray(schema["enum"]) && schema["enum"].length > 0

const choicesOf = (schema: Fields): ReadonlyArray<Json> => {
  const choices = schema["enum"]
  return Array.isArray(choices) ? choices : []
}

/** Whether the text decides any of the schema's choices. */
const isSure = (schema: Fields, root: Fields, hints: Hints): boolean =>
  (isChoice(schema) && bestOf(choicesOf(schema), hints).fit >= 3) ||
  Object.values(isFields(schema["properties"]) ? schema["properties"] : {}).some((one) => {
    const inner = resolved(one, root)
    return isChoice(inner) && bestOf(choicesOf(inner), hints).fit >= 3
  })

const limited = (value: number, schema: Fields): number => {
  const least = schema["minimum"] ?? schema["exclusiveMinimum"]
  const most = schema["maximum"] ?? schema["exclusiveMaximum"]
  return Math.min(typeof most === "number" ? most : value, Math.max(typeof least === "number" ? least : value, value))
}

const shortened = (value: string, schema: Fields): string => {
  const most = schema["maxLength"]
  return typeof most === "number" ? value.slice(0, most) : value
}

const isAbout = (name: string, ...words: ReadonlyArray<string>) =>
  spoken(name)
    .split(" ")
    .some((word) => words.includes(word))

/** `name: value`, `name = "value"` or `"name": value` in a text. */
const literalOf = (name: string, text: string): string | undefined => {
  const words = spoken(name).replaceAll(" ", "[ _-]?")
  const [, quoted, plain] =
    new RegExp(
      `["'\`]?\\b${words}\\b["'\`]?\\s*(?:[:=]|\\bto\\b|\\bis\\b)\\s*(?:["“'\`]([^"”'\`\\n]*)["”'\`]|([^\\s,;"'<>(){}]+))`,
      "i"
    ).exec(text) ?? []
  return quoted ?? plain?.replace(/[.!?]+$/, "")
}

const texts = (hints: Hints) => [hints.text, ...hints.earlier]

const firstOf = <A>(hints: Hints, read: (text: string) => A | undefined): A | undefined => {
  for (const text of [...texts(hints), hints.system]) {
    const value = read(text)
    if (value !== undefined) return value
  }
  return undefined
}

/** A text by the name of its property; `undefined` where nothing in what was said is one. */
const stringOf = (name: string, schema: Fields, hints: Hints, siblings: Fields): string | undefined => {
  const { text } = hints
  const about = (...words: ReadonlyArray<string>) => isAbout(name, ...words)
  const described = `${textOf(schema["description"])} ${textOf(schema["pattern"])}`
  const number = firstOf(hints, numberOf)
  const repository = firstOf(hints, repositoryOf)
  if (about("owner", "org", "organization")) return repository?.split("/")[0]
  if (about("repo", "repository", "project")) {
    return siblings["owner"] === undefined ? repository : repository?.split("/")[1]
  }
  if (about("number", "issue", "pr", "pull", "preview", "id") && number !== undefined) {
    return described.includes("#") && repository !== undefined ? `${repository}#${number}` : String(number)
  }
  if (about("url", "link", "href")) return firstOf(hints, urlOf)
  if (about("path", "file", "filename")) return pathOf(text) ?? quotedOf(text)
  if (about("assignee", "user", "login", "author", "mention")) return handleOf(text)
  if (about("branch", "ref")) return /\bbranch\s+["'`]?([\w./-]+)/i.exec(text)?.[1]
  if (about("sha", "commit")) return /\b[0-9a-f]{7,40}\b/.exec(text)?.[0]
  if (about("title", "subject", "name", "headline")) return titleOf(text)
  if (about("query", "search", "q", "keywords", "term", "pattern")) return queryOf(text)
  if (about("label")) return /\blabel(?:led)?\s+(?:it\s+)?["'`]?([\w-]+)/i.exec(text)?.[1]
  if (
    about("body", "description", "text", "comment", "message", "content", "details", "instructions", "summary", "task")
  ) {
    return bodyOf(text)
  }
  if (about("reason", "rationale", "because", "why", "explanation")) {
    return `It says: ${bodyOf(text).split("\n")[0]?.slice(0, 120) ?? ""}`
  }
  return undefined
}

/** A value for a schema; `undefined` where nothing was said that is one. */
const read = (name: string, schema: Fields, root: Fields, hints: Hints, siblings: Fields): Json | undefined => {
  if (schema["const"] !== undefined) return schema["const"]
  const literal = hints.literal === true ? literalOf(name, hints.text) : undefined
  if (isChoice(schema)) {
    const choices = choicesOf(schema)
    const named = choices.find((one) => literal !== undefined && String(one).toLowerCase() === literal.toLowerCase())
    const { fit, value } = bestOf(choices, hints)
    return named ?? (fit > 0 ? value : undefined)
  }
  const types = typesOf(schema)
  if (types.includes("integer") || types.includes("number")) {
    if (literal !== undefined && Number.isFinite(Number(literal))) return limited(Number(literal), schema)
    if (isAbout(name, "number", "issue", "pr", "pull", "id", "preview")) return firstOf(hints, numberOf)
    if (!isAbout(name, "confidence", "score", "probability", "certainty")) return undefined
    return limited(hints.literal === true || isSure(resolved(root, root), root, hints) ? 0.92 : 0.35, schema)
  }
  if (types.includes("boolean")) {
    if (literal !== undefined) return /^(true|yes|1|on)$/i.test(literal)
    if (isAbout(name, "destructive", "irreversible", "dangerous")) {
      return Array.from(conceptsOf(hints.text).writes).some((verb) =>
        ["close", "delete", "merge", "stop"].includes(verb)
      )
    }
    if (isAbout(name, "clarify", "clarification", "ambiguous", "unclear"))
      return !isSure(resolved(root, root), root, hints)
    return undefined
  }
  if (types.includes("array")) return readList(name, schema, root, hints)
  if (types.includes("object") || isFields(schema["properties"])) return object(schema, root, hints)
  if (types.includes("string")) {
    const value = literal ?? stringOf(name, schema, hints, siblings)
    return value === undefined || value === "" ? undefined : shortened(value, schema)
  }
  return undefined
}

const readList = (name: string, schema: Fields, root: Fields, hints: Hints): Json | undefined => {
  const items = resolved(schema["items"], root)
  if (isChoice(items)) {
    const chosen = choicesOf(items).filter((one) => typeof one === "string" && choiceFit(one, hints) >= 3)
    return chosen.length > 0 ? chosen : undefined
  }
  if (isAbout(name, "labels", "tags")) {
    const [, listed = ""] =
      /\blabel(?:s|led)?\s*(?:it\s+)?:?\s+([\w-]+(?:(?:,\s*|\s+and\s+)[\w-]+)*)/i.exec(hints.text) ?? []
    const labels = listed.split(/,\s*|\s+and\s+/).filter(Boolean)
    return labels.length > 0 ? labels : /\bbug\b/i.test(hints.text) ? ["bug"] : undefined
  }
  if (isAbout(name, "add", "remove")) {
    const isRemoved = /\b(?:remov\w*|unlabel\w*|drop)\b/i.test(hints.text)
    const [, first, second] =
      /\blabels?\s+["'`]?([\w-]+)["'`]?\s+(?:to|from|on)\b|\b(?:as|with|label|etiqueta)\s+["'`]?([a-z][\w-]*)["'`]?\s*$/i.exec(
        hints.text
      ) ?? []
    const label = first ?? second
    return label !== undefined && isRemoved === isAbout(name, "remove") ? [label] : undefined
  }
  if (isAbout(name, "assignees", "users", "reviewers", "logins")) {
    const login =
      handleOf(hints.text) ??
      /\b(?:to|an|a|assign)\s+(?!the\b|issue\b|me\b)([a-z][\w-]*)\s*(?:$|,|\bto\b|\binstead\b)/i.exec(hints.text)?.[1]
    return login === undefined ? undefined : [login]
  }
  return undefined
}

/** A value that fits, whatever was said. */
const standIn = (name: string, schema: Fields, root: Fields, hints: Hints, depth: number): Json => {
  if (schema["default"] !== undefined) return schema["default"]
  if (isChoice(schema)) return bestOf(choicesOf(schema), hints).value
  const types = typesOf(schema)
  if (types.includes("null")) return null
  if (types.includes("integer") || types.includes("number")) return limited(0, schema)
  if (types.includes("boolean")) return false
  if (types.includes("array")) {
    const least = schema["minItems"]
    const items = resolved(schema["items"], root)
    return Array.from({ length: typeof least === "number" ? least : 0 }, () =>
      value(name, items, root, hints, depth + 1)
    )
  }
  if (types.includes("object") || isFields(schema["properties"])) return object(schema, root, hints, depth + 1)
  return types.includes("string") ? shortened(bodyOf(hints.text), schema) : bodyOf(hints.text)
}

/** Of several shapes the one whose constants fit best, and none at all where that is allowed and nothing was said. */
const branchOf = (schema: Fields, root: Fields, hints: Hints): Fields => {
  const branches = [...fieldsIn(schema["anyOf"]), ...fieldsIn(schema["oneOf"])].map((one) => resolved(one, root))
  if (branches.length === 0) return schema
  const fitOf = (branch: Fields): number =>
    Object.values(isFields(branch["properties"]) ? branch["properties"] : {}).reduce<number>((sum, one) => {
      const inner = resolved(one, root)
      const choices = inner["const"] === undefined ? choicesOf(inner) : [inner["const"]]
      const only = choices.length === 1 ? choices[0] : undefined
      return sum + (typeof only === "string" ? choiceFit(only, hints) : 0)
    }, 0)
  const real = branches.filter((branch) => !typesOf(branch).includes("null"))
  const best = real.reduce<Fields>((chosen, branch) => (fitOf(branch) > fitOf(chosen) ? branch : chosen), real[0] ?? {})
  const nullable = real.length < branches.length
  return nullable ? { ...best, type: [...typesOf(best), "null"] } : best
}

const value = (
  name: string,
  schema: unknown,
  root: Fields,
  hints: Hints,
  depth: number,
  siblings: Fields = {}
): Json => {
  if (depth > 8) return null
  const shape = branchOf(resolved(schema, root), root, hints)
  return read(name, shape, root, hints, siblings) ?? standIn(name, shape, root, hints, depth)
}

const object = (schema: Fields, root: Fields, hints: Hints, depth = 0): Fields => {
  const properties = isFields(schema["properties"]) ? schema["properties"] : {}
  const required = new Set(listOf(schema["required"]))
  const filled: Record<string, Json> = {}
  for (const [name, one] of Object.entries(properties)) {
    const shape = branchOf(resolved(one, root), root, hints)
    const given = read(name, shape, root, hints, properties)
    if (given !== undefined) filled[name] = given
    else if (required.has(name)) filled[name] = value(name, one, root, hints, depth + 1, properties)
  }
  return filled
}

/** Something that fits the schema. */
export const fill = (schema: Fields, hints: Hints): Json => value("", schema, schema, hints, 0)

/** Arguments that fit the schema, and the names of numbers that are required and that nobody has said. */
export const fillArguments = (
  schema: Fields,
  hints: Hints
): { readonly value: Fields; readonly unsaid: ReadonlyArray<string> } => {
  const shape = resolved(schema, schema)
  const properties = isFields(shape["properties"]) ? shape["properties"] : {}
  const unsaid = listOf(shape["required"])
    .map(textOf)
    .filter((name) => {
      const inner = branchOf(resolved(properties[name], schema), schema, hints)
      const types = typesOf(inner)
      const isNumber = types.includes("integer") || types.includes("number")
      const isReference = isAbout(name, "number", "issue", "pr", "pull") && !types.includes("null")
      return isNumber && isReference && read(name, inner, schema, hints, properties) === undefined
    })
  return { value: object(shape, schema, hints), unsaid }
}
