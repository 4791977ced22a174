/** How people name a turn on the command line: by its whole id, or by its end. */
import { TurnId } from "@productbuilding/agent/Turn"
import { Effect } from "effect"
import { CommandFailure } from "./CommandFailure.ts"
import { Server } from "./Server.ts"

const searched = 200

const whole = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Ids begin with the time, so their ends tell them apart; what a list shows. */
export const shortTurnId = (id: string): string => id.slice(-8)

/** Looks among the newest turns; a whole id is taken as it is. */
export const findTurnId = Effect.fnUntraced(function* (text: string) {
  if (whole.test(text)) return TurnId.make(text.toLowerCase())
  const server = yield* Server
  const newest = yield* server.call((api) => api.agent.turns({ query: { limit: searched } }))
  const [found, another] = newest.filter(({ turn }) => turn.id.endsWith(text.toLowerCase()))
  if (found === undefined) {
    return yield* new CommandFailure({
      kind: "notFound",
      message: `None of the newest ${searched} turns has an id that ends with ${text}. An older one needs its whole id; \`productbuilding agent list\` shows the newest.`
    })
  }
  if (another !== undefined) {
    return yield* new CommandFailure({
      kind: "usage",
      message: `Several turns end with ${text}, for example ${found.turn.id} and ${another.turn.id}. Write more of the id.`
    })
  }
  return found.turn.id
})
