/** The `Runtime` on a Docker engine: Compose builds and starts; everything else asks the engine itself. */
import { Runtime } from "@productbuilding/preview"
import { Config, Effect, type FileSystem, Layer, Option, type Path, type Scope } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import { type ComposeMissing, detectCompose } from "./ComposeCli.ts"
import { makeComposeProject } from "./ComposeProject.ts"
import { makeContainers } from "./Containers.ts"
import { connect } from "./DockerEngine.ts"
import { makeObjects } from "./DockerObjects.ts"

export interface DockerRuntimeOptions {
  /** As in `DOCKER_HOST`; without it the default socket. */
  readonly dockerHost?: string
  /** Containers have no address that this machine can reach (Docker Desktop): use a loopback port. */
  readonly publish: boolean
}

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

/** A runtime over a connected engine, for as long as the scope is open. */
export const make = Effect.fnUntraced(function* (
  options: DockerRuntimeOptions
): Effect.fn.Return<
  Runtime["Service"],
  ComposeMissing,
  ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const command = yield* detectCompose
  const docker = connect(options.dockerHost)
  const objects = makeObjects(docker)
  const base: Record<string, string> = { COMPOSE_ANSI: "never", BUILDKIT_PROGRESS: "plain" }
  for (const name of passedOn) {
    const value = yield* Effect.orElseSucceed(Config.String(name), () => undefined)
    if (value !== undefined) base[name] = value
  }
  if (options.dockerHost !== undefined) base["DOCKER_HOST"] = options.dockerHost
  return Runtime.of({
    kind: "docker",
    ...(yield* makeComposeProject({ command, base, publish: options.publish })),
    ...makeContainers(docker, objects, options.publish),
    remove: objects.remove,
    remains: objects.remains,
    list: objects.all
  })
})

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
