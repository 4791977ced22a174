/** A vendor on loopback that answers what was recorded, and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import { Effect } from "effect"

/** One answer: a body of JSON, or the frames of a stream of events. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** Each is written when the one before it has been read, if `pace` says so. */
  readonly frames?: ReadonlyArray<string>
  /** After the frames: `end` closes the answer, `cut` the connection, `hang` neither. Default `end`. */
  readonly close?: "end" | "cut" | "hang"
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  /** The client has gone away before the answer was complete. */
  aborted: boolean
}

/** Frames of server-sent events with a name and data each. */
export const named = (...events: ReadonlyArray<readonly [name: string, data: unknown]>): ReadonlyArray<string> =>
  events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)

/** Frames of server-sent events with data alone. A text is sent as it is. */
export const unnamed = (...events: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  events.map((data) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`)

const write = async (response: ServerResponse, answer: Answer, pace: () => Promise<void>) => {
  const { frames, json, status = 200, close = "end" } = answer
  const headers = { "request-id": "req_1", "x-request-id": "req_1", ...answer.headers }
  if (frames === undefined) {
    if (close === "hang") return
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(json))
    return
  }
  response.writeHead(status, { "content-type": "text/event-stream", ...headers })
  for (const frame of frames) {
    await pace()
    response.write(frame)
  }
  if (close === "end") response.end()
  // NOTE: what was written must leave before the connection is cut.
  if (close === "cut") setTimeout(() => response.destroy(), 20)
}

/** Listens until the scope ends; the last answer is given for ever. */
export const vendor = Effect.fnUntraced(function* (answers: ReadonlyArray<Answer>, pace = () => Promise.resolve()) {
  const asked: Array<Asked> = []
  const http = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const http = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk) => chunks.push(chunk))
        request.on("end", () => {
          const text = Buffer.concat(chunks).toString()
          const one: Asked = {
            method: request.method ?? "",
            path: request.url ?? "",
            headers: request.headers,
            body: text === "" ? undefined : JSON.parse(text),
            aborted: false
          }
          asked.push(one)
          response.on("close", () => {
            one.aborted = !response.writableFinished
          })
          const answer = answers[Math.min(asked.length, answers.length) - 1]
          void write(response, answer ?? { status: 500, json: {} }, pace)
        })
      })
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
      return http
    }),
    (http) =>
      Effect.promise(async () => {
        http.closeAllConnections()
        await new Promise((resolve) => http.close(resolve))
      })
  )
  const address = http.address()
  if (address === null || typeof address === "string") return yield* Effect.die("the vendor has no port")
  return { url: `http://127.0.0.1:${address.port}`, asked }
})
