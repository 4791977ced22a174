/** `deliveries replay` */
import { Delivery } from "@productbuilding/core"
import { Console, Effect } from "effect"
import { findDeliveryId } from "../DeliveryReference.ts"
import { hint, printJson } from "../Output.ts"
import { Server } from "../Server.ts"

/** Handles a stored delivery again. */
export const deliveriesReplay = Effect.fnUntraced(function* (options: { readonly id: string; readonly json: boolean }) {
  const server = yield* Server
  const id = yield* findDeliveryId(options.id)
  const delivery = yield* server.call((api) => api.deliveries.replay({ params: { id } }))
  if (options.json) return yield* printJson(Delivery, delivery)
  yield* Console.log(`${delivery.id} (${delivery.event}) is handled again.`)
  yield* hint("`productbuilding deliveries list` shows what it comes to.")
})
