/** Runs a command line, and turns whatever goes wrong into one sentence on standard error and an exit code. */
import { Cause, Console, Effect, Layer, Runtime, Schema } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag, TerminalCapabilities } from "effect/cli"
import { cli } from "./Cli.ts"
import { CommandFailure, exitCodes } from "./CommandFailure.ts"
import * as HelpFormatter from "./HelpFormatter.ts"

/** The exit code that a command ended with. Never 0; what there is to say has been said. */
export class Ended extends Schema.TaggedError<Ended>()("Ended", { exitCode: Schema.Int }) {
  override get [Runtime.errorExitCode](): number {
    return this.exitCode
  }
}

/** `--no-color` must hold for help as well, which is printed while the command line is being parsed. */
const capabilities = (args: ReadonlyArray<string>) =>
  Layer.effect(
    TerminalCapabilities.TerminalCapabilities,
    Effect.map(TerminalCapabilities.TerminalCapabilities, (detected) =>
      args.includes("--no-color") ? { ...detected, canColor: false } : detected
    )
  )

/** Help that was asked for goes to standard output; a mistake is a sentence on standard error. */
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          [
            ...event.errors.map(({ message }) => message.trim()),
            `\`${event.commandPath.join(" ")} --help\` shows what is possible.`
          ].join("\n")
        )
      : CliOutput.defaultPresenter.present(event)
})

const config = CliConfig.layer({
  builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions, GlobalFlag.LogLevel]
})

/** Whether `--log-level` asks for what happens inside. The library reads it too late for what ends the command. */
const asksForMore = (args: ReadonlyArray<string>): boolean =>
  /(?:^| )--log-level[= ](?:all|trace|debug)(?: |$)/i.test(args.join(" "))

/** The last resort: a mistake of ours. */
const unexpected = (cause: Cause.Cause<unknown>, args: ReadonlyArray<string>) => {
  const error = Cause.squash(cause)
  return Console.error(
    asksForMore(args)
      ? Cause.pretty(cause)
      : `Something went wrong inside productbuilding: ${error instanceof Error ? error.message : String(error)}. With --log-level debug it shows more.`
  )
}

/** Runs the command line. Fails with `Ended` and nothing else. */
export const runCli = (version: string, args: ReadonlyArray<string>) =>
  Command.runWith(cli, { version })(args).pipe(
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const error = Cause.squash(cause)
      if (error instanceof CommandFailure) {
        const told = error.message === "" ? Effect.void : Console.error(error.message)
        return Effect.andThen(told, new Ended({ exitCode: exitCodes[error.kind] }))
      }
      if (CliError.isCliError(error)) {
        if (error._tag === "ShowHelp" && error.errors.length === 0) return Effect.void
        return Effect.fail(new Ended({ exitCode: exitCodes.usage }))
      }
      return Effect.andThen(unexpected(cause, args), new Ended({ exitCode: exitCodes.wrong }))
    }),
    Effect.provide(Layer.mergeAll(presenter, config, HelpFormatter.layer).pipe(Layer.provideMerge(capabilities(args))))
  )
