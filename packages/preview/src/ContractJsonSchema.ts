/** The contract's format as JSON Schema, made from the same definition that the server reads it with. */
import { JsonSchema, Predicate, Schema } from "effect"
import { Contract, contractPath } from "./Contract.ts"

/**
 * The JSON Schema (draft 2020-12) of a contract as it is written, with a description of each key. It accepts exactly
 * the mappings that `parseContract` accepts; what a mapping cannot show (a key given twice, a second document, an
 * oversized file) is left to `parseContract`. Published as `@productbuilding/preview/config.schema.json`.
 */
export const contractJsonSchema = (): JsonSchema.JsonSchema => {
  const { definitions } = Schema.toJsonSchemaDocument(Contract, { onExcessProperty: "error" })
  const [root = {}] = Object.values(definitions)
  const properties = record(root["properties"])
  return {
    $schema: JsonSchema.META_SCHEMA_URI_DRAFT_2020_12,
    title: contractPath,
    description: "How a repository is previewed: which Compose file, which service, and when it is ready.",
    ...root,
    properties: { ...properties, logging: { ...record(properties["logging"]), ...loggingRule } }
  }
}

/** The keys that the mapping at a path may have, in the order of the definition; `undefined` where there is no mapping. */
export const knownKeysAt = (
  schema: JsonSchema.JsonSchema,
  path: ReadonlyArray<PropertyKey>
): ReadonlyArray<string> | undefined => {
  let node: unknown = schema
  for (const key of path) {
    if (!Predicate.isObject(node)) return undefined
    const inner = record(node)
    const properties = record(inner["properties"])
    node =
      typeof key === "number" ? inner["items"] : Object.hasOwn(properties, key) ? properties[String(key)] : undefined
  }
  const properties = record(node)["properties"]
  return Predicate.isObject(properties) ? Object.keys(properties) : undefined
}

/** `logging.path` and `type: file` go together; `parseContract` has the same rule. */
const loggingRule = {
  if: { properties: { type: { const: "file" } }, required: ["type"] },
  // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's keyword, and nothing awaits this object.
  then: { required: ["path"] },
  else: { properties: { path: false } }
}

const record = (value: unknown): Readonly<Record<string, unknown>> => (Predicate.isObject(value) ? { ...value } : {})
