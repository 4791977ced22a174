/** `preview render` */
import { Console, Effect, Schema } from "effect"
import { stringify } from "yaml"
import { checkoutRoot, renderCompose, requireContract } from "../Checkout.ts"
import { CommandFailure } from "../CommandFailure.ts"
import { describeConfigError } from "../ConfigMessage.ts"
import { hint } from "../Output.ts"

/** Prints the compose file as the server would run it. */
export const previewRender = Effect.fnUntraced(function* (options: {
  readonly path: string
  readonly pr: number
  readonly json: boolean
}) {
  const root = yield* checkoutRoot(options.path)
  const contract = yield* requireContract(root)
  const wrong = (message: string) => new CommandFailure({ kind: "wrong", message })
  const text = yield* renderCompose({ root, contract, pullRequest: options.pr }).pipe(
    Effect.catchTags({
      ComposeMissing: (error) => wrong(error.message),
      PlatformError: (error) => wrong(`${root} cannot be read: ${error.message}`),
      ConfigError: (error) => wrong(describeConfigError(error)),
      RuntimeError: ({ reason }) =>
        wrong(
          reason._tag === "CommandFailed"
            ? `Compose cannot read ${contract.compose.file}:\n${reason.output}`
            : reason._tag === "Refused"
              ? `${contract.compose.file} is refused. \`productbuilding preview lint\` says why.`
              : `Compose could not resolve it: ${reason._tag === "Missing" ? `${reason.what} is missing` : reason.detail}.`
        )
    })
  )
  if (options.json) return yield* Console.log(text)
  // The text is what the adapter has just written as JSON.
  const document = yield* Effect.orDie(Schema.decodeEffect(Schema.fromJsonString(Schema.Json))(text))
  yield* Console.log(stringify(document, { lineWidth: 0 }).trimEnd())
  yield* hint("\nWithout the project's secrets, which only the server knows.")
})
