/** An agent of one's own, without Slack: a specialist with a tool, asked once. Wants LLM_API_KEY, and reads the other LLM_ variables. */
import { NodeCrypto, NodeRuntime } from "@effect/platform-node"
import * as AgentModels from "@productbuilding/adapters/models/AgentModels"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import {
  AgentTools,
  Asker,
  agentLayer,
  ConversationId,
  Members,
  Specialists,
  TurnStore,
  Turns
} from "@productbuilding/agent"
import { RepositoryName, SqlOperationLog } from "@productbuilding/core"
import { Console, Effect, Layer, Schedule, Schema } from "effect"
import { WorkflowEngine } from "effect/workflow"

const readStock = AgentTools.make({
  name: "read_stock",
  title: "Read the stock",
  description: "How many of an article are in the shop.",
  parameters: Schema.Struct({ article: Schema.String }),
  success: Schema.Struct({ article: Schema.String, left: Schema.Int }),
  effect: "read",
  permission: "read",
  summary: ({ article }) => `Count ${article}`,
  run: ({ article }) => Effect.succeed(AgentTools.read({ article, left: article.length }))
})
const shopkeeper = {
  name: "shopkeeper",
  chooseWhen: "Somebody asks about the shop.",
  doing: "Counting",
  instructions: "You answer questions about the shop's stock from what your tool returns.",
  tools: [readStock]
}
const asker = new Asker({ id: "terminal:you", name: "You", login: null, guest: false, sharedChannel: false })

const agent = agentLayer.pipe(
  Layer.provide(Layer.succeed(Specialists, { all: [shopkeeper], tools: shopkeeper.tools })),
  Layer.provide(Layer.succeed(Members, { permission: () => Effect.succeed("read") })),
  Layer.provide(Layer.mergeAll(AgentModels.layerConfig, SqlOperationLog.layer, WorkflowEngine.layerMemory)),
  Layer.provide(Layer.merge(Sqlite.layerMemory, NodeCrypto.layer))
)

Effect.gen(function* () {
  const turns = yield* Turns
  const store = yield* TurnStore
  const { turn } = yield* turns.say({
    conversation: ConversationId.make("terminal"),
    key: "the first message",
    asker,
    repository: RepositoryName.make("acme/shop"),
    about: null,
    text: "How many mugs are left?"
  })
  const isOver = Effect.repeat(store.get(turn.id), {
    until: ({ state }) => state === "ended",
    schedule: Schedule.spaced("100 millis")
  })
  yield* Console.log((yield* isOver).answer)
}).pipe(Effect.provide(agent), NodeRuntime.runMain)
