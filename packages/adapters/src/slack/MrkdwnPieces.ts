/** Marks, links and text between them, drawn so that Slack takes for a mark what is one, and nothing else. */
import type { Mark } from "./Content.ts"
import { escapeText } from "./MessageText.ts"

/** What a line is made of before it is known what touches what. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "open" | "close"; readonly mark: Mark }
  /** `rendered` is escaped already. */
  | { readonly kind: "code" | "link"; readonly rendered: string }
  | { readonly kind: "newline" }

/** Marks end with the line and begin again on the next: Slack's do not go over lines. */
const linesOf = (pieces: ReadonlyArray<Piece>): ReadonlyArray<ReadonlyArray<Piece>> => {
  const lines: Array<ReadonlyArray<Piece>> = []
  const open: Array<Mark> = []
  let line: Array<Piece> = []
  for (const piece of pieces) {
    if (piece.kind === "newline") {
      for (const mark of open.toReversed()) addClose(line, mark)
      lines.push(line)
      line = open.map((mark) => ({ kind: "open", mark }))
    } else if (piece.kind === "text") {
      addText(line, piece.text)
    } else if (piece.kind === "close") {
      open.pop()
      addClose(line, piece.mark)
    } else {
      if (piece.kind === "open") open.push(piece.mark)
      line.push(piece)
    }
  }
  return [...lines, line]
}

/** NOTE: a mark has to touch what it marks, so the white space goes out of it. */
const addText = (line: Array<Piece>, text: string): void => {
  if (text === "") return
  const space = /^\s*/.exec(text)?.[0] ?? ""
  let place = line.length
  while (line[place - 1]?.kind === "open") place--
  if (place < line.length && space !== "") {
    line.splice(place, 0, { kind: "text", text: space })
    addText(line, text.slice(space.length))
    return
  }
  const last = line.at(-1)
  if (last?.kind === "text") line[line.length - 1] = { kind: "text", text: `${last.text}${text}` }
  else line.push({ kind: "text", text })
}

const addClose = (line: Array<Piece>, mark: Mark): void => {
  const last = line.at(-1)
  if (last?.kind === "open") {
    line.pop()
    return
  }
  const text = last?.kind === "text" ? last.text : ""
  const kept = text.trimEnd()
  if (last?.kind === "text") {
    line.pop()
    if (kept !== "") line.push({ kind: "text", text: kept })
  }
  line.push({ kind: "close", mark })
  addText(line, text.slice(kept.length))
}

/**
 * What Slack shows as itself, looking like a mark. Nothing escapes a mark.
 * https://github.com/yhatt/jsx-slack/blob/main/docs/about-escape-and-exact-mode.md (read 2026-11-21)
 */
export const lookAlikes = { "*": "\u2217", _: "\u02cd", "~": "\u223c", "`": "\u02cb" }

/** Pieces as they stand in a message, line by line. */
export const draw = (pieces: ReadonlyArray<Piece>): ReadonlyArray<string> => linesOf(pieces).map(drawLine)

const drawLine = (pieces: ReadonlyArray<Piece>): string => {
  const line = withLookAlikes(pieces)
  let drawn = ""
  let before: Piece | undefined
  for (const piece of line) {
    const text = piece.kind === "text" ? piece.text : ""
    const outside = piece.kind === "open" || piece.kind === "code"
    const ended = before?.kind === "close" || before?.kind === "code"
    const touchesBefore =
      outside &&
      before !== undefined &&
      before.kind !== "open" &&
      !(before.kind === "text" && endsFree.test(before.text))
    const touchesAfter = ended && piece.kind !== "close" && !(piece.kind === "text" && beginsFree.test(text))
    if (touchesBefore || touchesAfter) drawn += "\u200b"
    if (piece.kind === "text")
      drawn += escapeText(before === undefined && text.startsWith(">") ? `\u200b${text}` : text)
    else if (piece.kind === "open" || piece.kind === "close") drawn += piece.mark
    else if (piece.kind === "code" || piece.kind === "link") drawn += piece.rendered
    before = piece
  }
  return drawn.trim()
}

const endsFree = /[\s()[\]{}"',.;:!?-]$/
const beginsFree = /^[\s()[\]{}"',.;:!?-]/

/** Text of a label, which has marks of nothing else around it. */
export const withoutMarks = (text: string): string =>
  withLookAlikes([{ kind: "text", text }])
    .map((piece) => (piece.kind === "text" ? piece.text : ""))
    .join("")

const wordCharacter = /[\p{L}\p{N}\p{M}]/u

/** The line with other characters for those of its text that Slack would take for marks. */
const withLookAlikes = (pieces: ReadonlyArray<Piece>): ReadonlyArray<Piece> => {
  // NOTE: one character stands for each piece that is no text: what matters is that it is neither white space nor a word.
  const whole = pieces.map((piece) => (piece.kind === "text" ? piece.text : "\u0000")).join("")
  if (!/[*_~`]/.test(whole)) return pieces
  const first = new Map<string, number>()
  const last = new Map<string, number>()
  let position = 0
  for (const piece of pieces) {
    const text = piece.kind === "text" ? piece.text : "\u0000"
    for (let index = 0; index < text.length; index++, position++) {
      const character = piece.kind === "open" || piece.kind === "close" ? piece.mark : text.charAt(index)
      if (character !== "*" && character !== "_" && character !== "~") continue
      if (piece.kind !== "close" && mayOpen(whole, position) && !first.has(character)) first.set(character, position)
      if (piece.kind !== "open" && mayClose(whole, position)) last.set(character, position)
    }
  }
  let start = 0
  return pieces.map((piece): Piece => {
    const offset = start
    start += piece.kind === "text" ? piece.text.length : 1
    if (piece.kind !== "text") return piece
    const text = piece.text.replace(/[*_~`]/g, (character, index: number) => {
      if (character === "`") return lookAlikes["`"]
      if (character !== "*" && character !== "_" && character !== "~") return character
      const at = offset + index
      const begins = mayOpen(whole, at) && at < (last.get(character) ?? -1)
      const ends = mayClose(whole, at) && at > (first.get(character) ?? whole.length)
      return begins || ends ? lookAlikes[character] : character
    })
    return { kind: "text", text }
  })
}

const mayOpen = (line: string, at: number): boolean =>
  !wordCharacter.test(line.charAt(at - 1)) && /\S/.test(line.charAt(at + 1))

const mayClose = (line: string, at: number): boolean =>
  /\S/.test(line.charAt(at - 1)) && !wordCharacter.test(line.charAt(at + 1))
