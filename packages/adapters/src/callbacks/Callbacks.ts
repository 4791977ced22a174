/** The callbacks of a server, if any are configured. */
import type { EventRoute, ResourceLedger, Sink } from "@productbuilding/core"
import { Config, Context, Effect, type FileSystem, Layer, Option } from "effect"
import type { CryptoError, Mac } from "effect/crypto"
import type { CallbackEndpoint, CallbacksFileError } from "./CallbackSettings.ts"

// NOTE: loaded only where there is somebody to call.
const loadClient = Effect.promise(() => import("./CallbackClient.ts"))
const loadSettings = Effect.promise(() => import("./CallbackSettings.ts"))
const loadSink = Effect.promise(() => import("./CallbackSink.ts"))

/** What events mean to the endpoints, and the sinks that tell them. */
export class Callbacks extends Context.Service<
  Callbacks,
  {
    /** In the file's order. */
    readonly endpoints: ReadonlyArray<CallbackEndpoint>
    readonly routes: ReadonlyArray<EventRoute>
    /** One for each endpoint, over one client that is closed with the layer. */
    readonly sinks: Effect.Effect<ReadonlyArray<Sink>, CryptoError.CryptoError, Mac.Mac | ResourceLedger>
  }
>()("@productbuilding/adapters/Callbacks") {
  /** Reads the variables of `CallbackSettings.settingsConfig`. Without `CALLBACKS_CONFIG_PATH` there is nothing. */
  static readonly layer: Layer.Layer<Callbacks, CallbacksFileError | Config.ConfigError, FileSystem.FileSystem> =
    Layer.effect(
      Callbacks,
      Effect.gen(function* () {
        const path = yield* Config.option(Config.NonEmptyString("CALLBACKS_CONFIG_PATH"))
        if (Option.isNone(path)) return Callbacks.of({ endpoints: [], routes: [], sinks: Effect.succeed([]) })
        const { settingsConfig } = yield* loadSettings
        const { allowPrivate, endpoints } = yield* settingsConfig
        const { make, route } = yield* loadSink
        const { make: makeClient } = yield* loadClient
        const client = yield* makeClient({ allowPrivate })
        return Callbacks.of({
          endpoints,
          routes: endpoints.map(route),
          sinks: Effect.forEach(endpoints, (endpoint) => make(endpoint, client))
        })
      })
    )
}
