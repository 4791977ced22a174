/** `kill -9` at every stage boundary: after a restart everything converges, with one comment and nothing left over. */
import { assert, it, type TestContext } from "vitest"
import { makeWorld, previewOf, sight, slow, startServer, until, untilState, visit, type World } from "./Harness.ts"

const boundaries = [
  "pending",
  "fetch",
  "contract",
  "compose",
  "build",
  "start",
  "migrate",
  "readiness",
  "post-deploy",
  "ready"
]

/** Registers the tests, for a runtime that keeps nothing of a closed preview but what `leftovers` lists. */
export const suite = (options: {
  readonly runtime: "docker" | "process"
  /** A name of its own for each test where the engine is shared. */
  readonly repositoryName: () => string
  leftovers(world: World, environment: string): ReadonlyArray<string>
}): void => {
  const makeOwnWorld = async ({ onTestFinished }: TestContext) => {
    const repository = options.repositoryName()
    const world = await makeWorld({ runtime: options.runtime, slug: repository })
    onTestFinished(() => world.stop())
    return { repository, world }
  }
  const untilGone = async (here: World) => {
    const preview = await previewOf(here, 1)
    await untilState(here, 1, "deleted")
    assert.deepStrictEqual(options.leftovers(here, preview?.environment ?? ""), [], "nothing is left")
  }
  for (const boundary of boundaries) {
    it(`at ${boundary}: deploys to the end after a restart`, async (test) => {
      const { repository, world } = await makeOwnWorld(test)
      let server = await startServer(world)
      const seen = sight(world, boundary)
      world.sandbox.openPullRequest(repository, { title: "A change", change: slow })
      await seen
      await server.kill("SIGKILL")
      server = await startServer(world)
      try {
        await untilState(world, 1, "ready")
        const preview = await previewOf(world, 1)
        assert.strictEqual((await visit(world, preview?.host ?? "")).status, 200)
        await until("the comment says so", async () =>
          world.sandbox.comments(repository, 1).some(({ body }) => body.includes("Preview ready"))
        )
        assert.strictEqual(world.sandbox.comments(repository, 1).length, 1, "one comment")
        world.sandbox.close(repository, 1)
        await untilGone(world)
      } finally {
        await server.kill("SIGTERM")
      }
    })
  }

  it("at closing: removes to the end after a restart", async (test) => {
    const { repository, world } = await makeOwnWorld(test)
    let server = await startServer(world)
    world.sandbox.openPullRequest(repository, { title: "A change", change: slow })
    await untilState(world, 1, "ready")
    const seen = sight(world, "closing")
    world.sandbox.close(repository, 1)
    await seen
    await server.kill("SIGKILL")
    server = await startServer(world)
    try {
      await untilGone(world)
      await until("the comment says so", async () =>
        world.sandbox.comments(repository, 1).some(({ body }) => body.includes("Preview removed"))
      )
      assert.strictEqual(world.sandbox.comments(repository, 1).length, 1)
    } finally {
      await server.kill("SIGTERM")
    }
  })

  it("while a push supersedes: ends on the newest commit with one process", async (test) => {
    const { repository, world } = await makeOwnWorld(test)
    let server = await startServer(world)
    const seen = sight(world, "migrate")
    world.sandbox.openPullRequest(repository, { title: "A change", change: slow })
    await seen
    const { headSha } = world.sandbox.push(repository, 1, { "note.txt": "second" })
    await world.sandbox.settled()
    await server.kill("SIGKILL")
    server = await startServer(world)
    try {
      await untilState(world, 1, "ready", headSha)
      assert.strictEqual(world.sandbox.comments(repository, 1).length, 1)
      world.sandbox.close(repository, 1)
      await untilGone(world)
    } finally {
      await server.kill("SIGTERM")
    }
  })

  it("gracefully, in the middle: goes on at the next start", async (test) => {
    const { repository, world } = await makeOwnWorld(test)
    let server = await startServer(world)
    const seen = sight(world, "migrate")
    world.sandbox.openPullRequest(repository, { title: "A change", change: slow })
    await seen
    await server.kill("SIGTERM")
    server = await startServer(world)
    try {
      await untilState(world, 1, "ready")
      world.sandbox.close(repository, 1)
      await untilGone(world)
    } finally {
      await server.kill("SIGTERM")
    }
  })
}
