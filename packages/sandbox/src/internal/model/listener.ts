/** Takes requests off the wire: the vendors' APIs, the controls, the page. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import type { ModelControl } from "../../ModelControl.ts"
import { SandboxRefused } from "../../SandboxControl.ts"
import { parseJson } from "../slack/values.ts"
import { makeAnswer, readLimited } from "./answer.ts"
import { makeResponses } from "./openai/responses.ts"
import { serveModelPage, streamModelChanges } from "./page/serve.ts"
import { modelRoutes } from "./routes.ts"
import type { ModelWorkspace } from "./state.ts"

const base = "/_sandbox/model"

const sendJson = (response: ServerResponse, status: number, value: unknown) =>
  void response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(value))

export const makeModelListener = (state: ModelWorkspace, control: ModelControl): RequestListener => {
  const answer = makeAnswer(state, makeResponses())
  const routes = modelRoutes(control)

  const steer = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const { origin } = request.headers
    // NOTE: a page in a browser must not reach the controls of a sandbox that runs on its visitor's machine.
    if (origin !== undefined && origin !== state.url()) return sendJson(response, 403, { message: "Forbidden" })
    if (path === "/stream") return streamModelChanges(state, request, response)
    const handle = routes.get(`${request.method} ${path}`)
    if (handle === undefined) return sendJson(response, 404, { message: "There is no such control." })
    const text = await readLimited(request)
    const body = text === "" ? {} : parseJson(text ?? "")
    if (body === undefined) throw new SandboxRefused({ message: "The body is no JSON, or more than 32 MB of it." })
    const result = await handle(body)
    return result === undefined ? void response.writeHead(204).end() : sendJson(response, 200, result)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(`${state.url()}${request.url ?? "/"}`)
    if (url.pathname.startsWith(`${base}/`)) {
      return await steer(request, response, url.pathname.slice(base.length)).catch((cause) =>
        cause instanceof SandboxRefused
          ? sendJson(response, 422, { message: cause.message })
          : sendJson(response, 500, { message: String(cause) })
      )
    }
    if (await answer(request, response, url)) return
    return serveModelPage(state, request, response, url)
  }

  return (request, response) => {
    // NOTE: what is left is a connection that broke while we wrote to it, which is the caller's to notice.
    handle(request, response).catch(() => response.destroy())
  }
}
