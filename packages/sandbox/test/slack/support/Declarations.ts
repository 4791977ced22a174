/** JSON schemas of Slack's answers, read from the declarations that `@slack/web-api` publishes. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { Ajv } from "ajv"

type JsonSchema = { readonly [key: string]: unknown }

const require = createRequire(import.meta.url)
const folder = join(dirname(require.resolve("@slack/web-api")), "types", "response")

/** What the declarations consist of: names, texts and punctuation. */
const tokensOf = (source: string): Array<string> =>
  source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|^import .*$/gm, "").match(/"[^"]*"|[A-Za-z_$][\w$]*|[{}[\]():;?|&=,]/g) ??
  []

const simple: Readonly<Record<string, JsonSchema>> = {
  string: { type: "string" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  null: { type: "null" },
  any: {},
  unknown: {},
  WebAPICallResult: {}
}

class Reader {
  readonly tokens: Array<string>
  at = 0
  constructor(tokens: Array<string>) {
    this.tokens = tokens
  }
  peek() {
    return this.tokens[this.at]
  }
  next() {
    return this.tokens[this.at++] ?? ""
  }
  take(token: string): boolean {
    if (this.peek() !== token) return false
    this.at++
    return true
  }
  expect(token: string) {
    const found = this.next()
    if (found !== token) throw new Error(`${found} where ${token} was expected, at ${this.at}`)
  }
  members(): JsonSchema {
    const properties: Record<string, JsonSchema> = {}
    let others: JsonSchema | false = false
    while (!this.take("}")) {
      if (this.take("[")) {
        this.expect("key")
        this.expect(":")
        this.expect("string")
        this.expect("]")
        this.expect(":")
        others = this.type()
      } else {
        const name = this.next().replaceAll('"', "")
        this.take("?")
        this.expect(":")
        properties[name] = this.type()
      }
      this.take(";")
    }
    // NOTE: `{}` stands for an object of any shape, for example a message's own metadata.
    if (others === false && Object.keys(properties).length === 0) return { type: "object" }
    return { type: "object", properties, additionalProperties: others }
  }
  single(): JsonSchema {
    const token = this.next()
    const read = (): JsonSchema => {
      if (token === "{") return this.members()
      if (token === "(") {
        const inner = this.type()
        this.expect(")")
        return inner
      }
      if (token.startsWith('"')) return { const: token.slice(1, -1) }
      return simple[token] ?? { $ref: `#/definitions/${token}` }
    }
    let schema = read()
    while (this.take("[")) {
      this.expect("]")
      schema = { type: "array", items: schema }
    }
    return schema
  }
  type(): JsonSchema {
    const options = [this.single()]
    while (this.take("|")) options.push(this.single())
    const [first = {}] = options
    if (!this.take("&")) return options.length === 1 ? first : { anyOf: options }
    return this.single()
  }
}

const definitionsOf = (source: string): Record<string, JsonSchema> => {
  const reader = new Reader(tokensOf(source))
  const definitions: Record<string, JsonSchema> = {}
  while (reader.peek() !== undefined) {
    const word = reader.next()
    if (word === "interface") {
      const name = reader.next()
      reader.expect("{")
      definitions[name] = reader.members()
    } else if (word === "enum") {
      const name = reader.next()
      const values: Array<string> = []
      reader.expect("{")
      while (!reader.take("}")) {
        const token = reader.next()
        if (token.startsWith('"')) values.push(token.slice(1, -1))
      }
      definitions[name] = { enum: values }
    } else if (word === "type") {
      const name = reader.next()
      reader.expect("=")
      definitions[name] = reader.type()
    }
  }
  return definitions
}

const ajv = new Ajv({ allErrors: true, strict: false })
const validators = new Map<string, ReturnType<typeof ajv.compile>>()

const texts = { type: "array", items: { type: "string" } }

const nameOf = (method: string) =>
  `${method
    .split(".")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("")}Response`

const validatorOf = (method: string) => {
  const known = validators.get(method)
  if (known !== undefined) return known
  const name = nameOf(method)
  const definitions = definitionsOf(readFileSync(join(folder, `${name}.d.ts`), "utf8"))
  // NOTE: each answer is a `WebAPICallResult` as well, which declares these.
  const response_metadata = {
    type: "object",
    properties: { warnings: texts, messages: texts, next_cursor: { type: "string" } },
    additionalProperties: false
  }
  const { properties, ...rest } = definitions[name] ?? {}
  const declared = typeof properties === "object" ? properties : {}
  const all = { ...definitions, [name]: { ...rest, properties: { ...declared, response_metadata } } }
  const made = ajv.compile({ definitions: all, $ref: `#/definitions/${name}` })
  validators.set(method, made)
  return made
}

/** The declarations are drawn from recorded answers, and these were not among the recordings. */
const unrecorded = [
  // NOTE: what is within a block comes back as the app has sent it.
  /\/blocks\//,
  /^conversations\.replies \/messages\/\d+ .*"subtype"/,
  /^conversations\.replies \/messages\/\d+ .*"streaming_state"/,
  /^conversations\.replies \/messages\/\d+ .*"username"/
]

/** Where an answer differs from its declared type. A property that the type does not have is a difference too. */
export const complaintsAbout = (method: string, answer: unknown): ReadonlyArray<string> => {
  const valid = validatorOf(method)
  if (valid(answer)) return []
  return (valid.errors ?? [])
    .map(({ instancePath, message, params }) => `${method} ${instancePath} ${message} ${JSON.stringify(params)}`)
    .filter((complaint) => !unrecorded.some((one) => one.test(complaint)))
}
