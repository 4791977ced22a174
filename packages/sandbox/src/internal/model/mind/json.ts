/** JSON that stands somewhere in a text. */
import { type Fields, isFields, parseJson } from "../../slack/values.ts"

/** Longer objects are not looked for. */
const maxLength = 20_000

/** From a brace to the one that closes it. */
export const jsonAt = (text: string, from: number): { readonly value: Fields; readonly end: number } | undefined => {
  let depth = 0
  let quoted = false
  for (let at = from; at < text.length && at - from < maxLength; at++) {
    const character = text[at]
    if (quoted) {
      if (character === "\\") at++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === "{") depth++
    else if (character === "}" && --depth === 0) {
      const value = parseJson(text.slice(from, at + 1))
      return isFields(value) ? { value, end: at + 1 } : undefined
    }
  }
  return undefined
}

const leavesOf = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : []
}

/** The texts within the objects of a text, and what stands around the objects. */
export const unpacked = (text: string): { readonly around: string; readonly within: ReadonlyArray<string> } => {
  const within: Array<string> = []
  let around = ""
  let done = 0
  for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", Math.max(at + 1, done))) {
    const json = jsonAt(text, at)
    if (json === undefined) continue
    around += `${text.slice(done, at)}\n`
    within.push(...leavesOf(json.value))
    done = json.end
  }
  return { around: around + text.slice(done), within }
}
