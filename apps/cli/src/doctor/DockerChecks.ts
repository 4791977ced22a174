/** Checks of the Docker engine, Compose, and what fills up under them. */
import { detectCompose } from "@productbuilding/adapters/docker/ComposeCli"
import { RuntimeError } from "@productbuilding/preview"
import { Effect, FileSystem, Option, Schema } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import { buildCacheSize, type EngineInfo, engineInfo, isLocal, networksWithSubnet } from "./Engine.ts"
import { type Check, error, ok, type Seen, warn } from "./Finding.ts"
import { gigabytes } from "./Sizes.ts"

const start =
  "Start it (`systemctl start docker`), or point DOCKER_HOST at one. Without Docker: PREVIEW_RUNTIME=process, for code that you trust."

const reasonOf = (reason: { readonly _tag: string; readonly detail?: string }) =>
  reason.detail === "EACCES"
    ? error(
        "The engine's socket is there, but this user may not use it.",
        "Add the user to the group docker, and log in again."
      )
    : error(`The engine does not answer${reason.detail === undefined ? "" : ` (${reason.detail})`}.`, start)

/** Whether an engine answers, and how old it is. */
export const engineCheck = (dockerHost: string | undefined): Check<never> => ({
  name: "Docker engine",
  look: engineInfo(dockerHost).pipe(
    Effect.map(({ OperatingSystem, ServerVersion }): ReadonlyArray<Seen> => {
      const major = Number.parseInt(ServerVersion, 10)
      return [
        major < 20
          ? error(`Docker ${ServerVersion} is too old.`, "Install Docker 20.10 or newer.")
          : ok(`Docker ${ServerVersion} on ${OperatingSystem}.`)
      ]
    }),
    Effect.catchTag("RuntimeError", ({ reason }) => Effect.succeed([reasonOf(reason)]))
  )
})

/** Which Compose is used. */
export const composeCheck: Check<ChildProcessSpawner.ChildProcessSpawner> = {
  name: "Compose",
  look: detectCompose.pipe(
    Effect.map(({ prefix, program, version }) => {
      const called = [program, ...prefix].join(" ")
      return [
        /^v?1\./.test(version)
          ? warn(
              `${called} ${version}: it works, but gets no corrections any more.`,
              "Install the plugin docker-compose-plugin, which is Compose 2."
            )
          : ok(`${called} ${version}.`)
      ]
    }),
    Effect.catchTag("ComposeMissing", () =>
      Effect.succeed([
        error("Neither `docker compose` nor `docker-compose` was found.", "Install docker-compose-plugin.")
      ])
    )
  )
}

/**
 * Without `default-address-pools` the engine has 31 ranges: 172.17 to 172.31 as /16, and 192.168.0.0/16 in /20.
 * https://github.com/moby/moby/issues/23971 (read 2026-11-21)
 */
const builtInRanges = 31

/** How many networks the pools give room for. */
export const poolCapacity = (pools: EngineInfo["DefaultAddressPools"]): number =>
  pools === undefined || pools === null || pools.length === 0
    ? builtInRanges
    : pools.reduce((sum, { Base, Size }) => {
        const prefix = Number(Base.split("/")[1] ?? "32")
        return Number.isInteger(prefix) && Size >= prefix ? sum + 2 ** (Size - prefix) : sum
      }, 0)

const poolAdvice =
  'Add "default-address-pools": [{"base": "10.201.0.0/16", "size": 24}] (a range that you use nowhere else) to /etc/docker/daemon.json and restart Docker: room for 256.'

/** What a number of used ranges means. */
export const judgePools = (used: number, capacity: number): Seen => {
  const found = `${used} of about ${capacity} address ranges for networks are taken; each preview takes one or more.`
  if (used >= capacity) return error(`${found} The next preview cannot start.`, poolAdvice)
  return used >= capacity * 0.7 || capacity <= builtInRanges ? warn(found, poolAdvice) : ok(found)
}

/** Whether there is room for further networks. */
export const addressPoolsCheck = (dockerHost: string | undefined): Check<never> => ({
  name: "Address pools",
  look: Effect.all([networksWithSubnet(dockerHost), engineInfo(dockerHost)], { concurrency: 2 }).pipe(
    Effect.map(([used, info]) => [judgePools(used, poolCapacity(info.DefaultAddressPools))]),
    whereEngineAnswers
  )
})

/** Part of `/etc/docker/daemon.json`. https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file (read 2026-11-21) */
const DaemonFile = Schema.Struct({
  builder: Schema.optionalKey(
    Schema.Struct({ gc: Schema.optionalKey(Schema.Struct({ enabled: Schema.optionalKey(Schema.Boolean) })) })
  ),
  "log-opts": Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
})

/** Empty when there is none, which is common; `None` when it is not ours to read. */
const daemonFile = (dockerHost: string | undefined) =>
  Effect.gen(function* () {
    if (!isLocal(dockerHost)) return Option.none<typeof DaemonFile.Type>()
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString("/etc/docker/daemon.json").pipe(
      Effect.asSome,
      Effect.catchTag("PlatformError", ({ reason }) =>
        Effect.succeed(reason._tag === "NotFound" ? Option.some("{}") : Option.none<string>())
      )
    )
    return Option.flatMap(text, Schema.decodeUnknownOption(Schema.fromJsonString(DaemonFile)))
  })

const largeCache = 20 * gigabytes

/** Whether the build cache has a bound. */
export const builderCheck = (dockerHost: string | undefined): Check<FileSystem.FileSystem> => ({
  name: "Build cache",
  look: Effect.gen(function* () {
    const [size, file, info] = yield* Effect.all(
      [buildCacheSize(dockerHost), daemonFile(dockerHost), engineInfo(dockerHost)],
      { concurrency: 3 }
    )
    const bounded = Option.exists(file, ({ builder }) => builder?.gc?.enabled === true)
    // BuildKit is the default builder, with a bound of its own, from Docker 23 on.
    const bounds = bounded || Number.parseInt(info.ServerVersion, 10) >= 23
    const found = `The build cache has ${(size / gigabytes).toFixed(1)} GB${bounds ? "" : ", and nothing bounds it"}.`
    const advice =
      'Add "builder": {"gc": {"enabled": true, "defaultKeepStorage": "20GB"}} to /etc/docker/daemon.json and restart Docker; `docker builder prune` empties it now.'
    return [size > largeCache || !bounds ? warn(found, advice) : ok(found)]
  }).pipe(whereEngineAnswers)
})

/** Whether container logs have a bound. */
export const logsCheck = (dockerHost: string | undefined): Check<FileSystem.FileSystem> => ({
  name: "Container logs",
  look: Effect.gen(function* () {
    const [info, file] = yield* Effect.all([engineInfo(dockerHost), daemonFile(dockerHost)], { concurrency: 2 })
    if (info.LoggingDriver !== "json-file") return [ok(`The driver is ${info.LoggingDriver}.`)]
    if (Option.isNone(file)) return [ok("The driver is json-file; its bounds cannot be seen from here.")]
    return [
      file.value["log-opts"]?.["max-size"] === undefined
        ? warn(
            "The driver json-file keeps logs without a bound, until the disk is full.",
            'Add "log-driver": "local" to /etc/docker/daemon.json (it rotates by itself), or "log-opts": {"max-size": "10m", "max-file": "3"}, and restart Docker.'
          )
        : ok(`json-file, at most ${String(file.value["log-opts"]["max-size"])} a file.`)
    ]
  }).pipe(whereEngineAnswers)
})

/** The engine's own check says that it does not answer; the others have nothing to add. */
function whereEngineAnswers<E, R>(
  look: Effect.Effect<ReadonlyArray<Seen>, E | RuntimeError, R>
): Effect.Effect<ReadonlyArray<Seen>, E | RuntimeError, R> {
  return Effect.catchIf(
    look,
    (failure) => failure instanceof RuntimeError,
    () => Effect.succeed([])
  )
}
