/** The `Runtime` for machines without Docker: one command for each preview, with our own user's rights. */
import { existsSync, mkdirSync } from "node:fs"
import { resolve } from "node:path"
import {
  CommandFailed,
  EngineUnavailable,
  type Environment,
  EnvironmentName,
  Missing,
  PreviewId,
  Refused,
  RunningEnvironment,
  Runtime,
  RuntimeError,
  ServiceStatus
} from "@productbuilding/preview"
import { Config, Duration, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import { tailCommand } from "../node/TailCommand.ts"
import { accepts, child, freePort, launch, ProcessFailed, stop } from "./ChildProcesses.ts"
import { readLog, rotate } from "./ProcessLog.ts"
import { childVariables, masker, problemsOf } from "./ProcessPolicy.ts"
import { type Launch, makeRecords, type ProcessRecord } from "./ProcessRecords.ts"
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

/** Lines of a failed command's output that are kept as evidence. */
const tailLines = 40

/** How long the older release goes on serving while the newer one does not yet listen. */
const longestOverlap = Duration.seconds(30)

const unavailable = (operation: string, environment: string) => (error: ProcessFailed) =>
  new RuntimeError({
    operation,
    environment,
    reason: new EngineUnavailable({ detail: error.detail }),
    cause: error
  })

const missing = (operation: string, environment: string, what: string) =>
  new RuntimeError({ operation, environment, reason: new Missing({ what }) })

const onlyService = (found: string, service: string) => `The service ${found} (the process runtime has only ${service})`

const logFilesOf = ({ contract, sourceDirectory }: Environment): Pick<ProcessRecord, "logFiles"> => {
  const { path, type } = contract.logging
  return type === "file" && path !== undefined ? { logFiles: { directory: sourceDirectory, pattern: path } } : {}
}

/** Work on our own files, all of it synchronous. */
const io = <A>(operation: string, environment: string, work: () => A): Effect.Effect<A, RuntimeError> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      unavailable(
        operation,
        environment
      )(
        new ProcessFailed({
          detail: `the server's own files cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
          cause
        })
      )
  })

/** A runtime on a workspace; its folder is made where it is missing. Throws when that cannot be done. */
const makeUnsafe = (options: ProcessRuntimeOptions) => {
  const workspace = resolve(options.workspaceDirectory)
  const records = makeRecords(workspace)

  const variablesOf = (environment: Environment, { number, port }: Launch) =>
    childVariables(environment, { path: options.path, workspace, launch: number, port })

  const familyOfLaunch = (name: string, one: Launch): ReadonlyArray<number> => {
    const identity = records.processOf(name, one)
    return identity === undefined ? [] : familyOf(identity)
  }

  const leadersOf = (name: string, launches: ReadonlyArray<Launch>) =>
    launches.flatMap((one) => records.processOf(name, one) ?? [])

  const strays = (name: string) => marked(workspace).filter(({ environment }) => environment === name)

  /** The launch that answers, or the one that is to answer first. */
  const mainOf = (record: ProcessRecord): Launch | undefined =>
    record.launches.find(({ number }) => number === record.serving) ?? record.launches.at(-1)

  const guard = Effect.fnUntraced(function* (operation: string, environment: Environment) {
    const problems = problemsOf(environment)
    if (problems.length > 0) {
      return yield* new RuntimeError({ operation, environment: environment.name, reason: new Refused({ problems }) })
    }
    // NOTE: never "": its absence is one of the problems.
    return environment.contract.process?.command ?? ""
  })

  const prepare = Effect.fn("ProcessRuntime.prepare")(function* (environment: Environment) {
    yield* guard("prepare", environment)
    yield* io("prepare", environment.name, () => mkdirSync(environment.stateDirectory, { recursive: true }))
  })

  /** Starts the release, waits until it listens if an older one serves meanwhile, and ends the older one. */
  const replace = Effect.fnUntraced(function* (environment: Environment, command: string) {
    const { name } = environment
    const operation = "start"
    if (!existsSync(environment.sourceDirectory)) {
      return yield* new RuntimeError({ operation, environment: name, reason: new Missing({ what: "The checkout" }) })
    }
    const before = yield* io(operation, name, () => records.read(name))
    const former = before?.launches ?? []
    const port = yield* freePort
    const empty: Launch = { number: Math.max(0, ...former.map(({ number }) => number)) + 1, port, process: null }
    const record: ProcessRecord = {
      previewId: environment.previewId,
      service: environment.contract.compose.service,
      contractPort: environment.contract.runtime.internal_port,
      ...logFilesOf(environment),
      serving: before?.serving ?? 0,
      launches: []
    }
    const write = (serving: number, launches: ReadonlyArray<Launch>) =>
      io(operation, name, () => records.write(name, { ...record, serving, launches }))
    const isOfThisStart = ({ launch: number }: { readonly launch: string }) => number === String(empty.number)

    const abandon = Effect.suspend(() =>
      stop(() => ({ leaders: leadersOf(name, [empty]), strays: strays(name).filter(isOfThisStart) }))
    ).pipe(
      Effect.andThen(io(operation, name, () => records.forget(name, empty))),
      Effect.andThen(
        before === undefined ? io(operation, name, () => records.remove(name)) : write(before.serving, former)
      ),
      // NOTE: what is left of it stays on record, and goes with the next start or removal.
      Effect.catch((error) => Effect.logWarning(`A start of ${name} that was given up is not cleared away`, error))
    )

    const begin = Effect.gen(function* () {
      yield* io(operation, name, () => mkdirSync(environment.stateDirectory, { recursive: true }))
      // NOTE: on record before it exists, so that no crash leaves a process that nobody knows.
      yield* write(record.serving, [...former, empty])
      const process = yield* launch({
        command,
        directory: environment.sourceDirectory,
        variables: variablesOf(environment, empty),
        logFile: records.logOf(name, empty),
        notes: records.notesOf(name, empty.number)
      })
      const started: Launch = { ...empty, process }
      yield* write(record.serving, [...former, started])
      return started
    }).pipe(Effect.uninterruptible)

    const listens = (started: Launch) =>
      Effect.gen(function* () {
        const overlap = Duration.min(
          longestOverlap,
          Duration.seconds(environment.contract.runtime.startup_timeout_seconds)
        )
        yield* Effect.all([accepts(started.port), Effect.sync(() => familyOfLaunch(name, started).length === 0)]).pipe(
          Effect.repeat({ until: ([open, ended]) => open || ended, schedule: Schedule.spaced("50 millis") }),
          Effect.timeoutOption(overlap)
        )
      })

    const started = yield* begin.pipe(
      Effect.tap((one) => (former.some((old) => familyOfLaunch(name, old).length > 0) ? listens(one) : Effect.void)),
      Effect.onError(() => abandon)
    )
    yield* Effect.gen(function* () {
      yield* write(started.number, [...former, started])
      yield* stop(() => ({
        leaders: leadersOf(name, former),
        strays: strays(name).filter((one) => !isOfThisStart(one))
      }))
      yield* write(started.number, [started])
      yield* io(operation, name, () => {
        for (const old of former) records.forget(name, old)
      })
    }).pipe(Effect.uninterruptible)
  })

  const start: Runtime["Service"]["start"] = (environment) =>
    Stream.unwrap(
      Effect.map(guard("start", environment), (command) =>
        Stream.concat(
          Stream.make(`▸ ${masker(environment)(command)}`),
          Stream.fromEffectDrain(
            replace(environment, command).pipe(
              Effect.catchTag("ProcessFailed", (error) => Effect.fail(unavailable("start", environment.name)(error)))
            )
          )
        )
      )
    )

  const exec: Runtime["Service"]["exec"] = (environment, service, command) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { name } = environment
        const operation = "exec"
        yield* guard(operation, environment)
        const record = yield* io(operation, name, () => records.read(name))
        const main = record === undefined ? undefined : mainOf(record)
        if (service !== environment.contract.compose.service) {
          return yield* missing(operation, name, onlyService(service, environment.contract.compose.service))
        }
        if (main === undefined || familyOfLaunch(name, main).length === 0)
          return yield* missing(operation, name, `A running ${service}`)
        const mask = masker(environment)
        const tail: Array<string> = []
        const { exitCode, output } = yield* child({
          command,
          directory: environment.sourceDirectory,
          variables: variablesOf(environment, main)
        }).pipe(Effect.mapError(unavailable(operation, name)))
        const lines = output.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.map((line) => {
            const masked = mask(line)
            tail.push(masked)
            if (tail.length > tailLines) tail.shift()
            return masked
          })
        )
        const end = Effect.flatMap(exitCode, (code) =>
          code === 0
            ? Effect.void
            : new RuntimeError({
                operation,
                environment: name,
                reason: new CommandFailed({ command: mask(command), exitCode: code, output: tail.join("\n") })
              })
        )
        return Stream.concat(lines, Stream.fromEffectDrain(end))
      })
    )

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
    start,
    exec,
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
      const launches = yield* io("remove", name, () => records.read(name)?.launches ?? [])
      const leaders = yield* io("remove", name, () => leadersOf(name, launches))
      yield* stop(() => ({ leaders, strays: strays(name) })).pipe(Effect.mapError(unavailable("remove", name)))
      yield* io("remove", name, () => records.remove(name))
    }),
    remains: (name) =>
      io("remains", name, () => {
        const launches = records.read(name)?.launches ?? []
        const pids = new Set([
          ...leadersOf(name, launches).flatMap((leader) => familyOf(leader)),
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
