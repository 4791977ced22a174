/** Runs the server until it is told to stop. */
import { Effect, Layer, Logger } from "effect"
import { layer } from "./Serve.ts"
import { Settings } from "./Settings.ts"
import * as Telemetry from "./Telemetry.ts"

const ready = Layer.effectDiscard(
  Effect.gen(function* () {
    const { port, publicUrl, runtime } = yield* Settings
    yield* Effect.log(`listening on port ${port}; dashboard at ${publicUrl}/; previews run with ${runtime}`)
  })
)

const logging = Layer.unwrap(
  Effect.map(Settings, ({ environment }) =>
    Logger.layer([environment === "production" ? Logger.consoleJson : Logger.consolePretty()])
  )
).pipe(Layer.provide(Settings.layer))

/** A wrong configuration ends it with one line that names the variable, and exit code 1. */
export const run = Layer.launch(
  ready.pipe(Layer.provide(layer), Layer.provide(Telemetry.layer), Layer.provideMerge(logging))
)
