/** The agent in one layer, for bots that need no more than one. */
import type { OperationLog } from "@productbuilding/core"
import { type Config, Effect, Layer } from "effect"
import type { LanguageModel } from "effect/ai"
import type { Digest, SecureRandom } from "effect/crypto"
import type { Migrator, SqlClient, SqlError } from "effect/sql"
import type { WorkflowEngine } from "effect/workflow"
import type { AgentModel } from "./AgentModel.ts"
import { AgentSettings } from "./AgentSettings.ts"
import { type Budget, limitsConfig } from "./Budget.ts"
import type { Members } from "./Members.ts"
import type { Specialists } from "./Specialists.ts"
import * as SqlBudget from "./SqlBudget.ts"
import * as SqlTurnStore from "./SqlTurnStore.ts"
import * as TurnRun from "./TurnRun.ts"
import type { TurnStore } from "./TurnStore.ts"
import * as Turns from "./Turns.ts"

/**
 * Turns, their record and their budgets, on a bot's own model, specialists, database and workflow engine. Turns that were
 * open when the process ended go on. Reads the variables of `AgentSettings.layerConfig` and `limitsConfig`.
 */
export const layerConfig: Layer.Layer<
  Turns.Turns | TurnStore | Budget,
  Config.ConfigError | Migrator.MigrationError | SqlError.SqlError,
  | AgentModel
  | Digest.Digest
  | LanguageModel.LanguageModel
  | Members
  | OperationLog
  | SecureRandom.SecureRandom
  | Specialists
  | SqlClient.SqlClient
  | WorkflowEngine.WorkflowEngine
> = Turns.layer.pipe(
  Layer.provide(TurnRun.layer),
  Layer.provide(AgentSettings.layerConfig),
  Layer.provideMerge(
    Layer.merge(SqlTurnStore.layer, Layer.unwrap(Effect.map(limitsConfig, (limits) => SqlBudget.layer(limits))))
  )
)
