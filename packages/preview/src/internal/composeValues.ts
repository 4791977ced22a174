/** Reading a document of which nothing is known but that it was YAML. */
import { Predicate } from "effect"

export type Value = unknown
export type Mapping = Readonly<Record<string, Value>>

export const isMapping = (value: Value): value is Mapping => Predicate.isObject(value) && !Array.isArray(value)
export const mapping = (value: Value): Mapping => (isMapping(value) ? value : {})
export const sequence = (value: Value): ReadonlyArray<Value> => (Array.isArray(value) ? value : [])
export const isEmpty = (value: Value): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === "" ||
  (Array.isArray(value) ? value.length === 0 : isMapping(value) && Object.keys(value).length === 0)

export const without = (source: Mapping, ...keys: ReadonlyArray<string>): Record<string, Value> =>
  Object.fromEntries(Object.entries(source).filter(([key]) => !keys.includes(key)))

export const show = (value: Value): string => {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** A mapping in either of Compose's two forms; `name` without `=` has the value `bare`. */
export const pairsOf = (value: Value, bare: string | null): ReadonlyArray<readonly [string, Value]> =>
  Array.isArray(value)
    ? value.map((line) => {
        const text = String(line)
        const at = text.indexOf("=")
        return at === -1 ? [text, bare] : [text.slice(0, at), text.slice(at + 1)]
      })
    : Object.entries(mapping(value))

const ours = (label: string) => /^(traefik|productbuilding)\./i.test(label)

/** Labels without those that claim to be ours or the proxy's. */
export const foreignLabels = (value: Value): Record<string, string> =>
  Object.fromEntries(
    pairsOf(value, "").flatMap(([key, text]) => (ours(key) ? [] : [[key, String(text ?? "")] as const]))
  )

export const environmentOf = (value: Value): Record<string, Value> => Object.fromEntries(pairsOf(value, null))

/** Compose reads `$` as the beginning of a variable; `$$` is the character. */
export const literal = (text: string): string => text.replaceAll("$", "$$$$")
