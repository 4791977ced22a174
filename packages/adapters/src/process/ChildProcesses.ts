/** Starting processes that outlive us, and ending them with everything they started. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { connect, createServer } from "node:net"
import { constants } from "node:os"
import { Duration, Effect, Option, Schedule, Schema, type Scope, Stream } from "effect"
import { familyOf, type MarkedProcess, type ProcessIdentity, send, sendToFamily, startOf } from "./ProcessTable.ts"

/** A process cannot be started, or will not end. Retryable. */
export class ProcessFailed extends Schema.TaggedError<ProcessFailed>()("ProcessFailed", {
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

const failed = (what: string) => (cause: unknown) =>
  new ProcessFailed({ detail: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })

/** A port on loopback that nobody listens on at this moment. */
export const freePort: Effect.Effect<number, ProcessFailed> = Effect.tryPromise({
  try: async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    server.close()
    await once(server, "close")
    // NOTE: cannot happen: a server that listens on host and port has an address with a port.
    if (address === null || typeof address === "string") throw new Error("none was given")
    return address.port
  },
  catch: failed("no free port")
})

/** Whether somebody accepts connections on a port of this machine. */
export const accepts = (port: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = connect({ host: "localhost", port, autoSelectFamily: true })
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutOption("1 second"), Effect.map(Option.getOrElse(() => false)))

/**
 * Notes its own pid, so that a server that is killed at this very moment finds it again, runs the command, and notes
 * with which code it ended. `$1` is the notes' path, `$2` the command.
 */
const launcher = 'echo $$ > "$1.pid" || exit 126; /bin/sh -c "$2"; code=$?; echo $code > "$1.exit"; exit $code'

/** What a child is started with. */
export interface ChildOptions {
  readonly command: string
  readonly directory: string
  readonly variables: Readonly<Record<string, string>>
}

/** Settles when the system has made the process, or has refused to. */
const started = (child: ChildProcess): Promise<ProcessIdentity> => {
  const identity = new Promise<ProcessIdentity>((resolve, reject) => {
    child.once("error", reject)
    child.once("spawn", () => {
      const pid = child.pid ?? 0
      resolve({ pid, start: startOf(pid) ?? "ended" })
    })
  })
  return identity
}

const cannotStart = failed("the command cannot be started")

/** Starts a command in a session of its own; it goes on when we end. Its output is appended to a file. */
export const launch = (
  options: ChildOptions & { readonly logFile: string; readonly notes: string }
): Effect.Effect<ProcessIdentity, ProcessFailed> =>
  Effect.tryPromise({
    try: () => {
      const output = openSync(options.logFile, "a")
      const child = spawn("/bin/sh", ["-c", launcher, "sh", options.notes, options.command], {
        cwd: options.directory,
        env: options.variables,
        stdio: ["ignore", output, output],
        detached: true
      })
      closeSync(output)
      child.unref()
      return started(child)
    },
    catch: cannotStart
  }).pipe(Effect.uninterruptible)

/** A command whose output we read. */
export interface Child {
  readonly output: Stream.Stream<Uint8Array>
  /** Ends with the command, whatever it left running. */
  readonly exitCode: Effect.Effect<number>
}

/** How long the output of a command may go on after its end: what it left running may hold it open for ever. */
const lingerMs = 300

/**
 * Starts a command in a session of its own, its errors joined to its output. When the scope ends before the command, it
 * and everything that it started is ended; what a command that came to its end left running goes on.
 */
export const child = Effect.fnUntraced(function* (
  options: ChildOptions
): Effect.fn.Return<Child, ProcessFailed, Scope.Scope> {
  const { ended, stdout } = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const child = spawn("/bin/sh", ["-c", 'exec 2>&1; /bin/sh -c "$1"', "sh", options.command], {
          cwd: options.directory,
          env: options.variables,
          stdio: ["ignore", "pipe", "ignore"],
          detached: true
        })
        const { stdout } = child
        const ended = new Promise<number>((resolve) => {
          child.once("exit", (code, signal) => {
            setTimeout(() => stdout.destroy(), lingerMs).unref()
            resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
          })
        })
        const identity = await started(child)
        return { child, ended, identity, stdout }
      },
      catch: cannotStart
    }),
    ({ child, identity }) =>
      child.exitCode !== null || child.signalCode !== null
        ? Effect.void
        : // NOTE: what does not end even so is found again by its marks when the environment is removed.
          Effect.ignore(stop(() => ({ leaders: [identity], strays: [] })))
  )
  return {
    output: Stream.fromAsyncIterable(stdout, (cause) => cause).pipe(
      Stream.map((chunk) => new Uint8Array(Buffer.from(chunk))),
      // NOTE: a pipe that cannot be read has been closed, which is its end.
      Stream.catch(() => Stream.empty)
    ),
    exitCode: Effect.promise(() => ended)
  }
})

/** What is to end: sessions that we began, and processes that left them. */
export interface Targets {
  readonly leaders: ReadonlyArray<ProcessIdentity>
  readonly strays: ReadonlyArray<MarkedProcess>
}

const grace = Duration.seconds(1)
const patience = Duration.seconds(5)

/** Asks with SIGTERM, insists with SIGKILL after a second, and comes back when none is left. */
export const stop = Effect.fnUntraced(function* (find: () => Targets): Effect.fn.Return<void, ProcessFailed> {
  const left = Effect.sync(() => {
    const { leaders, strays } = find()
    return Array.from(new Set([...leaders.flatMap((leader) => familyOf(leader)), ...strays.map(({ pid }) => pid)]))
  })
  const signal = (name: "SIGTERM" | "SIGKILL") =>
    Effect.sync(() => {
      const { leaders, strays } = find()
      const members = new Set(leaders.flatMap((leader) => familyOf(leader)))
      for (const leader of leaders) sendToFamily(leader, name)
      for (const { pid } of strays) if (!members.has(pid)) send(pid, name)
    })
  const none = (look: Effect.Effect<ReadonlyArray<number>>, within: Duration.Duration) =>
    look.pipe(
      Effect.repeat({ until: (pids) => pids.length === 0, schedule: Schedule.spaced("25 millis") }),
      Effect.timeoutOption(within),
      Effect.map(Option.isSome)
    )

  if ((yield* left).length === 0) return
  yield* signal("SIGTERM")
  if (yield* none(left, grace)) return
  // NOTE: again and again, because what is being killed may just have started another one.
  if (yield* none(Effect.andThen(signal("SIGKILL"), left), patience)) return
  return yield* new ProcessFailed({
    detail: `processes that do not end even by SIGKILL: ${(yield* left).join(", ")}`
  })
})
