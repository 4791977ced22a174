/** Server-sent events: previews as they change, and one operation's events. */
import { Event, OperationId, OperationLog } from "@productbuilding/core"
import { Preview, PreviewStore } from "@productbuilding/preview"
import { Effect, Schedule, Schema, Stream } from "effect"
import { Sse } from "effect/encoding"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { AgentReport } from "./AgentReport.ts"
import { getPublic } from "./ApiHandlers.ts"
import { OutboxReport } from "./OutboxReport.ts"

const encoder = new TextEncoder()

/** One event as it goes over the wire. */
export const frame = (event: string, id: string | undefined, data: string) =>
  encoder.encode(Sse.encoder.write({ _tag: "Event", event, id, data }))

/**
 * Proxies cut silent connections; a comment line every 15 seconds keeps them, and browsers ignore it. The first comes at
 * once, because a response begins with its first byte, and before that a browser does not call it open.
 */
const heartbeat = Stream.concat(Stream.succeed(0), Stream.fromSchedule(Schedule.spaced("15 seconds"))).pipe(
  Stream.map(() => encoder.encode(": alive\n\n"))
)

/** Neither a browser nor a proxy may keep any of it back. */
export const sseHeaders = { "cache-control": "no-store", "x-accel-buffering": "no" } as const

/** A response of events that stays open. */
export const respondWithEvents = <E>(frames: Stream.Stream<Uint8Array, E>) =>
  HttpServerResponse.stream(Stream.merge(frames, heartbeat, { haltStrategy: "left" }), {
    contentType: "text/event-stream",
    headers: sseHeaders
  })

const encodePreview = Schema.encodeSync(Schema.fromJsonString(Preview))
const encodeEvent = Schema.encodeSync(Schema.fromJsonString(Event))

const lastEventId = Effect.map(HttpServerRequest.HttpServerRequest, (request) => {
  const sequence = Number(request.headers["last-event-id"])
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : 0
})

const previews = Effect.gen(function* () {
  const store = yield* PreviewStore
  const agent = yield* AgentReport
  const report = yield* OutboxReport
  // NOTE: a row is the whole truth about its preview, so a client that comes back is served by the newest rows.
  const rows = Stream.merge(store.changes, Stream.fromIterableEffect(store.list({ deleted: true }))).pipe(
    Stream.map((preview) => frame("preview", `${preview.id}@${preview.version}`, encodePreview(preview)))
  )
  const changes = Stream.map(report.changes, () => frame("outbox", undefined, "{}"))
  // NOTE: whoever may see the page may see this; what changed is only for those who may read turns.
  const turns = Stream.map(agent.changes, () => frame("turn", undefined, "{}"))
  return HttpRouter.route(
    "GET",
    "/previews/stream",
    respondWithEvents(Stream.mergeAll([rows, changes, turns], { concurrency: "unbounded" }))
  )
})

const operations = Effect.gen(function* () {
  const log = yield* OperationLog
  return HttpRouter.route(
    "GET",
    "/operations/:id/stream",
    Effect.gen(function* () {
      const { id } = yield* HttpRouter.schemaPathParams(Schema.Struct({ id: OperationId }))
      const after = yield* lastEventId
      const { status } = yield* getPublic(log, id)
      const events =
        status === "running"
          ? log.stream({ after }).pipe(
              Stream.filter((event) => event.operationId === id),
              Stream.takeUntil((event) => event.type === "end")
            )
          : Stream.fromIterableEffect(log.events(id, after))
      return respondWithEvents(
        Stream.map(events, (event) => frame("event", String(event.sequence), encodeEvent(event)))
      )
    }).pipe(
      Effect.catchTag("OperationNotFound", ({ id }) =>
        Effect.succeed(HttpServerResponse.jsonUnsafe({ _tag: "OperationNotFound", id }, { status: 404 }))
      )
    )
  )
})

/**
 * `GET /previews/stream`: every preview as it is, then each change, as event `preview`, and the event
 * `outbox` whenever what the outbox reports is different now, and `turn` whenever a turn of the agent is. `GET /operations/{id}/stream`:
 * the operation's events from the start or after `Last-Event-ID`, as event `event`; the last one has the type `end`.
 */
export const layer = HttpRouter.addAll(Effect.all([previews, operations]))
