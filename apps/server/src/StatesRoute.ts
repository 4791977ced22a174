/** What a preview's host shows while no preview answers there, and the stream that keeps it up to date. */

import type { Visit } from "@productbuilding/adapters/frontdoor/FrontDoor"
import { type Event, OperationLog } from "@productbuilding/core"
import { type Preview, PreviewStore } from "@productbuilding/preview"
import { DateTime, Effect, Option, Schema, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { frame, respondWithEvents } from "./EventStreams.ts"
import { statesPage, statesStreamPath } from "./pages/StatesPage.ts"
import { Settings } from "./Settings.ts"

const LogBundle = Schema.Struct({ stage: Schema.String, lines: Schema.Array(Schema.String) })

const linesOf = (event: Event): ReadonlyArray<string> =>
  event.type === "log"
    ? Option.match(Schema.decodeUnknownOption(LogBundle)(event.data), {
        onNone: () => [],
        onSome: ({ lines }) => lines
      })
    : []

const shownLines = 100

/** Answers in the stead of previews that do not answer. */
export const make = Effect.gen(function* () {
  const log = yield* OperationLog
  const settings = yield* Settings
  const store = yield* PreviewStore

  const recorded = (preview: Preview | null) =>
    preview === null || preview.operationId === null
      ? Effect.succeed([])
      : Effect.map(log.events(preview.operationId, 0), (events) => events.flatMap(linesOf).slice(-shownLines))

  const stream = (host: string) =>
    respondWithEvents(
      Stream.merge(
        store.changes.pipe(
          Stream.filter((preview) => preview.host === host),
          Stream.map(() => frame("preview", undefined, "{}"))
        ),
        Stream.unwrap(
          Effect.map(store.findByHost(host), (found) =>
            Option.isNone(found)
              ? Stream.empty
              : log.stream().pipe(
                  Stream.filter((event) => event.subject === found.value.id),
                  Stream.flatMap((event) => Stream.fromIterable(linesOf(event))),
                  Stream.map((line) => frame("log", undefined, JSON.stringify(line)))
                )
          )
        )
      )
    )

  return Effect.fnUntraced(
    function* (visit: Visit) {
      if (visit.path === statesStreamPath) return stream(visit.host)
      const request = yield* HttpServerRequest.HttpServerRequest
      const preview = Option.getOrNull(yield* store.findByHost(visit.host))
      const { body, headers, status } = statesPage({
        host: visit.host,
        preview,
        unreachable: visit.reason === "unreachable" ? (visit.detail ?? "no answer") : null,
        log: yield* recorded(preview),
        dashboardUrl: settings.publicUrl,
        accept: request.headers["accept"],
        now: yield* DateTime.now
      })
      return HttpServerResponse.raw(body, { status, headers })
    },
    Effect.catch((error) =>
      Effect.as(
        Effect.logError("The states page could not be made", error),
        HttpServerResponse.text("The server's database does not answer.", {
          status: 503,
          headers: { "x-productbuilding-status": "unavailable", "retry-after": "5" }
        })
      )
    )
  )
})
