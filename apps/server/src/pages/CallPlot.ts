/** The calls of one budget in the last hour against what is allowed, as a small plot. Pure, and in the browser too. */
import { type Html, html } from "./Html.ts"

const width = 270
const top = 16
const height = 42
const base = top + height

/** So that a single call under a high limit is seen. */
const leastHeight = 1.5

const line = (kind: string, y: number): Html =>
  html`<line class="${kind}" x1="0" x2="${width}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>`

/** Nothing but a sentence for an hour without calls. */
export const callPlot = (
  calls: ReadonlyArray<number>,
  { burst, perMinute }: { readonly burst: number; readonly perMinute: number }
): Html => {
  const allowed = `${perMinute} a minute, ${burst} at once`
  const most = Math.max(0, ...calls)
  if (most === 0) return html`<p class="quiet idle">No call in the last hour. Allowed: ${allowed}.</p>`
  const total = calls.reduce((sum, one) => sum + one, 0)
  const ceiling = Math.max(most, perMinute)
  const yOf = (some: number) => top + height * (1 - some / ceiling)
  const slot = width / calls.length
  const bars = calls.map((one, index) => {
    if (one === 0) return null
    const minutes = calls.length - 1 - index
    const y = Math.min(yOf(one), base - leastHeight)
    return html`<rect class="calls" x="${(slot * index + 0.4).toFixed(1)}" y="${y.toFixed(1)}" width="${(slot - 0.8).toFixed(1)}" height="${(base - y).toFixed(1)}"><title>${
      minutes === 0 ? "this minute" : `${minutes} min ago`
    }: ${one}</title></rect>`
  })
  const limit = yOf(perMinute)
  return html`<svg class="plot" viewBox="0 0 ${width} ${base + 15}" role="img" aria-label="Calls in the last hour: ${total}, at most ${most} in a minute, ${allowed} allowed">${line("base", base)}${bars}${line("limit", limit)}<text class="allowed" x="0" y="${(limit - 4).toFixed(1)}">${allowed}</text><text x="0" y="${base + 12}">an hour ago</text><text x="${width}" y="${base + 12}" text-anchor="end">now</text></svg>`
}
