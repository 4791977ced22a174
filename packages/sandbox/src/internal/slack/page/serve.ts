/** Serves the page, and tells it what has changed. */
import { randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Change, SlackWorkspace } from "../state.ts"
import { script } from "./script.ts"
import { style } from "./style.ts"
import { escapeHtml } from "./text.ts"
import { bodyOf, type Look } from "./view.ts"

export const streamChanges = (state: SlackWorkspace, request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).write(": open\n\n")
  const tell = (change: Change) => void response.write(`data: ${JSON.stringify(change)}\n\n`)
  state.watchers.add(tell)
  request.on("close", () => void state.watchers.delete(tell))
}

const lookOf = (state: SlackWorkspace, query: URLSearchParams): Look => {
  const people = Array.from(state.users.values()).filter(({ isBot }) => !isBot)
  const as = people.find(({ id }) => id === query.get("as")) ?? people[0]
  const channel = state.channels.get(query.get("channel") ?? "") ?? state.channels.values().next().value
  const wanted = query.get("thread") ?? ""
  return { as, channel, thread: channel?.messages.has(wanted) === true ? wanted : undefined }
}

/** Where a permalink leads. */
const redirectOf = (url: URL): string | undefined => {
  const [, channel, seconds, micros] = /^\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})$/.exec(url.pathname) ?? []
  if (channel === undefined) return undefined
  const thread = url.searchParams.get("thread_ts")
  const ts = `${seconds}.${micros}`
  return thread === null
    ? `/?channel=${channel}#m${ts}`
    : `/?channel=${channel}&thread=${encodeURIComponent(thread)}#t${ts}`
}

export const servePage = (state: SlackWorkspace, request: IncomingMessage, response: ServerResponse, url: URL) => {
  // NOTE: the controls answer to one origin alone, so that the page has to be there too.
  const elsewhere =
    request.headers.host?.startsWith("localhost:") === true && state.url().startsWith("http://127.0.0.1:")
  const location = elsewhere ? `${state.url()}${url.pathname}${url.search}` : redirectOf(url)
  if (location !== undefined) return void response.writeHead(302, { location }).end()
  if (url.pathname !== "/" || request.method !== "GET") return void response.writeHead(404).end("Not found")
  const nonce = randomBytes(16).toString("base64")
  const look = lookOf(state, url.searchParams)
  response
    .writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer"
    })
    .end(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>${escapeHtml(look.channel === undefined ? state.teamName : `${look.channel.name} · ${state.teamName}`)}</title><style>${style}</style></head>
${bodyOf(state, look).replace(/<\/body>$/, "")}<script nonce="${nonce}">${script}</script></body></html>`)
}
