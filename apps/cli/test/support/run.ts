/** Runs a command line as the process would, and keeps what it prints. */
import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Console, Effect, Layer, Runtime, Stdio, Terminal } from "effect"
import { TerminalCapabilities } from "effect/cli"
import { runCli } from "../../src/Run.ts"

/** What a command line came to. */
export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A terminal of 80 columns instead of pipes. */
  readonly terminal?: { readonly color: boolean }
}

const unused = Effect.die("no input")

/** The process's exit code, output and errors. */
export const run = Effect.fnUntraced(function* (args: ReadonlyArray<string>, { env = {}, terminal }: RunOptions = {}) {
  const out: Array<string> = []
  const err: Array<string> = []
  const sink =
    (lines: Array<string>) =>
    (...values: ReadonlyArray<unknown>) =>
      void lines.push(values.join(" "))
  const onTerminal = terminal !== undefined
  const exit = yield* Effect.exit(
    runCli("1.2.3", args).pipe(
      Effect.provideService(Console.Console, {
        ...globalThis.console,
        log: sink(out),
        info: sink(out),
        error: sink(err),
        warn: sink(err)
      }),
      Effect.provide(
        Layer.mergeAll(
          ConfigProvider.layer(ConfigProvider.fromUnknown(env)),
          Layer.succeed(TerminalCapabilities.TerminalCapabilities, {
            canColor: terminal?.color ?? false,
            canAnimate: onTerminal,
            canPrompt: false
          }),
          Layer.succeed(
            Terminal.Terminal,
            Terminal.make({
              columns: Effect.succeed(onTerminal ? 80 : 0),
              rows: Effect.succeed(24),
              size: unused,
              readInput: unused,
              readLine: unused,
              display: () => Effect.void
            })
          ),
          Stdio.layerTest({})
        ).pipe(Layer.provideMerge(NodeServices.layer))
      )
    )
  )
  const codes: Array<number> = []
  Runtime.defaultTeardown(exit, (code) => void codes.push(code))
  return { code: codes[0] ?? -1, out: out.join("\n"), err: err.join("\n") } satisfies Outcome
})
