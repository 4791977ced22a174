/** What is spent of today's budgets of the agent, on the dashboard. Pure, and in the browser too. */
import { type Html, html } from "./Html.ts"
import { type BudgetsRow, count, dollars } from "./TurnSteps.ts"

type Spending = BudgetsRow["today"][number]

/** Bars that are shown before the rest is folded. */
const maxOpen = 6

/** Of a limit; 0 where there is none. */
const share = (spent: number, limit: number | null): number =>
  limit === null ? 0 : limit === 0 ? 1 : Math.min(1, spent / limit)

const barOf = (part: number): Html =>
  html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6"/><rect class="done" width="${(part * 100).toFixed(1)}" height="6"/></svg>`

const scopes = { user: "User", channel: "Channel", project: "Project", everybody: "Everybody together" } as const

const of = (spent: string, limit: string | null): string => (limit === null ? spent : `${spent} of ${limit}`)

const item = ({ key, limit, scope, spent }: Spending): Html => {
  const part = Math.max(share(spent.tokens, limit.tokens), share(spent.microDollars, limit.microDollars))
  const tone = part >= 1 ? "bad" : part >= 0.8 ? "wait" : "good"
  return html`<li class="budget tone-${tone}"><p class="what"><b>${scopes[scope]}${scope !== "everybody" && ` ${key}`}</b><span class="free">${
    part >= 1 ? "spent" : `${Math.round(part * 100)} % used`
  }</span></p>${barOf(part)}<p class="idle quiet">${of(
    dollars(spent.microDollars),
    limit.microDollars === null ? null : dollars(limit.microDollars)
  )} · ${of(count(spent.tokens), limit.tokens === null ? null : count(limit.tokens))} tokens</p></li>`
}

const list = (some: ReadonlyArray<Spending>): Html =>
  html`<ul class="budgets" aria-label="Budgets of today">${some.map(item)}</ul>`

/** The fullest first, as the API has them. */
export const budgetPart = ({ today }: BudgetsRow): Html | false => {
  const rest = today.slice(maxOpen)
  return (
    today.length > 0 &&
    html`<div class="sheet sink spending"><div class="head"><h3>Spent today</h3><p class="quiet">Days begin at midnight UTC; running calls are included.</p></div>${list(today.slice(0, maxOpen))}${
      rest.length > 0 &&
      html`<details data-key="more spending"><summary>${rest.length} more</summary>${list(rest)}</details>`
    }</div>`
  )
}
