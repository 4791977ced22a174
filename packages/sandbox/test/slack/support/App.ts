/** The app's end: a server that remembers what came, and answers as it is told to. */
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The JSON; of an interaction that of its form. */
  readonly payload: Readonly<Record<string, unknown>>
}

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Never answers. */
  readonly silent?: boolean
}

export const field = (value: unknown, ...names: ReadonlyArray<string>): unknown =>
  names.reduce<unknown>(
    (found, name) => (typeof found === "object" && found !== null ? Reflect.get(found, name) : undefined),
    value
  )

/** Echoes challenges, and answers everything else as `reply` says. */
export const startApp = async (reply: (received: Received) => Reply = () => ({})) => {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => void chunks.push(chunk))
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8")
      const payload = JSON.parse(new URLSearchParams(body).get("payload") ?? body)
      if (payload.type === "url_verification") return response.end(JSON.stringify({ challenge: payload.challenge }))
      const one = { headers: request.headers, body, payload }
      received.push(one)
      const { body: answer = "", headers = {}, silent = false, status = 200 } = reply(one)
      if (!silent) response.writeHead(status, headers).end(answer)
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the app listens on no port")
  return {
    url: `http://127.0.0.1:${address.port}/slack/events`,
    received,
    stop: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
