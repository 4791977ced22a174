/** Issues and pull requests as Slack shows them, on the dashboard. Pure, and in the browser too. */
import type { ThreadReport } from "../Api.ts"
import { failureAdvice } from "./FailureAdvice.ts"
import { type Html, href, html } from "./Html.ts"
import { type Tone, when } from "./Words.ts"

/** A thread as the API sends it. */
export type ThreadRow = typeof ThreadReport.Encoded

/** The connection to Slack. */
export interface SlackState {
  readonly connected: boolean
  /** By name or id. */
  readonly channels: ReadonlyArray<{ readonly repository: string; readonly channel: string }>
}

const stateOf = (row: ThreadRow): { readonly word: string; readonly tone: Tone } => {
  if (row.failure !== null) return { word: "Refused", tone: "bad" }
  if (row.version > row.sentVersion || row.messagesWaiting > 0) return { word: "Waiting", tone: "wait" }
  return { word: "Up to date", tone: "good" }
}

/** What is shown, and what waits. */
const facts = (row: ThreadRow, now: number): ReadonlyArray<Html> => {
  const waits = row.version > row.sentVersion
  const shown =
    row.slackUrl === null
      ? html`not shown yet`
      : waits
        ? html`shows version ${row.sentVersion}`
        : row.failure?.what === "card"
          ? html`shows an older version`
          : html`shows version ${row.version}, the newest`
  return [
    html`<span>changed ${when(row.changedAt, now)}</span>`,
    html`<span>${shown}</span>`,
    ...(waits ? [html`<span>version ${row.version} waits, the first change since ${when(row.since, now)}</span>`] : []),
    ...(row.messagesWaiting > 0
      ? [html`<span>${row.messagesWaiting} ${row.messagesWaiting === 1 ? "message waits" : "messages wait"}</span>`]
      : [])
  ]
}

const failureNote = ({ detail, what }: NonNullable<ThreadRow["failure"]>): Html =>
  html`<div class="cause"><p><strong>${what === "card" ? "The card cannot be shown." : "The last message was dropped."}</strong> <span class="text">Slack: ${detail}</span></p>
<p>${failureAdvice(detail)}${what === "card" && " It is tried again with the next change."}</p></div>`

const threadItem = (row: ThreadRow, now: number): Html => {
  const { tone, word } = stateOf(row)
  const [repository = "", number = ""] = row.thread.split("#")
  return html`<li class="thread tone-${tone}" data-thread="${row.thread}">
<p class="state"><span class="badge plain">${word}</span></p>
<div class="body"><p class="where"><span class="repo">${repository}</span> <span class="number">#${number}</span></p>
${row.title !== null && html`<h3>${row.title}</h3>`}<p class="facts">${facts(row, now)}</p>${row.failure !== null && failureNote(row.failure)}</div>
<p class="links">${
    row.slackUrl !== null &&
    html`<a href="${href(row.slackUrl)}">Slack<span class="sr"> thread of ${row.thread}</span></a>`
  }${
    row.githubUrl !== null && html`<a href="${href(row.githubUrl)}">GitHub<span class="sr"> ${row.thread}</span></a>`
  }</p></li>`
}

const notConnected = html`<div class="sheet note"><p><b>Slack is not connected.</b> Each issue and pull request can have a thread there that both sides can talk in.</p>
<ol><li>Set <code>SLACK_BOT_TOKEN</code> (<code>xoxb-…</code>), and <code>SLACK_SIGNING_SECRET</code>, or <code>SLACK_APP_TOKEN</code> for Socket Mode.</li>
<li>Restart the server, and invite the bot to the channel of each project: <code>/invite @…</code></li>
<li><code>productbuilding doctor</code> says what is still missing.</li></ol></div>`

const nothingYet = ({ channels }: SlackState): Html => {
  const [first] = channels
  return first === undefined
    ? html`<div class="sheet note"><p><b>Slack is connected, but no repository is registered.</b> Write one into the targets file, then restart the server.</p></div>`
    : html`<div class="sheet note"><p><b>No thread yet.</b> Invite the bot to the channel of each project, then open an issue or a pull request:</p>
<ul>${channels.map(({ channel, repository }) => html`<li>${repository} <span class="quiet">in</span> <code>#${channel}</code></li>`)}</ul></div>`
}

/** The threads, or what to do first. */
export const threadList = (rows: ReadonlyArray<ThreadRow>, slack: SlackState, now: number): Html =>
  html`${!slack.connected && notConnected}${slack.connected && rows.length === 0 && nothingYet(slack)}${
    rows.length > 0 && html`<ul class="sheet threads">${rows.map((row) => threadItem(row, now))}</ul>`
  }`
