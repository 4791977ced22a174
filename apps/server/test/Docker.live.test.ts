/** The whole way with a real engine: a pull request is deployed, updated, fails, is mended and closed, and nothing is left. */
import { execFileSync } from "node:child_process"
import { afterEach, assert, it } from "vitest"
import { describeWith } from "../../../test/support/requires.ts"
import {
  contract,
  makeWorld,
  previewOf,
  type ServerProcess,
  startServer,
  until,
  untilState,
  visit,
  type World
} from "./Harness.ts"

const docker = (...args: ReadonlyArray<string>) => execFileSync("docker", [...args], { encoding: "utf8" }).trim()

/** Everything that the engine holds under an environment's name. */
const held = (environment: string): ReadonlyArray<string> =>
  [
    docker("ps", "-aq", "--filter", `label=productbuilding.environment=${environment}`),
    docker("ps", "-aq", "--filter", `label=com.docker.compose.project=${environment}`),
    docker("network", "ls", "-q", "--filter", `label=productbuilding.environment=${environment}`),
    docker("volume", "ls", "-q", "--filter", `label=productbuilding.environment=${environment}`),
    docker("image", "ls", "-q", "--filter", `label=productbuilding.environment=${environment}`)
  ].flatMap((lines) => lines.split("\n").filter((line) => line !== ""))

let worlds = 0
/** A name of its own for each test: the engine is shared. */
const uniqueRepository = () => `pb-test/run-${process.pid}-${++worlds}`

describeWith(["docker"], "a server with Docker", () => {
  let world: World | undefined
  let server: ServerProcess | undefined
  const setUp = async (slug: string) => {
    world = await makeWorld({ runtime: "docker", slug })
    server = await startServer(world)
    return { world, sandbox: world.sandbox }
  }
  afterEach(async () => {
    const environments =
      world === undefined
        ? []
        : await fetch(`${world.url}/previews?deleted=true`)
            .then(async (r) => JSON.parse(await r.text()))
            .catch(() => [])
    await server?.kill("SIGTERM")
    for (const { environment } of environments) {
      for (const id of docker("ps", "-aq", "--filter", `label=com.docker.compose.project=${environment}`).split("\n"))
        if (id !== "") docker("rm", "-f", id)
    }
    await world?.stop()
    world = undefined
    server = undefined
  })

  it("deploys, replaces at a push, and leaves nothing when the pull request closes", async () => {
    const repository = uniqueRepository()
    const { sandbox, world } = await setUp(repository)
    sandbox.openPullRequest(repository, { title: "Window" })
    await untilState(world, 1, "ready")
    const first = await previewOf(world, 1)
    assert.include((await visit(world, first?.host ?? "")).body, "A small shop, open for preview")

    const { headSha } = sandbox.push(repository, 1, {
      "server.mjs":
        "import{createServer}from'node:http';createServer((q,r)=>r.end('second')).listen(8080,'0.0.0.0');process.on('SIGTERM',()=>process.exit(0))"
    })
    await untilState(world, 1, "ready", headSha)
    assert.strictEqual((await visit(world, first?.host ?? "")).body, "second")
    assert.strictEqual(
      docker("ps", "-q", "--filter", `label=productbuilding.environment=${first?.environment}`).split("\n").length,
      1
    )

    sandbox.close(repository, 1)
    await untilState(world, 1, "deleted")
    assert.deepStrictEqual(held(first?.environment ?? ""), [])
    assert.strictEqual((await visit(world, first?.host ?? "")).status, 410)
    await until("the comment says so", async () =>
      sandbox.comments(repository, 1).some(({ body }) => body.includes("Preview removed"))
    )
    assert.strictEqual(sandbox.comments(repository, 1).length, 1)
  })

  it("a deployment costs at most five writes at GitHub", async () => {
    const repository = uniqueRepository()
    const { sandbox, world } = await setUp(repository)
    sandbox.openPullRequest(repository, { title: "Window" })
    await untilState(world, 1, "ready")
    await until("the comment says so", async () =>
      sandbox.comments(repository, 1).some(({ body }) => body.includes("Preview ready"))
    )
    const writes = Array.from(sandbox.writes.values()).reduce((sum, count) => sum + count, 0)
    assert.isAtMost(writes, 5)
    sandbox.close(repository, 1)
    await untilState(world, 1, "deleted")
  })

  it("says the cause when nothing listens where the contract says, and mends itself at the next push", async () => {
    const repository = uniqueRepository()
    const { sandbox, world } = await setUp(repository)
    const wrongPort = contract("version: 1\nruntime: { internal_port: 9999, startup_timeout_seconds: 3 }\n")
    sandbox.openPullRequest(repository, { title: "Wrong port", change: wrongPort })
    await untilState(world, 1, "failed")
    const failed = await previewOf(world, 1)
    assert.strictEqual(failed?.failure?.stage, "readiness")
    assert.include(failed?.failure?.summary, "Nothing listens on port 9999, but 8080 is open")
    assert.include(failed?.failure?.evidence, "shop listens on 8080")
    const page = await visit(world, failed?.host ?? "")
    assert.strictEqual(page.status, 503)
    assert.include(page.body, "Nothing listens on port 9999")

    const { headSha } = sandbox.push(repository, 1, contract("version: 1\n"))
    await untilState(world, 1, "ready", headSha)
    sandbox.close(repository, 1)
    await untilState(world, 1, "deleted")
    assert.deepStrictEqual(held(failed?.environment ?? ""), [])
  })

  it("refuses a compose file that reaches beyond the preview, with its key and the reason", async () => {
    const repository = uniqueRepository()
    const { sandbox, world } = await setUp(repository)
    sandbox.openPullRequest(repository, {
      title: "Take over",
      change: {
        ".productbuilding/preview/docker-compose.yml":
          "services:\n  app:\n    image: busybox:1\n    privileged: true\n    volumes: ['/var/run/docker.sock:/var/run/docker.sock', '/:/host']\n    network_mode: host\n"
      }
    })
    await untilState(world, 1, "failed")
    const failed = await previewOf(world, 1)
    assert.strictEqual(failed?.failure?.stage, "compose")
    for (const word of [
      "services.app.privileged",
      "services.app.volumes[0]",
      "services.app.volumes[1]",
      "services.app.network_mode"
    ]) {
      assert.include(failed?.failure?.evidence, word)
    }
    assert.deepStrictEqual(held(failed?.environment ?? ""), [])
    sandbox.close(repository, 1)
    await untilState(world, 1, "deleted")
  })

  it("tells a build's failure with the end of its log", async () => {
    const repository = uniqueRepository()
    const { sandbox, world } = await setUp(repository)
    sandbox.openPullRequest(repository, {
      title: "Broken",
      change: { Dockerfile: "FROM busybox:1\nRUN echo before-the-fall && exit 3\n" }
    })
    await untilState(world, 1, "failed")
    const failed = await previewOf(world, 1)
    assert.strictEqual(failed?.failure?.stage, "build")
    assert.include(failed?.failure?.evidence, "before-the-fall")
    await until("the comment says so", async () =>
      sandbox.comments(repository, 1).some(({ body }) => body.includes("before-the-fall"))
    )
    sandbox.close(repository, 1)
    await untilState(world, 1, "deleted")
  })

  it("a fork's commit waits, and runs once it is approved", async () => {
    const repository = uniqueRepository()
    const { sandbox, world } = await setUp(repository)
    const { headSha } = sandbox.openPullRequest(repository, { title: "From outside", fork: "stranger/shop" })
    await untilState(world, 1, "blocked")
    const url = `${world.url}/previews/${repository}/1/redeploy`
    const approve = async (sha: string) =>
      (
        await fetch(url, {
          method: "POST",
          body: JSON.stringify({ approve: sha }),
          headers: { "content-type": "application/json" }
        })
      ).status
    assert.strictEqual(await approve("0".repeat(40)), 409)
    assert.strictEqual(await approve(headSha), 200)
    await untilState(world, 1, "ready", headSha)
    sandbox.close(repository, 1)
    await untilState(world, 1, "deleted")
  })

  it("removes containers whose pull request closed while the server was away, and rebuilds those that vanished", async () => {
    const repository = uniqueRepository()
    const { sandbox, world: here } = await setUp(repository)
    sandbox.openPullRequest(repository, { title: "One" })
    await untilState(here, 1, "ready")
    const first = await previewOf(here, 1)
    await server?.kill("SIGKILL")
    sandbox.close(repository, 1)
    sandbox.openPullRequest(repository, { title: "Two" })
    await sandbox.settled()
    server = await startServer(here)
    await untilState(here, 1, "deleted")
    assert.deepStrictEqual(held(first?.environment ?? ""), [])
    await untilState(here, 2, "ready")
    const second = await previewOf(here, 2)
    docker("rm", "-f", docker("ps", "-q", "--filter", `label=productbuilding.environment=${second?.environment}`))
    await until(
      "it runs again",
      async () => docker("ps", "-q", "--filter", `label=productbuilding.environment=${second?.environment}`) !== ""
    )
    await untilState(here, 2, "ready")
    sandbox.close(repository, 2)
    await untilState(here, 2, "deleted")
  })

  it("says that the engine does not answer, after it has tried for half a minute", async () => {
    const repository = uniqueRepository()
    const made = await makeWorld({ runtime: "docker", slug: repository })
    world = { ...made, config: { ...made.config, DOCKER_HOST: "unix:///nowhere/docker.sock" } }
    server = await startServer(world)
    world.sandbox.openPullRequest(repository, { title: "Window" })
    await untilState(world, 1, "failed")
    const failed = await previewOf(world, 1)
    assert.strictEqual(failed?.failure?.stage, "build")
    assert.include(failed?.failure?.summary, "The container engine does not answer")
    const here = world
    await until("the comment says so", async () =>
      here.sandbox.comments(repository, 1).some(({ body }) => body.includes("does not answer"))
    )
  }, 120_000)
})
