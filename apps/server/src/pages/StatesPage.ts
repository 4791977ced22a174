/** What a preview's address shows while no preview answers there: why, what happens next, and what to do. */
import { type Preview, PreviewFailure, type PreviewState, StageTiming } from "@productbuilding/preview"
import { DateTime, Schema } from "effect"
import { statesScript } from "./client/StatesScript.ts"
import { type Html, href, html } from "./Html.ts"
import { inline, logo, type Page, page } from "./Page.ts"
import { failureNote } from "./PreviewCard.ts"
import { statesStyle } from "./StatesStyle.ts"
import { duration, plainText, shortSha, sign, stages, stateWords, type Tone, when } from "./Words.ts"

/**
 * On a preview host, always answered by the server: server-sent events that tell the states page to look again. Event
 * `preview` (data: anything) after each change of the host's preview; event `log` (data: one line as a JSON string) for
 * each line of output of the deployment or of the service. Lines that the page has already shown must not come again.
 */
export const statesStreamPath = "/__productbuilding/stream"

export interface StatesInput {
  /** The host that was asked for, without port. */
  readonly host: string
  /** `null` when no preview ever had this host. */
  readonly preview: Preview | null
  /** What happened when a preview that is `ready` was asked, for example `ECONNREFUSED`; else `null`. */
  readonly unreachable: string | null
  /** The newest lines of output, oldest first; about 100. */
  readonly log: ReadonlyArray<string>
  /** Where the dashboard is, without a final slash. */
  readonly dashboardUrl: string
  /** The request's `Accept`; JSON is sent to those who ask for JSON and not for HTML. */
  readonly accept: string | undefined
  readonly now: DateTime.Utc
}

type State = PreviewState | "unreachable" | "unknown"

interface Telling {
  readonly status: 404 | 410 | 503
  /** In seconds; `null` when waiting does not help. */
  readonly retryAfter: number | null
  readonly tone: Tone
  readonly title: string
  readonly lead: string
}

const tellings: Readonly<Record<State, Telling>> = {
  pending: {
    status: 503,
    retryAfter: 3,
    tone: "wait",
    title: "Waiting for its turn",
    lead: "The build of this preview is about to begin. This page turns into the preview by itself."
  },
  building: {
    status: 503,
    retryAfter: 5,
    tone: "busy",
    title: "Being built",
    lead: "This page turns into the preview by itself as soon as it answers."
  },
  deploying: {
    status: 503,
    retryAfter: 3,
    tone: "busy",
    title: "Starting up",
    lead: "Built and started; now it is asked until it answers. This page turns into the preview by itself."
  },
  ready: {
    status: 503,
    retryAfter: 1,
    tone: "good",
    title: "Ready",
    lead: "The preview has just become ready. This page turns into it in a moment."
  },
  unreachable: {
    status: 503,
    retryAfter: 3,
    tone: "wait",
    title: "Not answering",
    lead: "The preview was ready, but does not answer right now. It may be restarting: this page keeps asking."
  },
  failed: {
    status: 503,
    retryAfter: 60,
    tone: "bad",
    title: "This preview failed",
    lead: "Push a fix and it is tried again by itself. This page follows."
  },
  blocked: {
    status: 503,
    retryAfter: 60,
    tone: "wait",
    title: "Waiting for approval",
    lead: "The commit comes from a fork. Somebody who runs this server must read and approve it before it is built."
  },
  closing: {
    status: 410,
    retryAfter: null,
    tone: "gone",
    title: "Being removed",
    lead: "The pull request is closed, and its preview is being taken down."
  },
  deleted: {
    status: 410,
    retryAfter: null,
    tone: "gone",
    title: "This preview is closed",
    lead: "Its pull request was closed or merged, and nothing was left behind. Reopen the pull request to get it back."
  },
  unknown: {
    status: 404,
    retryAfter: null,
    tone: "gone",
    title: "No preview lives here",
    lead: "No pull request has ever had a preview at this address."
  }
}

const style = inline(statesStyle)
const script = inline(statesScript)

const encodeStages = Schema.encodeSync(Schema.Array(StageTiming))
const encodeFailure = Schema.encodeSync(Schema.NullOr(PreviewFailure))

const stateOf = ({ preview, unreachable }: StatesInput): State =>
  preview === null ? "unknown" : preview.state === "ready" && unreachable !== null ? "unreachable" : preview.state

const floors = (preview: Preview, now: number): Html => {
  const timings = new Map(encodeStages(preview.stages).map((timing) => [timing.stage, timing]))
  const items = stages.map((stage) => {
    const timing = timings.get(stage)
    if (timing === undefined) return html`<li>${stage}<span class="sr"> not yet</span></li>`
    const span = duration((timing.endedAt ?? now) - timing.startedAt)
    if (preview.failure?.stage === stage)
      return html`<li class="bad"><span>${stage}<span class="sr"> failed</span></span><span>${span}</span></li>`
    if (timing.endedAt === null)
      return html`<li class="now"><span>${stage}<span class="sr"> running</span></span><span>${span}</span></li>`
    return html`<li class="done"><span>${stage}<span class="sr"> done</span></span><span class="quiet">${span}</span></li>`
  })
  return html`<ol class="floors" aria-label="Stages">${items}</ol>`
}

const about = (preview: Preview, now: number): Html => html`<div class="about"><p><b>${preview.title}</b></p>
<p class="quiet"><span>${preview.repository} #${preview.pullRequest}</span><span><code>${shortSha(preview.sha)}</code> on ${
  preview.headRef
}</span><span>by ${preview.author}</span><span>${when(DateTime.toEpochMillis(preview.updatedAt), now)}</span></p></div>`

const advice = (state: State, input: StatesInput): Html | null => {
  const item = (content: Html) => html`<li>${content}</li>`
  if (state === "unknown") {
    return html`<div class="check"><h2>What to check</h2><ul>${[
      html`The address: <code>${input.host}</code> must be the one that the pull request's comment shows.`,
      html`The repository must be registered with this server, and the pull request open.`,
      html`GitHub must have delivered: <a href="${href(input.dashboardUrl)}">the dashboard</a> lists every delivery and what was decided.`
    ].map(item)}</ul></div>`
  }
  if (state === "unreachable") {
    const detail = input.unreachable ?? ""
    const meaning =
      detail === "ECONNREFUSED"
        ? html`Nothing accepts connections on its port: the service has stopped or listens on another port.`
        : detail === "ETIMEDOUT"
          ? html`The service did not accept the connection in time.`
          : html`The service ended the connection before it answered.`
    return html`<div class="cause calm"><p><strong>${detail}.</strong> ${meaning}</p></div>`
  }
  return null
}

const logPanel = (state: State, lines: ReadonlyArray<string>): Html | null => {
  const moving = state === "pending" || state === "building" || state === "deploying"
  if (!moving && (state !== "unreachable" || lines.length === 0)) return null
  return html`<section class="log" aria-labelledby="log"><h2 id="log">${moving ? "Log" : "Last lines of its log"}</h2><ol tabindex="0" id="lines">${lines.map(
    (line) => html`<li>${plainText(line)}</li>`
  )}</ol></section>`
}

const links = (input: StatesInput): Html => {
  const { preview } = input
  const base = input.dashboardUrl
  return html`<p class="links">${
    preview !== null &&
    html`<a href="${href(preview.pullRequestUrl)}">Pull request #${preview.pullRequest}</a>${
      preview.state !== "deleted" &&
      html`<a href="${href(`${base}/previews/${preview.repository}/${preview.pullRequest}/logs?tail=200`)}">Full log</a>`
    }`
  }<a href="${href(base)}">All previews</a></p>`
}

const wantsJson = (accept = ""): boolean => accept.includes("application/json") && !accept.includes("text/html")

const asJson = (state: State, telling: Telling, input: StatesInput): string =>
  JSON.stringify({
    state,
    message: telling.title,
    detail: telling.lead,
    host: input.host,
    retryAfterSeconds: telling.retryAfter,
    unreachable: input.unreachable,
    preview:
      input.preview === null
        ? null
        : {
            repository: input.preview.repository,
            pullRequest: input.preview.pullRequest,
            pullRequestUrl: input.preview.pullRequestUrl,
            url: input.preview.url,
            sha: input.preview.sha,
            failure: encodeFailure(input.preview.failure),
            stages: encodeStages(input.preview.stages)
          }
  })

/** The page for a preview host, in whatever state it is. Its `x-productbuilding-status` names the state. */
export const statesPage = (input: StatesInput): Page => {
  const state = stateOf(input)
  const telling = tellings[state]
  const { preview } = input
  const now = DateTime.toEpochMillis(input.now)
  const headers = {
    "x-productbuilding-status": state,
    ...(telling.retryAfter === null ? {} : { "retry-after": String(telling.retryAfter) })
  }
  if (wantsJson(input.accept)) {
    return {
      status: telling.status,
      headers: { "content-type": "application/json", "cache-control": "no-store", vary: "accept", ...headers },
      body: asJson(state, telling, input)
    }
  }
  const subject = preview === null ? input.host : `${preview.repository} #${preview.pullRequest}`
  const moves = telling.retryAfter !== null
  return page({
    status: telling.status,
    title: `${telling.title} · ${subject}`,
    tone: telling.tone,
    style,
    script,
    framing: "anywhere",
    headers: { vary: "accept", ...headers },
    ...(moves && { head: html`<noscript><meta http-equiv="refresh" content="${telling.retryAfter}"></noscript>` }),
    body: html`<body data-stream="${statesStreamPath}">
<main class="tone-${telling.tone}" data-state="${state}"><div class="plate">
<div class="head">${sign(state)}<div><h1>${telling.title}</h1><p class="host">${input.host}</p></div></div>
<p class="lead">${telling.lead}</p>
${state === "failed" && preview !== null && preview.failure !== null && failureNote(preview.failure, true)}${advice(state, input)}${
  preview !== null && about(preview, now)
}${preview !== null && stateWords[preview.state].group === "progress" && floors(preview, now)}${
  state === "failed" && preview !== null && preview.stages.length > 0 && floors(preview, now)
}${logPanel(state, input.log)}
${links(input)}</div>
<p class="foot">${logo}<span>Served by ProductBuilding in place of the preview</span></p></main>
<p class="sr" id="news" role="status"></p>
</body>`
  })
}
