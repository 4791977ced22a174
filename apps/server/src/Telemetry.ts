/** Traces of the agent's work for whoever collects them. */
import { type Config, Effect, Layer, Option } from "effect"
import { settingsConfig, type TelemetryInvalid } from "./TelemetrySettings.ts"

// NOTE: where nobody collects traces, nothing of it is loaded.
const loadExport = Effect.promise(() => import("./TraceExport.ts"))

/** Exports for as long as it is there, and what is left when it ends. Where no endpoint is set it does nothing. */
export const layer: Layer.Layer<never, Config.ConfigError | TelemetryInvalid> = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* settingsConfig
    if (Option.isNone(settings)) return Layer.empty
    const { layer } = yield* loadExport
    return layer(settings.value)
  })
)
