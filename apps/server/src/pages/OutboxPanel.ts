/** What waits to be told and what it may cost, on the dashboard. Pure, and in the browser too. */
import type { SinkReport } from "../Api.ts"
import { callPlot } from "./CallPlot.ts"
import { type Html, html } from "./Html.ts"
import { clockTime, duration } from "./Words.ts"

/** A sink as the API sends it. */
export type SinkRow = typeof SinkReport.Encoded
type BudgetRow = SinkRow["budgets"][number]

const titles: Readonly<Record<string, string>> = { github: "GitHub comments", slack: "Slack" }

const maxOpen = 4

const paused = (budget: BudgetRow, now: number): number | null =>
  budget.pausedUntil !== null && budget.pausedUntil > now ? budget.pausedUntil : null

/** How much of what may come at once is used up. */
const useBar = (budget: BudgetRow): Html => {
  const used = budget.burst === 0 ? 0 : ((budget.burst - Math.min(budget.burst, budget.available)) / budget.burst) * 100
  return html`<svg class="bar use" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6"/><rect class="used" width="${used.toFixed(1)}" height="6"/></svg>`
}

const budgetItem = (budget: BudgetRow, now: number): Html => {
  const until = paused(budget, now)
  const tone = until !== null ? "wait" : budget.available === 0 ? "busy" : "good"
  return html`<li class="budget tone-${tone}"><p class="what"><b>${budget.name}</b><span class="time quiet">${
    budget.available
  } of ${budget.burst} free, ${budget.perMinute} a minute</span></p>${useBar(budget)}${
    until !== null &&
    html`<p class="paused"><strong>Paused until ${clockTime(until)} UTC</strong>, for ${duration(until - now)}: the vendor wants no call before.</p>`
  }${callPlot(budget.callsByMinute, budget.perMinute)}</li>`
}

const total = (budget: BudgetRow): number => budget.callsByMinute.reduce((sum, one) => sum + one, 0)

/** Paused ones first, then those that are used most. */
const budgetList = (budgets: ReadonlyArray<BudgetRow>, now: number): Html => {
  if (budgets.length === 0) return html`<p class="quiet">No call since the server started.</p>`
  const sorted = [...budgets].sort(
    (one, other) =>
      Number(paused(other, now) !== null) - Number(paused(one, now) !== null) ||
      total(other) - total(one) ||
      one.name.localeCompare(other.name)
  )
  const list = (some: ReadonlyArray<BudgetRow>) =>
    html`<ul class="budgets">${some.map((budget) => budgetItem(budget, now))}</ul>`
  const rest = sorted.slice(maxOpen)
  return html`${list(sorted.slice(0, maxOpen))}${
    rest.length > 0 &&
    html`<details><summary>${rest.length} more ${rest.length === 1 ? "budget" : "budgets"}</summary>${list(rest)}</details>`
  }`
}

const figure = (count: number, word: string, bad = false): Html =>
  html`<li${bad && html` class="tone-bad bad"`}><strong>${count}</strong> ${word}</li>`

const sinkPart = (row: SinkRow, now: number): Html => {
  const waiting = row.waiting.slots + row.waiting.messages
  return html`<div class="sink"><h3>${titles[row.sink] ?? row.sink}</h3>
<ul class="figures">${figure(waiting, "waiting")}${figure(row.sent, "messages sent")}${figure(row.dropped, "dropped", row.dropped > 0)}</ul>
${
  waiting > 0 &&
  html`<p class="quiet">${row.waiting.slots} to show and ${row.waiting.messages} to say, in ${row.waiting.threads} ${
    row.waiting.threads === 1 ? "thread" : "threads"
  }.</p>`
}${row.dropped > 0 && html`<p class="quiet">Dropped messages were refused for good; their thread says why.</p>`}${budgetList(row.budgets, now)}</div>`
}

/** Each running sink. */
export const outboxPanel = (rows: ReadonlyArray<SinkRow>, connected: boolean, now: number): Html =>
  html`${
    rows.length === 0
      ? html`<p class="quiet">No sink runs, so nothing is told. Look into the server's log, and restart it.</p>`
      : rows.map((row) => sinkPart(row, now))
  }${!connected && rows.length > 0 && html`<p class="quiet">Slack is not connected; “Threads” says how.</p>`}`
