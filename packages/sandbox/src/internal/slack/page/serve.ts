/** Serves the page, and tells it what has changed. */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Parts } from "../call.ts"
import type { Change, SlackWorkspace } from "../state.ts"

export const streamChanges = (state: SlackWorkspace, request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).write(": open\n\n")
  const tell = (change: Change) => void response.write(`data: ${JSON.stringify(change)}\n\n`)
  state.watchers.add(tell)
  request.on("close", () => void state.watchers.delete(tell))
}

export const servePage = (_parts: Parts, _request: IncomingMessage, response: ServerResponse, _url: URL) =>
  void response.writeHead(404).end()
