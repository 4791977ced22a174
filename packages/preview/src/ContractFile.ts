/** Reads a contract from its text. Every mistake has its place, what was found, and what is allowed. */
import { Result, Schema, SchemaIssue } from "effect"
import { type Document, isMap, isNode, isScalar, LineCounter, parseAllDocuments } from "yaml"
import { Contract, contractPath } from "./Contract.ts"
import { Problem } from "./Runtime.ts"

/** A contract is a page of text; anything larger is a mistake or an attack. In bytes. */
export const maxContractBytes = 64 * 1024

/** What to do about a repository without a contract. */
export const missingContractMessage = `Create ${contractPath}, for example:

version: 1
compose:
  file: .productbuilding/preview/docker-compose.yml
  service: app
runtime:
  internal_port: 8080
  healthcheck_path: /healthz`

type Path = ReadonlyArray<PropertyKey>

const problem = (key: string, message: string, place?: { readonly line: number; readonly col: number }) =>
  new Problem({
    file: contractPath,
    key,
    message,
    ...(place === undefined ? {} : { line: place.line, column: place.col })
  })

const keyText = (path: Path) =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    ""
  )

const show = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text === undefined ? "nothing" : text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** The keys that a mapping may have, by the path of the mapping; list positions count as `*`. */
const knownKeys: Readonly<Record<string, ReadonlyArray<string>>> = {
  "": Object.keys(Contract.fields),
  compose: ["file", "service"],
  runtime: ["internal_port", "healthcheck_path", "startup_timeout_seconds"],
  database: ["migrate_command"],
  logging: ["service", "type", "path"],
  "post_deploy_commands.*": ["service", "command", "description"],
  process: ["command"]
}

/** Levenshtein's distance, for words of a few letters. */
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

const nearest = (word: string, words: ReadonlyArray<string>): string | undefined => {
  const [best] = words.map((known) => ({ known, away: distance(word, known) })).toSorted((a, b) => a.away - b.away)
  return best !== undefined && best.away <= Math.max(2, Math.floor(word.length / 3)) ? best.known : undefined
}

const unknownKey = (path: Path): string | undefined => {
  const last = path.at(-1)
  const parent = path
    .slice(0, -1)
    .map((key) => (typeof key === "number" ? "*" : String(key)))
    .join(".")
  const known = knownKeys[parent]
  if (typeof last !== "string" || known === undefined || known.includes(last)) return undefined
  const suggestion = nearest(last, known)
  return `${last} is not a known key${suggestion === undefined ? "." : `; did you mean ${suggestion}?`} Known here: ${known.join(", ")}.`
}

const placeOf = (document: Document, lines: LineCounter, path: Path, ofKey: boolean) => {
  if (ofKey) {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined
    if (pair !== undefined && isNode(pair.key) && pair.key.range) return lines.linePos(pair.key.range[0])
  }
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0])
  }
  return { line: 1, col: 1 }
}

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value
  )

/** Rules between keys that each are right for themselves. */
const crossChecks = (contract: Contract): ReadonlyArray<{ readonly path: Path; readonly message: string }> => {
  const { path, type } = contract.logging
  if (type === "file" && path === undefined) {
    return [{ path: ["logging", "path"], message: "is required with type: file, for example /var/log/app/*.log." }]
  }
  if (type === "docker" && path !== undefined) {
    return [
      {
        path: ["logging", "path"],
        message: "is read only with type: file. Set logging.type to file, or remove the path."
      }
    ]
  }
  return []
}

/** The contract with all defaults, or every mistake in the order of the file. */
export const parseContract = (text: string): Result.Result<Contract, ReadonlyArray<Problem>> => {
  if (text.length > maxContractBytes) {
    return Result.fail([problem("", `The file has ${text.length} characters; at most ${maxContractBytes} are read.`)])
  }
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  const [document, second] = Array.isArray(documents) ? documents : []
  if (document === undefined) {
    return Result.fail([problem("version", "The file is empty. It must begin with: version: 1", { line: 1, col: 1 })])
  }
  if (second !== undefined) {
    const at = second.contents?.range?.[0] ?? second.range?.[0] ?? 0
    return Result.fail([
      problem("", "The file holds more than one document; remove everything from the second --- on.", lines.linePos(at))
    ])
  }
  if (document.errors.length > 0) {
    return Result.fail(
      document.errors.map((error) => problem("", `This is not YAML: ${error.message}`, lines.linePos(error.pos[0])))
    )
  }
  const value = Result.try({
    try: (): unknown => document.toJS({ maxAliasCount: 50 }),
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })
  if (Result.isFailure(value))
    return Result.fail([problem("", `The aliases of this file are refused: ${value.failure}`, { line: 1, col: 1 })])
  if (!isMap(document.contents)) {
    return Result.fail([
      problem("", `The file must be a mapping that begins with version: 1; found ${show(value.success)}.`, {
        line: 1,
        col: 1
      })
    ])
  }
  const version = valueAt(value.success, ["version"])
  if (version !== 1) {
    return Result.fail([
      problem(
        "version",
        version === undefined
          ? "version is missing; write version: 1"
          : `version ${show(version)} is not known; this server reads version 1.`,
        placeOf(document, lines, ["version"], false)
      )
    ])
  }
  const decoded = Schema.decodeUnknownResult(Contract)(value.success, { errors: "all", onExcessProperty: "error" })
  const mistakes = Result.isSuccess(decoded)
    ? crossChecks(decoded.success).map(({ message, path }) =>
        problem(keyText(path), message, placeOf(document, lines, path, true))
      )
    : formatIssues(decoded.failure.issue).issues.map(({ message, path = [] }) => {
        const keys = path.map((segment) => (typeof segment === "object" ? segment.key : segment))
        const unknown = unknownKey(keys)
        const found = valueAt(value.success, keys)
        return problem(
          keyText(keys),
          unknown ?? `${message}; found ${show(found)}.`,
          placeOf(document, lines, keys, unknown !== undefined)
        )
      })
  if (Result.isSuccess(decoded) && mistakes.length === 0) return Result.succeed(decoded.success)
  return Result.fail(mistakes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)))
}

/** A line for each problem: `file:line:column key message`. */
export const renderProblems = (problems: ReadonlyArray<Problem>): string =>
  problems
    .map(({ column, file, key, line, message }) =>
      [`${file}${line === undefined ? "" : `:${line}`}${column === undefined ? "" : `:${column}`}`, key, message]
        .filter((part) => part !== "")
        .join(" ")
    )
    .join("\n")
