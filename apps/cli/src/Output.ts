/** What commands print: tables that fit the terminal, colours where they show, JSON for programs. */
import type { PreviewState } from "@productbuilding/preview"
import { plainText, stateWords, type Tone } from "@productbuilding/server/pages/Words"
import { Console, Effect, Schema, Stdio, Terminal } from "effect"
import { CliOutput, TerminalCapabilities } from "effect/cli"

/** The colours that we use, each with one meaning. */
export interface Palette {
  readonly good: (text: string) => string
  readonly busy: (text: string) => string
  readonly wait: (text: string) => string
  readonly bad: (text: string) => string
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

const sgr = (enabled: boolean, code: number) => (text: string) =>
  enabled && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text

/** Colours where standard output shows them, else the text as it is. */
export const palette: Effect.Effect<Palette> = Effect.map(
  TerminalCapabilities.TerminalCapabilities,
  ({ canColor }) => ({
    good: sgr(canColor, 32),
    busy: sgr(canColor, 36),
    wait: sgr(canColor, 33),
    bad: sgr(canColor, 31),
    dim: sgr(canColor, 2),
    bold: sgr(canColor, 1)
  })
)

/** The name that a state has on the dashboard. */
export const stateWord = (state: PreviewState): string => stateWords[state].word.toLowerCase()

/** Text in a colour. */
export const inTone = (colors: Palette, tone: Tone, text: string): string =>
  (tone === "gone" ? colors.dim : colors[tone])(text)

/** Text in the colour of a state. */
export const inStateColor = (colors: Palette, state: PreviewState, text: string): string =>
  inTone(colors, stateWords[state].tone, text)

/** Text of others without anything that a terminal would obey, or that would show it in another order. */
export const harmless = (text: string): string =>
  plainText(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "")

/** The same on one line. */
export const oneLine = (text: string): string => harmless(text).replace(/\s+/g, " ").trim()

/** How wide a line may be: the terminal's width, and without bound where no person reads along. */
export const lineWidth: Effect.Effect<number, never, Terminal.Terminal> = Effect.gen(function* () {
  const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
  const terminal = yield* Terminal.Terminal
  const columns = yield* terminal.columns
  return canAnimate && columns > 0 ? columns : Number.POSITIVE_INFINITY
})

const segmenter = new Intl.Segmenter()

/** Cuts to a width in cells, with `…` at the end of what was cut. The text must be without colours. */
export const cut = (text: string, width: number): string => {
  if (CliOutput.displayWidth(text) <= width) return text
  let kept = ""
  let cells = 0
  for (const { segment } of segmenter.segment(text)) {
    cells += CliOutput.displayWidth(segment)
    if (cells > width - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  /** Applied after the text was fitted. */
  readonly color?: (text: string, row: Row) => string
  /** May be cut down to this many cells when the table is too wide; the widest of such columns is cut first. */
  readonly shrinkTo?: number
  /** Left out, the last of such columns first, when shrinking does not suffice. */
  readonly optional?: boolean
}

const gap = 2

/** Widths that fit, or as near as shrinking comes. */
const fit = <Row>(columns: ReadonlyArray<Column<Row>>, wanted: ReadonlyArray<number>, width: number) => {
  const widths = [...wanted]
  let excess = widths.reduce((sum, one) => sum + one, gap * (columns.length - 1)) - width
  while (excess > 0) {
    const [widest] = columns
      .map((column, index) => ({ index, now: widths[index] ?? 0, least: column.shrinkTo ?? Number.POSITIVE_INFINITY }))
      .filter(({ least, now }) => now > least)
      .toSorted((left, right) => right.now - left.now)
    if (widest === undefined) break
    widths[widest.index] = widest.now - 1
    excess--
  }
  return { widths, fits: excess <= 0 }
}

/** Lines of a table whose columns stand below each other, none wider than `width` where that can be had. */
export const table = <Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  options: { readonly colors: Palette; readonly width: number }
): ReadonlyArray<string> => {
  const texts = rows.map((row) => columns.map((column) => oneLine(column.text(row))))
  const { fits, widths } = fit(
    columns,
    columns.map(({ title }, index) =>
      Math.max(title.length, ...texts.map((cells) => CliOutput.displayWidth(cells[index] ?? "")))
    ),
    options.width
  )
  const spare = fits ? undefined : columns.findLast(({ optional }) => optional === true)
  if (spare !== undefined) {
    return table(
      columns.filter((column) => column !== spare),
      rows,
      options
    )
  }
  const line = (cells: ReadonlyArray<string>, paint: (text: string, index: number) => string) =>
    cells
      .map((cell, index) => {
        const fitted = cut(cell, widths[index] ?? 0)
        const padding = index === cells.length - 1 ? 0 : (widths[index] ?? 0) - CliOutput.displayWidth(fitted)
        return paint(fitted, index) + " ".repeat(padding)
      })
      .join(" ".repeat(gap))
      .trimEnd()
  const header = line(
    columns.map(({ title }) => title),
    (text) => options.colors.dim(text)
  )
  const body = rows.map((row, at) => line(texts[at] ?? [], (text, index) => columns[index]?.color?.(text, row) ?? text))
  return [header, ...body]
}

/** Prints rows as a table. */
export const printTable = Effect.fnUntraced(function* <Row>(
  columns: (colors: Palette) => ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>
) {
  const colors = yield* palette
  const width = yield* lineWidth
  yield* Console.log(table(columns(colors), rows, { colors, width }).join("\n"))
})

/** A line for people about what to do next; on standard error, so that pipes get the answer alone. */
export const hint = Effect.fnUntraced(function* (text: string) {
  const { stderrIsTerminal } = yield* Stdio.Stdio
  const colors = yield* palette
  yield* Console.error((yield* stderrIsTerminal) ? colors.dim(text) : text)
})

/** Prints a value as the schema encodes it. */
export const printJson = <A, I>(schema: Schema.Codec<A, I>, value: A): Effect.Effect<void> =>
  Schema.encodeEffect(schema)(value).pipe(
    // A value of the schema's own type encodes.
    Effect.orDie,
    Effect.flatMap((encoded) => Console.log(JSON.stringify(encoded, null, 2)))
  )

/** Breaks at blanks, so that no line is wider than `width` unless a single word is. */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(/\s+/)) {
    if (line !== "" && CliOutput.displayWidth(`${line} ${word}`) > width) {
      lines.push(line)
      line = word
    } else {
      line = line === "" ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
