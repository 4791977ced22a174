/** The agent, where there is somewhere to ask it or a model to think with. */
import { settingsConfig } from "@productbuilding/adapters/models/ModelSettings"
import type { Sink } from "@productbuilding/core"
import { Config, Effect, Layer, Option, Schema } from "effect"
import { Agent } from "./AgentPort.ts"
import { Slack } from "./Slack.ts"

// NOTE: without it a server would carry the agent's memory and boot time for nobody.
const loadAgent = Effect.promise(() => import("@productbuilding/agent"))
const loadRooms = Effect.promise(() => import("./AgentRooms.ts"))
const loadComments = Effect.promise(() => import("@productbuilding/adapters/github/AgentComments"))
const loadTurnComments = Effect.promise(() => import("@productbuilding/adapters/github/TurnComments"))

const isWanted = Effect.gen(function* () {
  const { workspace } = yield* Slack
  return Option.isSome(workspace) || Option.isSome(yield* settingsConfig)
})

/** As which it is mentioned on the code host: `AGENT_NAME`, by default `ProductBuilder`. */
const nameConfig = Config.schema(
  Schema.String.check(
    Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, { expected: "a name of letters, digits and dashes" })
  ),
  "AGENT_NAME"
).pipe(Config.withDefault("ProductBuilder"))

const parts = Layer.unwrap(
  Effect.gen(function* () {
    const { Budget, TurnDrafts, Turns, TurnStore, turnDraftsLayer } = yield* loadAgent
    const { workspace } = yield* Slack
    const rooms = yield* loadRooms
    return Layer.effect(
      Agent,
      Effect.gen(function* () {
        return Agent.of(
          Option.some({
            turns: yield* Turns,
            store: yield* TurnStore,
            budget: yield* Budget,
            drafts: yield* TurnDrafts
          })
        )
      })
      // NOTE: a comment on the code host is not edited while the answer is being written: only a chat shows drafts.
    ).pipe(Layer.provide(rooms.layer), Layer.provide(Option.isSome(workspace) ? turnDraftsLayer : Layer.empty))
  })
)

export const layer = Layer.unwrap(
  Effect.map(isWanted, (wanted) => (wanted ? parts : Layer.succeed(Agent, Agent.of(Option.none()))))
)

/** What its events mean to the code host. */
export const routes = Effect.gen(function* () {
  if (!(yield* isWanted)) return []
  const { route } = yield* loadTurnComments
  return [route]
})

/** What takes mentions on the code host. */
export const handlers = Effect.gen(function* () {
  const agent = yield* Agent
  if (Option.isNone(agent)) return []
  const { make } = yield* loadComments
  return [yield* make({ ...agent.value, name: yield* nameConfig })]
})

/** The code host's sink, which shows turns as well where there are any. */
export const onto = Effect.fnUntraced(function* (sink: Sink) {
  const agent = yield* Agent
  if (Option.isNone(agent)) return sink
  const { TurnStore } = yield* loadAgent
  const turnComments = yield* loadTurnComments
  return yield* turnComments
    .onto(sink, { name: yield* nameConfig })
    .pipe(Effect.provideService(TurnStore, agent.value.store))
})
