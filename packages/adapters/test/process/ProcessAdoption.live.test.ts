import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Runtime } from "@productbuilding/preview"
import { Effect, Option, Schedule, Stream } from "effect"
import { environmentOf, name, previewId, runtimeOf, serverOf, survivors, workspaceOf } from "./support.ts"

const script = fileURLToPath(new URL("startAndWait.ts", import.meta.url))

/** A server that starts a preview; resolves when it has said the word. */
const serverUntil = (workspace: string, command: string, word: "ready" | "started") =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, workspace, command], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      await new Promise<void>((resolve) => {
        let said = ""
        server.stdout.on("data", (chunk) => {
          said += String(chunk)
          if (said.includes(word)) resolve()
        })
      })
      return server
    }),
    (server) => kill(server)
  )

const kill = (server: ChildProcess) =>
  Effect.promise(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, "exit")
    server.kill("SIGKILL")
    await ended
  })

const answer = (runtime: Runtime["Service"]) =>
  Effect.gen(function* () {
    const endpoint = Option.getOrThrow(yield* runtime.endpoint(name))
    return yield* Effect.tryPromise(async () => (await fetch(`http://${endpoint.host}:${endpoint.port}/`)).text())
  }).pipe(Effect.retry({ schedule: Schedule.spaced("25 millis"), times: 200 }))

describe("ProcessRuntime after kill -9 of the server", () => {
  it.live("finds the preview running: endpoint, status, log, list; and removes it whole", () =>
    Effect.gen(function* () {
      const workspace = yield* workspaceOf()
      const server = yield* serverUntil(workspace, serverOf("still here"), "started")
      yield* kill(server)
      yield* Effect.gen(function* () {
        const runtime = yield* Runtime
        assert.strictEqual(yield* answer(runtime), "still here")
        assert.deepStrictEqual(
          (yield* runtime.list).map((one) => [one.name, one.previewId]),
          [[name, previewId]]
        )
        assert.strictEqual((yield* runtime.status(name))[0]?.state, "running")
        assert.deepStrictEqual(Array.from(yield* Stream.runCollect(runtime.logs(name, { tail: 1, follow: false }))), [
          "listening"
        ])
        yield* Stream.runDrain(runtime.start(environmentOf(workspace, serverOf("the next"))))
        assert.strictEqual(yield* answer(runtime), "the next")
        yield* runtime.remove(name)
        assert.deepStrictEqual([survivors(workspace), yield* runtime.remains(name)], [[], []])
      }).pipe(Effect.provide(runtimeOf(workspace)))
    })
  )

  it.live("finds a process that it did not live to record", () =>
    Effect.gen(function* () {
      const workspace = yield* workspaceOf()
      const server = yield* serverUntil(workspace, serverOf("unrecorded"), "started")
      yield* kill(server)
      // The state between the process's beginning and the record's second writing.
      const file = join(workspace, "processes", `${name}.json`)
      const record = readFileSync(file, "utf8").replace(/"process":\{[^}]*\}/, '"process":null')
      assert.include(record, '"process":null')
      writeFileSync(file, record)
      yield* Effect.gen(function* () {
        const runtime = yield* Runtime
        assert.strictEqual(yield* answer(runtime), "unrecorded")
        yield* runtime.remove(name)
        assert.deepStrictEqual([survivors(workspace), yield* runtime.remains(name)], [[], []])
      }).pipe(Effect.provide(runtimeOf(workspace)))
    })
  )

  it.live("at any moment of a start, leaves nothing that is not listed, and nothing after a removal", () =>
    Effect.gen(function* () {
      for (const delayMs of [0, 1, 2, 3, 5, 8, 13, 21, 34]) {
        const workspace = yield* workspaceOf()
        const server = yield* serverUntil(workspace, serverOf("one"), "ready")
        yield* Effect.sleep(delayMs)
        yield* kill(server)
        yield* Effect.gen(function* () {
          const runtime = yield* Runtime
          const running = survivors(workspace)
          const listed = (yield* runtime.list).map((one) => one.name)
          if (running.length > 0) assert.deepStrictEqual(listed, [name], `killed after ${delayMs} ms`)
          yield* Stream.runDrain(runtime.start(environmentOf(workspace, serverOf("two"))))
          assert.strictEqual(yield* answer(runtime), "two")
          yield* runtime.remove(name)
          assert.deepStrictEqual(
            [survivors(workspace), yield* runtime.remains(name), yield* runtime.list],
            [[], [], []]
          )
          assert.isFalse(existsSync(join(workspace, "processes", `${name}.json`)))
        }).pipe(Effect.provide(runtimeOf(workspace)))
      }
    })
  )
})
