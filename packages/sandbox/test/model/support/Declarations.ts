/**
 * JSON schemas of the vendors' answers, read from the declarations that their SDKs publish, which are generated from their
 * API descriptions.
 */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { Ajv } from "ajv"

type JsonSchema = { readonly [key: string]: unknown }

const require = createRequire(import.meta.url)

const tokensOf = (source: string): ReadonlyArray<string> =>
  source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").match(/'[^']*'|"[^"]*"|-?\d[\w.]*|[A-Za-z_$][\w$]*|=>|[^\s]/g) ??
  []

interface File {
  readonly path: string
  readonly tokens: ReadonlyArray<string>
  /** By qualified name: where what it stands for begins. */
  readonly declared: Map<string, { readonly at: number; readonly kind: "interface" | "type" }>
  /** By name: the file, and the name there, which is empty for the file as a whole. */
  readonly imported: Map<string, { readonly from: string; readonly name: string }>
}

/** Past the bracket that closes the one at the position. */
const past = (tokens: ReadonlyArray<string>, at: number): number => {
  let depth = 0
  for (let next = at; next < tokens.length; next++) {
    if (tokens[next] === "{") depth++
    if (tokens[next] === "}" && --depth === 0) return next + 1
  }
  return tokens.length
}

const readFile = (path: string): File => {
  const tokens = tokensOf(readFileSync(path, "utf8"))
  const file: File = { path, tokens, declared: new Map(), imported: new Map() }
  const scan = (from: number, to: number, scope: string) => {
    for (let at = from; at < to; at++) {
      const name = tokens[at + 1] ?? ""
      switch (tokens[at]) {
        case "import": {
          const end = tokens.indexOf("from", at)
          const target = join(dirname(path), (tokens[end + 1] ?? "").slice(1, -1).replace(/\.js$/, ".d.ts"))
          const names = tokens.slice(at + 1, end).filter((one) => /^[A-Za-z_$]/.test(one) && one !== "type")
          if (tokens[at + 1] === "*") file.imported.set(names[1] ?? "", { from: target, name: "" })
          else for (const one of names) file.imported.set(one, { from: target, name: one })
          at = end + 1
          break
        }
        case "class":
          at = past(tokens, tokens.indexOf("{", at)) - 1
          break
        case "namespace": {
          const open = tokens.indexOf("{", at)
          const close = past(tokens, open)
          scan(open + 1, close - 1, `${scope}${name}.`)
          at = close - 1
          break
        }
        case "interface":
          file.declared.set(scope + name, { at: at + 2, kind: "interface" })
          at = past(tokens, tokens.indexOf("{", at)) - 1
          break
        case "type":
          if (tokens[at + 2] === "=") file.declared.set(scope + name, { at: at + 3, kind: "type" })
      }
    }
  }
  scan(0, tokens.length, "")
  return file
}

const files = new Map<string, File>()
const fileAt = (path: string): File => {
  const known = files.get(path) ?? readFile(path)
  files.set(path, known)
  return known
}

const simple: Readonly<Record<string, JsonSchema>> = {
  string: { type: "string" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  null: { type: "null" },
  true: { const: true },
  false: { const: false },
  unknown: {},
  any: {}
}

/** Reads types out of one file; what they refer to is added to the definitions. */
class Reader {
  readonly file: File
  readonly scope: string
  readonly definitions: Record<string, JsonSchema>
  at: number
  constructor(file: File, scope: string, at: number, definitions: Record<string, JsonSchema>) {
    this.file = file
    this.scope = scope
    this.at = at
    this.definitions = definitions
  }
  next() {
    return this.file.tokens[this.at++] ?? ""
  }
  take(token: string): boolean {
    if (this.file.tokens[this.at] !== token) return false
    this.at++
    return true
  }
  expect(token: string) {
    const found = this.next()
    if (found !== token) throw new Error(`${found} where ${token} was expected in ${this.file.path}`)
  }
  members(): JsonSchema {
    const properties: Record<string, JsonSchema> = {}
    const required: Array<string> = []
    let others: JsonSchema | false = false
    while (!this.take("}")) {
      this.take("readonly")
      if (this.take("[")) {
        while (!this.take("]")) this.at++
        this.expect(":")
        others = this.type()
      } else {
        const name = this.next().replaceAll(/['"]/g, "")
        if (!this.take("?")) required.push(name)
        this.expect(":")
        properties[name] = this.type()
      }
      this.take(";")
    }
    return { type: "object", properties, required, additionalProperties: others }
  }
  interface(): JsonSchema {
    const base = this.take("extends")
      ? this.definitions[define(this.file, this.scope, this.next(), this.definitions)]
      : undefined
    this.expect("{")
    const own = this.members()
    if (base === undefined) return own
    return {
      ...own,
      properties: Object.assign({}, base["properties"], own["properties"]),
      required: [base["required"], own["required"]].flat()
    }
  }
  named(first: string): JsonSchema {
    let name = first
    while (this.take(".")) name += `.${this.next()}`
    return { $ref: `#/definitions/${define(this.file, this.scope, name, this.definitions)}` }
  }
  single(): JsonSchema {
    const token = this.next()
    let schema: JsonSchema
    if (token === "{") schema = this.members()
    else if (token === "(") {
      schema = this.type()
      this.expect(")")
    } else if (/^['"]/.test(token)) schema = { const: token.slice(1, -1) }
    else if (/^-?\d/.test(token)) schema = { const: Number(token) }
    else if (token === "Array") {
      this.expect("<")
      schema = { type: "array", items: this.type() }
      this.expect(">")
    } else schema = simple[token] ?? this.named(token)
    while (this.take("[")) {
      this.expect("]")
      schema = { type: "array", items: schema }
    }
    return schema
  }
  type(): JsonSchema {
    this.take("|")
    const options = [this.single()]
    while (this.file.tokens[this.at] === "|" || this.file.tokens[this.at] === "&") {
      // NOTE: `string & {}` is any text, besides those that are named.
      if (this.next() === "&") this.single()
      else options.push(this.single())
    }
    return options.length === 1 ? (options[0] ?? {}) : { anyOf: options }
  }
}

/** Finds what a name stands for, from the innermost namespace outwards and then in the imports, and defines it. */
const define = (file: File, scope: string, name: string, definitions: Record<string, JsonSchema>): string => {
  const scopes = scope.split(".").map((_one, index, all) => all.slice(0, all.length - index).join("."))
  for (const around of [...scopes.filter(Boolean), ""]) {
    const qualified = around === "" ? name : `${around}.${name}`
    const found = file.declared.get(qualified)
    if (found === undefined) continue
    const key = `${file.path.split("/").at(-1)}:${qualified}`.replaceAll("/", ".")
    if (definitions[key] !== undefined) return key
    definitions[key] = {}
    const reader = new Reader(file, found.kind === "interface" ? qualified : around, found.at, definitions)
    definitions[key] = found.kind === "interface" ? reader.interface() : reader.type()
    return key
  }
  const [head = "", ...rest] = name.split(".")
  const target = file.imported.get(head)
  if (target === undefined || !existsSync(target.from)) throw new Error(`${name} is unknown in ${file.path}`)
  return define(fileAt(target.from), "", [target.name, ...rest].filter(Boolean).join("."), definitions)
}

/** The folder of an SDK's declarations. */
const folderOf = (sdk: string) => join(dirname(require.resolve(sdk)), "resources")

const ajv = new Ajv({ strict: false, allowUnionTypes: true })
const validators = new Map<string, ReturnType<typeof ajv.compile>>()

const places = {
  Message: ["@anthropic-ai/sdk", "messages/messages.d.ts"],
  RawMessageStreamEvent: ["@anthropic-ai/sdk", "messages/messages.d.ts"],
  MessageTokensCount: ["@anthropic-ai/sdk", "messages/messages.d.ts"],
  ModelInfo: ["@anthropic-ai/sdk", "models.d.ts"],
  ChatCompletion: ["openai", "chat/completions/completions.d.ts"],
  ChatCompletionChunk: ["openai", "chat/completions/completions.d.ts"],
  Response: ["openai", "responses/responses.d.ts"],
  ResponseStreamEvent: ["openai", "responses/responses.d.ts"],
  Model: ["openai", "models.d.ts"]
} as const

export type Declared = keyof typeof places

const validatorOf = (name: Declared) => {
  const known = validators.get(name)
  if (known !== undefined) return known
  const [sdk, path] = places[name]
  const definitions: Record<string, JsonSchema> = {}
  const key = define(fileAt(join(folderOf(sdk), path)), "", name, definitions)
  // NOTE: the SDK adds this to what comes over the wire.
  const response = definitions["responses.d.ts:Response"]
  if (response !== undefined && Array.isArray(response["required"])) {
    definitions["responses.d.ts:Response"] = {
      ...response,
      required: response["required"].filter((one) => one !== "output_text")
    }
  }
  const made = ajv.compile({ definitions, $ref: `#/definitions/${key}` })
  validators.set(name, made)
  return made
}

/** Where an answer differs from its declared type. A property that the type does not have is a difference too. */
export const complaintsAbout = (name: Declared, answer: unknown): ReadonlyArray<string> => {
  const valid = validatorOf(name)
  if (valid(answer)) return []
  return (valid.errors ?? [])
    .slice(0, 8)
    .map(({ instancePath, message, params }) => `${name} ${instancePath} ${message} ${JSON.stringify(params)}`)
}
