/**
 * Compose 1 is a Python program that needs half a second to import itself, each time. Here it is imported once, by a process
 * that then copies itself for each run. Needs `docker-compose` to be a Python script, as Debian and `pip` install it.
 */
import * as Net from "node:net"
import { NodeStream } from "@effect/platform-node"
import { Deferred, Effect, FileSystem, Option, Path, type PlatformError, type Scope, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { type Launcher, type LaunchFailed, launchFailed, spawned } from "./ComposeLauncher.ts"

/**
 * Arguments: the script, and a socket's address. A connection is a run: a line of JSON, then its standard input; what it
 * prints comes back. When the other side hangs up, the run ends. Starts and ends are told on the standard output, and the
 * end of the standard input ends it all.
 */
const program = `
import io, json, os, runpy, select, shutil, signal, socket, sys, threading, time, traceback
import compose.cli.main

script, address = sys.argv[1:]

def tell_ends(*_):
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        os.write(1, b"ended %d %d\\n" % (pid, os.waitstatus_to_exitcode(status)))

def end_with(connection):
    hangup = select.poll()
    hangup.register(connection, select.POLLHUP)
    hangup.poll()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os.kill(os.getpid(), signal.SIGKILL)

def run(connection):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request = connection.makefile("rb")
    wanted = json.loads(request.readline())
    os.write(1, b"started %d %d\\n" % (wanted["id"], os.getpid()))
    threading.Thread(target=end_with, args=(connection,), daemon=True).start()
    for output in (1, 2):
        os.dup2(connection.fileno(), output)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = io.TextIOWrapper(request, "utf-8")
    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["cwd"])
    sys.argv = [script, *wanted["args"]]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

listener = socket.socket(socket.AF_UNIX)
listener.bind(address)
listener.listen(64)
signal.signal(signal.SIGCHLD, tell_ends)
os.write(1, b"ready\\n")
while listener in select.select([listener, 0], [], [])[0]:
    connection, _ = listener.accept()
    if os.fork() == 0:
        code = 1
        try:
            listener.close()
            code = run(connection)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    connection.close()
shutil.rmtree(os.path.dirname(address), ignore_errors=True)
`

/** The interpreter and its arguments, of a script whose first line is that of a Python script. */
export const interpreterOf = (firstLine: string): ReadonlyArray<string> | undefined => {
  const words = /^#!\s*(\S.*)$/.exec(firstLine)?.[1]?.trim().split(/\s+/)
  return words?.some((word) => /(^|\/)python[\d.]*$/.test(word)) ? words : undefined
}

const connect = (address: string) =>
  Effect.callback<Net.Socket, LaunchFailed>((resume) => {
    const socket = Net.connect(address)
    socket.once("connect", () => resume(Effect.succeed(socket)))
    socket.on("error", (error) => resume(Effect.fail(launchFailed(error))))
  })

/** How long a run may take to end: it is killed after five seconds. */
const patience = "10 seconds"

/** The command's place, where it is a Python script. */
const find = Effect.fnUntraced(function* (command: string, env: Readonly<Record<string, string>>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const folder of (env["PATH"] ?? "").split(":")) {
    const script = path.join(folder, command)
    if (!(yield* fs.exists(script))) continue
    const start = yield* fs.stream(script, { bytesToRead: 256 }).pipe(Stream.decodeText(), Stream.mkString)
    const [interpreter, ...args] = interpreterOf(start.split("\n")[0] ?? "") ?? []
    return Option.map(Option.fromUndefinedOr(interpreter), (program) => ({ script, interpreter: program, args }))
  }
  return Option.none()
})

/** A process that has imported Compose. */
export interface Imported {
  readonly launch: Launcher
  /** Succeeds when the process has ended by itself, with why. */
  readonly gone: Effect.Effect<LaunchFailed>
}

const start = Effect.fnUntraced(function* (options: {
  readonly script: string
  readonly interpreter: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}): Effect.fn.Return<
  Imported,
  LaunchFailed | PlatformError.PlatformError,
  ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const { args, env, interpreter, script } = options
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const folder = yield* Effect.acquireRelease(fs.makeTempDirectory({ prefix: "pb-compose-" }), (made) =>
    // NOTE: the process removes it as well, for a server that is killed.
    Effect.orDie(fs.remove(made, { recursive: true, force: true }))
  )
  const address = path.join(folder, "socket")
  // NOTE: isolated, as a run would import what it lacks from its folder otherwise, which is that of a pull request.
  const handle = yield* spawner.spawn(
    ChildProcess.make(interpreter, [...args, "-I", "-c", program, script, address], {
      env: { ...env },
      extendEnv: false,
      stdin: "pipe",
      stderr: "ignore",
      killSignal: "SIGTERM",
      forceKillAfter: "5 seconds"
    })
  )
  const ready = yield* Deferred.make<void>()
  const gone = yield* Deferred.make<never, LaunchFailed>()
  const runs = new Map<number, Deferred.Deferred<number>>()
  const ids = new Map<number, number>()
  let lastId = 0

  const hear = (line: string) => {
    const [word, first, second] = line.split(" ")
    if (word === "ready") return Deferred.succeed(ready, undefined)
    if (word === "started") ids.set(Number(second), Number(first))
    if (word !== "ended") return Effect.void
    const id = ids.get(Number(first))
    ids.delete(Number(first))
    const run = id === undefined ? undefined : runs.get(id)
    return run === undefined ? Effect.void : Deferred.succeed(run, Number(second))
  }

  yield* handle.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach(hear),
    Effect.ensuring(Deferred.fail(gone, launchFailed(new Error("the process that imported Compose has ended")))),
    Effect.forkScoped
  )

  const launch: Launcher = Effect.fnUntraced(function* ({ args, cwd, env, input }) {
    const id = ++lastId
    const ended = yield* Deferred.make<number>()
    yield* Effect.acquireRelease(
      Effect.sync(() => runs.set(id, ended)),
      () => Effect.sync(() => runs.delete(id))
    )
    const exitCode = Effect.raceFirst(Deferred.await(ended), Deferred.await(gone))
    const socket = yield* Effect.acquireRelease(connect(address), (connected) =>
      Effect.suspend(() => {
        connected.destroy()
        // NOTE: it fails where the process is gone, and all that it had started ends with that.
        return Effect.ignore(Effect.timeoutOption(exitCode, patience))
      })
    )
    socket.end(`${JSON.stringify({ id, args, cwd, env })}\n${input ?? ""}`)
    return {
      output: NodeStream.fromReadable({ evaluate: () => socket, onError: launchFailed, closeOnDone: false }),
      exitCode
    }
  })

  yield* Effect.raceFirst(Deferred.await(ready), Deferred.await(gone))
  return { launch, gone: Effect.flip(Deferred.await(gone)) }
})

/**
 * Imports the command, for as long as the scope is open; `None` where it is no Python script. `env` is what the process
 * sees, and where it is found by its `PATH`; a run sees its own environment only.
 */
export const imported = Effect.fnUntraced(function* (command: string, env: Readonly<Record<string, string>>) {
  const found = yield* find(command, env)
  return Option.isSome(found) ? Option.some(yield* start({ ...found.value, env })) : Option.none<Imported>()
})

/**
 * Starts runs as copies of a process that has imported the command, and as any other command until that is ready, once it
 * has ended, and where it cannot be. The process takes 45 MB.
 */
export const launcher = Effect.fnUntraced(function* (
  command: string,
  env: Readonly<Record<string, string>>
): Effect.fn.Return<
  Launcher,
  never,
  ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const ordinary = yield* spawned(command, [])
  let current = ordinary
  yield* imported(command, env).pipe(
    Effect.flatMap(
      Option.match({
        onNone: () => Effect.void,
        onSome: ({ gone, launch }) => {
          current = launch
          return Effect.andThen(Effect.logDebug(`${command} is imported`), Effect.flatMap(gone, Effect.fail))
        }
      })
    ),
    Effect.catch((cause) => {
      current = ordinary
      return Effect.logWarning(`${command} is started anew for each run, which takes half a second longer`, cause)
    }),
    Effect.scoped,
    Effect.forkScoped
  )
  return (launch) => current(launch)
})
