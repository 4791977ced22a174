/** The YAML of a contract: as plain values, with the place of each, or why it cannot be read. */
import { Result } from "effect"
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type YAMLError
} from "yaml"
import type { ContractMistake, KeyPath, Place } from "./contractMistakes.ts"
import { clip } from "./markdown.ts"

/** What was read. `value` is missing when the text is no YAML mapping; then there is at least one mistake. */
interface ReadYaml {
  readonly mistakes: ReadonlyArray<ContractMistake>
  readonly value?: {
    readonly js: unknown
    /** Where a value or its key stands; of what is missing, where the mapping stands that lacks it. */
    placeOf(path: KeyPath, at: "key" | "value"): Place
  }
}

/** After one mistake of syntax the rest is often read wrongly, so the later ones say little. */
const maxSyntaxMistakes = 5

/** More references to anchors than any contract needs, and fewer than an expansion that exhausts memory. */
const maxAliasCount = 50

const start: Place = { line: 1, col: 1 }

/** Never throws. */
export const readYaml = (text: string): ReadYaml =>
  Result.getOrElse(
    Result.try({
      try: () => read(text),
      catch: (cause): ReadYaml => ({
        mistakes: [{ path: [], message: `This is not YAML: ${messageOf(cause)}.`, place: start }]
      })
    }),
    (failure) => failure
  )

const read = (text: string): ReadYaml => {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    logLevel: "error",
    prettyErrors: false,
    uniqueKeys: true
  })
  const [document, second] = Array.isArray(documents) ? documents : []
  if (document === undefined) {
    return {
      mistakes: [{ path: ["version"], message: "The file is empty. It must begin with version: 1", place: start }]
    }
  }
  const duplicates = document.errors.filter(({ code }) => code === "DUPLICATE_KEY")
  const broken = [...document.errors.filter(({ code }) => code !== "DUPLICATE_KEY"), ...document.warnings]
  if (broken.length > 0) return { mistakes: syntaxMistakes(broken, lines) }
  if (second !== undefined) {
    const at = second.contents?.range?.[0] ?? second.range?.[0] ?? 0
    const message = "The file holds more than one document; remove everything from the second --- on."
    return { mistakes: [{ path: [], message, place: lines.linePos(at) }] }
  }
  const js = Result.try({ try: (): unknown => document.toJS({ maxAliasCount }), catch: messageOf })
  if (Result.isFailure(js)) {
    return {
      mistakes: [
        {
          path: [],
          message: `The aliases of this file are refused: ${js.failure}.`,
          place: aliasPlace(document, lines, js.failure)
        }
      ]
    }
  }
  if (!isMap(document.contents)) {
    return {
      mistakes: [{ path: [], message: "The file must be a mapping that begins with version: 1", place: start }]
    }
  }
  return {
    mistakes: duplicates.map(({ pos: [offset] }) => ({
      path: pathAt(document, offset),
      message: "is given twice; remove one of the two.",
      place: lines.linePos(offset)
    })),
    value: { js: js.success, placeOf: (path, at) => placeIn(document, lines, path, at) }
  }
}

const messageOf = (cause: unknown): string => {
  const message = cause instanceof Error ? cause.message : String(cause)
  return /stack/i.test(message) ? "it is nested too deeply" : clip(message.replace(/\.$/, ""), 300)
}

const syntaxMistakes = (errors: ReadonlyArray<YAMLError>, lines: LineCounter): ReadonlyArray<ContractMistake> =>
  errors.slice(0, maxSyntaxMistakes).map(({ code, message, pos: [offset] }) => ({
    path: [],
    place: lines.linePos(offset),
    message:
      code === "TAB_AS_INDENT"
        ? "This is not YAML: the line is indented with a tab; use spaces."
        : `This is not YAML: ${messageOf(message)}.`
  }))

/** The alias that the message names at its end, else the first one. */
const aliasPlace = (document: Document, lines: LineCounter, message: string): Place => {
  let first: number | undefined
  let named: number | undefined
  visit(document, {
    Alias: (_, alias) => {
      first ??= alias.range?.[0]
      if (!message.endsWith(`: ${alias.source}`)) return undefined
      named = alias.range?.[0]
      return visit.BREAK
    }
  })
  return lines.linePos(named ?? first ?? 0)
}

/** The path of the key that stands at an offset. */
const pathAt = (document: Document, offset: number): KeyPath => {
  let found: KeyPath = []
  visit(document, {
    Pair: (_, pair, ancestors) => {
      if (!isNode(pair.key) || pair.key.range?.[0] !== offset) return undefined
      const nodes = [...ancestors, pair]
      found = nodes.flatMap((node, index): KeyPath => {
        if (isPair(node)) return [isScalar(node.key) ? String(node.key.value) : String(node.key)]
        const next = nodes[index + 1]
        return isSeq(node) && next !== undefined ? [node.items.indexOf(next)] : []
      })
      return visit.BREAK
    }
  })
  return found
}

const placeIn = (document: Document, lines: LineCounter, path: KeyPath, at: "key" | "value"): Place => {
  if (at === "key") {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
    const wanted = String(path.at(-1))
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === wanted)
      : undefined
    if (pair !== undefined && isNode(pair.key) && pair.key.range) return lines.linePos(pair.key.range[0])
  }
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && !isAlias(node) && node.range) return lines.linePos(node.range[0])
  }
  const offset = document.contents?.range?.[0]
  return offset === undefined ? start : lines.linePos(offset)
}
