/** Where the keys of a compose file stand in its text. */
import { Problem } from "@productbuilding/preview"
import { type Document, isNode, LineCounter, parseDocument } from "yaml"

const segments = (key: string) =>
  key
    .split(/[.[\]]+/)
    .filter((part) => part !== "")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))

const offsetOf = (document: Document, key: string): number | undefined => {
  const path = segments(key)
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return undefined
}

/** Adds line and column to problems that have none: those of the key, or of the nearest one above it that is there. */
export const withPlaces = (text: string, problems: ReadonlyArray<Problem>): ReadonlyArray<Problem> => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) return problems
  return problems.map((problem) => {
    if (problem.line !== undefined) return problem
    const offset = offsetOf(document, problem.key)
    if (offset === undefined) return problem
    const { col, line } = lines.linePos(offset)
    return new Problem({ ...problem, line, column: col })
  })
}
