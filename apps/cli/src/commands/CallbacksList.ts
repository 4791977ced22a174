/** `callbacks list` */
import { CallbackEndpointStatus } from "@productbuilding/server/Api"
import { ago } from "@productbuilding/server/pages/Words"
import { Clock, DateTime, Effect, Schema } from "effect"
import { hint, printJson, printTable } from "../Output.ts"
import { Server } from "../Server.ts"

/** Shows each endpoint, what waits, and what it did not take. */
export const callbacksList = Effect.fnUntraced(function* ({ json }: { readonly json: boolean }) {
  const server = yield* Server
  const endpoints = yield* server.call((api) => api.callbacks.list())
  if (json) return yield* printJson(Schema.Array(CallbackEndpointStatus), endpoints)
  if (endpoints.length === 0) {
    return yield* hint("Nobody is called back. Name endpoints in a file, and the file in CALLBACKS_CONFIG_PATH.")
  }
  const now = yield* Clock.currentTimeMillis
  yield* printTable<CallbackEndpointStatus>(
    (colors) => [
      { title: "NAME", text: ({ name }) => name },
      {
        title: "STATE",
        text: ({ state }) => state,
        color: (text, { state }) => (state === "enabled" ? colors.good(text) : colors.bad(text))
      },
      { title: "WAITING", text: ({ waiting }) => String(waiting) },
      { title: "SENT", text: ({ sent }) => String(sent), optional: true },
      { title: "FAILED", text: ({ failed }) => String(failed) },
      { title: "LAST FAILURE", text: (row) => lastFailure(row, now), shrinkTo: 12, optional: true }
    ],
    endpoints
  )
  const disabled = endpoints.find(({ state }) => state === "disabled")
  if (disabled !== undefined) {
    yield* hint(`\n\`productbuilding callbacks enable ${disabled.name}\` sends to it again.`)
  }
})

const lastFailure = ({ failures: [last] }: CallbackEndpointStatus, now: number): string =>
  last === undefined
    ? ""
    : [last.at === null ? [] : ago(DateTime.toEpochMillis(last.at), now), last.reason ?? []].flat().join(": ")
