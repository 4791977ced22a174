/** Socket Mode: WebSockets by ticket, envelopes in turn over the open ones, acknowledgements by envelope id. */
import { randomBytes, randomUUID } from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { setTimeout as after } from "node:timers/promises"
import { type RawData, WebSocket, WebSocketServer } from "ws"
import type { SlackWorkspace } from "./state.ts"
import { compact, type Fields, fieldOf, parseJson, textOf } from "./values.ts"

/** Slack's own. https://docs.slack.dev/apis/events-api/using-socket-mode (read 2026-11-21) */
const maxSockets = 10
const ticketLifeMs = 30_000

/** Slack's clients give a connection up that brings no ping for thirty seconds. */
const pingEveryMs = 10_000
const farewellMs = 250

/** What became of one envelope. */
export type SocketOutcome =
  | { readonly _tag: "Acknowledged"; readonly payload: Fields | undefined }
  | { readonly _tag: "TimedOut" }
  | { readonly _tag: "NoSocket" }

export interface Envelope {
  readonly type: "events_api" | "interactive"
  readonly payload: Fields
  readonly accepts_response_payload: boolean
  readonly retry_attempt?: number
  readonly retry_reason?: string
}

const bytesOf = (data: RawData) =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data

export const makeSockets = (state: SlackWorkspace) => {
  const server = new WebSocketServer({ noServer: true })
  const tickets = new Map<string, number>()
  const open: Array<WebSocket> = []
  const waiting = new Map<string, (payload: Fields | undefined) => void>()
  let turn = 0
  let stopped = false
  let used = false

  const forget = (socket: WebSocket) => {
    const at = open.indexOf(socket)
    if (at >= 0) open.splice(at, 1)
  }

  const greet = (socket: WebSocket) => {
    open.push(socket)
    used = true
    const ping = () => socket.ping("Ping from applink-1")
    const pinging = setInterval(ping, pingEveryMs)
    socket.on("close", () => {
      clearInterval(pinging)
      forget(socket)
    })
    // NOTE: a broken socket is closed next, which is all that there is to do about it.
    socket.on("error", () => socket.terminate())
    socket.on("message", (data) => {
      const answer = parseJson(bytesOf(data).toString("utf8"))
      const id = textOf(fieldOf(answer, "envelope_id"))
      const payload = fieldOf(answer, "payload")
      waiting.get(id)?.(typeof payload === "object" && payload !== null ? compact({ ...payload }) : undefined)
    })
    socket.send(
      JSON.stringify({
        type: "hello",
        num_connections: open.length,
        debug_info: { host: "applink-1", build_number: 1, approximate_connection_time: 18060 },
        connection_info: { app_id: state.appId }
      })
    )
    ping()
  }

  return {
    /** Where a socket may be opened, once and soon. */
    newUrl: (): string => {
      const ticket = randomBytes(16).toString("hex")
      tickets.set(ticket, state.now() + ticketLifeMs)
      return `${state.url().replace(/^http/, "ws")}/link/?ticket=${ticket}&app_id=${state.appId}`
    },
    upgrade: (request: IncomingMessage, connection: Duplex, head: Buffer) => {
      const url = new URL(`${state.url()}${request.url ?? "/"}`)
      const ticket = url.searchParams.get("ticket") ?? ""
      const validUntilMs = tickets.get(ticket) ?? 0
      tickets.delete(ticket)
      const refuse = (line: string) => connection.end(`HTTP/1.1 ${line}\r\nconnection: close\r\n\r\n`)
      if (stopped || url.pathname !== "/link/" || validUntilMs < state.now()) return refuse("403 Forbidden")
      if (open.length >= maxSockets) return refuse("429 Too Many Requests")
      server.handleUpgrade(request, connection, head, greet)
    },
    /** Sends one envelope over the next socket, and waits for the acknowledgement. */
    send: (envelope: Envelope): Promise<SocketOutcome> => {
      const ready = open.filter(({ readyState }) => readyState === WebSocket.OPEN)
      const socket = ready[turn++ % Math.max(1, ready.length)]
      if (socket === undefined) return Promise.resolve({ _tag: "NoSocket" })
      const id = randomUUID()
      return new Promise((resolve) => {
        const end = (outcome: SocketOutcome) => {
          clearTimeout(deadline)
          socket.off("close", late)
          waiting.delete(id)
          resolve(outcome)
        }
        const late = () => end({ _tag: "TimedOut" })
        const deadline = setTimeout(late, state.ackDeadlineMs)
        socket.on("close", late)
        waiting.set(id, (payload) => end({ _tag: "Acknowledged", payload }))
        socket.send(JSON.stringify({ envelope_id: id, ...envelope }))
      })
    },
    disconnect: (reason: string) => {
      for (const socket of [...open]) {
        socket.send(JSON.stringify({ type: "disconnect", reason, debug_info: { host: "applink-1" } }))
        if (reason !== "warning") {
          forget(socket)
          socket.close(1000)
        }
      }
    },
    count: () => open.length,
    /** Whether an app has ever opened one. */
    used: () => used,
    stop: async () => {
      stopped = true
      const closing = Array.from(server.clients, (socket) => {
        const closed = new Promise((resolve) => socket.once("close", resolve))
        socket.close(1001)
        return closed
      })
      await Promise.race([Promise.all(closing), after(farewellMs, undefined, { ref: false })])
      for (const socket of server.clients) socket.terminate()
      server.close()
    }
  }
}

export type Sockets = ReturnType<typeof makeSockets>
