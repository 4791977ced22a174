/** A preview's compose file: checked, rendered by Compose, sanitised, written, and then built and started from that alone. */
import {
  CommandFailed,
  type Environment,
  Refused,
  type Runtime,
  RuntimeError,
  sanitizeCompose
} from "@productbuilding/preview"
import { Context, Effect, FileSystem, Option, Path, Redacted, Result, Schema, type Scope, Stream } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import { parse } from "yaml"
import { type ComposeCommand, type ComposeRun, runCompose } from "./ComposeCli.ts"
import { spawned } from "./ComposeLauncher.ts"
import { checkComposeSource, makeInside } from "./ComposeSource.ts"
import { graceSeconds } from "./DockerObjects.ts"
import * as ImportedCompose from "./ImportedCompose.ts"

const refused = (environment: string, problems: Refused["problems"]) =>
  new RuntimeError({ operation: "prepare", environment, reason: new Refused({ problems }) })

const plain = (variables: Environment["variables"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, typeof value === "string" ? value : Redacted.value(value)])
  )

/** What must not be shown of an environment's variables. */
export const secretsOf = (variables: Environment["variables"]): ReadonlyArray<string> =>
  Object.values(variables).flatMap((value) => {
    const text = typeof value === "string" ? "" : Redacted.value(value)
    return text.length >= 4 ? [text] : []
  })

/** Everything of a runtime that Compose does. */
export const makeComposeProject = Effect.fnUntraced(function* (options: {
  readonly command: ComposeCommand
  /** What Compose sees besides the environment's own variables. */
  readonly base: Readonly<Record<string, string>>
  readonly publish: boolean
}): Effect.fn.Return<
  Pick<Runtime["Service"], "prepare" | "build" | "start">,
  never,
  ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const { base, command, publish } = options
  const services = yield* Effect.context<ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path>()
  const fs = Context.get(services, FileSystem.FileSystem)
  const path = Context.get(services, Path.Path)
  const isVersion1 = command.program === "docker-compose"
  const launcher = isVersion1
    ? yield* ImportedCompose.launcher(command.program, base)
    : yield* spawned(command.program, command.prefix)

  const composeFile = ({ contract, sourceDirectory }: Environment) => path.join(sourceDirectory, contract.compose.file)
  const writtenFile = ({ stateDirectory }: Environment) => path.join(stateDirectory, "compose.json")
  /** Version 1 wants a regular file where it is to read nothing. */
  const emptyFile = ({ stateDirectory }: Environment) => path.join(stateDirectory, "empty.env")

  const compose = (
    environment: Environment,
    operation: string,
    file: string,
    args: ReadonlyArray<string>
  ): ComposeRun => ({
    launcher,
    operation,
    environment: environment.name,
    file,
    args,
    cwd: environment.sourceDirectory,
    env: { ...base, ...plain(environment.variables) },
    secrets: secretsOf(environment.variables)
  })

  /**
   * What Compose is told about the written file: paths are those of the original, and no `.env` of the pull request is
   * read any more: version 1 would take the engine's address from it.
   */
  const onWrittenFile = (environment: Environment, operation: string, args: ReadonlyArray<string>) =>
    compose(environment, operation, "-", [
      "--project-directory",
      path.dirname(composeFile(environment)),
      "--env-file",
      emptyFile(environment),
      ...args
    ])

  const building = (environment: Environment) =>
    // NOTE: version 1 uses the classic builder, which keeps the container of a failed step unless it is told not to.
    onWrittenFile(environment, "build", isVersion1 ? ["build", "--force-rm"] : ["build"])

  const starting = (environment: Environment) =>
    onWrittenFile(environment, "start", ["up", "-d", "--no-build", "--remove-orphans", "-t", String(graceSeconds)])

  const ownFiles = (environment: Environment) => (cause: { readonly message: string }) =>
    new RuntimeError({
      operation: "prepare",
      environment: environment.name,
      reason: new CommandFailed({ command: "writing the compose file", exitCode: 1, output: cause.message }),
      cause
    })

  const written = (environment: Environment) =>
    fs.readFileString(writtenFile(environment)).pipe(Effect.mapError(ownFiles(environment)))

  const render = Effect.fnUntraced(function* (environment: Environment) {
    const { contract, name } = environment
    const own = ownFiles(environment)
    const file = composeFile(environment)
    const text = yield* runCompose(compose(environment, "prepare", file, ["config"])).pipe(
      Stream.runCollect,
      Effect.map((lines) => lines.join("\n"))
    )
    const document = yield* Effect.try({
      try: (): unknown => parse(text, { maxAliasCount: 100 }),
      catch: (cause) =>
        new RuntimeError({
          operation: "prepare",
          environment: name,
          reason: new CommandFailed({ command: "compose config", exitCode: 0, output: "what it printed is not YAML" }),
          cause
        })
    })
    const inside = yield* makeInside(environment.sourceDirectory, path.dirname(file)).pipe(Effect.mapError(own))
    yield* Effect.forEach(pathsIn(document), inside.resolve, { discard: true })
    const sanitized = sanitizeCompose(document, {
      file: contract.compose.file,
      environment: name,
      previewId: environment.previewId,
      mainService: contract.compose.service,
      port: contract.runtime.internal_port,
      log: {
        service: contract.logging.service ?? contract.compose.service,
        source: contract.logging.type === "file" ? (contract.logging.path ?? "docker") : "docker"
      },
      variables: plain(environment.variables),
      publish,
      inside: inside.known
    })
    if (Result.isFailure(sanitized)) return yield* refused(name, sanitized.failure)
    yield* fs
      .writeFileString(writtenFile(environment), JSON.stringify(sanitized.success, null, 2), { mode: 0o600 })
      .pipe(Effect.mapError(own))
  })

  const prepare: Runtime["Service"]["prepare"] = Effect.fn("DockerRuntime.prepare")(function* (environment) {
    const own = ownFiles(environment)
    const early = yield* checkComposeSource(environment.sourceDirectory, environment.contract.compose.file).pipe(
      Effect.mapError(own)
    )
    if (early.length > 0) return yield* refused(environment.name, early)
    yield* fs
      .makeDirectory(environment.stateDirectory, { recursive: true, mode: 0o700 })
      .pipe(Effect.andThen(fs.writeFileString(emptyFile(environment), "")), Effect.mapError(own))
    yield* render(environment)
  }, Effect.provideContext(services))

  return {
    prepare,
    build: (environment) =>
      Stream.unwrap(
        Effect.map(written(environment), (file) =>
          hasBuild(file) ? runCompose(building(environment), file) : Stream.empty
        )
      ),
    start: (environment) =>
      Stream.unwrap(Effect.map(written(environment), (file) => runCompose(starting(environment), file)))
  }
})

/** Whether the written file builds anything: a run of Compose costs a third of a second. */
const hasBuild = (file: string): boolean => {
  const document: unknown = JSON.parse(file)
  return Option.match(
    Schema.decodeUnknownOption(
      Schema.Struct({
        services: Schema.Record(Schema.String, Schema.Struct({ build: Schema.optionalKey(Schema.Unknown) }))
      })
    )(document),
    { onNone: () => true, onSome: ({ services }) => Object.values(services).some(({ build }) => build !== undefined) }
  )
}

/** Every path that the resolved document names: their real places are asked for before the pure check. */
const pathsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") {
    const [first = ""] = value.split(":")
    return first === value ? [value] : [value, first]
  }
  if (Array.isArray(value)) return value.flatMap(pathsIn)
  if (typeof value !== "object" || value === null) return []
  const context = Reflect.get(value, "context")
  const dockerfile = Reflect.get(value, "dockerfile")
  return [
    ...(typeof context === "string" && typeof dockerfile === "string" && !dockerfile.startsWith("/")
      ? [`${context}/${dockerfile}`]
      : []),
    ...Object.values(value).flatMap(pathsIn)
  ]
}
