/** Takes requests off the wire: the Web API, the response URLs, the controls, the page. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { SandboxMissing, SandboxRefused } from "../../SandboxControl.ts"
import type { SlackControl } from "../../SlackControl.ts"
import { fieldsOfBody, makeApi, readAll } from "./api.ts"
import type { Parts } from "./call.ts"
import type { Interactions } from "./interactions.ts"
import { servePage, streamChanges } from "./page/serve.ts"
import { controlRoutes } from "./routes.ts"
import { isFields } from "./values.ts"

const sendJson = (response: ServerResponse, status: number, value: unknown) =>
  void response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(value))

const sendFailure = (response: ServerResponse, cause: unknown) => {
  if (cause instanceof SandboxMissing) return sendJson(response, 404, { message: cause.message, missing: cause.what })
  if (cause instanceof SandboxRefused) return sendJson(response, 422, { message: cause.message })
  return sendJson(response, 500, { message: String(cause) })
}

const decoded = (groups: Readonly<Record<string, string | undefined>> = {}) =>
  Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value ?? "")] as const))

export const makeSlackListener = (parts: Parts, control: SlackControl, interactions: Interactions): RequestListener => {
  const { state } = parts
  const api = makeApi(parts)
  const routes = controlRoutes(control)

  const steer = async (request: IncomingMessage, response: ServerResponse, method: string, path: string) => {
    const { origin } = request.headers
    if (origin !== undefined && origin !== state.url()) return sendJson(response, 403, { message: "Forbidden" })
    if (path === "/_sandbox/slack/stream") return streamChanges(state, request, response)
    for (const { handle, method: wanted, pattern } of routes) {
      const match = wanted === method ? pattern.exec(path) : null
      if (match === null) continue
      const body = await fieldsOfBody("application/json", await readAll(request))
      if (body === undefined) throw new SandboxRefused({ message: "The body is no JSON object." })
      const answer = await handle(decoded(match.groups), body)
      return answer === undefined ? void response.writeHead(204).end() : sendJson(response, 200, answer)
    }
    return sendJson(response, 404, { message: "There is no such control." })
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(`${state.url()}${request.url ?? "/"}`)
    const method = request.method ?? "GET"
    const [, name] = /^\/api\/([A-Za-z.]+)$/.exec(url.pathname) ?? []
    if (name !== undefined) return await api(request, response, name, url.searchParams)
    const [, responseId] = /^\/actions\/T[A-Z0-9]+\/([0-9a-f]{32})$/.exec(url.pathname) ?? []
    if (responseId !== undefined && method === "POST") {
      const body = await fieldsOfBody("application/json", await readAll(request))
      const { status, text } = interactions.respond(responseId, isFields(body) ? body : undefined)
      return void response.writeHead(status, { "content-type": "text/html" }).end(text)
    }
    if (url.pathname.startsWith("/_sandbox/slack/")) {
      return await steer(request, response, method, url.pathname).catch((cause) => sendFailure(response, cause))
    }
    return servePage(state, request, response, url)
  }

  return (request, response) => {
    // NOTE: what is left is a connection that broke while we wrote to it, which is the caller's to notice.
    handle(request, response).catch(() => response.destroy())
  }
}
