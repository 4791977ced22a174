/** What a benchmark found: rows of one run, and ratios between them. */

/** One measured subject. */
export interface Row {
  readonly subject: string
  readonly figures: Readonly<Record<string, number>>
}

/** A ratio of two figures of the same run, and the goal it is held against. */
export interface Ratio {
  readonly name: string
  readonly value: number
  /** `at most` for times and memory, `at least` for rates. */
  readonly goal: { readonly kind: "at most" | "at least"; readonly value: number }
}

/** One suite's result. */
export interface Result {
  readonly suite: string
  readonly rows: ReadonlyArray<Row>
  readonly ratios: ReadonlyArray<Ratio>
}

/** Whether the goal was met in this run. A benchmark prints; it never fails a build. */
export const isMet = ({ goal, value }: Ratio): boolean =>
  goal.kind === "at most" ? value <= goal.value : value >= goal.value

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

const table = (lines: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
    )
    .join("\n")
}

const number = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2))

/** The result as text for a terminal. */
export const render = ({ ratios, rows, suite }: Result): string => {
  const columns = Array.from(new Set(rows.flatMap((row) => Object.keys(row.figures))))
  const figures = table([
    ["", ...columns],
    ...rows.map((row) => [
      row.subject,
      ...columns.map((column) => (column in row.figures ? number(row.figures[column] ?? 0) : "–"))
    ])
  ])
  const goals = table([
    ["ratio", "value", "goal", ""],
    ...ratios.map((ratio) => [
      ratio.name,
      number(ratio.value),
      `${ratio.goal.kind} ${ratio.goal.value}`,
      isMet(ratio) ? "met" : "missed"
    ])
  ])
  return `${suite}\n${figures}\n\n${goals}\n`
}
