/** The example that comes with the package runs, is told what it is, and stops when it is asked to. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { exampleRepository } from "../src/index.ts"

const shop = Effect.acquireRelease(
  Effect.promise(async () => {
    const child = spawn(process.execPath, ["server.mjs"], {
      cwd: exampleRepository,
      env: { PORT: "0", COMMIT_SHA: "0123456789abcdef", PULL_REQUEST: "12" },
      stdio: ["ignore", "pipe", "inherit"]
    })
    const [line] = await once(createInterface(child.stdout), "line")
    return { child, exited: once(child, "exit"), port: Number(String(line).replace(/\D/g, "")) }
  }),
  ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
)

describe("the example repository", () => {
  it("has what a preview needs", () => {
    for (const file of [
      "Dockerfile",
      ".productbuilding/preview/config.yml",
      ".productbuilding/preview/docker-compose.yml"
    ]) {
      assert.isTrue(existsSync(join(exampleRepository, file)), file)
    }
    assert.match(readFileSync(join(exampleRepository, "Dockerfile"), "utf8"), /^FROM node:24-alpine$/m)
  })

  it.live("shows its commit and pull request, counts, and ends at once on SIGTERM", () =>
    Effect.gen(function* () {
      const { child, exited, port } = yield* shop
      const get = (path: string) => Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`))
      assert.strictEqual(
        yield* Effect.promise(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).text()),
        "ok"
      )
      const page = yield* Effect.promise(async () => (await fetch(`http://127.0.0.1:${port}/`)).text())
      assert.include(page, "A small shop, open for preview")
      assert.include(page, ">0123456<")
      assert.include(page, "#12")
      const events = yield* get("/events")
      const reader = events.body?.getReader()
      const first = yield* Effect.promise(async () => new TextDecoder().decode((await reader?.read())?.value))
      assert.match(first, /^data: \{"seconds":\d+,"visitors":1\}\n\n$/)
      assert.strictEqual((yield* get("/none")).status, 404)
      child.kill("SIGTERM")
      const [code] = yield* Effect.promise(() => exited)
      assert.strictEqual(code, 0, "although a stream was open")
      yield* Effect.promise(async () => reader?.cancel().catch(() => {}))
    }).pipe(Effect.scoped)
  )
})
