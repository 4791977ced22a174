/** `callbacks enable` */
import { CallbackEndpointStatus } from "@productbuilding/server/Api"
import { Console, Effect } from "effect"
import { hint, printJson } from "../Output.ts"
import { Server } from "../Server.ts"

/** Sends to an endpoint again that answered 410 Gone. */
export const callbacksEnable = Effect.fnUntraced(function* ({
  json,
  name
}: {
  readonly name: string
  readonly json: boolean
}) {
  const server = yield* Server
  const endpoint = yield* server.call((api) => api.callbacks.enable({ params: { name } }))
  if (json) return yield* printJson(CallbackEndpointStatus, endpoint)
  yield* Console.log(`${endpoint.name} is sent what happens from now on.`)
  yield* hint(`What it missed is not sent; read it from ${server.url}/events?after=<number>.`)
})
