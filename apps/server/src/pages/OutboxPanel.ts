/** What waits to be told, what failed, and what may be spent, on the dashboard. Pure, and in the browser too. */
import type { SinkReport } from "../SinkReport.ts"
import { callPlot } from "./CallPlot.ts"
import { type Html, html } from "./Html.ts"
import { clockTime, duration, when } from "./Words.ts"

/** A sink as the API sends it. */
export type SinkRow = typeof SinkReport.Encoded
type BudgetRow = SinkRow["budgets"][number]

const titles: Readonly<Record<string, string>> = { "code-host": "GitHub comments", slack: "Slack" }
const vendors: Readonly<Record<string, string>> = { "code-host": "GitHub", slack: "Slack" }

/** How a sink is called: its vendor, or the name that it was given. */
const sinkTitle = ({ sink, workspace }: Pick<SinkRow, "sink" | "workspace">): string =>
  `${titles[sink] ?? sink}${workspace === null ? "" : ` · ${workspace}`}`

/** Plots that are shown before the rest is folded. */
const maxOpen = 6

const plural = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

const pauseOf = ({ pausedUntil }: BudgetRow, now: number): number | null =>
  pausedUntil !== null && pausedUntil > now ? pausedUntil : null

const total = (budget: BudgetRow): number => budget.callsByMinute.reduce((sum, one) => sum + one, 0)

const budgetItem = (budget: BudgetRow, now: number): Html => {
  const until = pauseOf(budget, now)
  const free = until !== null ? "paused" : budget.available === 0 ? "spent" : `${budget.available} free now`
  return html`<li class="budget tone-${until !== null ? "wait" : budget.available === 0 ? "busy" : "good"}"><p class="what"><b>${budget.name}</b><span class="free">${free}</span></p>${callPlot(budget.callsByMinute, budget)}</li>`
}

/** Paused ones first, then those that are used most. */
const budgetList = (budgets: ReadonlyArray<BudgetRow>, title: string, now: number): Html => {
  if (budgets.length === 0) return html`<p class="quiet">No call since the server started.</p>`
  const sorted = [...budgets].sort(
    (one, other) =>
      Number(pauseOf(other, now) !== null) - Number(pauseOf(one, now) !== null) ||
      total(other) - total(one) ||
      one.name.localeCompare(other.name)
  )
  const list = (some: ReadonlyArray<BudgetRow>) =>
    html`<ul class="budgets" aria-label="Budgets of ${title}">${some.map((budget) => budgetItem(budget, now))}</ul>`
  const rest = sorted.slice(maxOpen)
  return html`${list(sorted.slice(0, maxOpen))}${
    rest.length > 0 &&
    html`<details data-key="budgets of ${title}"><summary>${plural(rest.length, "more budget")}</summary>${list(rest)}</details>`
  }`
}

/** One sentence for each time that the vendor named; budgets that it named together stand together. */
const pauses = (row: SinkRow, now: number): ReadonlyArray<Html> => {
  const byEnd = new Map<number, Array<string>>()
  for (const budget of row.budgets) {
    const until = pauseOf(budget, now)
    if (until !== null) byEnd.set(until, [...(byEnd.get(until) ?? []), budget.name])
  }
  const vendor = vendors[row.sink] ?? "The receiver"
  return [...byEnd].map(
    ([until, names]) =>
      html`<p class="cause calm"><strong>${vendor} asked us to wait until ${clockTime(until)} UTC</strong>, ${duration(until - now)} from now. <span class="quiet">Until then no call for ${names.join(", ")}.</span></p>`
  )
}

const waitingList = (row: SinkRow, title: string, now: number): Html | false =>
  row.next.length > 0 &&
  html`<details data-key="waiting for ${title}"><summary>What waits longest</summary><ul class="works">${row.next.map(
    ({ attempts, lane, since, thread }) =>
      html`<li><span class="where"><b>${thread}</b></span> <span>${lane === "status" ? "what is shown" : "a message"}</span>${
        attempts !== null && attempts > 0 && html` <span class="quiet">sent ${plural(attempts, "time")} in vain</span>`
      } <span class="time quiet">since ${when(since, now)}</span></li>`
  )}</ul></details>`

const failureList = ({ failures }: SinkRow, now: number): Html | false =>
  failures.length > 0 &&
  html`<ul class="failures">${failures.map(
    ({ advice, at, detail, lane, thread }) =>
      html`<li class="cause"><p class="what"><strong>${thread}</strong> <span>${
        lane === "status" ? "cannot be shown" : "a message was dropped"
      }</span><span class="time quiet">${when(at, now)}</span></p><p class="text">${detail}</p><p>${advice}</p></li>`
  )}</ul>`

const figure = (value: string | number | Html, word: string, tone = ""): Html =>
  html`<li class="${tone}"><strong>${value}</strong> ${word}</li>`

const sinkPart = (row: SinkRow, now: number): Html => {
  const { messages, slots, threads } = row.waiting
  const title = sinkTitle(row)
  const [oldest] = row.next
  return html`<li class="sink sheet" data-sink="${row.sink}"><div class="head"><h3>${title}</h3>
<ul class="figures">${figure(slots + messages, threads > 1 ? `waiting, in ${threads} threads` : "waiting")}${
    oldest !== undefined && figure(when(oldest.since, now), "the oldest")
  }${row.sent > 0 && figure(row.sent, row.sent === 1 ? "message sent" : "messages sent")}${
    row.dropped > 0 && figure(row.dropped, "dropped", "tone-bad bad")
  }</ul></div>
${pauses(row, now)}${failureList(row, now)}${waitingList(row, title, now)}${budgetList(row.budgets, title, now)}</li>`
}

/** What is wrong with the setup of the sinks, and what to do. */
export const problemList = (rows: ReadonlyArray<SinkRow>): Html =>
  html`${rows.flatMap((row) =>
    row.problems.map(
      ({ advice, found, isFatal }) =>
        html`<p class="cause${!isFatal && html` calm`}"><strong>${vendors[row.sink] ?? row.sink}: ${found}</strong> ${advice}</p>`
    )
  )}`

/** Each running sink. */
export const outboxPanel = (rows: ReadonlyArray<SinkRow>, now: number): Html =>
  rows.length === 0
    ? html`<p class="quiet">No sink runs, so nothing is told. Look into the server's log, and restart it.</p>`
    : html`<ul class="sinks">${rows.map((row) => sinkPart(row, now))}</ul>`
