import { once } from "node:events"
import * as Http from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Deferred, Effect, Exit, Layer, Scope, Stream } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { afterEach, assert, describe, it } from "vitest"
import { WebSocket, WebSocketServer } from "ws"
import * as FrontDoor from "../../src/frontdoor/FrontDoor.ts"
import { frontDoorServer } from "../../src/frontdoor/FrontDoorServer.ts"
import { ask, closeAll, container, host, listen, onClose, statesPage } from "./support.ts"

afterEach(closeAll)

/** An Effect HTTP application behind one server with the front door. */
const serve = async (upstream: number, options?: Partial<FrontDoor.FrontDoorOptions>) => {
  const scope = Scope.makeUnsafe()
  const App = HttpRouter.add("GET", "/", HttpServerResponse.text("dashboard"))
  const Server = Layer.unwrap(
    Effect.map(
      FrontDoor.make({
        resolve: (name) => (name === host ? { host: "127.0.0.1", port: upstream } : undefined),
        isPreviewHost: (name) => name.endsWith("-preview.localhost"),
        page: statesPage,
        ...options
      }),
      (door) =>
        NodeHttpServer.layer(() => frontDoorServer(door, { drain: "50 millis" }), { port: 0, host: "127.0.0.1" })
    )
  )
  const context = await Effect.runPromise(
    Layer.buildWithScope(HttpRouter.serve(App, { disableLogger: true }).pipe(Layer.provideMerge(Server)), scope)
  )
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  onClose(close)
  const address = await Effect.runPromise(
    HttpServer.HttpServer.pipe(
      Effect.map((server) => server.address),
      Effect.provideContext(context)
    )
  )
  if (address._tag === "UnixPathAddress") throw new Error(`unexpected address ${address._tag}`)
  return { port: address.port, close }
}

describe("frontDoorServer with NodeHttpServer", () => {
  it("gives preview hosts to the front door and the rest to the application", async () => {
    const { port } = await serve(await container((_request, response) => response.end("preview")))
    assert.strictEqual((await ask(port)).body, "preview")
    assert.strictEqual((await ask(port, { headers: { host: "localhost" } })).body, "dashboard")
    const states = await ask(port, { headers: { host: "pr-9-preview.localhost" } })
    assert.strictEqual(states.status, 503)
    const expecting = await ask(port, {
      method: "POST",
      headers: { expect: "100-continue", "content-length": "1" },
      body: "x"
    })
    assert.strictEqual(expecting.body, "preview")
  })

  it("passes WebSockets of previews although the application listens for upgrades as well", async () => {
    const server = Http.createServer()
    new WebSocketServer({ server }).on("connection", (socket) => socket.send("from the preview"))
    const { port } = await serve(await listen(server))
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host } })
    const [message] = await once(socket, "message")
    assert.strictEqual(String(message), "from the preview")
    socket.terminate()
  })

  it("closes the page's scope when its client leaves", async () => {
    const released = Deferred.makeUnsafe<void>()
    const { port } = await serve(await container((_request, response) => response.end()), {
      page: () =>
        Effect.succeed(
          HttpServerResponse.stream(
            Stream.make(new TextEncoder().encode("data: 1\n\n")).pipe(
              Stream.concat(Stream.never),
              Stream.ensuring(Deferred.succeed(released, undefined))
            ),
            { contentType: "text/event-stream" }
          )
        )
    })
    const request = Http.get(
      { port, host: "127.0.0.1", agent: false, path: "/__productbuilding/stream", headers: { host } },
      (response) => {
        response.on("error", () => {})
        response.once("data", () => request.destroy())
      }
    )
    request.on("error", () => {})
    await Effect.runPromise(Deferred.await(released))
  })

  it("closes in spite of open streams and WebSockets", async () => {
    const server = Http.createServer((_request, response) => void response.write("never ends"))
    new WebSocketServer({ server }).on("connection", (socket) => socket.send("open"))
    const { port, close } = await serve(await listen(server))
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host } })
    socket.on("error", () => {})
    await once(socket, "message")
    const request = Http.get({ port, host: "127.0.0.1", agent: false, headers: { host } })
    request.on("error", () => {})
    const [response] = await once(request, "response")
    response.on("error", () => {})
    const ended = once(socket, "close")
    await close()
    await ended
  })
})
