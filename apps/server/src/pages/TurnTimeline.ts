/** One turn step by step, on the dashboard. Pure, and in the browser too. */
import { type Html, href, html, trusted } from "./Html.ts"
import { costOf, count, type TurnStep, type TurnWhole, turnSteps } from "./TurnSteps.ts"
import { duration } from "./Words.ts"

/** What a model wrote, as the server has made HTML of it; as it is where there is none. */
export const written = (markup: string | undefined, text: string): Html =>
  markup === undefined ? html`${text}` : trusted(markup)

const titleOf = (step: TurnStep, markup: string | undefined): Html =>
  step.markdown === "title"
    ? html`<div class="text written">${written(markup, step.title)}</div>`
    : html`<span class="text">${step.title}</span>`

const textOf = (step: TurnStep, text: string, markup: string | undefined): Html =>
  step.markdown === "folded"
    ? html`<div class="text written">${written(markup, text)}</div>`
    : html`<pre tabindex="0">${text}</pre>`

const stepItem = (step: TurnStep, turn: string, beginMs: number, markup: string | undefined): Html =>
  html`<li class="step tone-${step.tone}"><span class="at quiet">${duration(step.atMs - beginMs)}</span><div><div class="what"><b class="who">${step.who}</b> ${titleOf(step, markup)}</div>${
    step.facts.length > 0 && html`<p class="facts">${step.facts.map((fact) => html`<span>${fact}</span>`)}</p>`
  }${step.link !== null && html`<p><a href="${href(step.link)}" data-key="made ${turn} ${step.number}">${step.link}</a></p>`}${step.folded.map(
    ({ name, text }) =>
      html`<details data-key="${name} ${turn} ${step.number}"><summary>${name}</summary>${textOf(step, text, markup)}</details>`
  )}</div></li>`

const chainNote = ({ chain, entries }: TurnWhole): Html =>
  chain.whole
    ? html`<p class="chain tone-good"><b>The record is whole:</b> ${count(entries.length)} entries, each bound to the one before by its hash.</p>`
    : html`<p class="cause"><strong>The record is broken at entry ${chain.brokenAt}.</strong> It is not as it was written: somebody changed the database.</p>`

const made = ({ resources }: TurnWhole): Html | false =>
  resources.length > 0 &&
  html`<p class="quiet">Made: ${resources
    .map(
      ({ externalId, kind, ownerKey, state, subject }) =>
        `${kind} ${externalId ?? ownerKey} in ${subject}${state === "live" ? "" : ` (${state})`}`
    )
    .join(", ")}</p>`

/** Everything that happened, what it used and made, and whether the record is as it was written. */
export const timeline = (whole: TurnWhole): Html => {
  const { htmls = [], sums, turn } = whole
  const markups = new Map(htmls.map(({ entry, html }) => [entry, html]))
  return html`<ol class="steps">${turnSteps(whole).map((step) => stepItem(step, turn.id, turn.createdAt, markups.get(step.number)))}</ol>
<p class="quiet">${count(sums.modelCalls)} model and ${count(sums.toolCalls)} tool calls, ${count(sums.inputTokens)} tokens in and ${count(sums.outputTokens)} out: ${costOf(sums)}</p>${made(whole)}${chainNote(whole)}`
}
