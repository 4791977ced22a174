/** Docker Compose as a command: version 2 as a plugin of `docker`, or version 1 as `docker-compose`. */
import { CommandFailed, EngineUnavailable, RuntimeError } from "@productbuilding/preview"
import { Effect, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import type { Launcher } from "./ComposeLauncher.ts"

/** Neither version answers. Fails the boot. */
export class ComposeMissing extends Schema.TaggedError<ComposeMissing>()("ComposeMissing", {}) {
  override get message(): string {
    return "Docker Compose was not found. Install the plugin (docker compose) or docker-compose 1.29, or set PREVIEW_RUNTIME=process."
  }
}

/** How Compose is called here. */
export interface ComposeCommand {
  readonly program: string
  readonly prefix: ReadonlyArray<string>
  readonly version: string
}

const candidates = [
  { program: "docker", prefix: ["compose"] },
  { program: "docker-compose", prefix: [] }
] as const

/** Version 2 where both are there. */
export const detectCompose: Effect.Effect<ComposeCommand, ComposeMissing, ChildProcessSpawner.ChildProcessSpawner> =
  Effect.gen(function* () {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    for (const { prefix, program } of candidates) {
      const version = yield* spawner
        .string(ChildProcess.make(program, [...prefix, "version", "--short"], { stderr: "ignore" }))
        .pipe(
          Effect.map((text) => text.trim()),
          Effect.orElseSucceed(() => "")
        )
      if (/^v?\d+\.\d+/.test(version)) return { program, prefix, version }
    }
    return yield* new ComposeMissing()
  })

/** A run of Compose for one environment. */
export interface ComposeRun {
  readonly launcher: Launcher
  readonly operation: string
  readonly environment: string
  /** A path, or `-` for a file that is given to it. */
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  /** Everything that the command sees. The server's own environment is not among it. */
  readonly env: Readonly<Record<string, string>>
  /** Replaced by `***` wherever they appear in the output. */
  readonly secrets: ReadonlyArray<string>
}

const tailLines = 40

/** `line` without the secrets. */
export const mask = (secrets: ReadonlyArray<string>, line: string): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret, "***"), line)

const engineGone =
  /Cannot connect to the Docker daemon|Couldn't connect to Docker daemon|docker daemon is not running|Is the docker daemon running|Connection aborted|error during connect/i

/**
 * Runs Compose, and gives it `text` as the file where that is `-`. What it prints is both kinds, line by line, and fails
 * with its end when the command fails. Interrupting it ends the command.
 */
export const runCompose = (run: ComposeRun, text?: string): Stream.Stream<string, RuntimeError> => {
  const { args, cwd, env, environment, file, launcher, operation, secrets } = run
  const failed = (cause: unknown) =>
    new RuntimeError({
      operation,
      environment,
      reason: new EngineUnavailable({ detail: "Compose could not be run" }),
      cause
    })
  return Stream.scoped(
    Stream.unwrap(
      Effect.gen(function* () {
        const launched = yield* Effect.mapError(
          launcher({ args: ["-p", environment, "-f", file, ...args], cwd, env, input: text }),
          failed
        )
        const tail: Array<string> = []
        const lines = launched.output.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.map((line) => mask(secrets, line)),
          Stream.tap((line) =>
            Effect.sync(() => {
              tail.push(line)
              if (tail.length > tailLines) tail.shift()
            })
          ),
          Stream.mapError(failed)
        )
        const end = Effect.gen(function* () {
          const exitCode = yield* Effect.mapError(launched.exitCode, failed)
          if (exitCode === 0) return
          const output = tail.join("\n")
          return yield* new RuntimeError({
            operation,
            environment,
            reason: engineGone.test(output)
              ? new EngineUnavailable({ detail: tail.at(-1) ?? "the daemon is gone" })
              : new CommandFailed({
                  command: `compose ${args.find((word) => /^(config|build|up)$/.test(word)) ?? ""}`,
                  exitCode,
                  output
                })
          })
        })
        return Stream.concat(lines, Stream.fromEffectDrain(end))
      })
    )
  )
}
