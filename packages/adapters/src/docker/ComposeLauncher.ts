/** How a run of Compose is started: as a command of its own, like any other. */
import { Effect, Schema, type Scope, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"

/** What is run, and where. */
export interface Launch {
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  /** Everything that it sees. The server's own environment is not among it. */
  readonly env: Readonly<Record<string, string>>
  /** Its whole standard input. Default: none. */
  readonly input?: string | undefined
}

/** A run could not be started, or nothing is heard of it any more. */
export class LaunchFailed extends Schema.TaggedError<LaunchFailed>()("LaunchFailed", { cause: Schema.Defect() }) {}

export const launchFailed = (cause: unknown) => new LaunchFailed({ cause })

/** What was started. */
export interface Launched {
  /** Both kinds, in the order in which they came. To be read once. */
  readonly output: Stream.Stream<Uint8Array, LaunchFailed>
  /** Once it has ended. */
  readonly exitCode: Effect.Effect<number, LaunchFailed>
}

/** Starts a run. Closing the scope ends it: kindly, and for good after five seconds. */
export type Launcher = (launch: Launch) => Effect.Effect<Launched, LaunchFailed, Scope.Scope>

/** A process for each run. */
export const spawned = (
  program: string,
  prefix: ReadonlyArray<string>
): Effect.Effect<Launcher, never, ChildProcessSpawner.ChildProcessSpawner> =>
  Effect.map(
    ChildProcessSpawner.ChildProcessSpawner,
    (spawner): Launcher =>
      ({ args, cwd, env, input }) =>
        spawner
          .spawn(
            ChildProcess.make(program, [...prefix, ...args], {
              cwd,
              env: { ...env },
              extendEnv: false,
              stdin: input === undefined ? "ignore" : Stream.encodeText(Stream.make(input)),
              killSignal: "SIGTERM",
              forceKillAfter: "5 seconds"
            })
          )
          .pipe(
            Effect.map((handle) => ({
              output: Stream.mapError(handle.all, launchFailed),
              exitCode: Effect.mapError(handle.exitCode, launchFailed)
            })),
            Effect.mapError(launchFailed)
          )
  )
