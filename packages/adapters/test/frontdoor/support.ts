/** Servers on loopback for the front door's tests; everything that was opened is closed by `closeAll`. */
import * as Http from "node:http"
import * as Net from "node:net"
import { Effect, Exit, Scope } from "effect"
import { HttpServerResponse } from "effect/http"
import * as FrontDoor from "../../src/frontdoor/FrontDoor.ts"
import { frontDoorServer } from "../../src/frontdoor/FrontDoorServer.ts"

export const host = "pr-1-preview.localhost"

const closers: Array<() => Promise<unknown>> = []

export const closeAll = async () => {
  for (const close of closers.splice(0).reverse()) await close()
}

export const onClose = (close: () => Promise<unknown>) => void closers.push(close)

export const listen = async (server: Net.Server): Promise<number> => {
  const sockets = new Set<Net.Socket>()
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onClose(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return portOf(server)
}

export const portOf = (server: Net.Server): number => {
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the server does not listen on a port")
  return address.port
}

/** A port on which nobody listens. */
export const deadPort = async (): Promise<number> => {
  const server = Net.createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A container that speaks HTTP. */
export const container = (handler: Http.RequestListener): Promise<number> => listen(Http.createServer(handler))

/** A container that speaks whatever it likes: called with each connection's first bytes. */
export const rawContainer = (
  answer: (socket: Net.Socket, first: Buffer, connection: number) => void
): Promise<number> => {
  let connections = 0
  return listen(
    Net.createServer((socket) => {
      const connection = ++connections
      socket.on("error", () => socket.destroy())
      socket.on("data", (bytes) => answer(socket, bytes, connection))
    })
  )
}

export const statesPage: FrontDoor.FrontDoorOptions["page"] = (visit) =>
  Effect.succeed(
    HttpServerResponse.text(JSON.stringify(visit), {
      status: 503,
      headers: { "retry-after": "2", "x-productbuilding-status": "unreachable" }
    })
  )

/** A front door whose only preview host leads to `port`; everything else answers "app". Answers with the door's port. */
export const openDoor = async (
  port: number | undefined,
  options?: Partial<FrontDoor.FrontDoorOptions>
): Promise<number> => {
  const scope = Scope.makeUnsafe()
  onClose(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  const door = await Effect.runPromise(
    FrontDoor.make({
      resolve: (name) => (name === host && port !== undefined ? { host: "127.0.0.1", port } : undefined),
      isPreviewHost: (name) => /^pr-\d+-preview\.localhost$/.test(name),
      page: statesPage,
      ...options
    }).pipe(Scope.provide(scope))
  )
  const server = frontDoorServer(door)
  server.on("request", (_request, response) => response.end("app"))
  return listen(server)
}

export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly rawHeaders: ReadonlyArray<string>
  readonly body: string
}

/** One request to the preview host. Fails when the answer breaks off. */
export const ask = (
  port: number,
  options: Http.RequestOptions & { readonly body?: string | Buffer } = {}
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = Http.request(
      { port, host: "127.0.0.1", agent: false, ...options, headers: { host, ...options.headers } },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", reject)
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(chunks).toString()
          })
        )
      }
    )
    request.on("error", reject)
    request.end(options.body)
  })

/** Writes bytes and answers with everything that comes back until the other side ends. */
export const sendRaw = (port: number, bytes: string, options?: { readonly halfClose: boolean }): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = Net.connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
    })
    socket.on("error", reject)
    socket.on("end", () => {
      socket.end()
      resolve(text)
    })
    if (options?.halfClose === true) socket.end(bytes)
    else socket.write(bytes)
  })
