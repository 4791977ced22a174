/** `agent budget` */
import { count, dollars } from "@productbuilding/server/pages/TurnSteps"
import { AgentBudgets } from "@productbuilding/server/TurnReport"
import { Effect } from "effect"
import { hint, type Palette, printJson, printTable } from "../Output.ts"
import { Server } from "../Server.ts"

type Spending = (typeof AgentBudgets.Type)["today"][number]

/** Of the limit, between 0 and 1; `undefined` where there is none. */
const share = (spent: number, limit: number | null): number | undefined =>
  limit === null ? undefined : limit === 0 ? 1 : spent / limit

const fullest = ({ limit, spent }: Spending): number =>
  Math.max(share(spent.tokens, limit.tokens) ?? 0, share(spent.microDollars, limit.microDollars) ?? 0)

const barCells = 10

const bar = (part: number): string => {
  const full = Math.min(barCells, Math.ceil(part * barCells))
  return `${"█".repeat(full)}${"░".repeat(barCells - full)}`
}

const inShare = (colors: Palette, part: number) => (part >= 1 ? colors.bad : part >= 0.8 ? colors.wait : colors.good)

/** Shows what is spent today by whom, reservations of running calls included. */
export const agentBudget = Effect.fnUntraced(function* (options: { readonly json: boolean }) {
  const server = yield* Server
  const budgets = yield* server.call((api) => api.agent.budgets())
  if (options.json) return yield* printJson(AgentBudgets, budgets)
  const { today, turn } = budgets
  if (today.length === 0) {
    yield* hint("Nothing is spent today.")
  } else {
    yield* printTable<Spending>(
      (colors) => [
        { title: "SCOPE", text: ({ scope }) => scope },
        { title: "WHO", text: ({ key, scope }) => (scope === "everybody" ? "" : key), shrinkTo: 10 },
        {
          title: "USED",
          text: (row) => `${bar(fullest(row))} ${Math.round(fullest(row) * 100)} %`,
          color: (text, row) => inShare(colors, fullest(row))(text)
        },
        {
          title: "MONEY",
          text: ({ limit, spent }) =>
            `${dollars(spent.microDollars)}${limit.microDollars === null ? "" : ` of ${dollars(limit.microDollars)}`}`
        },
        {
          title: "TOKENS",
          text: ({ limit, spent }) =>
            `${count(spent.tokens)}${limit.tokens === null ? "" : ` of ${count(limit.tokens)}`}`,
          optional: true
        }
      ],
      today
    )
  }
  const money = turn.microDollars === null ? "" : ` and ${dollars(turn.microDollars)}`
  yield* hint(
    `\nOne request may use ${turn.modelCalls} model calls, ${turn.toolCalls} tool calls, ${count(turn.tokens)} tokens${money}. Days begin at midnight UTC; AGENT_DAILY_CENTS_… and AGENT_DAILY_TOKENS_… set their limits.`
  )
})
