/** The calls of one budget in the last hour, as a small plot. Pure, and in the browser too. */
import { type Html, html } from "./Html.ts"

const left = 28
const width = 340
const top = 7
const height = 44

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

const ceilingOf = (most: number): number => steps.find((step) => step >= most) ?? Math.ceil(most / 1_000) * 1_000

const yOf = (calls: number, ceiling: number): number => top + height * (1 - calls / ceiling)

const gridLine = (calls: number, ceiling: number): Html => {
  const y = yOf(calls, ceiling).toFixed(1)
  return html`<line x1="${left}" x2="${width}" y1="${y}" y2="${y}"/><text x="${left - 6}" y="${Number(y) + 4}" text-anchor="end">${calls}</text>`
}

/** Nothing but a sentence for an hour without calls. */
export const callPlot = (calls: ReadonlyArray<number>, perMinute: number): Html => {
  const most = Math.max(0, ...calls)
  if (most === 0) return html`<p class="quiet idle">No call in the last hour.</p>`
  const total = calls.reduce((sum, one) => sum + one, 0)
  // NOTE: the limit is drawn where it is near; far above it would press the bars flat.
  const near = most * 3 >= perMinute
  const ceiling = ceilingOf(near ? Math.max(most, perMinute) : most)
  const slot = (width - left) / calls.length
  const bars = calls.map((one, index) => {
    if (one === 0) return null
    const minutes = calls.length - 1 - index
    const y = yOf(one, ceiling)
    return html`<rect class="${one > perMinute ? "over" : "calls"}" x="${(left + slot * index + 0.5).toFixed(1)}" y="${y.toFixed(1)}" width="${(slot - 1).toFixed(1)}" height="${(top + height - y).toFixed(1)}"><title>${
      minutes === 0 ? "this minute" : `${minutes} min ago`
    }: ${one}</title></rect>`
  })
  const limit = yOf(perMinute, ceiling).toFixed(1)
  return html`<svg class="plot" viewBox="0 0 ${width} ${top + height + 16}" role="img" aria-label="Calls in the last hour: ${total}, at most ${most} in a minute, ${perMinute} allowed">${[
    0,
    ceiling
  ].map((one) => gridLine(one, ceiling))}${
    near && html`<line class="limit" x1="${left}" x2="${width}" y1="${limit}" y2="${limit}"/>`
  }${bars}<text x="${left}" y="${top + height + 13}">an hour ago</text><text x="${width}" y="${top + height + 13}" text-anchor="end">now</text></svg>`
}
