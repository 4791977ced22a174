/** What the agent was asked and did, and what is spent, on the dashboard. Pure, and in the browser too. */
import { type Html, html } from "./Html.ts"
import { budgetPart } from "./SpendingBars.ts"
import { type BudgetsRow, costOf, count, type TurnRow, type TurnWhole, turnMs, turnWords } from "./TurnSteps.ts"
import { timeline, written } from "./TurnTimeline.ts"
import { duration, when } from "./Words.ts"

/**
 * How much of it somebody may see. `missing`: no agent runs. `guarded`: only with the server's token. `elsewhere`: only on
 * the server's own machine, as it has no token.
 */
export type AgentView =
  | { readonly kind: "missing" | "guarded" | "elsewhere" }
  | { readonly kind: "shown"; readonly turns: ReadonlyArray<TurnRow>; readonly budgets: BudgetsRow }

/** Where it can be asked. */
export interface AgentPlace {
  readonly hasModel: boolean
  readonly hasSlack: boolean
  /** The first project's, by name or id. */
  readonly channel: string | undefined
}

const plural = (value: number, one: string): string => `${count(value)} ${one}${value === 1 ? "" : "s"}`

const note = (content: Html): Html => html`<div class="sheet note">${content}</div>`

const modelHint = html`<p><b>It has no model to think with.</b> Start the server with <code>LLM_API_KEY</code>; for another provider than Anthropic also with <code>LLM_PROVIDER</code> and <code>LLM_MODEL</code>. <code>productbuilding doctor</code> checks them.</p>`

const missing = note(
  html`<p><b>No agent runs here.</b> With one, people say in Slack what is to be done, and it happens, within limits.</p>
<ol><li>Start the server with <code>LLM_API_KEY</code>; for another provider than Anthropic also with <code>LLM_PROVIDER</code> and <code>LLM_MODEL</code>.</li>
<li>Connect Slack, as it says under “Threads”.</li><li><code>productbuilding doctor</code> says what is still missing.</li></ol>`
)

const guarded = note(
  html`<p><b>What is said to the agent is private.</b> It is shown to whoever has the server's <code>API_TOKEN</code>.</p>
<p class="unlock"><button type="button" class="act" data-unlock data-key="unlock">Show it</button><span class="unscripted quiet">It takes a script, or <code>productbuilding agent list</code>.</span></p>`
)

const elsewhere = note(
  html`<p><b>What is said to the agent is private.</b> This server has no <code>API_TOKEN</code>, so it is shown on its own machine alone, under <code>localhost</code>.</p>`
)

const nothingYet = ({ channel, hasModel, hasSlack }: AgentPlace): Html =>
  note(
    !hasModel
      ? modelHint
      : hasSlack
        ? html`<p><b>Nobody has asked anything yet.</b> In ${channel === undefined ? "a channel of the bot" : html`<code>#${channel}</code>`}, say for example:</p>
<ul><li><code>@productbuilding what is open about checkout?</code></li><li><code>@productbuilding why did the preview of #12 fail?</code></li></ul>`
        : html`<p><b>Nobody has asked anything yet.</b> Connect Slack, as it says under “Threads”, and mention the bot there.</p>`
  )

const facts = ({ doing, sums, turn, writes }: TurnRow, now: number): ReadonlyArray<Html> => [
  ...(doing === null ? [] : [html`<span>${doing}</span>`]),
  html`<span>${when(turn.createdAt, now)}</span>`,
  html`<span>${turn.state === "ended" ? "took" : "for"} ${duration(turnMs(turn, now))}</span>`,
  html`<span>${plural(sums.inputTokens + sums.outputTokens, "token")}</span>`,
  html`<span>${costOf(sums)}</span>`,
  ...(writes.length === 0 ? [] : [html`<span class="older">${plural(writes.length, "change")}</span>`])
]

const turnItem = (row: TurnRow, whole: TurnWhole | undefined, now: number): Html => {
  const { turn } = row
  const { tone, word } = turnWords(turn)
  return html`<li class="thread turn tone-${tone}" data-turn="${turn.id}">
<p class="state"><span class="badge plain">${word}</span></p>
<div class="body"><p class="where"><b class="number">${turn.asker.name}</b> <span>in ${turn.about ?? turn.repository ?? turn.conversation}</span></p>
<h3>${turn.text}</h3><p class="facts">${facts(row, now)}</p>
${turn.answer !== null && turn.answer !== "" && html`<div class="text said-so written">${written(row.answerHtml, turn.answer)}</div>`}
<details data-key="turn ${turn.id}" data-whole="${turn.id}"><summary>Step by step<span class="sr"> of ${turn.text}</span></summary>${
    whole === undefined
      ? html`<p class="quiet"><span class="scripted">It is being read.</span> <a href="/turns/${turn.id}" data-key="json ${turn.id}">The record as JSON</a></p>`
      : timeline(whole)
  }</details></div>
<p class="links">${
    turn.state !== "ended" &&
    html`<button type="button" class="act" data-stop="${turn.id}" data-key="stop ${turn.id}">Stop<span class="sr"> ${turn.text}</span></button>`
  }</p></li>`
}

/** The newest turns and today's budgets, or what to do first. `wholes` are the records that were read so far, by id. */
export const agentPanel = (
  view: AgentView,
  place: AgentPlace,
  now: number,
  wholes: ReadonlyMap<string, TurnWhole> = new Map()
): Html => {
  switch (view.kind) {
    case "missing":
      return missing
    case "guarded":
      return guarded
    case "elsewhere":
      return elsewhere
    case "shown":
      return html`${
        view.turns.length === 0
          ? nothingYet(place)
          : html`${!place.hasModel && note(modelHint)}<ul class="sheet threads turns">${view.turns.map((row) => turnItem(row, wholes.get(row.turn.id), now))}</ul>`
      }${budgetPart(view.budgets)}`
  }
}
