/** The page: every call, what was asked and answered, and what to do first. */
import type { ModelCall, ModelMessage, ModelRequest, ModelToolCall } from "../../../ModelState.ts"
import { escapeHtml } from "../../slack/page/text.ts"
import { lastAsked } from "../mind/demo.ts"
import type { ModelWorkspace } from "../state.ts"

/** More than anybody scrolls through, and still drawn at once. */
const maxShown = 100

const apis: Readonly<Record<ModelRequest["api"], string>> = {
  "anthropic-messages": "Anthropic",
  "openai-chat": "OpenAI chat",
  "openai-responses": "OpenAI responses"
}

const reasons: Readonly<Record<string, string>> = {
  script: "script",
  rule: "rule",
  replay: "replayed",
  demo: "demo rules",
  obeyed: "obeyed",
  fault: "fault",
  refused: "refused",
  count: "counted",
  models: "models"
}

const timeFormat = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false
})
const amount = new Intl.NumberFormat("en")

const textHtml = (text: string, name = "text") =>
  text === "" ? "" : `<div class="${name}${text.length > 1200 ? " long" : ""}" tabindex="0">${escapeHtml(text)}</div>`

const toolHtml = ({ arguments: given, name }: ModelToolCall) =>
  `<p class="tool"><b>${escapeHtml(name)}</b> ${escapeHtml(JSON.stringify(given))}</p>`

const saidHtml = ({ isError, role, text, toolCalls, toolName }: ModelMessage) => {
  const who = role === "tool" ? escapeHtml(toolName || "tool") : role
  return `<dt${isError ? ' class="problem"' : ""}>${who}</dt><dd class="by-${role}">${textHtml(text)}${toolCalls.map(toolHtml).join("")}</dd>`
}

/** One line that says what was asked. */
const askedOf = ({ path, request }: ModelCall): string => {
  if (request === null) return path
  const { since, text } = lastAsked(request)
  const results = since.filter(({ role }) => role === "tool").map(({ toolName }) => toolName || "a tool")
  const line = text.replaceAll(/\s+/g, " ").trim() || path
  return results.length === 0 ? line : `${line} (with what ${results.join(", ")} said)`
}

const answeredHtml = ({ because, error, reply, status, tookMs }: ModelCall): string => {
  if (error !== null)
    return `<span class="answered bad">${status === 0 ? "" : `${status}: `}${escapeHtml(error)}</span>`
  if (reply === null) return `<span class="answered">${tookMs === null ? "…" : (reasons[because] ?? "")}</span>`
  const calls = reply.toolCalls.map(({ arguments: given, name }) => `${name} ${JSON.stringify(given)}`).join(", ")
  const text = reply.text.replaceAll(/\s+/g, " ")
  return `<span class="answered">${escapeHtml(text)}${calls === "" ? "" : ` <code>${escapeHtml(calls)}</code>`}</span>`
}

const factsHtml = (call: ModelCall): string => {
  const { atMs, because, reply, request, tookMs } = call
  const badge = tookMs === null ? "open" : because
  const name = tookMs === null ? "under way" : (reasons[because] ?? because)
  const tokens =
    reply === null
      ? ""
      : `${amount.format(reply.usage.inputTokens)} → ${amount.format(reply.usage.outputTokens)} tokens`
  return `<span class="facts"><span class="badge ${escapeHtml(badge)}">${escapeHtml(name)}</span><span class="more">${tokens}</span><span class="more">${
    request === null ? "" : `${apis[request.api]} · `
  }${timeFormat.format(atMs)}</span></span>`
}

const usageText = ({ reply, tookMs }: ModelCall): string => {
  if (reply === null) return ""
  const { cachedTokens, inputTokens, outputTokens, written1hTokens, written5mTokens } = reply.usage
  return [
    `${amount.format(inputTokens)} tokens in`,
    cachedTokens > 0 ? `${amount.format(cachedTokens)} of them from the cache` : "",
    written5mTokens + written1hTokens > 0 ? `${amount.format(written5mTokens + written1hTokens)} into the cache` : "",
    `${amount.format(outputTokens)} out`,
    `ended with “${reply.finish}”`,
    tookMs === null ? "" : `${amount.format(tookMs)} ms`
  ]
    .filter(Boolean)
    .join(", ")
}

const requestHtml = (request: ModelRequest): string => {
  const system = request.system === "" ? "" : `<dt>system</dt><dd>${textHtml(request.system)}</dd>`
  const tools =
    request.tools.length === 0
      ? ""
      : `<dt>tools</dt><dd class="offered">${request.tools.map(({ description, name }) => `<span title="${escapeHtml(description)}">${escapeHtml(name)}</span>`).join("")}</dd>`
  const schema =
    request.schema === null
      ? ""
      : `<dt>answer fits</dt><dd><pre>${escapeHtml(JSON.stringify(request.schema))}</pre></dd>`
  return `<div><h2>Asked of ${escapeHtml(request.model)}${request.stream ? ", as a stream" : ""}</h2><dl class="said">${system}${request.messages.map(saidHtml).join("")}${tools}${schema}</dl></div>`
}

const replyHtml = (call: ModelCall): string => {
  const { complete, error, reply } = call
  const problem = error === null ? "" : `<p class="problem">${escapeHtml(error)}</p>`
  const cut =
    reply !== null && !complete && call.tookMs !== null ? `<p class="problem">It did not go out whole.</p>` : ""
  if (reply === null) return problem === "" ? "" : `<div><h2>Answered</h2>${problem}</div>`
  return `<div><h2>Answered: ${escapeHtml(usageText(call))}</h2><dl class="said"><dt>assistant</dt><dd class="by-assistant">${textHtml(reply.text)}${reply.toolCalls.map(toolHtml).join("")}</dd></dl>${problem}${cut}</div>`
}

const callHtml = (call: ModelCall): string =>
  `<details class="call" id="call-${call.id}"><summary><span class="number">${call.id}</span><span class="asked">${escapeHtml(askedOf(call))}</span>${answeredHtml(call)}${factsHtml(call)}</summary><div class="inside">${
    call.request === null ? "" : requestHtml(call.request)
  }${replyHtml(call)}${
    call.body === null
      ? ""
      : `<details class="raw" id="raw-${call.id}"><summary>The request as it was sent to ${escapeHtml(call.path)}</summary><pre>${escapeHtml(JSON.stringify(call.body, null, 2))}</pre></details>`
  }</div></details>`

const firstSteps = (state: ModelWorkspace): string => {
  const url = escapeHtml(state.url())
  return `<section class="empty"><h2>Nobody has asked anything yet</h2><p>This is a stand-in for a language model. Nothing leaves this machine, and nothing costs money. Point an app at it, with any API key:</p><table>
<tr><td>Anthropic</td><td><code>baseURL: "${url}"</code></td></tr>
<tr><td>OpenAI</td><td><code>baseURL: "${url}/v1"</code></td></tr>
<tr><td>Gemini, by OpenAI's SDK</td><td><code>baseURL: "${url}/v1beta/openai"</code></td></tr></table>
<p>Each request appears here by itself: what was asked, which tools were offered, what was answered, and how many tokens that is.</p></section>`
}

const totalsHtml = (state: ModelWorkspace): string => {
  if (state.calls.length === 0) return ""
  const sum = (read: (call: ModelCall) => number) =>
    amount.format(state.calls.reduce((all, call) => all + read(call), 0))
  const failed = state.calls.filter(({ error }) => error !== null).length
  const figures: ReadonlyArray<readonly [string, string]> = [
    [amount.format(state.total()), state.total() === 1 ? "call" : "calls"],
    [sum(({ reply }) => reply?.usage.inputTokens ?? 0), "tokens in"],
    [sum(({ reply }) => reply?.usage.cachedTokens ?? 0), "from the cache"],
    [sum(({ reply }) => reply?.usage.outputTokens ?? 0), "tokens out"],
    ...(failed === 0 ? [] : [[amount.format(failed), "failed"] as const])
  ]
  return figures.map(([figure, name]) => `<span><b>${figure}</b> ${name}</span>`).join("")
}

/** Everything within `<body>`. */
export const bodyOf = (state: ModelWorkspace): string => {
  const option = (mode: string, label: string) =>
    `<option value="${mode}"${state.mode() === mode ? " selected" : ""}>${label}</option>`
  const shown = state.calls.slice(-maxShown).toReversed()
  return `<header><h1>Model sandbox<small>a language model's API on this machine</small></h1><div class="tools"><label for="mode">Behaves</label><select id="mode">${option("demo", "as a demo")}${option("obey", "as an attacker wants")}</select><button type="button" data-do="clear">Clear</button></div></header>
<main><div id="totals">${totalsHtml(state)}</div><div id="calls">${shown.length === 0 ? firstSteps(state) : shown.map(callHtml).join("")}</div></main>`
}
