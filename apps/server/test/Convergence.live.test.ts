/** Whatever becomes of deliveries (lost, doubled, out of order, two hundred at once), the end is that of the pull requests. */
import { once } from "node:events"
import { createServer } from "node:http"
import { MemoryRuntime, PreviewStore, parsePreviewId } from "@productbuilding/preview"
import type { SandboxPullRequest } from "@productbuilding/sandbox"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { assert, describe, it } from "vitest"
import { random } from "../../../test/support/random.ts"
import { layerWith } from "../src/Serve.ts"
import { makeWorld, repository, until } from "./Harness.ts"

const pulls = 40
const steps = 200

/** Every pull request ends where it should be, and the engine holds exactly the open ones at their heads. */
const converge = async (seed: number, pace: "at once" | "spread"): Promise<void> => {
  const next = random(seed)
  const pick = (count: number) => Math.floor(next() * count)
  const app = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1")
  await once(app, "listening")
  const address = app.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const engine: Parameters<typeof MemoryRuntime.layer>[0] = {
    environments: new Map(),
    endpoint: { host: "127.0.0.1", port: address.port }
  }
  const world = await makeWorld({ runtime: "process" })
  const { sandbox } = world
  const config = ConfigProvider.layer(ConfigProvider.fromUnknown(world.config))

  const act = () => {
    const open = sandbox.pullRequests(repository)
    if (next() < 0.35) {
      const kind = (["lose", "duplicate", "reorder"] as const)[pick(3)] ?? "lose"
      sandbox.webhookFault({ kind, times: 1, event: "pull_request" })
    }
    if (open.length < pulls && next() < 0.5) {
      sandbox.openPullRequest(repository, {
        title: `Change ${open.length + 1}`,
        change: { "note.txt": String(next()) }
      })
      return
    }
    const pull: SandboxPullRequest | undefined = open[pick(open.length)]
    if (pull === undefined) return
    if (pull.state === "closed") {
      if (pull.mergedAt === null) sandbox.reopen(repository, pull.number)
    } else if (next() < 0.5) sandbox.push(repository, pull.number, { "note.txt": String(next()) })
    else sandbox.close(repository, pull.number, { merge: next() < 0.5 })
  }

  const settled = (store: PreviewStore["Service"]) =>
    Effect.gen(function* () {
      const rows = new Map((yield* store.list({ deleted: true })).map((row) => [Number(row.pullRequest), row]))
      const held = new Map(
        Array.from(engine.environments.values(), (one) => [Number(parsePreviewId(one.previewId).pullRequest), one.sha])
      )
      return sandbox.pullRequests(repository).every((pull) => {
        const row = rows.get(pull.number)
        return pull.state === "open"
          ? row?.state === "ready" && row.sha === pull.headSha && held.get(pull.number) === row.sha
          : (row === undefined || row.state === "deleted") && !held.has(pull.number)
      })
    })

  try {
    await Effect.runPromise(
      Effect.gen(function* () {
        const store = yield* PreviewStore
        for (let step = 0; step < steps; step++) {
          act()
          if (pace === "spread") yield* Effect.sleep(next() * 30)
        }
        yield* Effect.promise(() => sandbox.settled())
        const context = yield* Effect.context<never>()
        yield* Effect.promise(() =>
          until("everything converges", () => Effect.runPromiseWith(context)(Effect.orDie(settled(store))), 90)
        )
        for (const { number } of sandbox.pullRequests(repository)) {
          assert.isAtMost(sandbox.comments(repository, number).length, 1, `comments of #${number}`)
        }
      }).pipe(
        Effect.provide(
          layerWith(MemoryRuntime.layer(engine)).pipe(Layer.provide(config), Layer.provide(Logger.layer([])))
        )
      )
    )
  } finally {
    app.close()
    await world.stop()
  }
}

describe("deliveries in any order", () => {
  const fixed = process.env["PB_SEED"]
  const seeds = fixed === undefined ? [20_261_121, Date.now() % 1_000_000] : [Number(fixed)]
  for (const seed of seeds) {
    for (const pace of ["at once", "spread"] as const) {
      it(`converge when they come ${pace} (PB_SEED=${seed} repeats this run)`, () => converge(seed, pace), 150_000)
    }
  }
})
