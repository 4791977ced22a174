/** One `node:http` server for both: previews through the front door, everything else to whoever listens. */
import * as Http from "node:http"
import type { Duplex } from "node:stream"
import { Duration } from "effect"
import type { FrontDoor } from "./FrontDoor.ts"

const isSocket = (value: unknown): value is Duplex =>
  typeof value === "object" && value !== null && "pipe" in value && "destroy" in value

/**
 * A server to be given to `NodeHttpServer.layer(() => frontDoorServer(door), { port })`, or to any framework that
 * listens for `request` and `upgrade`: its listeners see only requests for other hosts than previews.
 *
 * An upload may take as long as it wants (`requestTimeout: 0`), its headers 60 seconds. When the server is closed, WebSockets
 * of previews end at once and other requests after `drain` (default 3 seconds), so that no event stream holds up a
 * shutdown.
 */
export const frontDoorServer = (
  door: FrontDoor,
  options?: Http.ServerOptions & { readonly drain?: Duration.Input }
): Http.Server => {
  const drainMs = Duration.toMillis(options?.drain ?? Duration.seconds(3))
  const server: Http.Server = Http.createServer({
    requestTimeout: 0,
    headersTimeout: 60_000,
    // NOTE: other upgrades than WebSockets mean nothing to a preview, so they stay requests (Node 24.9 and later).
    shouldUpgradeCallback: (request) =>
      door.claims(request)
        ? request.headers.upgrade?.toLowerCase() === "websocket"
        : server.listenerCount("upgrade") > 1,
    ...options
  })
  // NOTE: Node sends both events only to a server that listens for them, and else does what these two do.
  function continueUnheard(request: Http.IncomingMessage, response: Http.ServerResponse) {
    if (server.listenerCount("checkContinue") > 1) return
    response.writeContinue()
    server.emit("request", request, response)
  }
  function refuseUnheard(_request: Http.IncomingMessage, socket: Duplex) {
    if (server.listenerCount("upgrade") > 1) return
    socket.on("error", () => socket.destroy())
    socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
  }
  server.on("checkContinue", continueUnheard)
  server.on("upgrade", refuseUnheard)

  const emit = server.emit.bind(server)
  server.emit = (event: string, ...args: ReadonlyArray<unknown>): boolean => {
    if (event === "request" || event === "checkContinue") {
      const [request, response] = args
      if (request instanceof Http.IncomingMessage && response instanceof Http.ServerResponse) {
        if (door.handleRequest(request, response)) return true
      }
    } else if (event === "upgrade") {
      const [request, socket, head] = args
      if (request instanceof Http.IncomingMessage && isSocket(socket) && head instanceof Buffer) {
        if (door.handleUpgrade(request, socket, head)) return true
      }
    }
    return emit(event, ...args)
  }

  const close = server.close.bind(server)
  server.close = (callback) => {
    door.closeTunnels()
    const timer = setTimeout(() => server.closeAllConnections(), drainMs)
    server.once("close", () => clearTimeout(timer))
    return close(callback)
  }
  return server
}
