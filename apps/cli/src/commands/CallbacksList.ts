/** `callbacks list` */
import { CallbackEndpointStatus } from "@productbuilding/server/Api"
import { Effect, Schema } from "effect"
import { hint, printJson, printTable } from "../Output.ts"
import { Server } from "../Server.ts"

/** Shows each endpoint, and whether it is sent anything. */
export const callbacksList = Effect.fnUntraced(function* ({ json }: { readonly json: boolean }) {
  const server = yield* Server
  const endpoints = yield* server.call((api) => api.callbacks.list())
  if (json) return yield* printJson(Schema.Array(CallbackEndpointStatus), endpoints)
  if (endpoints.length === 0) {
    return yield* hint("Nobody is called back. Name endpoints in a file, and the file in CALLBACKS_CONFIG_PATH.")
  }
  yield* printTable<CallbackEndpointStatus>(
    (colors) => [
      { title: "NAME", text: ({ name }) => name },
      {
        title: "STATE",
        text: ({ state }) => state,
        color: (text, { state }) => (state === "enabled" ? colors.good(text) : colors.bad(text))
      }
    ],
    endpoints
  )
  yield* hint("\n`productbuilding outbox` shows what waits for them, and what failed.")
  const disabled = endpoints.find(({ state }) => state === "disabled")
  if (disabled !== undefined) {
    yield* hint(`\`productbuilding callbacks enable ${disabled.name}\` sends to it again.`)
  }
})
