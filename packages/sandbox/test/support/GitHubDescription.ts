/** GitHub's own description of its API and webhooks, as a judge of values. */
import { createRequire } from "node:module"
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv"
import addFormats from "ajv-formats"

type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
interface JsonObject {
  readonly [key: string]: Json
}

const require = createRequire(import.meta.url)
const description: JsonObject = require("@octokit/openapi/generated/api.github.com.deref.json")

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isArray = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

const at = (value: Json | undefined, ...path: ReadonlyArray<string>): Json | undefined =>
  path.reduce<Json | undefined>((inner, key) => (isObject(inner) ? inner[key] : undefined), value)

/** OpenAPI 3.0's `nullable`, which stands beside anything, in the words of JSON Schema. */
const asJsonSchema = (schema: Json): Json => {
  if (isArray(schema)) return schema.map(asJsonSchema)
  if (!isObject(schema)) return schema
  const { nullable, ...rest } = schema
  // NOTE: what an example shows is not what a schema demands, and may itself contain keywords.
  const plain = Object.fromEntries(
    Object.entries(rest).flatMap(([key, value]) =>
      key === "example" || key === "examples" || key === "discriminator" ? [] : [[key, asJsonSchema(value)]]
    )
  )
  return nullable === true ? { anyOf: [{ type: "null" }, plain] } : plain
}

/** Paths of what is in a value and not in its description: misspelt or invented keys. */
const undeclared = (schema: Json | undefined, value: unknown, path = ""): ReadonlyArray<string> => {
  if (!isObject(schema)) return []
  const parts = ["allOf", "anyOf", "oneOf"].flatMap((key) => {
    const some = schema[key]
    return isArray(some) ? some.filter(isObject) : []
  })
  if (isArray(value)) {
    const items = [schema, ...parts].flatMap((part) => (isObject(part["items"]) ? [part["items"]] : []))
    return items.length === 0 ? [] : value.flatMap((one, index) => undeclared(merge(items), one, `${path}/${index}`))
  }
  if (!isObject(value)) return []
  const merged = merge([schema, ...parts])
  const properties = merged["properties"]
  const more = merged["additionalProperties"]
  if (!isObject(properties) || more === true || isObject(more)) return []
  return Object.entries(value).flatMap(([key, one]) => {
    const declared = properties[key]
    return declared === undefined ? [`${path}/${key}`] : undeclared(declared, one, `${path}/${key}`)
  })
}

/** The properties of several alternatives together. */
const merge = (schemas: ReadonlyArray<JsonObject>): JsonObject => {
  const flat = schemas.flatMap(function spread(schema): ReadonlyArray<JsonObject> {
    const inner = ["allOf", "anyOf", "oneOf"].flatMap((key) => {
      const some = schema[key]
      return isArray(some) ? some.filter(isObject) : []
    })
    return [schema, ...inner.flatMap(spread)]
  })
  const names = new Set(flat.flatMap(({ properties }) => (isObject(properties) ? Object.keys(properties) : [])))
  const properties = Object.fromEntries(
    Array.from(names, (name): readonly [string, Json] => {
      const found = flat.flatMap(({ properties: some }) => {
        const one = isObject(some) ? some[name] : undefined
        return isObject(one) ? [one] : []
      })
      return [name, found.length === 1 ? (found[0] ?? {}) : { allOf: found }]
    })
  )
  const open = flat.find(({ additionalProperties }) => additionalProperties === true || isObject(additionalProperties))
  return {
    ...(names.size === 0 ? {} : { properties }),
    ...(open?.["additionalProperties"] === undefined ? {} : { additionalProperties: open["additionalProperties"] })
  }
}

const ajv = new Ajv({ strict: false, allErrors: true, verbose: true })
addFormats.default(ajv)
// NOTE: GitHub's own formats, and templates whose syntax ajv reads more narrowly than GitHub writes it.
for (const format of ["uri-template", "timestamp", "ssh-key", "repo.nwo"]) ajv.addFormat(format, true)

interface Judge {
  readonly schema: Json
  readonly validate: ValidateFunction
}
const judges = new Map<string, Judge>()

const judge = (what: string, find: () => Json | undefined): Judge => {
  const known = judges.get(what)
  if (known !== undefined) return known
  const found = find()
  if (found === undefined) throw new Error(`GitHub describes no ${what}`)
  const schema = asJsonSchema(found)
  if (!isObject(schema)) throw new Error(`GitHub describes no schema of ${what}`)
  const made = { schema, validate: ajv.compile(schema) }
  judges.set(what, made)
  return made
}

/**
 * Where GitHub's description contradicts what GitHub sends: URLs of deployments that are not there are empty, as in the
 * description's own defaults, and a label without a description has `null`, as most copies of its schema say.
 */
const isComplaint = ({ data, instancePath, keyword }: ErrorObject) =>
  !(data === "" && keyword === "format" && /\/(environment|log|target)_url$/.test(instancePath)) &&
  !(data === null && /\/labels\/\d+\/description$/.test(instancePath))

/** What GitHub sends of every user and repository, and only some copies of their schemas have. */
const isKnown = (path: string) => /\/(user_view_type|has_pull_requests)$/.test(path)

const complaints = ({ schema, validate }: Judge, value: unknown): ReadonlyArray<string> => [
  ...(validate(value)
    ? []
    : (validate.errors ?? []).filter(isComplaint).map(({ instancePath, message }) => `${instancePath} ${message}`)),
  ...undeclared(schema, value)
    .filter((path) => !isKnown(path))
    .map((path) => `${path} is not described`)
]

const responseOf = (method: string, template: string, status: number) =>
  at(description, "paths", template, method.toLowerCase(), "responses", String(status))

const schemaOf = (method: string, template: string, status: number): Json | undefined =>
  // NOTE: its own copy of an installation is out of date, and wants the account to be a user and an enterprise at once.
  template === "/app/installations" && status === 200
    ? { type: "array", items: schemaOf("GET", "/app/installations/{installation_id}", 200) ?? false }
    : at(responseOf(method, template, status), "content", "application/json", "schema")

/** What is wrong with an answer of the API; of one that has no body, only whether GitHub gives that status at all. */
export const complaintsAboutAnswer = (
  method: string,
  template: string,
  status: number,
  body: unknown
): ReadonlyArray<string> => {
  const response = responseOf(method, template, status)
  if (response === undefined) return [`GitHub describes no ${method} ${template} ${status}`]
  if (!isObject(response) || !isObject(response["content"])) return []
  return complaints(
    judge(`${method} ${template} ${status}`, () => schemaOf(method, template, status)),
    body
  )
}

/** What is wrong with an error's answer, whose shape is the same everywhere. */
export const complaintsAboutError = (body: unknown): ReadonlyArray<string> =>
  complaintsAboutAnswer("GET", "/repos/{owner}/{repo}", 404, body)

/** What is wrong with a 422. GitHub sends `status` with it, as with every error, and does not say so. */
export const complaintsAboutValidationError = (body: unknown): ReadonlyArray<string> =>
  complaintsAboutAnswer("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", 422, body).filter(
    (complaint) => complaint !== "/status is not described"
  )

/** What is wrong with a webhook's payload. `name` is, for example, `pull-request-opened`. */
export const complaintsAboutWebhook = (name: string, payload: unknown): ReadonlyArray<string> =>
  complaints(
    judge(`webhook ${name}`, () =>
      at(description, "x-webhooks", name, "post", "requestBody", "content", "application/json", "schema")
    ),
    payload
  )
