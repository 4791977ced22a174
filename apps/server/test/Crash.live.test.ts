/** `kill -9` at every stage boundary: after a restart everything converges, with one comment and nothing left over. */
import { afterEach, assert, describe, it } from "vitest"
import {
  contract,
  makeWorld,
  previewOf,
  repository,
  startServer,
  strayProcesses,
  until,
  untilState,
  visit,
  type World
} from "./Harness.ts"

/** Every stage takes long enough to be seen, so that each can be hit. */
const slow = contract(`version: 1
runtime: { healthcheck_path: /healthz, startup_timeout_seconds: 30 }
database: { migrate_command: "sleep 0.4; echo migrated >> migrations.txt" }
post_deploy_commands: [{ command: "sleep 0.4; echo seeded" }]
process: { command: "sleep 0.5; exec node server.mjs" }
`)

/** Resolves at the first sight of a stage or state in the stream of previews. */
const sight = async (world: World, wanted: string): Promise<void> => {
  const response = await fetch(`${world.url}/previews/stream`)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) throw new Error("the stream has no body")
  let text = ""
  while (true) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended before ${wanted}`)
    text += value
    const frames = text.split("\n\n")
    text = frames.pop() ?? ""
    for (const frame of frames) {
      const data = /^data: ?(.*)$/m.exec(frame)?.[1]
      if (data === undefined) continue
      const preview: { readonly state: string; readonly stages: ReadonlyArray<{ readonly stage: string }> } =
        JSON.parse(data)
      if (preview.state === wanted || preview.stages.at(-1)?.stage === wanted) {
        void reader.cancel()
        return
      }
    }
  }
}

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

describe("a server that is killed", () => {
  let world: World | undefined
  afterEach(async () => {
    await world?.stop()
    world = undefined
  })

  for (const boundary of boundaries) {
    it(`at ${boundary}: deploys to the end after a restart`, async () => {
      world = await makeWorld({ runtime: "process" })
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
        const here = world
        await until("the comment says so", async () =>
          here.sandbox.comments(repository, 1).some(({ body }) => body.includes("Preview ready"))
        )
        assert.strictEqual(world.sandbox.comments(repository, 1).length, 1, "one comment")
        world.sandbox.close(repository, 1)
        await untilState(world, 1, "deleted")
        assert.deepStrictEqual(strayProcesses(world), [], "nothing is left")
      } finally {
        await server.kill("SIGTERM")
      }
    })
  }

  it("at closing: removes to the end after a restart", async () => {
    world = await makeWorld({ runtime: "process" })
    let server = await startServer(world)
    world.sandbox.openPullRequest(repository, { title: "A change", change: slow })
    await untilState(world, 1, "ready")
    const seen = sight(world, "closing")
    world.sandbox.close(repository, 1)
    await seen
    await server.kill("SIGKILL")
    server = await startServer(world)
    try {
      await untilState(world, 1, "deleted")
      assert.deepStrictEqual(strayProcesses(world), [])
      const here = world
      await until("the comment says so", async () =>
        here.sandbox.comments(repository, 1).some(({ body }) => body.includes("Preview removed"))
      )
      assert.strictEqual(world.sandbox.comments(repository, 1).length, 1)
    } finally {
      await server.kill("SIGTERM")
    }
  })

  it("while a push supersedes: ends on the newest commit with one process", async () => {
    world = await makeWorld({ runtime: "process" })
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
      await untilState(world, 1, "deleted")
      assert.deepStrictEqual(strayProcesses(world), [])
    } finally {
      await server.kill("SIGTERM")
    }
  })

  it("gracefully, in the middle: goes on at the next start", async () => {
    world = await makeWorld({ runtime: "process" })
    let server = await startServer(world)
    const seen = sight(world, "migrate")
    world.sandbox.openPullRequest(repository, { title: "A change", change: slow })
    await seen
    await server.kill("SIGTERM")
    server = await startServer(world)
    try {
      await untilState(world, 1, "ready")
      world.sandbox.close(repository, 1)
      await untilState(world, 1, "deleted")
      assert.deepStrictEqual(strayProcesses(world), [])
    } finally {
      await server.kill("SIGTERM")
    }
  })
})
