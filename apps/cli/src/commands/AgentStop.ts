/** `agent stop` */
import { Turn } from "@productbuilding/agent/Turn"
import { Console, Effect } from "effect"
import { hint, printJson } from "../Output.ts"
import { Server } from "../Server.ts"
import { findTurnId, shortTurnId } from "../TurnReference.ts"

/** Stops a turn. */
export const agentStop = Effect.fnUntraced(function* (options: { readonly id: string; readonly json: boolean }) {
  const server = yield* Server
  const id = yield* findTurnId(options.id)
  const turn = yield* server.call((api) => api.agent.stop({ params: { id } }))
  if (options.json) return yield* printJson(Turn, turn)
  yield* Console.log(
    turn.state === "ended" && turn.outcome !== "stopped"
      ? `${turn.id} had ended already (${turn.outcome}).`
      : `${turn.id} is stopped: nothing is written any more that had not been started.`
  )
  yield* hint(`\`productbuilding agent show ${shortTurnId(id)}\` shows what was done before.`)
})
