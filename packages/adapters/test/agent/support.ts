/** The whole agent on a real store, with the sandbox's model behind a vendor's own SDK. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { NodeCrypto, NodeServices } from "@effect/platform-node"
import {
  type AgentPolicy,
  AgentSettings,
  type Asked,
  Asker,
  type Budget,
  type BudgetLimits,
  ConversationId,
  SqlBudget,
  SqlTurnStore,
  specialistsLayer,
  type Turn,
  TurnStore,
  turnRunLayer,
  turnsLayer
} from "@productbuilding/agent"
import { SqlOperationLog, SqlResourceLedger } from "@productbuilding/core"
import { startModelSandbox } from "@productbuilding/sandbox"
import { ConfigProvider, Duration, Effect, Layer, Schedule } from "effect"
import type { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { WorkflowEngine } from "effect/workflow"
import { quickFolder } from "../../../../test/support/quickFolder.ts"
import * as AgentModels from "../../src/models/AgentModels.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"
import { type makeOutsideWorld, shop } from "./OutsideWorld.ts"

export { random } from "../../../../test/support/random.ts"

export const ada = new Asker({ id: "slack:T:ADA", name: "Ada", login: "ada", guest: false, sharedChannel: false })

export const sandboxModel = Effect.acquireRelease(
  Effect.promise(() => startModelSandbox({ maxCalls: 10_000 })),
  (sandbox) => Effect.promise(() => sandbox.stop())
)

const none = { tokens: null, microDollars: null }

export const unlimited: BudgetLimits = {
  turn: { modelCalls: 12, toolCalls: 60, tokens: 10_000_000, microDollars: null },
  daily: { user: none, channel: none, project: none, everybody: none }
}

/** In a file, which outlives the layer. */
export const database = (file: string) => Layer.orDie(Sqlite.layer(file).pipe(Layer.provide(NodeServices.layer)))

export const models = (environment: Readonly<Record<string, string>>) =>
  AgentModels.layerConfig.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment))))

export const agent = (options: {
  readonly world: Pick<ReturnType<typeof makeOutsideWorld>, "layer">
  readonly models: ReturnType<typeof models>
  readonly policy: AgentPolicy
  readonly limits?: BudgetLimits
  readonly budget?: Layer.Layer<Budget>
  readonly database?: Layer.Layer<SqlClient.SqlClient>
  readonly specialists?: typeof specialistsLayer
}) =>
  turnsLayer.pipe(
    Layer.provideMerge(turnRunLayer),
    Layer.provideMerge(
      Layer.mergeAll(options.specialists ?? specialistsLayer, options.models, WorkflowEngine.layerMemory)
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.succeed(
          AgentSettings,
          AgentSettings.of({
            tokenBudget: 8000,
            runTimeout: Duration.seconds(60),
            approvalTime: Duration.hours(1),
            patience: Duration.minutes(15),
            policy: () => options.policy
          })
        ),
        SqlTurnStore.layer,
        options.budget ?? SqlBudget.layer(options.limits ?? unlimited)
      )
    ),
    Layer.provideMerge(Layer.mergeAll(SqlOperationLog.layer, SqlResourceLedger.layer, options.world.layer)),
    Layer.provideMerge(Layer.merge(options.database ?? Sqlite.layerMemory, NodeCrypto.layer))
  )

let asked = 0
export const ask = (text: string, options: Partial<Asked> = {}): Asked => ({
  conversation: ConversationId.make(`slack:T:C:${asked + 1}`),
  key: `message ${++asked}`,
  asker: ada,
  repository: shop,
  about: null,
  text,
  ...options
})

/** Until it has ended or waits for somebody, by the machine's clock. */
export const settled = (turn: Turn) =>
  Effect.gen(function* () {
    const store = yield* TurnStore
    return yield* store.get(turn.id).pipe(
      Effect.repeat({
        until: ({ state }) => state === "ended" || state === "waiting",
        schedule: Schedule.spaced("4 millis")
      })
    )
  })

/** As `settled`, by a test's clock. */
export const settledInTest = (turn: Turn) =>
  Effect.gen(function* () {
    const store = yield* TurnStore
    return yield* store.get(turn.id).pipe(
      Effect.tap(() => TestClock.adjust("1 second")),
      Effect.repeat({ until: ({ state }) => state === "ended" || state === "waiting", schedule: Schedule.recurs(2000) })
    )
  })

/** In a folder of its own, removed at the end of the scope. */
export const temporaryFile = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => quickFolder("pb-agent-")),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => join(folder, "agent.db")
)
