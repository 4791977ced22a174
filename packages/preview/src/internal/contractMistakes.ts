/** What is wrong with the values of a contract, in words. */
import { type JsonSchema, Predicate, Result, Schema, SchemaIssue } from "effect"
import { Contract } from "../Contract.ts"
import { contractJsonSchema, knownKeysAt } from "../ContractJsonSchema.ts"
import { clip } from "./markdown.ts"

/** Keys and list positions from the root to a value. */
export type KeyPath = ReadonlyArray<PropertyKey>

/** From 1, both. */
export interface Place {
  readonly line: number
  readonly col: number
}

/** One mistake; `at` says whether its place is that of the key or of its value. */
export interface ContractMistake {
  readonly path: KeyPath
  readonly message: string
  readonly at?: "key" | "value"
  readonly place?: Place
}

/** `post_deploy_commands[0].command`; a key of other characters is quoted. */
export const keyText = (path: KeyPath): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`
    const name = clip(/^[\w-]+$/.test(String(key)) ? String(key) : JSON.stringify(String(key)), 80)
    return text === "" ? name : `${text}.${name}`
  }, "")

/** The contract with all defaults, or every mistake, in no particular order and without places. */
export const decodeContract = (js: unknown): Result.Result<Contract, ReadonlyArray<ContractMistake>> => {
  const version = valueAt(js, ["version"])
  // NOTE: another version has other keys, so nothing more can be said about this file.
  if (Number.isInteger(version) && version !== 1) {
    return Result.fail([
      { path: ["version"], message: `version ${version} is not known; this server reads version 1.` }
    ])
  }
  const decoded = Schema.decodeUnknownResult(Contract)(js, { errors: "all", onExcessProperty: "error" })
  const pairs = loggingMistakes(valueAt(js, ["logging"]))
  if (Result.isSuccess(decoded)) return pairs.length === 0 ? Result.succeed(decoded.success) : Result.fail(pairs)
  const schema = contractJsonSchema()
  return Result.fail([
    ...pairs,
    ...formatIssues(decoded.failure.issue).issues.map(({ message, path = [] }) =>
      describe(
        path.map((segment) => (typeof segment === "object" ? segment.key : segment)),
        message,
        js,
        schema
      )
    )
  ])
}

/** Rules between keys that each are right for themselves; the JSON Schema has the same. */
const loggingMistakes = (logging: unknown): ReadonlyArray<ContractMistake> => {
  if (!Predicate.isObject(logging)) return []
  const type = Object.hasOwn(logging, "type") ? logging["type"] : "docker"
  const path = ["logging", "path"]
  const hasPath = Object.hasOwn(logging, "path")
  if (type === "file" && !hasPath) {
    return [{ path, message: "is missing, but type: file needs it, for example /var/log/app/*.log." }]
  }
  if (type === "docker" && hasPath) {
    const message = "is read only with type: file. Set logging.type to file, or remove the path."
    return [{ path, message, at: "key" }]
  }
  return []
}

const missing = "missing"
const unexpected = "unexpected"

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "MissingKey"
      ? missing
      : issue._tag === "UnexpectedKey"
        ? unexpected
        : SchemaIssue.defaultLeafHook(issue)
})

const describe = (path: KeyPath, message: string, js: unknown, schema: JsonSchema.JsonSchema): ContractMistake => {
  if (message === unexpected) return { path, at: "key", message: unknownKey(path, schema) }
  if (message === missing) return { path, message: `is missing${path[0] === "version" ? "; write version: 1" : "."}` }
  const expected = message.replace(/^Expected /, "")
  const allowed = plainNames[expected] ?? expected.replaceAll(" | ", " or ")
  const found = valueAt(js, path)
  return { path, message: `must be ${allowed}; found ${show(found)}.${advice(expected, found)}` }
}

const plainNames: Readonly<Record<string, string>> = {
  array: "a list",
  number: "a number",
  object: "a mapping",
  string: "a text"
}

const advice = (expected: string, found: unknown): string => {
  if (found === null) return " Write what belongs there, or remove the key."
  if (typeof found === "number" || typeof found === "boolean") {
    return expected === "string" ? ` Put it in quotes: "${found}".` : ""
  }
  const isNumber = expected === "1" || expected === "number" || expected.includes("number")
  return isNumber && typeof found === "string" && /^\d+$/.test(found) ? " Write it without quotes." : ""
}

const show = (value: unknown): string => {
  if (value === null || value === undefined) return "nothing"
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "a mapping"
  return clip(typeof value === "string" ? JSON.stringify(value) : String(value), 80)
}

const valueAt = (value: unknown, path: KeyPath): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined,
    value
  )

const unknownKey = (path: KeyPath, schema: JsonSchema.JsonSchema): string => {
  const name = String(path.at(-1))
  const known = knownKeysAt(schema, path.slice(0, -1)) ?? []
  const near = nearest(name, known)
  const elsewhere = (knownKeysAt(schema, []) ?? []).find((key) => knownKeysAt(schema, [key])?.includes(name))
  const hint =
    near !== undefined
      ? `; did you mean \`${near}\`?`
      : elsewhere !== undefined
        ? `; did you mean \`${elsewhere}.${name}\`?`
        : "."
  return `is not a known key${hint} Known here: ${known.join(", ")}.`
}

const nearest = (word: string, words: ReadonlyArray<string>): string | undefined => {
  // NOTE: no known key is longer, and the comparison takes as long as the word.
  if (word.length > 40) return undefined
  const plain = word.toLowerCase().replaceAll("-", "_")
  const [best] = words.map((known) => ({ known, away: distance(plain, known) })).toSorted((a, b) => a.away - b.away)
  return best !== undefined && best.away <= Math.max(1, Math.floor(word.length / 3)) ? best.known : undefined
}

/** Levenshtein's distance. */
const distance = (left: string, right: string): number => {
  let former = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const next = [row]
    for (let column = 1; column <= right.length; column++) {
      const change = (former[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      next.push(Math.min(change, (former[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    former = next
  }
  return former[right.length] ?? 0
}
