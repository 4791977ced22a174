/** Reads JSON of which nothing is known yet. */
import { Schema } from "effect"

export type Fields = Schema.JsonObject

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const fieldOf = (value: unknown, name: string): unknown =>
  isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined

/** Something deep within, by its path. */
export const pathOf = (value: unknown, ...names: ReadonlyArray<string>): unknown => names.reduce(fieldOf, value)

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

export const fieldsIn = (value: unknown): ReadonlyArray<Fields> => listOf(value).filter(isFields)

/** Without what is `undefined`. */
export const compact = (fields: { readonly [name: string]: Schema.Json | undefined }): Fields => {
  const kept: Record<string, Schema.Json> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value
  return kept
}

const isJson = Schema.is(Schema.Json)

/** The value of a JSON text; `undefined` where it is none. */
export const parseJson = (text: string): Schema.Json | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? value : undefined
  } catch {
    // NOTE: whether it is JSON is the question.
    return undefined
  }
}
