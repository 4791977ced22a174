/** The running containers of a preview, asked over the engine's API: what they do, where they answer, what they say. */
import {
  CommandFailed,
  type Endpoint,
  type EnvironmentName,
  type LogOptions,
  labels,
  Missing,
  type Runtime,
  RuntimeError,
  ServiceStatus
} from "@productbuilding/preview"
import type Docker from "dockerode"
import { Effect, Option, Stream } from "effect"
import { tailCommand } from "../node/TailCommand.ts"
import { mask } from "./ComposeCli.ts"
import { secretsOf } from "./ComposeProject.ts"
import { callEngine } from "./DockerEngine.ts"
import type { makeObjects } from "./DockerObjects.ts"
import { makeUnframe } from "./Frames.ts"
import { listeningIn } from "./Listening.ts"

const composeService = "com.docker.compose.service"

const tailLines = 40

/** Everything of a runtime that concerns its running containers. */
export const makeContainers = (
  docker: Docker,
  objects: ReturnType<typeof makeObjects>,
  publish: boolean
): Pick<Runtime["Service"], "exec" | "status" | "endpoint" | "logs"> => {
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
    if (publish) {
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
          const command = tailCommand(source, { tail, follow })
          const { lines } = yield* execIn(name, "logs", container.Id, ["sh", "-c", command])
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

  return { exec, status, endpoint, logs }
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
