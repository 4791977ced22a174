import { Result, Schema, SchemaIssue } from "effect"

type KeyPath = ReadonlyArray<PropertyKey>

/** A value as it is shown in a message. */
export const found = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text === undefined ? "nothing" : text.length > 60 ? `${text.slice(0, 57)}...` : text
}

export const parseJson = (text: string): Result.Result<unknown, string> =>
  Result.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })

/** Whether the text is JSON, or a beginning of it. */
const couldBecomeJson = (text: string): boolean => {
  const json = parseJson(text)
  return Result.isSuccess(json) || /end of JSON/.test(json.failure) || json.failure.includes(`position ${text.length} `)
}

const placeAt = (text: string, offset: number): string => {
  const before = text.slice(0, offset).split("\n")
  return `at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

/** Behind the longest beginning that could still become JSON: the engine itself tells the place only of some mistakes. */
export const jsonPosition = (text: string): string => {
  if (couldBecomeJson(text)) return "at its end"
  let right = 0
  let wrong = text.length
  while (wrong - right > 1) {
    const middle = Math.floor((right + wrong) / 2)
    if (couldBecomeJson(text.slice(0, middle))) right = middle
    else wrong = middle
  }
  return placeAt(text, right)
}

/** Where a key or an element begins in a text that is JSON; of what is missing, the innermost thing that is there. */
const placeOf = (text: string, path: KeyPath): string => {
  const tokens = Array.from(text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g), ({ 0: token, index }) => ({
    token,
    index
  }))
  let next = 0
  let offset = tokens[0]?.index ?? 0
  let depth = 0
  const inside = (keys: KeyPath, isOnPath: boolean): void => {
    const opening = tokens[next++]?.token
    if (opening !== "{" && opening !== "[") return
    const wanted = path[keys.length]
    for (let element = 0; next < tokens.length && !/^[}\]]$/.test(tokens[next]?.token ?? ""); element++) {
      const start = tokens[next]
      let key: unknown = element
      if (opening === "{") {
        key = Result.getOrElse(parseJson(start?.token ?? ""), () => undefined)
        next += 2
      }
      const isWanted = isOnPath && key === wanted
      if (isWanted && keys.length + 1 >= depth) {
        depth = keys.length + 1
        offset = start?.index ?? offset
      }
      inside([...keys, element], isWanted)
      if (tokens[next]?.token === ",") next++
    }
    next++
  }
  inside([], true)
  return placeAt(text, offset)
}

const at = (value: unknown, path: KeyPath): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value
  )

const knownKeys = (issue: SchemaIssue.UnexpectedKey): string =>
  issue.ast._tag === "Objects" ? issue.ast.propertySignatures.map(({ name }) => String(name)).join(", ") : ""

const unknownKey = "is not a known key."

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "UnexpectedKey" ? `${unknownKey} Known: ${knownKeys(issue)}` : SchemaIssue.defaultLeafHook(issue)
})

const keyText = (path: KeyPath): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}${text === "" ? "" : "."}${String(key)}`),
    ""
  )

/** Decodes what stands at a path of a JSON text; a line for each mistake: key, what is allowed, what was found, where. */
export const decodeJsonValue = <A, I>(
  schema: Schema.Codec<A, I>,
  text: string,
  value: unknown,
  above: KeyPath
): Result.Result<A, ReadonlyArray<string>> =>
  Result.mapError(
    Schema.decodeUnknownResult(schema)(value, { errors: "all", onExcessProperty: "error" }),
    ({ issue }) =>
      formatIssues(issue).issues.map(({ message, path = [] }) => {
        const inner = path.map((segment) => (typeof segment === "object" ? segment.key : segment))
        const all = [...above, ...inner]
        return `${keyText(all)}${message.startsWith(unknownKey) ? "" : ":"} ${message}; found ${found(at(value, inner))} ${placeOf(text, all)}.`
      })
  )
