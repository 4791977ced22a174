/** The configured models for the agent: who answers, and what it costs. */
import { AgentModel } from "@productbuilding/agent"
import { type Config, Effect, Layer, Option, Stream } from "effect"
import { AiError, LanguageModel } from "effect/ai"
import * as LanguageModels from "./LanguageModels.ts"
import { dearest, mostOf } from "./ModelPrices.ts"
import { type ModelSettingsInvalid, settingsConfig } from "./ModelSettings.ts"

const onModels: Layer.Layer<AgentModel, never, LanguageModels.LanguageModels> = Layer.effect(
  AgentModel,
  Effect.map(LanguageModels.LanguageModels, ({ answeredBy, costOf, primary }) =>
    AgentModel.of({
      price: (count) => Option.getOrUndefined(Option.map(primary.price, (price) => mostOf(price, count))),
      dearest: (count) => mostOf(dearest, count),
      answered: (parts) => {
        const { model, provider } = Option.getOrElse(answeredBy(parts), () => primary)
        return { provider, model, microDollars: Option.getOrUndefined(costOf(parts)) }
      }
    })
  )
)

const missing = AiError.make({
  module: "LanguageModels",
  method: "settingsConfig",
  reason: new AiError.AuthenticationError({ kind: "MissingKey" })
})

/** Where no model is configured each call fails with an `AuthenticationError` of the kind `MissingKey`. */
const layerMissing: Layer.Layer<AgentModel | LanguageModel.LanguageModel> = Layer.merge(
  Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({ generateText: () => Effect.fail(missing), streamText: () => Stream.fail(missing) })
  ),
  Layer.succeed(
    AgentModel,
    AgentModel.of({
      price: () => undefined,
      dearest: () => 0,
      answered: () => ({ provider: "none", model: "none", microDollars: undefined })
    })
  )
)

/** Reads the variables of `ModelSettings.settingsConfig`. Without a model the agent can only say so. */
export const layerConfig: Layer.Layer<
  AgentModel | LanguageModel.LanguageModel,
  Config.ConfigError | ModelSettingsInvalid
> = Layer.unwrap(
  Effect.map(settingsConfig, (settings) =>
    Option.isNone(settings) ? layerMissing : onModels.pipe(Layer.provideMerge(LanguageModels.layer(settings.value)))
  )
)
