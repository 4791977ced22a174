import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Runtime, type RuntimeError } from "@productbuilding/preview"
import { ConfigProvider, Effect, Exit, Fiber, Layer, Option, Redacted, Schedule, Stream } from "effect"
import * as ProcessRuntime from "../../src/process/ProcessRuntime.ts"
import { contractOf, environmentOf, name, previewId, runtimeOf, serverOf, survivors, workspaceOf } from "./support.ts"

/** A runtime on a workspace of its own. */
const withRuntime = <A, E>(
  body: (runtime: Runtime["Service"], workspace: string) => Effect.Effect<A, E>
): Effect.Effect<A, E | unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const workspace = yield* workspaceOf()
      return yield* Effect.flatMap(Runtime, (runtime) => body(runtime, workspace)).pipe(
        Effect.provide(runtimeOf(workspace))
      )
    })
  )

const ask = (runtime: Runtime["Service"]) =>
  Effect.gen(function* () {
    const endpoint = Option.getOrThrow(yield* runtime.endpoint(name))
    return yield* Effect.tryPromise(async () => (await fetch(`http://${endpoint.host}:${endpoint.port}/`)).text())
  })

const askUntilAnswer = (runtime: Runtime["Service"]) =>
  Effect.retry(ask(runtime), { schedule: Schedule.spaced("25 millis"), times: 200 })

const start = (runtime: Runtime["Service"], environment: Parameters<Runtime["Service"]["start"]>[0]) =>
  Effect.andThen(runtime.prepare(environment), Stream.runCollect(runtime.start(environment)))

const refusal = (effect: Effect.Effect<unknown, RuntimeError>) =>
  Effect.map(Effect.flip(effect), ({ reason }) =>
    reason._tag === "Refused" ? reason.problems.map(({ key, message }) => [key, message] as const) : []
  )

const until = <A, E>(effect: Effect.Effect<A, E>, done: (value: A) => boolean) =>
  Effect.repeat(effect, { until: done, schedule: Schedule.spaced("25 millis") }).pipe(Effect.timeout("10 seconds"))

describe("ProcessRuntime", () => {
  it.live("starts the command in the checkout, with a port, its variables, and none of the server's own", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        const environment = environmentOf(
          workspace,
          'pwd; env; exec node -e \'require("http").createServer((_, r) => r.end("hello")).listen(process.env.PORT)\'',
          { variables: { GREETING: "hello", PASSWORD: Redacted.make("sesame") } }
        )
        yield* start(runtime, environment)
        assert.strictEqual(yield* askUntilAnswer(runtime), "hello")
        const lines = yield* Stream.runCollect(runtime.logs(name, { tail: 1000, follow: false }))
        assert.strictEqual(lines[0], environment.sourceDirectory)
        assert.includeMembers(Array.from(lines), [
          "GREETING=hello",
          "PASSWORD=sesame",
          `HOME=${environment.stateDirectory}`,
          "LANG=C.UTF-8"
        ])
        const names = lines
          .slice(1)
          .map((line) => line.split("=")[0] ?? "")
          .filter((key) => !key.startsWith("PRODUCTBUILDING_"))
        assert.sameMembers(
          names.filter((key) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(key)),
          ["GREETING", "HOME", "LANG", "PASSWORD", "PATH", "PORT"]
        )
        const [status] = yield* until(runtime.status(name), ([one]) => (one?.listening?.length ?? 0) > 0)
        assert.deepStrictEqual(
          [status?.service, status?.state, status?.exitCode, status?.listening],
          ["app", "running", null, [{ port: 8080, loopbackOnly: false }]]
        )
        assert.deepStrictEqual(
          (yield* runtime.list).map((one) => [one.name, one.previewId]),
          [[name, previewId]]
        )
      })
    )
  )

  it.live("refuses forks and contracts without a command, by key and with what to write", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        const forked = environmentOf(workspace, "true", { trusted: false })
        for (const attempt of [
          runtime.prepare(forked),
          Stream.runDrain(runtime.build(forked)),
          Stream.runDrain(runtime.start(forked)),
          Stream.runDrain(runtime.exec(forked, "app", "touch stolen"))
        ]) {
          assert.deepStrictEqual(
            (yield* refusal(attempt)).map(([key]) => key),
            ["process"]
          )
        }
        assert.isFalse(existsSync(join(forked.sourceDirectory, "stolen")))
        const [problem] = yield* refusal(runtime.prepare(environmentOf(workspace, undefined)))
        assert.strictEqual(problem?.[0], "process.command")
        assert.match(problem?.[1] ?? "", /node server\.mjs/)
      })
    )
  )

  it.live("is not to be had in production", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Runtime.pipe(
          Effect.provide(
            ProcessRuntime.layerConfig.pipe(
              Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ APP_ENV: "production" })))
            )
          )
        )
      )
      assert.isTrue(Exit.isFailure(exit) && /APP_ENV=production/.test(String(exit.cause)))
    })
  )

  it.live("lets the older release serve until the newer one listens, then ends it", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        yield* start(runtime, environmentOf(workspace, serverOf("one")))
        yield* askUntilAnswer(runtime)
        const before = survivors(workspace)
        const second = yield* Effect.forkChild(start(runtime, environmentOf(workspace, serverOf("two", 700))))
        const answers = new Set<string>()
        while (second.pollUnsafe() === undefined) {
          // Who asks the older one while it is ended asks again, as the front door does, and finds the newer.
          answers.add(yield* Effect.retry(ask(runtime), { times: 1 }))
          yield* Effect.sleep("10 millis")
        }
        yield* Fiber.join(second)
        assert.deepStrictEqual(Array.from(answers).slice(0, 1), ["one"])
        assert.isTrue(Array.from(answers).every((answer) => answer === "one" || answer === "two"))
        assert.strictEqual(yield* ask(runtime), "two")
        assert.deepStrictEqual(
          survivors(workspace).filter((pid) => before.includes(pid)),
          []
        )
      })
    )
  )

  it.live("keeps the older release when a start is interrupted, and leaves nothing of the newer", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        yield* start(runtime, environmentOf(workspace, serverOf("one")))
        yield* askUntilAnswer(runtime)
        const before = survivors(workspace)
        const second = yield* Effect.forkChild(start(runtime, environmentOf(workspace, "sleep 60 & sleep 60")))
        yield* until(
          Effect.sync(() => survivors(workspace).length),
          (count) => count > before.length + 1
        )
        yield* Fiber.interrupt(second)
        assert.sameMembers(Array.from(survivors(workspace)), Array.from(before))
        assert.strictEqual(yield* ask(runtime), "one")
      })
    )
  )

  it.live("shows a command that ended, its exit code, and the end of its log", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        yield* start(runtime, environmentOf(workspace, "echo one; echo two >&2; exit 3"))
        const [status] = yield* until(runtime.status(name), ([one]) => one?.state === "exited")
        assert.strictEqual(status?.exitCode, 3)
        assert.isTrue(Option.isNone(yield* runtime.endpoint(name)))
        assert.deepStrictEqual(Array.from(yield* Stream.runCollect(runtime.logs(name, { tail: 1, follow: false }))), [
          "two"
        ])
        // A later server knows it as well.
        const later = yield* Effect.flatMap(Runtime, (one) => one.status(name)).pipe(
          Effect.provide(runtimeOf(workspace))
        )
        assert.strictEqual(later[0]?.exitCode, 3)
      })
    )
  )

  it.live("removes processes that ignore SIGTERM, that left their group, and that lost their parent", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        const command = "trap '' TERM; setsid sleep 61 & (sleep 62 &) ; sh -c 'trap \"\" TERM; sleep 63; sleep 63'"
        yield* start(runtime, environmentOf(workspace, command))
        yield* until(
          Effect.sync(() => survivors(workspace).length),
          (count) => count >= 5
        )
        assert.isNotEmpty(yield* runtime.remains(name))
        yield* runtime.remove(name)
        assert.deepStrictEqual(survivors(workspace), [])
        assert.deepStrictEqual(yield* runtime.remains(name), [])
        assert.deepStrictEqual(yield* runtime.list, [])
        assert.deepStrictEqual(yield* runtime.status(name), [])
        assert.deepStrictEqual(readdirSync(join(workspace, "processes")), [])
        yield* runtime.remove(name)
      })
    )
  )

  it.live("runs commands beside the preview: lines, exit code, without secrets; ended when interrupted", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        const environment = environmentOf(workspace, serverOf("one"), {
          variables: { PASSWORD: Redacted.make("sesame") }
        })
        const exec = (command: string, service = "app") => runtime.exec(environment, service, command)
        const absent = yield* Effect.flip(Stream.runDrain(exec("true")))
        assert.strictEqual(absent.reason._tag, "Missing")
        yield* start(runtime, environment)
        assert.deepStrictEqual(Array.from(yield* Stream.runCollect(exec('echo "$PASSWORD"; echo problem >&2; pwd'))), [
          "***",
          "problem",
          environment.sourceDirectory
        ])
        const failed = yield* Effect.flip(Stream.runDrain(exec("echo the end; exit 7")))
        assert.isTrue(
          failed.reason._tag === "CommandFailed" && failed.reason.exitCode === 7 && failed.reason.output === "the end"
        )
        const other = yield* Effect.flip(Stream.runDrain(exec("true", "worker")))
        assert.strictEqual(other.reason._tag, "Missing")
        const before = survivors(workspace)
        const fiber = yield* Effect.forkChild(Stream.runDrain(exec("sleep 64 & sleep 64")))
        yield* until(
          Effect.sync(() => survivors(workspace).length),
          (count) => count > before.length + 1
        )
        yield* Fiber.interrupt(fiber)
        assert.sameMembers(Array.from(survivors(workspace)), Array.from(before))
        // What a command leaves running may hold its output open for ever.
        yield* Stream.runDrain(exec("sleep 65 &"))
      })
    )
  )

  it.live("follows a log, also while it is shortened, until the preview is removed", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        const big = "node -e 'for (let i = 0; i < 60000; i++) console.log(String(i).padStart(90, \".\"))'"
        yield* start(runtime, environmentOf(workspace, `echo begin; ${big}; echo middle; sleep 7; echo end; sleep 60`))
        const lines: Array<string> = []
        const follower = yield* runtime.logs(name, { tail: 0, follow: true }).pipe(
          Stream.runForEach((line) => Effect.sync(() => lines.push(line))),
          Effect.forkChild
        )
        yield* until(
          Effect.sync(() => lines.includes("end")),
          (found) => found
        )
        const bytes = readdirSync(join(workspace, "processes"))
          .filter((file) => file.includes(".log"))
          .reduce((sum, file) => sum + readFileSync(join(workspace, "processes", file)).length, 0)
        assert.isBelow(bytes, 6_000_000)
        assert.strictEqual((yield* Stream.runCollect(runtime.logs(name, { tail: 50, follow: false }))).at(-1), "end")
        yield* runtime.remove(name)
        yield* Fiber.join(follower)
      })
    )
  )

  it.live("shows the files that the contract calls its log, those that come later as well, and leaves no reader", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        const folder = join(workspace, "it's logs")
        const later = `mkdir -p "${folder}"; echo one > "${folder}/a.log"; echo shown; while true; do sleep 0.2; echo again >> "${folder}/b.log"; done`
        const pattern = `${folder}/*.log`
        const contract = { ...contractOf(later), logging: { type: "file" as const, path: pattern } }
        yield* start(runtime, environmentOf(workspace, later, { contract }))
        const last = (tail: number) => Stream.runCollect(runtime.logs(name, { tail, follow: false }))
        yield* until(last(5), (lines) => lines.includes("one") && lines.includes("again"))
        const lines: Array<string> = []
        const follower = yield* runtime.logs(name, { tail: 0, follow: true }).pipe(
          Stream.runForEach((line) => Effect.sync(() => lines.push(line))),
          Effect.forkChild
        )
        yield* until(
          Effect.sync(() => lines.filter((line) => line === "again").length),
          (count) => count > 1
        )
        const readers = () =>
          execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
            .split("\n")
            .filter((args) => args.startsWith("tail ") && args.includes(workspace))
        assert.lengthOf(readers(), 1)
        yield* Fiber.interrupt(follower)
        assert.notInclude(lines, "one")
        const service = contract.compose.service
        assert.deepStrictEqual(
          Array.from(yield* Stream.runCollect(runtime.logs(name, { service, tail: 5, follow: false }))),
          ["shown"]
        )
        assert.isEmpty(readers())
      })
    )
  )

  it.live("does not touch the processes of another workspace with the same names", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        yield* start(runtime, environmentOf(workspace, serverOf("one")))
        yield* withRuntime((other) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* other.list, [])
            yield* other.remove(name)
          })
        )
        assert.strictEqual(yield* askUntilAnswer(runtime), "one")
      })
    )
  )

  it.live("lists and removes a preview whose record cannot be read", () =>
    withRuntime((runtime, workspace) =>
      Effect.gen(function* () {
        yield* start(runtime, environmentOf(workspace, "sleep 66"))
        writeFileSync(join(workspace, "processes", `${name}.json`), "{")
        assert.deepStrictEqual(
          (yield* runtime.list).map((one) => one.previewId),
          [previewId]
        )
        yield* runtime.remove(name)
        assert.deepStrictEqual([survivors(workspace), yield* runtime.remains(name)], [[], []])
      })
    )
  )

  it.live("reads its configuration, and says what is wrong with the workspace", () =>
    Effect.gen(function* () {
      const build = (workspace: string) =>
        Effect.exit(
          Runtime.pipe(
            Effect.provide(
              ProcessRuntime.layerConfig.pipe(
                Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ WORKSPACE_DIR: workspace })))
              )
            )
          )
        )
      const workspace = yield* workspaceOf()
      assert.isTrue(Exit.isSuccess(yield* build(workspace)))
      writeFileSync(join(workspace, "file"), "")
      const failed = yield* build(join(workspace, "file"))
      assert.isTrue(Exit.isFailure(failed) && /WORKSPACE_DIR cannot be used/.test(String(failed.cause)))
    })
  )
})
