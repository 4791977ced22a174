/** How the agent works. */
import { ProjectRegistry, type RepositoryName } from "@productbuilding/core"
import { Config, Context, Duration, Effect, Layer, Option } from "effect"
import { type AgentPolicy, policyOf } from "./AgentPolicy.ts"

export class AgentSettings extends Context.Service<
  AgentSettings,
  {
    /** What a model is given to read of a conversation, besides the turn itself. In tokens. */
    readonly tokenBudget: number
    /** How long a turn may work without coming to an end. Waiting for people or for a provider does not count. */
    readonly runTimeout: Duration.Duration
    /** How long somebody may take to approve. */
    readonly approvalTime: Duration.Duration
    /** How long a turn waits for a provider that is away. */
    readonly patience: Duration.Duration
    /** The rules of a project, or of a place without one. */
    policy(repository: RepositoryName | null): AgentPolicy
  }
>()("@productbuilding/agent/AgentSettings") {
  /**
   * Reads `AGENT_TOKEN_BUDGET` (8,000 tokens), `AGENT_RUN_TIMEOUT_SECS` (120) and `AGENT_APPROVAL_TIMEOUT_SECS` (3,600). A
   * project's policy is what the `ProjectRegistry` says, where there is one, over the defaults.
   */
  static readonly layerConfig: Layer.Layer<AgentSettings, Config.ConfigError> = Layer.effect(
    AgentSettings,
    Effect.gen(function* () {
      const registry = yield* Effect.serviceOption(ProjectRegistry)
      const read = yield* Config.all({
        tokenBudget: Config.Int("AGENT_TOKEN_BUDGET").pipe(Config.withDefault(8000)),
        runTimeout: seconds("AGENT_RUN_TIMEOUT_SECS", 120),
        approvalTime: seconds("AGENT_APPROVAL_TIMEOUT_SECS", 3600)
      })
      return AgentSettings.of({
        ...read,
        patience: Duration.minutes(15),
        policy: (repository) =>
          policyOf(
            Option.getOrUndefined(
              Option.flatMap(registry, ({ find }) => (repository === null ? Option.none() : find(repository)))
            )?.agent
          )
      })
    })
  )
}

function seconds(name: string, fallback: number): Config.Config<Duration.Duration> {
  return Config.Int(name).pipe(
    Config.withDefault(fallback),
    Config.map((value) => Duration.seconds(value))
  )
}
