/**
 * The embedded reverse proxy: what arrives for a preview's host goes to its container, and where no container answers,
 * to a page that says why. HTTP/1.1 in both directions, streamed both ways under back-pressure, WebSockets included.
 */

import * as Http from "node:http"
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import { NodeHttpServer, NodeHttpServerRequest } from "@effect/platform-node"
import type { Endpoint } from "@productbuilding/preview"
import { Effect, type Scope } from "effect"
import { HttpServerRequest, type HttpServerResponse } from "effect/http"
import { requestHeaders, responseHeaders } from "./ProxyHeaders.ts"
import { UpstreamAgent } from "./UpstreamAgent.ts"

/** Paths below this prefix on any preview host are answered by the page, also while the preview runs. */
export const reservedPath = "/__productbuilding/"

/** A request on a preview host that the page answers instead of the preview. */
export interface Visit {
  /** In lower case, without port. */
  readonly host: string
  /** Path and query. */
  readonly path: string
  /**
   * `reserved`: the path is ours. `no-route`: nothing runs there. `unreachable`: something should run there, but
   * refused the connection, ended it before it answered, or answered with something that is not HTTP.
   */
  readonly reason: "reserved" | "no-route" | "unreachable"
  /** For `unreachable`, what went wrong, for example `ECONNREFUSED`. */
  readonly detail: string | null
}

export interface FrontDoorOptions {
  /** Where a host's preview answers. Asked for each request, with the host in lower case and without port. */
  readonly resolve: (host: string) => Endpoint | undefined
  /** Whether a host without a route belongs to previews at all. */
  readonly isPreviewHost: (host: string) => boolean
  /** Answers in the preview's stead. The scope is the request's: it closes when the client leaves. */
  readonly page: (
    visit: Visit
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest | Scope.Scope>
  /**
   * Whether another proxy stands in front and its `X-Forwarded-*` are true. Default `false`: what clients send is
   * replaced.
   */
  readonly trustForwarded?: boolean
  /** How long a container may take to accept a connection, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number
}

/**
 * Handlers for a `node:http` server, see `frontDoorServer`. Each answers `false`, and touches nothing, when the host is not
 * a preview's. A client that closes its side of the connection has left: its request is ended at the container too.
 */
export interface FrontDoor {
  /** For `request`, and for `checkContinue` so that the container decides on `Expect: 100-continue`. */
  handleRequest(request: Http.IncomingMessage, response: Http.ServerResponse): boolean
  handleUpgrade(request: Http.IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Whether the request is for a preview. */
  claims(request: Http.IncomingMessage): boolean
  /** Ends every WebSocket. New ones are still accepted; a server that closes brings no more. */
  closeTunnels(): void
}

interface Target {
  readonly host: string
  readonly authority: string
  readonly path: string
}

/** RFC 9112, section 3.2.2: the authority in the request line takes precedence over `Host`. */
const targetOf = (request: Http.IncomingMessage): Target => {
  const url = request.url ?? "/"
  const absolute = url.startsWith("/") || !URL.canParse(url) ? undefined : new URL(url)
  const authority = absolute?.host ?? request.headers.host ?? ""
  const port = authority.indexOf(":")
  const host = (port === -1 ? authority : authority.slice(0, port)).toLowerCase()
  return {
    host: host.endsWith(".") ? host.slice(0, -1) : host,
    authority,
    path: absolute === undefined ? url : absolute.pathname + absolute.search
  }
}

const hasBody = (request: Http.IncomingMessage) =>
  request.headers["transfer-encoding"] !== undefined ||
  (request.headers["content-length"] !== undefined && request.headers["content-length"] !== "0")

const describe = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : error.message

/** Sends the headers of a stream whose first byte takes its time, so that an event source opens at once. */
const flushIfIdle = (source: Http.IncomingMessage, response: Http.ServerResponse) => {
  if (!source.readableDidRead && !response.writableEnded && !response.destroyed) response.flushHeaders()
}

/** Streams an answer to the client. A truncated answer ends in a broken connection, never in a clean end. */
const relay = (source: Http.IncomingMessage, response: Http.ServerResponse): void => {
  response.writeHead(
    source.statusCode ?? 502,
    source.statusMessage,
    responseHeaders(source.rawHeaders, source.headers.connection)
  )
  source.on("error", () => response.destroy())
  source.pipe(response)
  // NOTE: costs a third of a millisecond at the 99th percentile, so it is left out where the end of the body is known.
  if (source.headers["content-length"] === undefined) setImmediate(flushIfIdle, source, response)
}

/** A front door. It lives as long as the scope; then connections to previews are closed. */
export const make = Effect.fnUntraced(function* (
  options: FrontDoorOptions
): Effect.fn.Return<FrontDoor, never, Scope.Scope> {
  const trustForwarded = options.trustForwarded ?? false
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() => new UpstreamAgent(options.connectTimeoutMs ?? 5_000)),
    (agent) => Effect.sync(() => agent.destroy())
  )
  const visits = new WeakMap<object, Visit>()
  const tunnels = new Set<Duplex>()
  const scope = yield* Effect.scope
  const servePage = yield* NodeHttpServer.makeHandler(
    Effect.gen(function* () {
      const visit = visits.get(NodeHttpServerRequest.toIncomingMessage(yield* HttpServerRequest.HttpServerRequest))
      // NOTE: cannot happen: `page` below stores the visit before it calls this handler.
      if (visit === undefined) return yield* Effect.die("a page without a visit")
      return yield* options.page(visit)
    }),
    { scope }
  )

  const page = (request: Http.IncomingMessage, response: Http.ServerResponse, visit: Visit) => {
    visits.set(request, visit)
    response.setHeader("x-robots-tag", "noindex")
    servePage(request, response)
  }

  const headersOf = (request: Http.IncomingMessage, target: Target, upgrade: boolean) =>
    requestHeaders(
      {
        method: request.method ?? "GET",
        rawHeaders: request.rawHeaders,
        connection: request.headers.connection,
        authority: target.authority,
        remoteAddress: (request.socket.remoteAddress ?? "unknown").replace(/^::ffff:/, ""),
        scheme: "encrypted" in request.socket ? "https" : "http"
      },
      { trustForwarded, upgrade }
    )

  const proxy = (
    request: Http.IncomingMessage,
    response: Http.ServerResponse,
    target: Target,
    endpoint: Endpoint,
    attempt: "first" | "second"
  ): void => {
    const headers = headersOf(request, target, false)
    if (headers === null) {
      response.writeHead(400, { connection: "close" }).end()
      return
    }
    const bodied = hasBody(request)
    const upstream = Http.request({
      host: endpoint.host,
      port: endpoint.port,
      method: request.method,
      path: target.path,
      headers,
      agent: attempt === "first" ? agent : agent.fresh
    })
    let answered = false
    const fail = (detail: string) => {
      if (answered) return
      answered = true
      upstream.destroy()
      if (bodied) request.unpipe(upstream)
      if (response.destroyed) return
      page(request, response, { host: target.host, path: target.path, reason: "unreachable", detail })
    }
    upstream.on("response", (source) => {
      answered = true
      try {
        relay(source, response)
      } catch (cause) {
        // NOTE: Node refuses some heads that its own parser lets through; a preview must not be able to stop the server.
        answered = false
        fail(cause instanceof Error ? describe(cause) : "INVALID_RESPONSE")
      }
    })
    if (bodied) upstream.on("continue", () => response.writeContinue())
    upstream.on("error", (error) => {
      // NOTE: a container may close an idle connection at the moment we reuse it; without a body nothing is lost.
      if (!answered && !bodied && attempt === "first" && upstream.reusedSocket && !response.destroyed) {
        answered = true
        proxy(request, response, target, endpoint, "second")
      } else fail(describe(error))
    })
    upstream.on("close", () => fail("ECONNRESET"))
    response.on("close", () => {
      if (!response.writableFinished) upstream.destroy()
    })
    if (bodied) {
      // NOTE: an answer that did not wait for the whole body leaves a rest, behind which the next request would hang.
      response.on("finish", () => {
        request.unpipe(upstream)
        request.resume()
      })
      request.pipe(upstream)
    } else upstream.end()
  }

  const handleRequest: FrontDoor["handleRequest"] = (request, response) => {
    const target = targetOf(request)
    const endpoint = options.resolve(target.host)
    if (endpoint === undefined && !options.isPreviewHost(target.host)) return false
    const { host, path } = target
    if (path.startsWith(reservedPath)) page(request, response, { host, path, reason: "reserved", detail: null })
    else if (endpoint === undefined) page(request, response, { host, path, reason: "no-route", detail: null })
    else proxy(request, response, target, endpoint, "first")
    return true
  }

  const tunnel = (
    request: Http.IncomingMessage,
    client: Net.Socket,
    head: Buffer,
    target: Target,
    endpoint: Endpoint
  ): void => {
    const headers = headersOf(request, target, true)
    if (headers === null || hasBody(request)) {
      refuse(client, "400 Bad Request")
      return
    }
    const upstream = Http.request({
      host: endpoint.host,
      port: endpoint.port,
      method: request.method,
      path: target.path,
      headers,
      agent: agent.fresh
    })
    const abandon = () => upstream.destroy()
    client.on("close", abandon)
    upstream.on("upgrade", (answer, server, rest) => {
      client.off("close", abandon)
      const fields = responseHeaders(answer.rawHeaders, answer.headers.connection)
      const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"]
      for (let index = 0; index + 1 < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`)
      client.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1")
      if (rest.length > 0) client.write(rest)
      if (head.length > 0) server.write(head)
      join(client, server)
    })
    upstream.on("response", (answer) => {
      client.off("close", abandon)
      try {
        relay(answer, plainResponse(request, client))
      } catch {
        // NOTE: the preview sent headers that Node refuses to pass on; a broken connection says so to a WebSocket client.
        client.destroy()
      }
    })
    upstream.on("error", () => refuse(client, "503 Service Unavailable"))
    upstream.end()
  }

  /** Copies bytes both ways until both sides have ended, or one of them breaks. */
  const join = (client: Net.Socket, server: Duplex) => {
    tunnels.add(client)
    client.once("close", () => {
      tunnels.delete(client)
      server.destroy()
    })
    server.once("close", () => client.destroySoon())
    server.on("error", () => client.destroy())
    for (const socket of [client, server]) {
      if (!(socket instanceof Net.Socket)) continue
      socket.setNoDelay(true)
      socket.setKeepAlive(true, 30_000)
      socket.setTimeout(0)
      // NOTE: a side that has finished waits for the other, but not for ever.
      socket.once("end", () => {
        client.setTimeout(60_000, () => client.destroy())
      })
    }
    client.pipe(server)
    server.pipe(client)
  }

  const handleUpgrade: FrontDoor["handleUpgrade"] = (request, socket, head) => {
    const target = targetOf(request)
    const endpoint = options.resolve(target.host)
    if (endpoint === undefined && !options.isPreviewHost(target.host)) return false
    socket.on("error", () => socket.destroy())
    if (!(socket instanceof Net.Socket)) socket.destroy()
    else if (request.headers.upgrade?.toLowerCase() !== "websocket") {
      // NOTE: Node before 24.9 sends every `Upgrade` here; other protocols are answered as if they had not been offered.
      if (hasBody(request)) refuse(socket, "400 Bad Request")
      else handleRequest(request, plainResponse(request, socket))
    } else if (endpoint === undefined || target.path.startsWith(reservedPath)) {
      refuse(socket, "503 Service Unavailable")
    } else tunnel(request, socket, head, target, endpoint)
    return true
  }

  return {
    handleRequest,
    handleUpgrade,
    claims: (request) => {
      const { host } = targetOf(request)
      return options.resolve(host) !== undefined || options.isPreviewHost(host)
    },
    closeTunnels: () => {
      for (const tunnel of tunnels) tunnel.destroy()
    }
  }
})

/** An answer over a socket that Node has already handed to an upgrade. */
const plainResponse = (request: Http.IncomingMessage, socket: Net.Socket): Http.ServerResponse => {
  const response = new Http.ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.on("finish", () => socket.end())
  return response
}

/** Refuses an upgrade. Nobody sees the body of such an answer, so there is none. */
const refuse = (socket: Net.Socket, status: "400 Bad Request" | "503 Service Unavailable") => {
  const retry = status.startsWith("503") ? "Retry-After: 2\r\nx-productbuilding-status: unavailable\r\n" : ""
  socket.end(`HTTP/1.1 ${status}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`)
}
