import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, References, Schedule, type Scope, Stream } from "effect"
import { describeWith } from "../../../../test/support/requires.ts"
import { type Launch, type Launcher, spawned } from "../../src/docker/ComposeLauncher.ts"
import * as ImportedCompose from "../../src/docker/ImportedCompose.ts"

const command = "docker-compose"
const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", COMPOSE_ANSI: "never" }

const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const made = mkdtempSync(join(tmpdir(), "pb-imported-"))
    writeFileSync(join(made, "compose.yml"), `services: { app: { image: 'busybox:\${RELEASE:-none}' } }\n`)
    return made
  }),
  (made) => Effect.sync(() => rmSync(made, { recursive: true }))
)

const finish = (launcher: Launcher, launch: Launch) =>
  Effect.scoped(
    Effect.gen(function* () {
      const run = yield* launcher(launch)
      const output = yield* run.output.pipe(Stream.decodeText(), Stream.mkString)
      return { output: output.split("\n").toSorted(), code: yield* run.exitCode }
    })
  )

const imported = Effect.flatMap(ImportedCompose.imported(command, env), (found) => Effect.fromOption(found))

/** Processes with these words among their arguments, that this one has started itself. */
const children = (words: string): ReadonlyArray<number> => {
  try {
    const found = execFileSync("pgrep", ["-P", String(process.pid), "-f", words], { encoding: "utf8" })
    return found.trim().split("\n").map(Number)
  } catch {
    return []
  }
}
const importers = () => children("import compose.cli.main")
const copiesOf = (pid: number): string => {
  try {
    return execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" }).trim()
  } catch {
    return ""
  }
}

const eventually = (check: () => boolean) =>
  Effect.sync(check).pipe(
    Effect.repeat({ until: (isSo) => isSo, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("15 seconds")
  )

const live = <A, E>(name: string, test: Effect.Effect<A, E, NodeServices.NodeServices | Scope.Scope>) =>
  it.live(name, () => Effect.provide(Effect.scoped(test), NodeServices.layer), 30_000)

describeWith(["compose-1"], "Compose 1, imported once", () => {
  live(
    "prints and ends as the command does",
    Effect.gen(function* () {
      const cwd = yield* folder
      const { launch } = yield* imported
      const ordinary = yield* spawned(command, [])
      const text = "services: { app: { image: 'alpine' } }"
      for (const [args, input] of [
        [["-p", "one", "-f", "compose.yml", "config"]],
        [["-p", "one", "-f", "-", "config"], text],
        [["-p", "one", "-f", "-", "config"], "services: 1"],
        [["-p", "one", "-f", "missing.yml", "config"]],
        [["-p", "one", "nonsense"]],
        [["version", "--short"]]
      ] as const) {
        assert.deepStrictEqual(
          yield* finish(launch, { args, cwd, env, input }),
          yield* finish(ordinary, { args, cwd, env, input })
        )
      }
    })
  )

  live(
    "runs many at once, each in its own environment",
    Effect.gen(function* () {
      const cwd = yield* folder
      const { launch } = yield* Effect.fromOption(
        yield* ImportedCompose.imported(command, { ...env, RELEASE: "of-the-process" })
      )
      const args = ["-p", "many", "-f", "compose.yml", "config"]
      yield* Effect.forEach(
        Array.from({ length: 24 }, (_, index) => index),
        Effect.fnUntraced(function* (index) {
          const release = index % 3 === 0 ? {} : { RELEASE: `r${index}` }
          const { code, output } = yield* finish(launch, { args, cwd, env: { ...env, ...release } })
          assert.strictEqual(code, 0)
          assert.include(output, `    image: busybox:${index % 3 === 0 ? "none" : `r${index}`}`)
        }),
        { concurrency: "unbounded" }
      )
    })
  )

  live(
    "imports nothing from the folder that it runs in",
    Effect.gen(function* () {
      const cwd = yield* folder
      const trace = join(cwd, "imported")
      // Compose imports this one late.
      writeFileSync(join(cwd, "netrc.py"), `open(${JSON.stringify(trace)}, "w").close()\nfrom http import *\n`)
      const { launch } = yield* imported
      const { code } = yield* finish(launch, { args: ["-p", "one", "-f", "compose.yml", "config"], cwd, env })
      assert.strictEqual(code, 0)
      assert.isFalse(existsSync(trace))
    })
  )

  live(
    "ends a run whose scope is closed, and all with its own",
    Effect.gen(function* () {
      const cwd = yield* folder
      const before = importers()
      writeFileSync(join(cwd, "sleepy"), "#!/usr/bin/python3\nimport time\ntime.sleep(600)\n", { mode: 0o755 })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sleepy = yield* ImportedCompose.imported("sleepy", { ...env, PATH: `${cwd}:${env.PATH}` })
          const { launch } = yield* Effect.fromOption(sleepy)
          const [pid = 0] = importers().filter((one) => !before.includes(one))
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* launch({ args: [], cwd, env })
              yield* eventually(() => copiesOf(pid) !== "")
            })
          )
          assert.strictEqual(copiesOf(pid), "")
        })
      )
      yield* eventually(() => importers().every((one) => before.includes(one)))
    })
  )

  live(
    "ends with the process that wanted it, however that ends",
    Effect.gen(function* () {
      const module = JSON.stringify(new URL("../../src/docker/ImportedCompose.ts", import.meta.url).href)
      const script = `
        import { NodeServices } from "@effect/platform-node"
        import { Effect } from "effect"
        import { imported } from ${module}
        imported("docker-compose", { PATH: process.env.PATH }).pipe(
          Effect.andThen(Effect.sync(() => console.log("imported"))),
          Effect.andThen(Effect.never), Effect.scoped, Effect.provide(NodeServices.layer), Effect.runPromise
        )`
      const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
        cwd: join(import.meta.dirname, "../.."),
        stdio: ["ignore", "pipe", "inherit"]
      })
      yield* Effect.promise(() => once(owner.stdout, "data"))
      const importer = Number(copiesOf(owner.pid ?? 0))
      const [, socket = ""] = readFileSync(`/proc/${importer}/cmdline`, "utf8").split("\0").toReversed()
      assert.isTrue(existsSync(socket))
      owner.kill("SIGKILL")
      yield* eventually(() => !existsSync(`/proc/${importer}`))
      assert.isFalse(existsSync(dirname(socket)))
    })
  )

  describe("without it", () => {
    const messages: Array<string> = []
    const Log = Layer.merge(
      Logger.layer([Logger.make(({ message }) => void messages.push(String(message)))]),
      Layer.succeed(References.MinimumLogLevel, "Debug")
    )

    live(
      "runs are started anew: where it has ended",
      Effect.gen(function* () {
        const cwd = yield* folder
        const before = importers()
        const launch = yield* ImportedCompose.launcher(command, env)
        const version = finish(launch, { args: ["version", "--short"], cwd, env })
        assert.strictEqual((yield* version).code, 0)
        yield* eventually(() => messages.some((message) => message.includes("is imported")))
        assert.strictEqual((yield* version).code, 0)
        for (const pid of importers().filter((one) => !before.includes(one))) process.kill(pid, "SIGKILL")
        yield* eventually(() => messages.some((message) => message.includes("is started anew")))
        assert.strictEqual((yield* version).code, 0)
      }).pipe(Effect.provide(Log))
    )
  })
})

describe("a command that is no Python script", () => {
  it("is told by its first line", () => {
    assert.deepStrictEqual(ImportedCompose.interpreterOf("#!/usr/bin/python3"), ["/usr/bin/python3"])
    assert.deepStrictEqual(ImportedCompose.interpreterOf("#! /usr/bin/env python3.11 -s"), [
      "/usr/bin/env",
      "python3.11",
      "-s"
    ])
    for (const line of ["#!/bin/sh", "#!/opt/pythonic/run", "\u007fELF", ""])
      assert.isUndefined(ImportedCompose.interpreterOf(line))
  })

  live(
    "is not imported",
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* ImportedCompose.imported("sh", env)))
      assert.isTrue(Option.isNone(yield* ImportedCompose.imported("there-is-no-such-command", env)))
      const launch = yield* ImportedCompose.launcher("sh", env)
      assert.deepStrictEqual(
        yield* finish(launch, { args: ["-c", "echo $GREETING; exit 3"], cwd: tmpdir(), env: { GREETING: "hello" } }),
        {
          output: ["", "hello"],
          code: 3
        }
      )
    })
  )
})
