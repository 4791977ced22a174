/** One delivery in the dashboard's list. Pure, and in the browser too. */
import type { Delivery } from "@productbuilding/core"
import { type Html, html } from "./Html.ts"
import { when } from "./Words.ts"

/** A delivery as the API sends it. */
export type DeliveryRow = typeof Delivery.Encoded

const outcome = (row: DeliveryRow): { readonly word: string; readonly tone: string; readonly reason: string } => {
  if (row.status === "failed") return { word: "failed", tone: "bad", reason: row.failure ?? "The handling failed." }
  if (row.decision === null) return { word: "waiting", tone: "wait", reason: "Not handled yet." }
  const tone = row.decision.outcome === "accepted" ? "good" : "gone"
  return { word: row.decision.outcome, tone, reason: row.decision.reason }
}

/** The browser's script gives it life, and without script it is not shown. */
const replayButton = (row: DeliveryRow): Html =>
  html`<button type="button" class="replay" data-replay="${row.id}" data-key="replay ${row.id}" title="Handle it again">Replay<span class="sr"> ${row.event} of ${row.id}</span></button>`

export const deliveryItem = (row: DeliveryRow, now: number): Html => {
  const { word, tone, reason } = outcome(row)
  return html`<li class="delivery tone-${tone}" title="${row.id}"><p class="what"><b>${
    row.decision?.subject ?? row.event
  }</b><span class="outcome">${word}</span>${
    row.attempts > 1 && html`<span class="quiet">${row.attempts} attempts</span>`
  }<span class="time quiet">${when(row.receivedAt, now)}</span></p>
<p class="quiet">${row.decision?.subject !== undefined && html`<span class="event">${row.event}</span> `}${reason}${
    row.status !== "pending" && html` ${replayButton(row)}`
  }</p></li>`
}
