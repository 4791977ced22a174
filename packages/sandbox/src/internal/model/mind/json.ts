/** JSON that stands somewhere in a text. */
import { type Fields, isFields, parseJson } from "../../slack/values.ts"

/** Longer objects are not looked for. */
const maxLength = 20_000

export interface FoundObject {
  readonly start: number
  /** Past the closing brace. */
  readonly end: number
  readonly value: Fields
}

/** Every object, the outer ones before those within them. One pass, so that a hostile text costs no more than its length. */
export const objectsIn = (text: string): ReadonlyArray<FoundObject> => {
  const found: Array<FoundObject> = []
  const open: Array<number> = []
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (quoted) {
      if (character === "\\") at++
      // NOTE: no text of JSON goes over a line's end, so that this was no beginning of one.
      else if (character === '"' || character === "\n") quoted = false
    } else if (character === '"') quoted = open.length > 0
    else if (character === "{") open.push(at)
    else if (character === "}") {
      const start = open.pop()
      if (start === undefined || at - start > maxLength) continue
      const value = parseJson(text.slice(start, at + 1))
      if (isFields(value)) found.push({ start, end: at + 1, value })
    }
  }
  return found.toSorted((left, right) => left.start - right.start)
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
  for (const { end, start, value } of objectsIn(text)) {
    if (start < done) continue
    around += `${text.slice(done, start)}\n`
    within.push(...leavesOf(value))
    done = end
  }
  return { around: around + text.slice(done), within }
}
