/** Requests that are read whole, stored and acknowledged, ahead of any router: a sender that hurries is kept waiting least. */
import { Buffer } from "node:buffer"
import type * as Http from "node:http"
import { Effect, Exit } from "effect"

/** What a sender is told. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer with a text as its body, or with none. */
export const text = (status: number, body = ""): Answer => ({
  status,
  headers: {
    ...(body === "" ? {} : { "content-type": "text/plain" }),
    "content-length": String(Buffer.byteLength(body))
  },
  body
})

/** An answer with `{"message": …}` as its body. */
export const message = (status: number, words: string): Answer => {
  const body = JSON.stringify({ message: words })
  return {
    status,
    headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) },
    body
  }
}

/** What is posted to one path. */
export interface IntakeRoute<R = never> {
  /** Without a query. */
  readonly path: string
  /** A larger body is not read. */
  readonly maxBytes: number
  /** What the sender of a larger one is told, before the connection is closed. */
  readonly tooLarge: Answer
  /** Names of headers are in lower case. The body is as it came over the wire. Not interrupted when the sender leaves. */
  receive(headers: Readonly<Record<string, string | undefined>>, body: Uint8Array): Effect.Effect<Answer, never, R>
}

/** Answers `false`, and touches nothing, when the request is for none of the routes. */
export interface Intake {
  handleRequest(request: Http.IncomingMessage, response: Http.ServerResponse): boolean
}

const broken = message(500, "The server itself made a mistake here. Its log has the details for the operator.")

const send = (response: Http.ServerResponse, { body, headers, status }: Answer): void => {
  if (response.destroyed) return
  response.writeHead(status, headers)
  response.end(body)
}

/** Ends the connection with the answer: nobody reads what is left of the request. */
const refuse = (response: Http.ServerResponse, { body, headers, status }: Answer): void => {
  response.writeHead(status, { ...headers, connection: "close" })
  response.end(body)
}

/** Node joins repeated headers, but for `set-cookie`, which no request has. */
const plain = (headers: Http.IncomingHttpHeaders): Readonly<Record<string, string | undefined>> => {
  const joined: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === "string") joined[name] = value
  }
  return joined
}

/**
 * What `POST` requests to the paths of the routes are given to, for a `node:http` server's `request` and `checkContinue`
 * events. A request whose sender leaves before its end is dropped. A defect in a route is logged, and answered with 500.
 */
export const make = Effect.fnUntraced(function* <R>(
  routes: ReadonlyArray<IntakeRoute<R>>
): Effect.fn.Return<Intake, never, R> {
  const run = Effect.runForkWith(yield* Effect.context<R>())
  const byPath = new Map(routes.map((route) => [route.path, route]))

  const receive = (route: IntakeRoute<R>, request: Http.IncomingMessage, response: Http.ServerResponse) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= route.maxBytes) chunks.push(chunk)
      else if (!response.headersSent) refuse(response, route.tooLarge)
    })
    // NOTE: the sender has left; there is nobody to answer, and `end` does not come.
    request.on("error", () => chunks.splice(0))
    request.on("end", () => {
      if (response.headersSent) return
      const [first] = chunks
      const body = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
      const fiber = run(route.receive(plain(request.headers), body))
      fiber.addObserver((exit) => {
        send(response, Exit.isSuccess(exit) ? exit.value : broken)
        if (Exit.isFailure(exit)) run(Effect.logError(`A defect while ${route.path} was handled`, exit.cause))
      })
    })
  }

  return {
    handleRequest: (request, response) => {
      if (request.method !== "POST") return false
      const url = request.url ?? ""
      const query = url.indexOf("?")
      const route = byPath.get(query === -1 ? url : url.slice(0, query))
      if (route === undefined) return false
      if (Number(request.headers["content-length"] ?? 0) > route.maxBytes) refuse(response, route.tooLarge)
      else {
        if (request.headers.expect !== undefined) response.writeContinue()
        receive(route, request, response)
      }
      return true
    }
  }
})
