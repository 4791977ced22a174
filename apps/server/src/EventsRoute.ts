/** The whole event log for whoever follows it: as server-sent events, or over a WebSocket. */
import { ServerResponse } from "node:http"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Event, EventFeed, eventFilter } from "@productbuilding/core"
import { Effect, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { frame, sseHeaders } from "./EventStreams.ts"
import * as WriteGuard from "./WriteGuard.ts"

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

const eventStream = "text/event-stream"

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

/** What a client has not taken may fill this; the rest stays in the log until there is room. */
const maxBytesBehind = 1024 * 1024

/** Until what was written is on its way. */
const drained = (outlet: Outlet) =>
  Effect.suspend(() =>
    outlet.writableNeedDrain
      ? Effect.callback<void>((resume) => {
          const go = () => resume(Effect.void)
          outlet.once("drain", go)
          return Effect.sync(() => void outlet.off("drain", go))
        })
      : Effect.void
  )

/** Where frames are written to: a response, or the socket below a WebSocket. */
interface Outlet {
  readonly writableLength: number
  readonly writableNeedDrain: boolean
  once(event: "drain", listener: () => void): unknown
  off(event: "drain", listener: () => void): unknown
  destroy(): unknown
}

type Wish = Pick<EventFeed.Follower<Frame>, "after" | "wants">

const followOver = (feed: EventFeed.EventFeed<Frame>, wish: Wish, outlet: Outlet, write: (frame: Frame) => void) =>
  feed
    .follow({
      ...wish,
      take: (frame) => {
        write(frame)
        return outlet.writableLength < maxBytesBehind
      },
      ready: drained(outlet)
    })
    .pipe(Effect.catchTag("FollowerTooSlow", () => Effect.sync(() => void outlet.destroy())))

/** NOTE: written without Effect's streams, which cost as much for each client and event as the writing itself. */
const overSse = Effect.fnUntraced(function* (feed: EventFeed.EventFeed<Frame>, wish: Wish) {
  const request = yield* HttpServerRequest.HttpServerRequest
  const response = NodeHttpServerRequest.toServerResponse(request)
  // NOTE: cannot happen, as `frontDoorServer` speaks HTTP/1 only.
  if (!(response instanceof ServerResponse)) return yield* Effect.die("events are served over HTTP/1")
  response.writeHead(200, { "content-type": eventStream, ...sseHeaders })
  yield* Effect.ensuring(
    followOver(feed, wish, response, ({ sse }) => void response.write(sse)),
    Effect.sync(() => response.end())
  )
  return HttpServerResponse.empty()
})

/** What the client sends is of no interest. */
const overWebSocket = Effect.fnUntraced(
  function* (feed: EventFeed.EventFeed<Frame>, wish: Wish) {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
    const upgraded = yield* request.upgrade
    const { pull } = yield* upgraded.reader
    const { write } = yield* upgraded.writer
    const send = followOver(feed, wish, socket, ({ text }) => void Effect.runSyncExit(write(text)))
    yield* Effect.raceFirst(send, Effect.forever(pull))
  },
  Effect.scoped,
  Effect.catchTag("SocketError", () => Effect.void),
  Effect.as(HttpServerResponse.empty())
)

/**
 * `GET /events`: events after `Last-Event-ID` or `?after=`, else those that come from now on, as server-sent events of
 * the name `event` with their number as id; over a WebSocket (same path) each as a text. `?subject=` (with `*`) and
 * `?type=` filter, each may be given several times. A client that takes nothing for a minute is cut off and may come back. Only
 * those who may write may follow.
 */
export const layer = HttpRouter.addAll(
  Effect.gen(function* () {
    const feed = yield* EventFeed.make(encoding)
    // NOTE: events tell what was said in private repositories.
    const check = yield* WriteGuard.makeCheck
    const handle = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const isWebSocket = request.headers["upgrade"]?.toLowerCase() === "websocket"
      if (isWebSocket && isOfAnotherSite(request.headers)) {
        return refuse(403, "Pages of other sites may not follow the events.")
      }
      yield* check
      const wish = yield* readWish
      if (typeof wish === "string") return refuse(400, wish)
      // NOTE: a router answers HEAD with what it has for GET, and this one would never end.
      if (request.method === "HEAD") {
        return HttpServerResponse.empty({ status: 200, headers: { "content-type": eventStream, ...sseHeaders } })
      }
      return yield* isWebSocket ? overWebSocket(feed, wish) : overSse(feed, wish)
    }).pipe(Effect.catchTag("WriteDenied", ({ message }) => Effect.succeed(refuse(403, message))))
    return [HttpRouter.route("GET", "/events", handle)]
  })
)
