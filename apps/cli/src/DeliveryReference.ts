/** How people name a delivery on the command line: by its whole id, or by its beginning. */
import { DeliveryId } from "@productbuilding/core"
import { Effect } from "effect"
import { CommandFailure } from "./CommandFailure.ts"
import { Server } from "./Server.ts"

const searched = 500

/** The first digits of the sender's id: enough to tell deliveries apart, and what a list shows. */
export const shortDeliveryId = (id: DeliveryId): string => id.slice(id.indexOf(":") + 1).slice(0, 8)

/** Looks among the newest deliveries; an id with its source, such as `github:72d3162e-…`, is taken as it is. */
export const findDeliveryId = Effect.fnUntraced(function* (text: string) {
  if (text.includes(":")) return DeliveryId.make(text)
  const server = yield* Server
  const newest = yield* server.call((api) => api.deliveries.list({ query: { limit: searched } }))
  const [found, another] = newest.filter(({ id }) => id.slice(id.indexOf(":") + 1).startsWith(text))
  if (found === undefined) {
    return yield* new CommandFailure({
      kind: "notFound",
      message: `None of the newest ${searched} deliveries has an id that begins with ${text}. An older one needs its whole id, such as github:72d3162e-cc78-11e3-81ab-4c9367dc0958.`
    })
  }
  if (another !== undefined) {
    return yield* new CommandFailure({
      kind: "usage",
      message: `Several deliveries begin with ${text}, for example ${found.id} and ${another.id}. Write more of the id.`
    })
  }
  return found.id
})
