/** The callbacks file, read as the server reads it. */
import { settingsConfig } from "@productbuilding/adapters/callbacks/CallbackSettings"
import { Config, Effect, type FileSystem, Option, Result } from "effect"
import { describeConfigError } from "../ConfigMessage.ts"
import { type Check, error, ok } from "./Finding.ts"

/** Nothing where nobody is called back. */
export const callbacksCheck: Effect.Effect<ReadonlyArray<Check<FileSystem.FileSystem>>> = Effect.map(
  Effect.orElseSucceed(Config.option(Config.NonEmptyString("CALLBACKS_CONFIG_PATH")), () => Option.none<string>()),
  Option.match({ onNone: () => [], onSome: () => [check] })
)

const check: Check<FileSystem.FileSystem> = {
  name: "Callbacks",
  look: Effect.map(Effect.result(settingsConfig), (read) => {
    if (Result.isSuccess(read)) {
      const { length } = read.success.endpoints
      return [ok(length === 1 ? "One endpoint is called back." : `${length} endpoints are called back.`)]
    }
    return read.failure._tag === "ConfigError"
      ? [error(describeConfigError(read.failure), "Correct the variable that it names.")]
      : read.failure.problems.map((problem) => error(problem, "Correct it, and start the server again."))
  })
}
