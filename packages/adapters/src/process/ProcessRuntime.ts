/** The `Runtime` for machines without Docker: one command for each preview, with our own user's rights. */
import { mkdirSync } from "node:fs"
import { resolve } from "node:path"
import {
  type Environment,
  EnvironmentName,
  PreviewId,
  RunningEnvironment,
  Runtime,
  ServiceStatus
} from "@productbuilding/preview"
import { Config, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import { tailCommand } from "../node/TailCommand.ts"
import { child, ProcessFailed, stop } from "./ChildProcesses.ts"
import { io, missing, onlyService, unavailable } from "./ProcessErrors.ts"
import { makeExec } from "./ProcessExec.ts"
import { makeLaunches } from "./ProcessLaunches.ts"
import { readLog, rotate } from "./ProcessLog.ts"
import type { ProcessRecord } from "./ProcessRecords.ts"
import { makeStart } from "./ProcessStart.ts"
import { familyOf, listening, marked } from "./ProcessTable.ts"

/** This machine or its configuration does not allow the process runtime. Fails the boot; one line that says what to do. */
export class ProcessRuntimeRefused extends Schema.TaggedError<ProcessRuntimeRefused>()("ProcessRuntimeRefused", {
  /** It gives a pull request's code our own rights; it needs a POSIX system; its folder cannot be used. */
  reason: Schema.Literals(["production", "platform", "workspace"]),
  detail: Schema.String
}) {
  override get message(): string {
    const messages = {
      production:
        "PREVIEW_RUNTIME=process is refused with APP_ENV=production: previews would run with this server's own rights. Use PREVIEW_RUNTIME=docker.",
      platform: `PREVIEW_RUNTIME=process needs Linux, macOS or another POSIX system, not ${this.detail}. Use PREVIEW_RUNTIME=docker.`,
      workspace: `WORKSPACE_DIR cannot be used: ${this.detail}.`
    }
    return messages[this.reason]
  }
}

/** What the runtime needs to know of the machine. */
export interface ProcessRuntimeOptions {
  /** Absolute; records and logs lie in `processes` below it. Two servers must not share it. */
  readonly workspaceDirectory: string
  /** The `PATH` of the previews' commands. */
  readonly path: string
}

/** A runtime on a workspace; its folder is made where it is missing. Throws when that cannot be done. */
const makeUnsafe = (options: ProcessRuntimeOptions) => {
  const workspace = resolve(options.workspaceDirectory)
  const launches = makeLaunches({ path: options.path, workspace })
  const { familyOfLaunch, guard, leadersOf, mainOf, records, strays } = launches

  const prepare = Effect.fn("ProcessRuntime.prepare")(function* (environment: Environment) {
    yield* guard("prepare", environment)
    yield* io("prepare", environment.name, () => mkdirSync(environment.stateDirectory, { recursive: true }))
  })

  const statusOf = (name: string): ReadonlyArray<ServiceStatus> => {
    const record = records.read(name)
    const main = record === undefined ? undefined : mainOf(record)
    if (record === undefined || main === undefined) return []
    const family = familyOfLaunch(name, main)
    const exitCode = records.exitCodeOf(name, main)
    const isNew = family.length === 0 && main.process === null && exitCode === undefined
    return [
      new ServiceStatus({
        service: record.service,
        state: family.length > 0 ? "running" : isNew ? "created" : "exited",
        exitCode: family.length > 0 ? null : (exitCode ?? null),
        outOfMemory: false,
        health: null,
        listening:
          listening(family)?.map(({ loopbackOnly, port }) =>
            port === main.port ? { port: record.contractPort, loopbackOnly: false } : { port, loopbackOnly }
          ) ?? null
      })
    ]
  }

  const fileLog = (
    name: string,
    { directory, pattern }: NonNullable<ProcessRecord["logFiles"]>,
    log: { readonly tail: number; readonly follow: boolean }
  ) =>
    Stream.unwrap(
      child({ command: tailCommand(pattern, log), directory, variables: { PATH: options.path, LANG: "C.UTF-8" } }).pipe(
        Effect.mapError(unavailable("logs", name)),
        Effect.map(({ output }) => output.pipe(Stream.decodeText(), Stream.splitLines))
      )
    )

  const runtime = Runtime.of({
    kind: "process",
    prepare,
    build: (environment) => Stream.fromEffectDrain(guard("build", environment)),
    start: makeStart(launches),
    exec: makeExec(launches),
    status: (name) => io("status", name, () => statusOf(name)),
    endpoint: (name) =>
      io("endpoint", name, () => {
        const record = records.read(name)
        const main = record === undefined ? undefined : mainOf(record)
        const family = main === undefined ? [] : familyOfLaunch(name, main)
        if (main === undefined || family.length === 0) return Option.none()
        const open = listening(family)?.filter(({ port }) => port === main.port) ?? []
        const onlyIpv6 = open.length > 0 && open.every(({ ipv4 }) => !ipv4)
        return Option.some({ host: onlyIpv6 ? "::1" : "127.0.0.1", port: main.port })
      }),
    logs: (name, log) =>
      Stream.unwrap(
        io("logs", name, () => {
          const record = records.read(name)
          const main = record === undefined ? undefined : mainOf(record)
          if (record === undefined || main === undefined) return Stream.fail(missing("logs", name, "The environment"))
          if (log.service !== undefined && log.service !== record.service)
            return Stream.fail(missing("logs", name, onlyService(log.service, record.service)))
          if (log.service === undefined && record.logFiles !== undefined) return fileLog(name, record.logFiles, log)
          return readLog(records.logOf(name, main), log)
        })
      ),
    remove: Effect.fn("ProcessRuntime.remove")(function* (name: EnvironmentName) {
      const leaders = yield* io("remove", name, () => leadersOf(name, records.read(name)?.launches ?? []))
      yield* stop(() => ({ leaders, strays: strays(name) })).pipe(Effect.mapError(unavailable("remove", name)))
      yield* io("remove", name, () => records.remove(name))
    }),
    remains: (name) =>
      io("remains", name, () => {
        const pids = new Set([
          ...leadersOf(name, records.read(name)?.launches ?? []).flatMap((leader) => familyOf(leader)),
          ...strays(name).map(({ pid }) => pid)
        ])
        return [
          ...Array.from(pids, (pid) => `process ${pid}`),
          ...(records.has(name) ? [`record of the environment ${name}`] : [])
        ]
      }),
    list: io("list", "", () => {
      const held = new Map<string, string | undefined>(
        marked(workspace).map(({ environment, previewId }) => [environment, previewId])
      )
      for (const name of records.names()) held.set(name, records.read(name)?.previewId ?? held.get(name))
      return Array.from(held).flatMap(([name, previewId]) =>
        Schema.is(EnvironmentName)(name) && Schema.is(PreviewId)(previewId)
          ? [new RunningEnvironment({ name, previewId })]
          : []
      )
    })
  })

  const rotateLogs = Effect.try({
    try: () => {
      for (const name of records.names()) {
        for (const one of records.read(name)?.launches ?? []) rotate(records.logOf(name, one))
      }
    },
    catch: (cause) => new ProcessFailed({ detail: "a log could not be shortened", cause })
  })

  return { runtime, rotateLogs }
}

/**
 * Runs each preview's `process.command` in its checkout, as a session of its own with `PORT` set. Processes go on when
 * this server ends, and any later one on the same workspace finds them again, also those that a `kill -9` kept it from
 * recording (Linux; elsewhere by the pid that the launcher notes). About 5 MB of output are kept of each.
 *
 * Fails with `ProcessRuntimeRefused` under `APP_ENV=production`, on Windows, and when the workspace cannot be used.
 */
export const layer = (
  options: ProcessRuntimeOptions
): Layer.Layer<Runtime, ProcessRuntimeRefused | Config.ConfigError> =>
  Layer.effect(
    Runtime,
    Effect.gen(function* () {
      const environment = yield* Config.String("APP_ENV").pipe(Config.withDefault("development"))
      if (environment === "production")
        return yield* new ProcessRuntimeRefused({ reason: "production", detail: environment })
      if (process.platform === "win32")
        return yield* new ProcessRuntimeRefused({ reason: "platform", detail: process.platform })
      const { rotateLogs, runtime } = yield* Effect.try({
        try: () => makeUnsafe(options),
        catch: (cause) =>
          new ProcessRuntimeRefused({
            reason: "workspace",
            detail: cause instanceof Error ? cause.message : String(cause)
          })
      })
      yield* rotateLogs.pipe(
        Effect.catch((error) => Effect.logWarning(error.detail, error.cause)),
        Effect.repeat(Schedule.spaced("5 seconds")),
        Effect.forkScoped
      )
      return runtime
    })
  )

/** Reads `WORKSPACE_DIR` (default `/opt/orchestrator/workspaces`), `PATH`, and `APP_ENV`, under which `production` is refused. */
export const layerConfig: Layer.Layer<Runtime, ProcessRuntimeRefused | Config.ConfigError> = Layer.unwrap(
  Effect.gen(function* () {
    return layer({
      workspaceDirectory: yield* Config.String("WORKSPACE_DIR").pipe(
        Config.withDefault("/opt/orchestrator/workspaces")
      ),
      path: yield* Config.String("PATH").pipe(Config.withDefault("/usr/local/bin:/usr/bin:/bin"))
    })
  })
)
