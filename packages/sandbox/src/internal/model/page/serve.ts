/** Serves the page, and tells it that something has changed. */
import { randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { ModelWorkspace } from "../state.ts"
import { script } from "./script.ts"
import { style } from "./style.ts"
import { bodyOf } from "./view.ts"

export const streamModelChanges = (state: ModelWorkspace, request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).write(": open\n\n")
  const tell = () => void response.write("data: {}\n\n")
  state.watchers.add(tell)
  request.on("close", () => void state.watchers.delete(tell))
}

export const serveModelPage = (state: ModelWorkspace, request: IncomingMessage, response: ServerResponse, url: URL) => {
  // NOTE: the controls answer to one origin alone, so that the page has to be there too.
  const elsewhere =
    request.headers.host?.startsWith("localhost:") === true && state.url().startsWith("http://127.0.0.1:")
  if (elsewhere) return void response.writeHead(302, { location: `${state.url()}${url.pathname}${url.search}` }).end()
  if (url.pathname !== "/" || request.method !== "GET") return void response.writeHead(404).end("Not found")
  const nonce = randomBytes(16).toString("base64")
  response
    .writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer"
    })
    .end(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>Model sandbox</title><style>${style}</style></head>
<body>${bodyOf(state)}<script nonce="${nonce}">${script}</script></body></html>`)
}
