/** How a command ends when it does not end well. */
import { Runtime, Schema } from "effect"

/**
 * What the process ends with.
 *
 * - `0` done
 * - `1` what was asked about failed or is wrong: a mistake found, a deployment failed, a look refused
 * - `2` the command line is wrong
 * - `3` no server answers
 * - `4` there is no such thing
 * - `5` the server denies it
 */
export const exitCodes = { wrong: 1, usage: 2, unreachable: 3, notFound: 4, denied: 5 } as const

/** Ends the command. `message` is one sentence and what to do; it is empty when the output has said it all. */
export class CommandFailure extends Schema.TaggedError<CommandFailure>()("CommandFailure", {
  kind: Schema.Literals(["wrong", "usage", "unreachable", "notFound", "denied"]),
  message: Schema.String
}) {
  override get [Runtime.errorExitCode](): number {
    return exitCodes[this.kind]
  }
}

/** What was asked about is wrong, and the output has said so. */
export const saidWrong = new CommandFailure({ kind: "wrong", message: "" })
