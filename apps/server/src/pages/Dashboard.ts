/** `GET /`: every preview as it is, what came in, and how long deployments take. Complete without a script; live with one. */
import { Delivery } from "@productbuilding/core"
import { Preview } from "@productbuilding/preview"
import { DateTime, Schema } from "effect"
import { SinkReport, ThreadReport } from "../SinkReport.ts"
import { type AgentPlace, type AgentView, agentPanel } from "./AgentPanel.ts"
import { dashboardScript } from "./client/DashboardScript.ts"
import { dashboardStyle } from "./DashboardStyle.ts"
import { type DeliveryRow, deliveryItem } from "./DeliveryItem.ts"
import { durationPlot } from "./DurationPlot.ts"
import { type Html, html, jsonScript } from "./Html.ts"
import { outboxPanel, problemList } from "./OutboxPanel.ts"
import { inline, logo, type Page, page } from "./Page.ts"
import { copyButton } from "./PreviewCard.ts"
import { countOf, type Filter, groups, previewList, repositoriesOf } from "./PreviewList.ts"
import { type SlackState, threadList } from "./ThreadList.ts"
import type { PreviewRow } from "./Words.ts"

export interface DashboardInput {
  /** Deleted ones too: they make the plot and the list of recently closed ones. */
  readonly previews: ReadonlyArray<Preview>
  /** Newest first; 20 are enough. */
  readonly deliveries: ReadonlyArray<Delivery>
  readonly sinks: ReadonlyArray<typeof SinkReport.Type>
  /** Newest change first; 20 are enough. */
  readonly threads: ReadonlyArray<typeof ThreadReport.Type>
  readonly slack: SlackState
  /** As much of the agent's turns as whoever looks may see; 20 are enough. */
  readonly agent: AgentView
  readonly place: AgentPlace
  /** The registered repositories, `owner/name`. */
  readonly repositories: ReadonlyArray<string>
  /** From the query: `repo`, `state` and `q`, empty where absent. */
  readonly filter: Filter
  /** Where the outside world reaches this server, without a final slash. */
  readonly publicUrl: string
  /** The file in which repositories are registered. */
  readonly targetsPath: string
  /** Whether writes need the server's API token. */
  readonly isGuarded: boolean
  readonly now: DateTime.Utc
}

const style = inline(dashboardStyle)
const script = inline(dashboardScript)

const encodePreviews = Schema.encodeSync(Schema.Array(Preview))
const encodeDeliveries = Schema.encodeSync(Schema.Array(Delivery))
const encodeSinks = Schema.encodeSync(Schema.Array(SinkReport))
const encodeThreads = Schema.encodeSync(Schema.Array(ThreadReport))

const link = (filter: Filter): string => {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== "")).toString()
  return query === "" ? "/" : `/?${query}`
}

const chips = (rows: ReadonlyArray<PreviewRow>, filter: Filter): Html => {
  const all = [{ key: "", title: "All" }, ...groups]
  return html`<nav class="chips" aria-label="Filter by state">${all.map(
    ({ key, title }) =>
      html`<a href="${link({ ...filter, state: key })}" data-state="${key}"${
        filter.state === key && html` aria-current="true"`
      }>${title} <b>${countOf(rows, filter.repo, key)}</b></a>`
  )}</nav>`
}

const filterForm = (rows: ReadonlyArray<PreviewRow>, input: DashboardInput): Html => {
  const { filter } = input
  return html`<form method="get" action="/" role="search" id="filter">
<label class="sr" for="repo">Repository</label><select name="repo" id="repo"><option value="">All repositories</option>${repositoriesOf(
    rows,
    input.repositories
  ).map(
    (name) => html`<option${filter.repo.toLowerCase() === name.toLowerCase() && html` selected`}>${name}</option>`
  )}</select>
<label class="sr" for="q">Search</label><input type="search" name="q" id="q" value="${filter.q}" placeholder="Title, branch, author, commit" autocomplete="off">
${filter.state !== "" && html`<input type="hidden" name="state" value="${filter.state}">`}<button>Show</button></form>`
}

const command = (text: string, what: string): Html =>
  html`<div class="command"><code>${text}</code>${copyButton(text, what)}</div>`

const step = (done: boolean, title: Html, body: Html): Html =>
  html`<li${done && html` class="ok"`}><div><h3>${title}</h3>${body}</div></li>`

/** What to do before there is anything to show. Steps that are done say so. */
const firstSteps = (input: DashboardInput, deliveries: ReadonlyArray<DeliveryRow>): Html => {
  const repository = input.repositories[0] ?? "owner/name"
  const webhook = `gh api repos/${repository}/hooks --method POST \\
  -f name=web -F active=true -f 'events[]=pull_request' \\
  -f 'config[url]=${input.publicUrl}/webhook' \\
  -f 'config[content_type]=json' \\
  -f "config[secret]=$GITHUB_WEBHOOK_SECRET"`
  const contract = `mkdir -p .productbuilding/preview
cat > .productbuilding/preview/config.yml <<'END'
version: 1
compose:
  file: docker-compose.yml
  service: app
runtime:
  internal_port: 8080
  healthcheck_path: /healthz
END`
  const registered = input.repositories.length > 0
  const heard = deliveries.length > 0
  return html`<div class="sheet first"><h2>No previews yet</h2>
<p class="quiet">A preview appears here as soon as a pull request is opened on a registered repository.</p>
<ol>${step(
    registered,
    registered ? html`Registered: ${input.repositories.join(", ")}` : html`Register a repository`,
    registered
      ? html`<p class="quiet">In <code>${input.targetsPath}</code>.</p>`
      : html`<p class="quiet">Write it into <code>${input.targetsPath}</code>, then restart the server.</p>${command(
          `[{ "repo": "${repository}" }]`,
          "the targets file"
        )}`
  )}${step(
    heard,
    heard ? html`The webhook works` : html`Set its webhook`,
    heard
      ? html`<p class="quiet">Deliveries arrive; what was decided about each stands under “Deliveries”.</p>`
      : html`<p class="quiet">With the secret that this server was started with:</p>${command(webhook, "the command for the webhook")}`
  )}${step(
    false,
    html`Say how the app is built and run`,
    html`<p class="quiet">In the repository, beside its Compose file:</p>${command(contract, "the commands for the contract")}`
  )}${step(
    false,
    html`Open a pull request`,
    command(
      "git switch -c try-previews\ngit add .productbuilding\ngit commit -m 'Add previews'\ngit push -u origin HEAD\ngh pr create --fill",
      "the commands"
    )
  )}</ol></div>`
}

/** For writes to a server with an API token. */
const tokenDialog = html`<dialog id="token" aria-labelledby="token-title"><form method="dialog"><h2 id="token-title">This needs the server's token</h2>
<p><label for="token-value">The value of its <code>API_TOKEN</code>. It is kept until this tab is closed.</label></p>
<input type="password" id="token-value" autocomplete="off" required>
<p class="acts"><button type="button" data-close>Cancel</button><button class="button" value="go">Go on</button></p></form></dialog>`

/** The dashboard as it is now. */
export const dashboard = (input: DashboardInput): Page => {
  const now = DateTime.toEpochMillis(input.now)
  const rows = encodePreviews(input.previews)
  const deliveries = encodeDeliveries(input.deliveries)
  const sinks = encodeSinks(input.sinks)
  const attention = countOf(rows, "", "attention")
  return page({
    status: 200,
    title: attention > 0 ? `(${attention}) Previews · ProductBuilding` : "Previews · ProductBuilding",
    tone: attention > 0 ? "bad" : "good",
    style,
    script,
    framing: "nowhere",
    body: html`<body>
<header class="top"><div><div class="name">${logo}<h1>ProductBuilding</h1>
<nav aria-label="Server"><span class="line" id="line" role="status" hidden>Connecting</span><a href="#threads">Threads</a><a href="#agent">Agent</a><a href="#outbox">Outbox</a><a href="/docs">API</a></nav></div>
<div class="filter" id="filters"${rows.length === 0 && html` hidden`}>${chips(rows, input.filter)}${filterForm(rows, input)}</div></div></header>
<main>
<div id="list"><div id="problems">${problemList(sinks)}</div><div id="first"${rows.length > 0 && html` hidden`}>${firstSteps(input, deliveries)}</div>${previewList(rows, input.filter, now)}
<p class="keys" id="keys"${rows.length === 0 && html` hidden`}><kbd>j</kbd> <kbd>k</kbd> move · <kbd>o</kbd> open the preview · <kbd>p</kbd> pull request · <kbd>l</kbd> log · <kbd>/</kbd> search</p>
<section class="part" id="threads" aria-labelledby="talk"><h2 id="talk">Threads</h2><div id="thread-list">${threadList(encodeThreads(input.threads), input.slack, now)}</div></section>
<section class="part" id="agent" aria-labelledby="asked"><h2 id="asked">Agent</h2><div id="turn-list">${agentPanel(input.agent, input.place, now)}</div></section>
<section class="part" id="outbox" aria-labelledby="outgoing"><h2 id="outgoing">Outbox</h2><div id="sink-list">${outboxPanel(sinks, now)}</div></section></div>
<aside>
<section aria-labelledby="times"><h2 id="times">Deployment time</h2><div id="plot">${durationPlot(rows)}</div></section>
<section aria-labelledby="incoming"><h2 id="incoming">Deliveries</h2><ul id="deliveries">${
      deliveries.length === 0
        ? html`<li class="quiet">Nothing has come in yet.</li>`
        : deliveries.map((row) => deliveryItem(row, now))
    }</ul></section>
</aside>
</main>
<p class="sr" id="news" role="status"></p>
<p class="said" id="said" role="status"></p>
${input.isGuarded && tokenDialog}<script type="application/json" id="data">${jsonScript({ now, rows, registered: input.repositories, slack: input.slack, agent: input.agent.kind, place: input.place })}</script>
</body>`
  })
}
