/** A turn's record as a timeline that people read: on the dashboard, and on the command line. Pure, and in the browser too. */
import { amountOf, spentOf } from "@productbuilding/agent/BudgetWords"
import type { AgentBudgets, TurnDetail, TurnSummary } from "../TurnReport.ts"
import { duration, type Tone } from "./Words.ts"

/** A turn in a list, whole, and the budgets, as the API sends them. */
export type TurnRow = typeof TurnSummary.Encoded
export type TurnWhole = typeof TurnDetail.Encoded
export type BudgetsRow = typeof AgentBudgets.Encoded
type Entry = TurnWhole["entries"][number]
type Fact<Tag extends Entry["fact"]["_tag"]> = Extract<Entry["fact"], { readonly _tag: Tag }>

/** One thing that happened. */
export interface TurnStep {
  /** The entry that it begins with. */
  readonly number: number
  readonly atMs: number
  readonly tone: Tone
  /** Who or what, in a word or two. */
  readonly who: string
  readonly title: string
  /** Figures that belong to it. */
  readonly facts: ReadonlyArray<string>
  /** Longer text, to be folded. */
  readonly folded: ReadonlyArray<{ readonly name: string; readonly text: string }>
  /** Where what it made can be seen. */
  readonly link: string | null
  /** Which text is a model's, in Markdown. */
  readonly markdown: "folded" | "title" | null
}

/** `$0.0123` below a dime, `$1.20` above it; `null`: `price unknown`. In millionths of a US dollar. */
export const dollars = (microDollars: number | null): string => {
  if (microDollars === null) return "price unknown"
  const amount = microDollars / 1_000_000
  return `$${amount === 0 || amount >= 0.1 ? amount.toFixed(2) : amount.toFixed(4)}`
}

const counts = new Intl.NumberFormat("en")

/** `1,234`. */
export const count = (value: number): string => counts.format(value)

/** What all of it cost; says so where a part has no known price. */
export const costOf = ({ microDollars, modelCalls, unpriced }: TurnRow["sums"]): string => {
  if (modelCalls === 0) return "nothing yet"
  if (unpriced === modelCalls) return dollars(null)
  return `${dollars(microDollars)}${unpriced > 0 ? ` and ${unpriced} ${unpriced === 1 ? "call" : "calls"} of unknown price` : ""}`
}

/** State or outcome, as a word and a colour. */
export const turnWords = ({
  outcome,
  state
}: Pick<TurnRow["turn"], "outcome" | "state">): { readonly word: string; readonly tone: Tone } => {
  if (state === "queued") return { word: "Queued", tone: "wait" }
  if (state === "running") return { word: "Working", tone: "busy" }
  if (state === "waiting") return { word: "Needs consent", tone: "wait" }
  switch (outcome) {
    case "answered":
      return { word: "Answered", tone: "good" }
    case "asked":
      return { word: "Asked back", tone: "wait" }
    case "refused":
      return { word: "Refused", tone: "bad" }
    case "stopped":
      return { word: "Stopped", tone: "gone" }
    default:
      return { word: "Failed", tone: "bad" }
  }
}

/** From the message to the end, or until now. */
export const turnMs = ({ createdAt, endedAt }: TurnRow["turn"], now: number): number => (endedAt ?? now) - createdAt

const pretty = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2))

const linkIn = (result: unknown): string | null =>
  typeof result === "object" && result !== null && "url" in result && typeof result.url === "string" ? result.url : null

const purposes = { route: "chose who answers", work: "worked", summary: "summed up what was said before" } as const

const verdicts = { approved: "agreed", rejected: "said no", expired: "in time; it is void" } as const

const modelStep = (fact: Fact<"Model">): Pick<TurnStep, "facts" | "folded" | "markdown" | "title" | "tone" | "who"> => {
  const { cachedTokens, inputTokens, microDollars, outputTokens } = fact.spent
  return {
    tone: "busy",
    who: "Model",
    title: `${fact.model} ${fact.calls.length > 0 ? `wants ${fact.calls.map(({ tool }) => tool).join(", ")}` : purposes[fact.purpose]}`,
    facts: [
      `${count(inputTokens)} tokens in${cachedTokens > 0 ? ` (${count(cachedTokens)} cached)` : ""}`,
      `${count(outputTokens)} out`,
      dollars(microDollars),
      duration(fact.durationMs)
    ],
    markdown: "folded",
    folded: fact.text === "" || fact.purpose === "route" ? [] : [{ name: "What it wrote", text: fact.text }]
  }
}

const toolStep = (
  call: Fact<"Started">["call"] | undefined,
  started: Fact<"Started"> | undefined,
  finished: Fact<"Finished"> | undefined
): Pick<TurnStep, "facts" | "folded" | "link" | "title" | "tone" | "who"> => ({
  tone: finished === undefined ? "busy" : finished.failed ? "bad" : "good",
  who: started === undefined ? "Refused" : started.writes ? "Wrote" : "Read",
  title: started?.summary ?? call?.tool ?? "a call",
  facts: [
    ...(started === undefined ? [] : [started.call.tool]),
    ...(finished === undefined ? ["no result"] : started === undefined ? [] : [duration(finished.durationMs)]),
    ...(finished?.failed === true && started !== undefined ? ["failed"] : [])
  ],
  folded: [
    ...(call === undefined ? [] : [{ name: "Arguments", text: pretty(call.params) }]),
    ...(finished === undefined ? [] : [{ name: "Result", text: pretty(finished.result) }])
  ],
  link: linkIn(finished?.result)
})

/** Everything that happened, in order; a call and its result are one. */
export const turnSteps = ({ entries, turn }: TurnWhole): ReadonlyArray<TurnStep> => {
  const finishedBy = new Map(entries.flatMap(({ fact }) => (fact._tag === "Finished" ? [[fact.callId, fact]] : [])))
  const calls = new Map(
    entries.flatMap(({ fact }) => (fact._tag === "Model" ? fact.calls.map((call) => [call.id, call] as const) : []))
  )
  const summaries = new Map(
    entries.flatMap(({ fact }) =>
      fact._tag === "Approval" ? fact.calls.map(({ id, summary }) => [id, summary] as const) : []
    )
  )
  const leftOut = new Set(entries.flatMap(({ fact }) => (fact._tag === "Decided" ? (fact.without ?? []) : [])))
  const shown = new Set<string>()
  return entries.flatMap(({ at, fact, number }): ReadonlyArray<TurnStep> => {
    const step = (of: Pick<TurnStep, "title" | "who"> & Partial<TurnStep>): ReadonlyArray<TurnStep> => [
      { number, atMs: at, tone: "gone", facts: [], folded: [], link: null, markdown: null, ...of }
    ]
    switch (fact._tag) {
      case "Asked":
        return step({ who: turn.asker.name, title: fact.text })
      case "Steered":
        return step({ who: fact.by, title: fact.text })
      case "Routed":
        return step({
          who: "Route",
          title: `${fact.doing} (${fact.specialist})`,
          facts: [`${Math.round(fact.confidence * 100)} % sure`, fact.reason]
        })
      case "Model":
        return step(modelStep(fact))
      case "Started": {
        if (shown.has(fact.call.id)) return step({ who: "Again", title: `${fact.summary}: taken up after a crash` })
        shown.add(fact.call.id)
        return step(toolStep(fact.call, fact, finishedBy.get(fact.call.id)))
      }
      case "Finished":
        if (leftOut.has(fact.callId)) {
          return step({
            ...toolStep(calls.get(fact.callId), undefined, fact),
            tone: "gone",
            who: "Left out",
            title: summaries.get(fact.callId) ?? "a call"
          })
        }
        return shown.has(fact.callId) ? [] : step(toolStep(calls.get(fact.callId), undefined, fact))
      case "Approval":
        return step({
          tone: "wait",
          who: "Consent",
          title:
            fact.budget === undefined
              ? `needed for ${fact.calls.map(({ summary }) => summary).join("; ")}`
              : `needed for more: ${spentOf(fact.budget)}`,
          facts: [
            ...(fact.budget === undefined ? [] : [`${amountOf(fact.budget.unit, fact.budget.more)} more`]),
            `from somebody with the permission "${fact.permission}"`,
            `within ${duration(fact.expiresAtMs - at)}`
          ]
        })
      case "Decided":
        return step({
          tone: fact.verdict === "approved" ? "good" : "bad",
          who: "Consent",
          title: `${fact.verdict === "expired" ? "Nobody agreed" : fact.by} ${verdicts[fact.verdict]}`,
          facts: (fact.without ?? []).map((id) => `without: ${summaries.get(id) ?? id}`)
        })
      case "Warned":
        return step({ tone: "wait", who: "Budget", title: fact.detail })
      case "Stop":
        return step({ tone: "wait", who: "Stop", title: `${fact.by} wants it to stop` })
      case "Ended":
        return step({
          tone: turnWords(turn).tone,
          who: turnWords({ state: "ended", outcome: fact.outcome }).word,
          title: fact.text,
          markdown: "title",
          facts: fact.options
        })
    }
  })
}
