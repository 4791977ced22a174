/** Issues and pull requests as Slack shows them, on the dashboard. Pure, and in the browser too. */
import type { ThreadReport } from "../SinkReport.ts"
import { type Html, href, html } from "./Html.ts"
import { sign, stateWords, type Tone, when } from "./Words.ts"

/** A thread as the API sends it. */
export type ThreadRow = typeof ThreadReport.Encoded

/** The connection to Slack. */
export interface SlackState {
  readonly connected: boolean
  /** By name or id. */
  readonly channels: ReadonlyArray<{ readonly repository: string; readonly channel: string }>
  /** Where a workspace's administrator makes the app. */
  readonly createAppUrl: string
}

const stateOf = (row: ThreadRow): { readonly word: string; readonly tone: Tone } => {
  if (row.failure !== null) return { word: "Refused", tone: "bad" }
  if (row.version > row.sentVersion || row.messagesWaiting > 0) return { word: "Waiting", tone: "wait" }
  return { word: "Up to date", tone: "good" }
}

/** What is different in Slack, or will be. */
const facts = (row: ThreadRow, now: number): ReadonlyArray<Html> => {
  const waits = row.version > row.sentVersion
  return [
    ...(row.preview === null
      ? []
      : [
          html`<span class="preview tone-${stateWords[row.preview.state].tone}">${sign(row.preview.state)}Preview: ${stateWords[row.preview.state].word.toLowerCase()}</span>`
        ]),
    html`<span>changed ${when(row.changedAt, now)}</span>`,
    ...(waits
      ? [
          html`<span class="waits">${row.slackUrl === null ? "its card" : "a newer card"} waits, since ${when(row.since, now)}</span>`
        ]
      : []),
    ...(row.messagesWaiting > 0
      ? [
          html`<span class="waits">${row.messagesWaiting} ${row.messagesWaiting === 1 ? "message waits" : "messages wait"}</span>`
        ]
      : [])
  ]
}

const failureNote = ({ advice, detail, lane }: NonNullable<ThreadRow["failure"]>): Html =>
  html`<div class="cause"><p><strong>${
    lane === "status" ? "The card cannot be shown." : "The last message was dropped."
  }</strong> <span class="text">Slack: ${detail}</span></p>
<p>${advice}${lane === "status" && " It is tried again with the next change."}</p></div>`

const link = (address: string | null, name: string, thread: string): Html | false =>
  address !== null && html`<a href="${href(address)}">${name}<span class="sr"> ${thread}</span></a>`

const threadItem = (row: ThreadRow, now: number): Html => {
  const { tone, word } = stateOf(row)
  const [repository = "", number = ""] = row.thread.split("#")
  const opens = row.preview !== null && row.preview.state === "ready"
  return html`<li class="thread tone-${tone}" data-thread="${row.thread}">
<p class="state"><span class="badge plain">${word}</span></p>
<div class="body"><p class="where"><span class="repo">${repository}</span> <span class="number">#${number}</span></p>
${row.title !== null && html`<h3>${row.title}</h3>`}<p class="facts">${facts(row, now)}</p>${row.failure !== null && failureNote(row.failure)}</div>
<p class="links">${link(row.slackUrl, "Slack", row.thread)}${link(row.githubUrl, "GitHub", row.thread)}${
    opens && row.preview !== null && link(row.preview.url, "Preview", row.thread)
  }</p></li>`
}

const notConnected = ({ createAppUrl }: SlackState): Html =>
  html`<div class="sheet note"><p><b>Slack is not connected.</b> With it, each issue and pull request has one thread in which both sides talk.</p>
<ol><li><a href="${href(createAppUrl)}">Create the app</a> in your workspace (everything is filled in), then install it.</li>
<li>Start the server with <code>SLACK_BOT_TOKEN</code> (OAuth &amp; Permissions, <code>xoxb-…</code>) and <code>SLACK_APP_TOKEN</code> (Basic Information, App-Level Tokens, with <code>connections:write</code>).</li>
<li>Invite the bot to each project's channel: <code>/invite @productbuilding</code></li>
<li><code>productbuilding doctor</code> says what is still missing.</li></ol></div>`

const nothingYet = ({ channels }: SlackState): Html =>
  channels.length === 0
    ? html`<div class="sheet note"><p><b>Slack is connected, but no repository is registered.</b> Write one into the targets file, then restart the server.</p></div>`
    : html`<div class="sheet note"><p><b>No thread yet.</b> Open an issue or a pull request, and its card appears in the project's channel:</p>
<ul>${channels.map(({ channel, repository }) => html`<li>${repository} <span class="quiet">in</span> <code>#${channel}</code></li>`)}</ul></div>`

/** The threads, or what to do first. */
export const threadList = (rows: ReadonlyArray<ThreadRow>, slack: SlackState, now: number): Html => {
  if (!slack.connected) return notConnected(slack)
  return rows.length === 0
    ? nothingYet(slack)
    : html`<ul class="sheet threads">${rows.map((row) => threadItem(row, now))}</ul>`
}
