/** The agent, where there is somewhere to ask it or a model to think with. */
import { settingsConfig } from "@productbuilding/adapters/models/ModelSettings"
import { Effect, Layer, Option } from "effect"
import { Agent } from "./AgentPort.ts"
import { Slack } from "./Slack.ts"

// NOTE: without it a server would carry the agent's memory and boot time for nobody.
const loadAgent = Effect.promise(() => import("@productbuilding/agent"))
const loadRooms = Effect.promise(() => import("./AgentRooms.ts"))

const parts = Layer.unwrap(
  Effect.gen(function* () {
    const { Budget, Turns, TurnStore } = yield* loadAgent
    const rooms = yield* loadRooms
    return Layer.effect(
      Agent,
      Effect.gen(function* () {
        return Agent.of(Option.some({ turns: yield* Turns, store: yield* TurnStore, budget: yield* Budget }))
      })
    ).pipe(Layer.provide(rooms.layer))
  })
)

export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const { workspace } = yield* Slack
    const models = yield* settingsConfig
    return Option.isSome(workspace) || Option.isSome(models) ? parts : Layer.succeed(Agent, Agent.of(Option.none()))
  })
)
