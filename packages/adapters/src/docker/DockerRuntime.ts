/** The `Runtime` on a Docker engine: Compose builds and starts; everything else asks the engine itself. */
import { readFileSync } from "node:fs"
import {
  CommandFailed,
  type Endpoint,
  type Environment,
  type EnvironmentName,
  type LogOptions,
  labels,
  Missing,
  Refused,
  Runtime,
  RuntimeError,
  ServiceStatus,
  sanitizeCompose
} from "@productbuilding/preview"
import type Docker from "dockerode"
import { Config, Context, Effect, FileSystem, Layer, Option, Path, Redacted, Result, Schema, Stream } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import { parse } from "yaml"
import { type ComposeCommand, type ComposeMissing, detectCompose, runCompose } from "./ComposeCli.ts"
import { checkComposeSource, makeInside } from "./ComposeSource.ts"
import { callEngine, connect } from "./DockerEngine.ts"
import { graceSeconds, makeObjects } from "./DockerObjects.ts"
import { makeUnframe } from "./Frames.ts"
import { listeningIn } from "./Listening.ts"

export interface DockerRuntimeOptions {
  /** As in `DOCKER_HOST`; without it the default socket. */
  readonly dockerHost?: string
  /** Containers have no address that this machine can reach (Docker Desktop): use a loopback port. */
  readonly publish: boolean
}

const composeService = "com.docker.compose.service"

const tailLines = 40

const refused = (environment: string, problems: Refused["problems"]) =>
  new RuntimeError({ operation: "prepare", environment, reason: new Refused({ problems }) })

/** The server's own variables that Compose needs; nothing else of ours is visible to a compose file. */
const passedOn = [
  "PATH",
  "HOME",
  "DOCKER_HOST",
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
  "DOCKER_CONTEXT",
  "XDG_RUNTIME_DIR"
]

const plain = (variables: Environment["variables"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, typeof value === "string" ? value : Redacted.value(value)])
  )

const secretsOf = (variables: Environment["variables"]): ReadonlyArray<string> =>
  Object.values(variables).flatMap((value) => {
    const text = typeof value === "string" ? "" : Redacted.value(value)
    return text.length >= 4 ? [text] : []
  })

const mask = (secrets: ReadonlyArray<string>, line: string) =>
  secrets.reduce((text, one) => text.replaceAll(one, "***"), line)

/** A runtime over a connected engine. */
export const make = Effect.fnUntraced(function* (
  options: DockerRuntimeOptions
): Effect.fn.Return<
  Runtime["Service"],
  ComposeMissing,
  ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path
> {
  const services = yield* Effect.context<ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path>()
  const fs = Context.get(services, FileSystem.FileSystem)
  const path = Context.get(services, Path.Path)
  const command: ComposeCommand = yield* detectCompose
  const docker = connect(options.dockerHost)
  const objects = makeObjects(docker)

  const base: Record<string, string> = { COMPOSE_ANSI: "never", BUILDKIT_PROGRESS: "plain" }
  for (const name of passedOn) {
    const value = yield* Effect.orElseSucceed(Config.String(name), () => undefined)
    if (value !== undefined) base[name] = value
  }
  if (options.dockerHost !== undefined) base["DOCKER_HOST"] = options.dockerHost

  /** Version 1 wants a regular file where it is to read nothing. */
  const emptyFile = (environment: Environment) => path.join(environment.stateDirectory, "empty.env")

  /**
   * What Compose is told about the written file: paths are those of the original, and no `.env` of the pull request is
   * read any more: version 1 would take the engine's address from it.
   */
  const onWrittenFile = (environment: Environment, operation: string, args: ReadonlyArray<string>) =>
    compose(environment, operation, writtenFile(environment), [
      "--project-directory",
      path.dirname(path.join(environment.sourceDirectory, environment.contract.compose.file)),
      "--env-file",
      emptyFile(environment),
      ...args
    ])

  // NOTE: version 1 uses the classic builder, which keeps the container of a failed step unless it is told not to.
  const buildArgs = command.program === "docker-compose" ? ["build", "--force-rm"] : ["build"]

  const writtenFile = (environment: Environment) => path.join(environment.stateDirectory, "compose.json")

  const compose = (environment: Environment, operation: string, file: string, args: ReadonlyArray<string>) =>
    runCompose({
      command,
      operation,
      environment: environment.name,
      file,
      args,
      cwd: environment.sourceDirectory,
      env: { ...base, ...plain(environment.variables) },
      secrets: secretsOf(environment.variables)
    }).pipe(Stream.provideContext(services))

  const ownFiles = (environment: Environment) => (cause: { readonly message: string }) =>
    new RuntimeError({
      operation: "prepare",
      environment: environment.name,
      reason: new CommandFailed({ command: "writing the compose file", exitCode: 1, output: cause.message }),
      cause
    })

  const prepare: Runtime["Service"]["prepare"] = Effect.fn("DockerRuntime.prepare")(function* (environment) {
    const { contract, name } = environment
    const own = ownFiles(environment)
    const early = yield* checkComposeSource(environment.sourceDirectory, contract.compose.file).pipe(
      Effect.mapError(own)
    )
    if (early.length > 0) return yield* refused(name, early)
    const file = path.join(environment.sourceDirectory, contract.compose.file)
    const text = yield* Stream.runCollect(compose(environment, "prepare", file, ["config"])).pipe(
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
      publish: options.publish,
      inside: inside.known
    })
    if (Result.isFailure(sanitized)) return yield* refused(name, sanitized.failure)
    yield* fs
      .makeDirectory(environment.stateDirectory, { recursive: true, mode: 0o700 })
      .pipe(
        Effect.andThen(fs.writeFileString(emptyFile(environment), "")),
        Effect.andThen(
          fs.writeFileString(writtenFile(environment), JSON.stringify(sanitized.success, null, 2), { mode: 0o600 })
        ),
        Effect.mapError(own)
      )
  }, Effect.provideContext(services))

  const containerOf = Effect.fnUntraced(function* (
    operation: string,
    name: string,
    wanted: (container: Docker.ContainerInfo) => boolean,
    what: string
  ) {
    const containers = (yield* objects.containers(name)).filter(wanted)
    const running = containers.find(({ State }) => State === "running") ?? containers[0]
    if (running === undefined) {
      return yield* new RuntimeError({ operation, environment: name, reason: new Missing({ what }) })
    }
    return running
  })

  const status = Effect.fn("DockerRuntime.status")(function* (name: EnvironmentName) {
    const containers = yield* objects.containers(name)
    return yield* Effect.forEach(
      containers,
      (container) =>
        callEngine("status", name, () => docker.getContainer(container.Id).inspect()).pipe(
          Effect.map(({ State }) => {
            const health = State.Health?.Status
            return Option.some(
              new ServiceStatus({
                service: container.Labels[composeService] ?? container.Id.slice(0, 12),
                state: State.Restarting
                  ? "restarting"
                  : State.Running
                    ? "running"
                    : State.Status === "created"
                      ? "created"
                      : "exited",
                exitCode: State.Running ? null : State.ExitCode,
                outOfMemory: State.OOMKilled,
                health: health === "starting" || health === "healthy" || health === "unhealthy" ? health : null,
                listening: State.Running ? listeningIn(State.Pid) : []
              })
            )
          }),
          // NOTE: a container may be removed between the list and the look at it.
          Effect.catchReason("RuntimeError", "Missing", () => Effect.succeed(Option.none<ServiceStatus>()))
        ),
      { concurrency: 8 }
    ).pipe(Effect.map((found) => found.flatMap((one) => Option.toArray(one))))
  })

  const endpoint = Effect.fn("DockerRuntime.endpoint")(function* (name: EnvironmentName) {
    const main = (yield* objects.containers(name)).find(
      ({ Labels, State }) => Labels[labels.port] !== undefined && State === "running"
    )
    if (main === undefined) return Option.none<Endpoint>()
    const port = Number(main.Labels[labels.port])
    if (options.publish) {
      const published = main.Ports.find(
        ({ PrivatePort, PublicPort }) => PrivatePort === port && PublicPort !== undefined
      )
      return Option.map(Option.fromUndefinedOr(published?.PublicPort), (publicPort) => ({
        host: "127.0.0.1",
        port: publicPort
      }))
    }
    const address = Object.values(main.NetworkSettings.Networks).find(({ IPAddress }) => IPAddress !== "")?.IPAddress
    return Option.map(Option.fromUndefinedOr(address), (host) => ({ host, port }))
  })

  /** Runs a command in a container; its framed output as lines, then its exit code. */
  const execIn = (name: string, operation: string, container: string, cmd: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const exec = yield* callEngine(operation, name, () =>
        docker.getContainer(container).exec({ Cmd: [...cmd], AttachStdout: true, AttachStderr: true })
      )
      const socket = yield* Effect.acquireRelease(
        callEngine(operation, name, () => exec.start({})),
        (socket) => Effect.sync(() => socket.destroy())
      )
      return { exec, lines: linesOf(name, operation, socket, false) }
    })

  const exec: Runtime["Service"]["exec"] = (environment, service, shellCommand) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { name, variables } = environment
        const secrets = secretsOf(variables)
        const container = yield* containerOf(
          "exec",
          name,
          ({ Labels }) => Labels[composeService] === service,
          `the service ${service}`
        )
        const running = yield* execIn(name, "exec", container.Id, ["sh", "-c", shellCommand])
        const tail: Array<string> = []
        const lines = running.lines.pipe(
          Stream.map((line) => {
            const masked = mask(secrets, line)
            tail.push(masked)
            if (tail.length > tailLines) tail.shift()
            return masked
          })
        )
        const end = Effect.gen(function* () {
          const { ExitCode } = yield* callEngine("exec", name, () => running.exec.inspect())
          if (ExitCode === 0) return
          const reason = new CommandFailed({
            command: mask(secrets, shellCommand),
            exitCode: ExitCode ?? 137,
            output: tail.join("\n")
          })
          return yield* new RuntimeError({ operation: "exec", environment: name, reason })
        })
        return Stream.concat(lines, Stream.fromEffectDrain(end))
      })
    )

  const logs: Runtime["Service"]["logs"] = (name, { follow, service, tail }: LogOptions) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const container = yield* containerOf(
          "logs",
          name,
          ({ Labels }) =>
            service === undefined ? Labels[labels.log] !== undefined : Labels[composeService] === service,
          service === undefined ? "any container of the preview" : `the service ${service}`
        )
        const source = service === undefined ? container.Labels[labels.log] : undefined
        if (source !== undefined && source !== "docker") {
          const { lines } = yield* execIn(name, "logs", container.Id, [
            "sh",
            "-c",
            // NOTE: unquoted on purpose: the contract's path may be a glob, and the container is the author's own.
            `tail -q -n ${tail} ${follow ? "-F" : ""} ${source.replace(/[^\w./*?[\]-]/g, "\\$&")}`
          ])
          return lines
        }
        const { Config: settings } = yield* callEngine("logs", name, () => docker.getContainer(container.Id).inspect())
        if (!follow) {
          const whole = yield* callEngine("logs", name, () =>
            docker.getContainer(container.Id).logs({ stdout: true, stderr: true, tail, follow: false })
          )
          const text = new TextDecoder().decode(settings.Tty ? whole : makeUnframe()(whole))
          return Stream.fromIterable(text === "" ? [] : text.replace(/\n$/, "").split(/\r?\n/))
        }
        const socket = yield* Effect.acquireRelease(
          callEngine("logs", name, () =>
            docker.getContainer(container.Id).logs({ stdout: true, stderr: true, tail, follow: true })
          ),
          (stream) => Effect.sync(() => "destroy" in stream && typeof stream.destroy === "function" && stream.destroy())
        )
        return linesOf(name, "logs", socket, settings.Tty)
      })
    )

  return Runtime.of({
    kind: "docker",
    prepare,
    build: (environment) =>
      hasBuild(writtenFile(environment)) ? onWrittenFile(environment, "build", buildArgs) : Stream.empty,
    start: (environment) =>
      onWrittenFile(environment, "start", ["up", "-d", "--no-build", "--remove-orphans", "-t", String(graceSeconds)]),
    exec,
    status,
    endpoint,
    logs,
    remove: objects.remove,
    remains: objects.remains,
    list: objects.all
  })
})

/** Whether the written file builds anything: a run of Compose costs a third of a second. */
const hasBuild = (file: string): boolean => {
  const document: unknown = JSON.parse(readFileSync(file, "utf8"))
  return Option.match(
    Schema.decodeUnknownOption(
      Schema.Struct({
        services: Schema.Record(Schema.String, Schema.Struct({ build: Schema.optionalKey(Schema.Unknown) }))
      })
    )(document),
    { onNone: () => true, onSome: ({ services }) => Object.values(services).some(({ build }) => build !== undefined) }
  )
}

/** Framed bytes from the engine as lines. */
const linesOf = (environment: string, operation: string, socket: NodeJS.ReadableStream, tty: boolean) => {
  const unframe = makeUnframe()
  return Stream.fromAsyncIterable(
    socket,
    (cause) =>
      new RuntimeError({ operation, environment, reason: new Missing({ what: "the rest of the output" }), cause })
  ).pipe(
    Stream.map((chunk) => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : new Uint8Array(chunk)
      return tty ? bytes : unframe(bytes)
    }),
    Stream.decodeText(),
    Stream.splitLines
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

/** Reads `DOCKER_HOST`. On Linux containers are reached at their own address, elsewhere at a loopback port. */
export const layerConfig: Layer.Layer<
  Runtime,
  ComposeMissing | Config.ConfigError,
  ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path
> = Layer.effect(
  Runtime,
  Effect.gen(function* () {
    const dockerHost = yield* Config.option(Config.NonEmptyString("DOCKER_HOST"))
    return yield* make({
      publish: process.platform !== "linux",
      ...Option.match(dockerHost, { onNone: () => ({}), onSome: (host) => ({ dockerHost: host }) })
    })
  })
)
