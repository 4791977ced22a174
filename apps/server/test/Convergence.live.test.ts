/** Whatever becomes of deliveries (lost, doubled, out of order, two hundred at once), the end is that of the pull requests. */
import { once } from "node:events"
import { createServer } from "node:http"
import { MemoryRuntime, PreviewStore, parsePreviewId } from "@productbuilding/preview"
import type { SandboxPullRequest } from "@productbuilding/sandbox"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { assert, describe, it } from "vitest"
import { random } from "../../../test/support/random.ts"
import { layerWith } from "../src/Serve.ts"
import { makeWorld, repository, until, type World } from "./Harness.ts"

const pulls = 40
const steps = 200

/** A server in this process, on a runtime that only remembers, for as long as `play` takes. */
const serving = async (
  change: Readonly<Record<string, string>>,
  play: (world: World, held: () => ReadonlyMap<number, string>) => Effect.Effect<void, unknown, PreviewStore>
): Promise<void> => {
  const app = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1")
  await once(app, "listening")
  const address = app.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const engine: Parameters<typeof MemoryRuntime.layer>[0] = {
    environments: new Map(),
    endpoint: { host: "127.0.0.1", port: address.port }
  }
  const world = await makeWorld({ runtime: "process" })
  const config = ConfigProvider.layer(ConfigProvider.fromUnknown({ ...world.config, ...change }))
  const held = () =>
    new Map(
      Array.from(engine.environments.values(), (one) => [Number(parsePreviewId(one.previewId).pullRequest), one.sha])
    )
  try {
    await Effect.runPromise(
      play(world, held).pipe(
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

/** Every pull request ends where it should be, and the engine holds exactly the open ones at their heads. */
const converge = (seed: number, pace: "at once" | "spread") =>
  serving({}, ({ sandbox }, held) => {
    const next = random(seed)
    const pick = (count: number) => Math.floor(next() * count)

    const act = () => {
      if (next() < 0.2) sandbox.headFault({ times: 1, forMs: 1 + pick(2_000) })
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
        const environments = held()
        return sandbox.pullRequests(repository).every((pull) => {
          const row = rows.get(pull.number)
          return pull.state === "open"
            ? row?.state === "ready" && row.sha === pull.headSha && environments.get(pull.number) === row.sha
            : (row === undefined || row.state === "deleted") && !environments.has(pull.number)
        })
      })

    return Effect.gen(function* () {
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
    })
  })

/** Nobody but the webhooks says that anything has happened. */
const late = () =>
  serving({ RECONCILE_INTERVAL: "1 hour" }, ({ sandbox }, held) =>
    Effect.promise(async () => {
      const { headSha, number } = sandbox.openPullRequest(repository, { title: "Shown late", change: { "a.txt": "1" } })
      await until("the first head is deployed", async () => held().get(number) === headSha, 10)
      sandbox.headFault({ times: 1, forMs: 700 })
      const pushed = sandbox.push(repository, number, { "a.txt": "2" })
      await sandbox.settled()
      assert.strictEqual(held().get(number), headSha, "the code host shows the former head")
      await until("the pushed head is deployed", async () => held().get(number) === pushed.headSha, 10)
      // NOTE: what is sent again tells of a head that is no more.
      const opened = sandbox.deliveries(repository).find(({ action }) => action === "opened")
      if (opened === undefined) throw new Error("it was opened")
      await sandbox.redeliver(repository, opened.id)
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      assert.strictEqual(held().get(number), pushed.headSha)
    })
  )

describe("deliveries in any order", () => {
  const fixed = process.env["PB_SEED"]
  const seeds = fixed === undefined ? [20_261_121, Date.now() % 1_000_000] : [Number(fixed)]
  for (const seed of seeds) {
    for (const pace of ["at once", "spread"] as const) {
      it(`converge when they come ${pace} (PB_SEED=${seed} repeats this run)`, () => converge(seed, pace), 150_000)
    }
  }
  it("deploy a head that the code host shows late, and never one that was before", late, 40_000)
})
