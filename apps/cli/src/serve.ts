/** `productbuilding serve`: the server, configured by the environment alone. */
import { run } from "@productbuilding/server/Run"
import { Cause, ConfigProvider, Effect } from "effect"
import { CommandFailure } from "./CommandFailure.ts"

/** Runs until it is told to stop. A wrong configuration ends it with one line that names the variable. */
export const serve = (options: { readonly port: number | undefined }) =>
  run.pipe(
    Effect.provide(
      ConfigProvider.layerAdd(
        ConfigProvider.fromUnknown(options.port === undefined ? {} : { PORT: String(options.port) }),
        { asPrimary: true }
      )
    ),
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const error = Cause.squash(cause)
      const inUse = error instanceof Error && /EADDRINUSE/.test(String(error.cause))
      return Effect.fail(
        new CommandFailure({
          kind: "wrong",
          message: inUse
            ? "The port is taken. Set PORT, or use --port, to listen on another."
            : error instanceof Error
              ? error.message
              : String(error)
        })
      )
    })
  )
