/** The `Runtime` for machines without Docker: one process for each preview, with our own user's rights. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import {
  CommandFailed,
  contractPath,
  type Environment,
  EnvironmentName,
  Missing,
  PreviewId,
  Problem,
  Refused,
  RunningEnvironment,
  Runtime,
  RuntimeError,
  ServiceStatus
} from "@productbuilding/preview"
import { Config, Effect, Layer, Option, Redacted, Schedule, Schema, Stream } from "effect"
import { readLog } from "./LogFile.ts"
import { isAlive, listening, marked, markerVariable, membersOf, startOf } from "./ProcessTable.ts"

/** The process runtime gives a pull request's code our own rights. Fails the boot in production. */
export class ProcessRuntimeRefused extends Schema.TaggedError<ProcessRuntimeRefused>()("ProcessRuntimeRefused", {}) {
  override get message(): string {
    return "PREVIEW_RUNTIME=process is refused with APP_ENV=production: a preview would run with this server's own rights. Use docker."
  }
}

const Recorded = Schema.fromJsonString(
  Schema.Struct({
    pid: Schema.Int,
    /** The kernel's start time: a pid that is used again is another process. */
    start: Schema.String,
    port: Schema.Int,
    /** The port that the contract names; a process is given another one, and shown under this. */
    contractPort: Schema.Int,
    service: Schema.String,
    previewId: PreviewId
  })
)
type Recorded = typeof Recorded.Type

const graceMs = 1000
const tailLines = 40

const refused = (environment: string, key: string, message: string) =>
  new RuntimeError({
    operation: "prepare",
    environment,
    reason: new Refused({ problems: [new Problem({ file: contractPath, key, message })] })
  })

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  // NOTE: cannot happen: a server that listens on host and port has an address with a port.
  if (address === null || typeof address === "string") throw new Error("no port was given")
  return address.port
}

/** What the child sees: nothing of ours but what it needs to find programs, and what its preview is given. */
const childEnvironment = (environment: Environment, port: number): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
  HOME: environment.stateDirectory,
  LANG: "C.UTF-8",
  ...Object.fromEntries(
    Object.entries(environment.variables).map(([name, value]) => [
      name,
      typeof value === "string" ? value : Redacted.value(value)
    ])
  ),
  PORT: String(port),
  [markerVariable]: environment.name
})

const secretsOf = (environment: Environment): ReadonlyArray<string> =>
  Object.values(environment.variables).flatMap((value) => {
    const text = typeof value === "string" ? "" : Redacted.value(value)
    return text.length >= 4 ? [text] : []
  })

const mask = (secrets: ReadonlyArray<string>, line: string): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret, "***"), line)

const signal = (pid: number, name: "SIGTERM" | "SIGKILL") => {
  try {
    process.kill(-pid, name)
  } catch {
    // NOTE: the group has ended meanwhile, which is what was wanted.
  }
}

/** A runtime whose environments lie below a folder. */
export const make = (root: string): Runtime["Service"] => {
  const exits = new Map<number, number>()
  const folderOf = (name: string) => join(root, name, "runtime")
  const recordOf = (name: string) => join(folderOf(name), "process.json")
  const logOf = (name: string) => join(folderOf(name), "process.log")

  const read = (name: string): Recorded | undefined => {
    const file = recordOf(name)
    if (!existsSync(file)) return undefined
    return Option.getOrUndefined(Schema.decodeUnknownOption(Recorded)(readFileSync(file, "utf8")))
  }

  const record = (name: string, recorded: Recorded) => {
    const file = recordOf(name)
    writeFileSync(`${file}.new`, Schema.encodeSync(Recorded)(recorded))
    renameSync(`${file}.new`, file)
  }

  const lives = (recorded: Recorded) => isAlive(recorded.pid) && startOf(recorded.pid) === recorded.start

  /** Group leaders of an environment: the recorded one, and any that a crash left unrecorded. */
  const leadersOf = (name: string): ReadonlyArray<number> => {
    const recorded = read(name)
    return Array.from(
      new Set([
        ...(recorded !== undefined && lives(recorded) ? [recorded.pid] : []),
        ...marked()
          .filter(({ environment }) => environment === name)
          .map(({ pid }) => pid)
      ])
    )
  }

  /** SIGTERM, a second of grace, SIGKILL, and certainty. */
  const stop = (pids: ReadonlyArray<number>) =>
    Effect.gen(function* () {
      const left = () => pids.filter((pid) => isAlive(pid) || membersOf(pid).length > 0)
      for (const pid of pids) signal(pid, "SIGTERM")
      const wait = Schedule.spaced("20 millis")
      yield* Effect.sync(left).pipe(
        Effect.repeat({ until: (alive) => alive.length === 0, schedule: wait }),
        Effect.timeoutOption(graceMs)
      )
      for (const pid of left()) signal(pid, "SIGKILL")
      for (const pid of left()) {
        if (isAlive(pid)) {
          yield* Effect.ignore(Effect.try({ try: () => process.kill(pid, "SIGKILL"), catch: () => "it has ended" }))
        }
      }
      yield* Effect.sync(left).pipe(Effect.repeat({ until: (alive) => alive.length === 0, schedule: wait }))
    })

  const prepare: Runtime["Service"]["prepare"] = Effect.fn("ProcessRuntime.prepare")(function* (environment) {
    if (!environment.trusted) {
      return yield* refused(
        environment.name,
        "process",
        "the process runtime runs code with the server's own rights, so it takes none from forks. Use the docker runtime."
      )
    }
    if (environment.contract.process === undefined) {
      return yield* refused(
        environment.name,
        "process.command",
        "is missing, and this server has no Docker. Add the shell command that starts the app on the port in $PORT, for example: node server.mjs"
      )
    }
    yield* Effect.sync(() => mkdirSync(environment.stateDirectory, { recursive: true }))
  })

  const start: Runtime["Service"]["start"] = (environment) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const command = environment.contract.process?.command
        if (command === undefined) {
          return yield* new RuntimeError({
            operation: "start",
            environment: environment.name,
            reason: new Missing({ what: "process.command" })
          })
        }
        const former = leadersOf(environment.name)
        const port = yield* Effect.promise(freePort)
        yield* Effect.sync(() => {
          mkdirSync(folderOf(environment.name), { recursive: true })
          const output = openSync(logOf(environment.name), former.length === 0 ? "w" : "a")
          const child = spawn("/bin/sh", ["-c", command], {
            cwd: environment.sourceDirectory,
            env: childEnvironment(environment, port),
            stdio: ["ignore", output, output],
            detached: true
          })
          closeSync(output)
          const { pid } = child
          if (pid === undefined) return
          child.once("exit", (code, name) => exits.set(pid, code ?? (name === "SIGKILL" ? 137 : 143)))
          // NOTE: a shell that cannot be started is shown as a service that has ended.
          child.once("error", () => child.pid !== undefined && exits.set(child.pid, 126))
          child.unref()
          record(environment.name, {
            pid,
            start: startOf(pid),
            port,
            contractPort: environment.contract.runtime.internal_port,
            service: environment.contract.compose.service,
            previewId: environment.previewId
          })
        })
        yield* stop(former)
        return Stream.make(`▸ ${command} (port ${port})`)
      })
    )

  const exec: Runtime["Service"]["exec"] = (environment, _service, command) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const port = read(environment.name)?.port ?? 0
        const secrets = secretsOf(environment)
        const child = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn("/bin/sh", ["-c", `(${command}\n) 2>&1`], {
              cwd: environment.sourceDirectory,
              env: childEnvironment(environment, port),
              stdio: ["ignore", "pipe", "ignore"],
              detached: true
            })
          ),
          (child) => (child.pid === undefined || child.exitCode !== null ? Effect.void : stop([child.pid]))
        )
        const closed = once(child, "close")
        const tail: Array<string> = []
        const lines = Stream.fromAsyncIterable(child.stdout, (cause) => cause).pipe(
          Stream.orDie,
          Stream.map((chunk) => new Uint8Array(Buffer.from(chunk))),
          Stream.decodeText(),
          Stream.splitLines,
          Stream.map((line) => {
            const masked = mask(secrets, line)
            tail.push(masked)
            if (tail.length > tailLines) tail.shift()
            return masked
          })
        )
        const end = Effect.gen(function* () {
          yield* Effect.promise(() => closed)
          if (child.exitCode === 0) return
          return yield* new RuntimeError({
            operation: "exec",
            environment: environment.name,
            reason: new CommandFailed({
              command: mask(secrets, command),
              exitCode: child.exitCode ?? 137,
              output: tail.join("\n")
            })
          })
        })
        return Stream.concat(lines, Stream.fromEffectDrain(end))
      })
    )

  const names = (): ReadonlyArray<EnvironmentName> => {
    const recorded = existsSync(root) ? readdirSync(root).filter((name) => existsSync(recordOf(name))) : []
    return Array.from(new Set([...recorded, ...marked().map(({ environment }) => environment)])).filter(
      Schema.is(EnvironmentName)
    )
  }

  return Runtime.of({
    kind: "process",
    prepare,
    build: () => Stream.empty,
    start,
    exec,
    status: (name) =>
      Effect.sync(() => {
        const recorded = read(name)
        if (recorded === undefined) return []
        const alive = lives(recorded)
        return [
          new ServiceStatus({
            service: recorded.service,
            state: alive ? "running" : "exited",
            exitCode: alive ? null : (exits.get(recorded.pid) ?? null),
            outOfMemory: false,
            health: null,
            listening: alive
              ? (listening(membersOf(recorded.pid))?.map((open) =>
                  open.port === recorded.port ? { port: recorded.contractPort, loopbackOnly: false } : open
                ) ?? null)
              : []
          })
        ]
      }),
    endpoint: (name) =>
      Effect.sync(() => {
        const recorded = read(name)
        return recorded !== undefined && lives(recorded)
          ? Option.some({ host: "127.0.0.1", port: recorded.port })
          : Option.none()
      }),
    logs: (name, options) => readLog(logOf(name), options),
    remove: (name) =>
      Effect.andThen(
        Effect.suspend(() => stop(leadersOf(name))),
        Effect.sync(() => rmSync(folderOf(name), { recursive: true, force: true }))
      ),
    remains: (name) =>
      Effect.sync(() => [
        ...leadersOf(name).map((pid) => `process ${pid}`),
        ...(existsSync(recordOf(name)) ? [`record ${recordOf(name)}`] : [])
      ]),
    list: Effect.sync(() =>
      names().flatMap((name) => {
        const recorded = read(name)
        return recorded === undefined ? [] : [new RunningEnvironment({ name, previewId: recorded.previewId })]
      })
    )
  })
}

/** Reads `WORKSPACE_DIR` (default `/opt/orchestrator/workspaces`) and `APP_ENV`, under which `production` is refused. */
export const layerConfig: Layer.Layer<Runtime, ProcessRuntimeRefused | Config.ConfigError> = Layer.effect(
  Runtime,
  Effect.gen(function* () {
    const environment = yield* Config.String("APP_ENV").pipe(Config.withDefault("development"))
    if (environment === "production") return yield* new ProcessRuntimeRefused()
    return make(yield* Config.String("WORKSPACE_DIR").pipe(Config.withDefault("/opt/orchestrator/workspaces")))
  })
)
