/** What is said of budgets that are spent. Pure, and in the browser too. */
import type { Overdraft } from "./Turn.ts"

/** `1 model call`, `12 tool calls`, `1,234 tokens`, `$1.20`. */
export const amountOf = (unit: Overdraft["unit"], value: number): string => {
  if (unit === "money") return `$${(value / 1_000_000).toFixed(2)}`
  return `${value.toLocaleString("en")} ${value === 1 ? unit.replace(/s$/, "") : unit}`
}

const whose: Readonly<Record<Exclude<Overdraft["scope"], "turn">, string>> = {
  user: "the asker",
  channel: "this place",
  project: "this project",
  everybody: "everybody together"
}

/** Which budget, and how much of it is gone. A sentence. */
export const spentOf = ({ limit, scope, spent, unit }: Overdraft): string =>
  scope === "turn"
    ? `I have used ${amountOf(unit, spent)} on this without coming to an end. The limit is ${amountOf(unit, limit)}.`
    : `The day's budget of ${whose[scope]} does not suffice for my next step: ${amountOf(unit, spent)} of ${amountOf(unit, limit)} are spent.`

/** What somebody would agree to. A sentence. */
export const moreOf = ({ more, unit }: Overdraft): string =>
  `If somebody agrees, I may use up to ${amountOf(unit, more)} more, for this request only.`

/** What else can be done. A sentence or two. */
export const insteadOf = ({ scope }: Overdraft): string =>
  scope === "turn" ? "Ask for a part of it." : "The budget starts anew at midnight UTC; an operator can raise it."
