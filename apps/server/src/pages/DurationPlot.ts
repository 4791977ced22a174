/** How long deployments took, as a small plot. Pure, and in the browser too. */
import { type Html, html } from "./Html.ts"
import { duration, type PreviewRow, totalMs } from "./Words.ts"

interface Bar {
  readonly row: PreviewRow
  readonly endedAt: number
  readonly totalMs: number
  /** Before the build, the build, and what comes after it. */
  readonly parts: readonly [number, number, number]
  readonly failed: boolean
}

const maxBars = 24

/** Deployments that have come to an end, oldest first. */
const barsOf = (rows: ReadonlyArray<PreviewRow>): ReadonlyArray<Bar> =>
  rows
    .flatMap((row): ReadonlyArray<Bar> => {
      const endedAt = row.stages.at(-1)?.endedAt ?? null
      const total = totalMs(row, 0)
      if (endedAt === null || total === null || total <= 0) return []
      const parts: [number, number, number] = [0, 0, 0]
      for (const { stage, startedAt, endedAt } of row.stages) {
        const part = stage === "build" ? 1 : stage === "fetch" || stage === "contract" || stage === "compose" ? 0 : 2
        parts[part] += Math.max(0, (endedAt ?? startedAt) - startedAt)
      }
      return [{ row, endedAt, totalMs: total, parts, failed: row.failure !== null && row.failure.stage !== "teardown" }]
    })
    .sort((left, right) => left.endedAt - right.endedAt)
    .slice(-maxBars)

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600]

/** The next round duration above the longest. */
const ceilingOf = (longestMs: number): number => {
  const seconds = longestMs / 1_000
  const step = steps.find((candidate) => candidate * 3 >= seconds) ?? Math.ceil(seconds / 3)
  return Math.ceil(seconds / step) * step * 1_000
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

const left = 40
const width = 340
const top = 8
const height = 112

const barColumn = (bar: Bar, index: number, count: number, ceiling: number): Html => {
  const slot = (width - left) / Math.max(count, 12)
  const x = left + slot * index + slot * 0.16
  let y = top + height
  const parts = bar.parts.map((part, kind) => {
    const tall = (part / ceiling) * height
    y -= tall
    return html`<rect class="part${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${(slot * 0.68).toFixed(1)}" height="${tall.toFixed(1)}"/>`
  })
  const middle = (x + slot * 0.34).toFixed(1)
  return html`<g class="${bar.failed ? "failed" : "fine"}"><title>${bar.row.repository} #${bar.row.pullRequest}: ${duration(bar.totalMs)}${
    bar.failed && ", failed"
  }</title>${parts}${
    bar.failed && html`<text class="cross" x="${middle}" y="${(y - 3).toFixed(1)}" text-anchor="middle">×</text>`
  }</g>`
}

/** Round values need no more than this. */
const axisLabel = (ms: number): string => {
  const seconds = ms / 1_000
  if (seconds === 0) return "0"
  return seconds < 120 && seconds % 60 !== 0 ? `${seconds} s` : `${seconds / 60} m`
}

const gridLine = (ceiling: number, share: number): Html => {
  const y = (top + height * (1 - share)).toFixed(1)
  return html`<line x1="${left}" x2="${width}" y1="${y}" y2="${y}"/><text x="${left - 6}" y="${Number(y) + 4}" text-anchor="end">${axisLabel(ceiling * share)}</text>`
}

/** Nothing but a sentence as long as no deployment has ended. */
export const durationPlot = (rows: ReadonlyArray<PreviewRow>): Html => {
  const bars = barsOf(rows)
  if (bars.length === 0) return html`<p class="quiet">The first finished deployment will be drawn here.</p>`
  const times = bars.map((bar) => bar.totalMs)
  const ceiling = ceilingOf(Math.max(...times))
  const failures = bars.filter((bar) => bar.failed).length
  const summary = `Median ${duration(median(times))}, slowest ${duration(Math.max(...times))}, ${failures} of ${bars.length} failed`
  return html`<p class="figure"><strong>${duration(median(times))}</strong> <span class="quiet">median of the last ${bars.length}</span></p>
<svg class="plot" viewBox="0 0 ${width} ${top + height + 6}" role="img" aria-label="${summary}">${[0, 0.5, 1].map(
    (share) => gridLine(ceiling, share)
  )}${bars.map((bar, index) => barColumn(bar, index, bars.length, ceiling))}</svg>
<p class="legend"><span class="key part0">prepare</span><span class="key part1">build</span><span class="key part2">start and check</span><span class="key failed">× failed</span></p>`
}
