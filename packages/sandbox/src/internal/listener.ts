/** Takes requests off the wire, does the faults, finds the route, and answers in GitHub's manners. */
import { createHash, randomBytes } from "node:crypto"
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { pipeline } from "node:stream/promises"
import type { RequestFault } from "../Faults.ts"
import { SandboxMissing, SandboxRefused } from "../SandboxControl.ts"
import { viewerOf } from "./auth.ts"
import { type Answer, failure, json, notFound, Refusal, type Route } from "./http.ts"
import type { Parts } from "./parts.ts"
import { makeRateLimit, type RateLimit } from "./rateLimit.ts"
import { activityRoutes } from "./routes/activity.ts"
import { activityControlRoutes } from "./routes/activityControl.ts"
import { commentRoutes } from "./routes/comments.ts"
import { controlRoutes } from "./routes/control.ts"
import { hookRoutes } from "./routes/hooks.ts"
import { metaRoutes } from "./routes/meta.ts"
import { repositoryRoutes } from "./routes/repositories.ts"
import { searchRoutes } from "./routes/search.ts"
import { webRoutes } from "./routes/web.ts"
import { type State, takeFault } from "./state.ts"

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  if (chunks.length === 0) return {}
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"))
  } catch {
    throw new Refusal(failure(400, "Problems parsing JSON"))
  }
}

const decoded = (groups: Readonly<Record<string, string | undefined>> = {}) => {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value ?? "")] as const)
    )
  } catch {
    throw new Refusal(failure(400, "Bad Request"))
  }
}

const faultAnswer = (fault: RequestFault, path: string, rateLimit: RateLimit): Answer => {
  const { rateLimitResetSeconds, retryAfterSeconds, status = 500 } = fault
  if (rateLimitResetSeconds !== undefined) {
    return {
      ...failure(status, "API rate limit exceeded for user ID 1."),
      headers: rateLimit.exhaustedHeaders(path, rateLimitResetSeconds)
    }
  }
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }
  const message =
    status === 429 || retryAfterSeconds !== undefined
      ? "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
      : status >= 500
        ? "Server Error"
        : "Forbidden"
  return { ...failure(status, message), headers }
}

/** A page in a browser must not reach the controls of a sandbox that runs on its visitor's machine. */
const isForeign = (state: State, request: IncomingMessage) =>
  request.headers.origin !== undefined && request.headers.origin !== state.api()

const refusalOf = (cause: unknown): Answer => {
  if (cause instanceof Refusal) return cause.answer
  if (cause instanceof SandboxMissing) return json({ message: cause.message, missing: cause.what }, 404)
  if (cause instanceof SandboxRefused) return json({ message: cause.message }, 422)
  return failure(500, cause instanceof Error ? `${cause.name}: ${cause.message}` : "Server Error")
}

const etagOf = (payload: Uint8Array) => `W/"${createHash("sha256").update(payload).digest("hex")}"`

/** The routes that GitHub has as well, but for those about what happens around the code. */
export const restRoutes = (parts: Parts, rateLimit: RateLimit = makeRateLimit(parts.state)): ReadonlyArray<Route> => {
  const { comments, control, state, webhooks } = parts
  return [
    ...metaRoutes(state, rateLimit),
    ...repositoryRoutes(state),
    ...commentRoutes(state, comments),
    ...hookRoutes(state, control, webhooks),
    ...searchRoutes(state)
  ]
}

/** Everything that a sandbox answers. */
export const makeListener = (parts: Parts): RequestListener => {
  const { control, state } = parts
  const rateLimit = makeRateLimit(state)
  const routes: ReadonlyArray<Route> = [
    ...restRoutes(parts, rateLimit),
    ...activityRoutes(parts),
    ...controlRoutes(control),
    ...activityControlRoutes(control),
    ...webRoutes(state)
  ]

  const answer = async (request: IncomingMessage, method: string, url: URL): Promise<Answer> => {
    const own = url.pathname.startsWith("/_")
    if (own && isForeign(state, request)) return failure(403, "Forbidden")
    const viewer = own ? ({ _tag: "Anonymous" } as const) : viewerOf(state, request.headers.authorization)
    for (const { handle, method: wanted, pattern } of routes) {
      const match = wanted === method ? pattern.exec(url.pathname) : null
      if (match === null) continue
      return await handle({
        method,
        path: url.pathname,
        params: decoded(match.groups),
        query: url.searchParams,
        accept: request.headers.accept ?? "",
        body: await readBody(request),
        viewer
      })
    }
    return notFound
  }

  const countWrite = (method: string, path: string) => {
    const [, fullName] = /^\/repos\/([^/]+\/[^/]+)\//.exec(path) ?? []
    if (fullName === undefined || method === "GET") return
    const key = `${method} ${path}`
    state.writes.set(key, (state.writes.get(key) ?? 0) + 1)
    const of = state.repositories.get(decodeURIComponent(fullName).toLowerCase())?.writes
    of?.set(key, (of.get(key) ?? 0) + 1)
  }

  const write = async (request: IncomingMessage, response: ServerResponse, path: string, result: Answer) => {
    const payload = result.bytes ?? (result.json === undefined ? undefined : Buffer.from(JSON.stringify(result.json)))
    const isRead = request.method === "GET" || request.method === "HEAD"
    const etag = isRead && result.status === 200 && payload !== undefined ? etagOf(payload) : undefined
    const headers = {
      "x-github-media-type": "github.v3; format=json",
      "x-github-request-id": randomBytes(8).toString("hex").toUpperCase(),
      ...rateLimit.headers(path),
      ...(etag === undefined ? {} : { etag, "cache-control": "private, max-age=60, s-maxage=60" }),
      ...(result.json === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
      ...result.headers
    }
    if (etag !== undefined && request.headers["if-none-match"] === etag) return response.writeHead(304, headers).end()
    if (result.stream !== undefined && request.method !== "HEAD") {
      response.writeHead(result.status, headers)
      return await pipeline(result.stream, response)
    }
    response.writeHead(result.status, { ...headers, ...(payload && { "content-length": String(payload.length) }) })
    return response.end(request.method === "HEAD" ? undefined : payload)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(`${state.api()}${request.url ?? "/"}`)
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "GET")
    const path = url.pathname
    const fault =
      path.startsWith("/_sandbox") || path.startsWith("/_web")
        ? undefined
        : takeFault(
            state.requestFaults,
            (one) => (one.method === undefined || one.method === method) && new RegExp(one.path).test(path)
          )
    if (!path.startsWith("/_") && path !== "/rate_limit") rateLimit.take(path)
    if (fault?.kind === "hang") return
    if (fault?.kind === "drop") return void request.socket.destroy()
    if (fault?.kind === "status") return await write(request, response, path, faultAnswer(fault, path, rateLimit))
    const result = await answer(request, method, url).catch(refusalOf)
    if (result.status < 300) countWrite(method, path)
    if (fault?.kind === "no-answer") return
    if (fault?.kind === "lost-answer") return void request.socket.destroy()
    await write(request, response, path, result)
  }

  return (request, response) => {
    // NOTE: what is left is a connection that broke while we wrote to it, which is the caller's to notice.
    handle(request, response).catch(() => response.destroy())
  }
}
