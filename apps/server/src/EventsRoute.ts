/** The whole event log for whoever follows it: as server-sent events, or over a WebSocket. */
import type { Socket as NodeSocket } from "node:net"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Event, EventFeed, eventFilter, type OperationLogError } from "@productbuilding/core"
import { Effect, Schema, Stream } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { frame, respondWithFrames } from "./EventStreams.ts"

/** One event, or a position, in the form of either transport. */
interface Frame {
  readonly sse: Uint8Array
  readonly text: string
}

const encodeEvent = Schema.encodeSync(Schema.fromJsonString(Event))
const encoder = new TextEncoder()

const encoding: EventFeed.EventEncoding<Frame> = {
  event: (event) => {
    const text = encodeEvent(event)
    return { sse: frame("event", String(event.sequence), text), text }
  },
  position: (sequence) => ({
    // NOTE: without data a browser notes the id and tells its page nothing.
    sse: encoder.encode(`: alive\nid: ${sequence}\n\n`),
    text: JSON.stringify({ type: "position", sequence })
  })
}

const parameters = ["after", "subject", "type"]

/** What the caller wants, or what is wrong with it. */
const readWish = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const query = yield* HttpServerRequest.ParsedSearchParams
  const unknown = Object.keys(query).find((name) => !parameters.includes(name))
  if (unknown !== undefined) return `There is no parameter ${unknown}. Known: ${parameters.join(", ")}.`
  const listOf = (name: string) => [query[name] ?? []].flat()
  const [given] = [headers["last-event-id"] ?? [], query["after"] ?? []].flat()
  if (given !== undefined && !/^\d{1,15}$/.test(given)) {
    return "Last-Event-ID or ?after= must be the number of the last event that you had; 0 is for all."
  }
  return {
    wants: eventFilter({ subjects: listOf("subject"), types: listOf("type") }),
    ...(given === undefined ? {} : { after: Number(given) })
  }
})

/** Browsers let pages of any site open WebSockets anywhere, and tell where the page is from. */
const isOfAnotherSite = ({ host, origin }: Readonly<Record<string, string | undefined>>) =>
  origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)

const refuse = (status: number, message: string) => HttpServerResponse.jsonUnsafe({ message }, { status })

/** Until what was written is on its way. */
const drained = (socket: NodeSocket) =>
  Effect.callback<void>((resume) => {
    const go = () => resume(Effect.void)
    socket.once("drain", go)
    return Effect.sync(() => void socket.off("drain", go))
  }).pipe(Effect.when(Effect.sync(() => socket.writableNeedDrain)))

/** Sends until either side ends; what the client sends is of no interest. */
const overWebSocket = Effect.fnUntraced(
  function* (frames: Stream.Stream<Frame, OperationLogError>, connection: NodeSocket) {
    const socket = yield* (yield* HttpServerRequest.HttpServerRequest).upgrade
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    const send = Stream.runForEach(frames, ({ text }) => Effect.andThen(write(text), drained(connection)))
    yield* Effect.raceFirst(send, Effect.forever(pull))
  },
  Effect.scoped,
  Effect.catchTag("SocketError", () => Effect.void),
  Effect.as(HttpServerResponse.empty())
)

/**
 * `GET /events`: events after `Last-Event-ID` or `?after=`, else those that come from now on, as server-sent events of
 * the name `event` with their number as id; over a WebSocket (same path) each as a text. `?subject=` (with `*`) and
 * `?type=` filter, each may be given several times. A client that takes too little is cut off and may come back.
 */
export const layer = HttpRouter.addAll(
  Effect.gen(function* () {
    const feed = yield* EventFeed.make(encoding)
    return [
      HttpRouter.route(
        "GET",
        "/events",
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const isWebSocket = request.headers["upgrade"]?.toLowerCase() === "websocket"
          if (isWebSocket && isOfAnotherSite(request.headers)) {
            return refuse(403, "Pages of other sites may not follow the events.")
          }
          const wish = yield* readWish
          if (typeof wish === "string") return refuse(400, wish)
          const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
          const frames = feed.follow({ ...wish, cut: () => void socket.destroy() })
          return isWebSocket
            ? yield* overWebSocket(frames, socket)
            : respondWithFrames(Stream.map(frames, ({ sse }) => sse))
        })
      )
    ]
  })
)
