/** The whole way with a real engine: a pull request is deployed, updated, fails, is mended and closed, and nothing is left. */
import { join } from "node:path"
import { PullRequestNumber } from "@productbuilding/core"
import { environmentName } from "@productbuilding/preview"
import { afterEach, assert, it } from "vitest"
import { describeWith } from "../../../test/support/requires.ts"
import { docker, held, uniqueRepository } from "./DockerObjects.ts"
import { startEngineProxy } from "./EngineProxy.ts"
import {
  contract,
  makeWorld,
  previewOf,
  type ServerProcess,
  sight,
  slow,
  startServer,
  until,
  untilState,
  visit,
  type World
} from "./Harness.ts"

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

  it("leaves alone what another server has on the same engine, and removes what is left of its own projects", async () => {
    const repository = uniqueRepository()
    const others = uniqueRepository()
    const hold = (id: string, environment: string) => {
      const mark = (key: string, value: string) => ["--label", `productbuilding.${key}=${value}`]
      const marks = [...mark("managed", "true"), ...mark("preview", id), ...mark("environment", environment)]
      return docker("run", "-d", "--init", ...marks, "busybox:1", "sleep", "600")
    }
    const own = environmentName(repository, PullRequestNumber.make(77))
    const container = hold(`${others}#1`, environmentName(others, PullRequestNumber.make(1)))
    try {
      hold(`${repository}#77`, own)
      const { world } = await setUp(repository)
      await untilState(world, 77, "deleted")
      assert.deepStrictEqual(held(own), [])
      assert.isAbove(docker("ps", "-q", "--no-trunc", "--filter", `id=${container}`).length, 0)
    } finally {
      docker("rm", "-f", container)
    }
  })

  it("goes on when the engine goes away in the middle and comes back", async () => {
    const repository = uniqueRepository()
    const made = await makeWorld({ runtime: "docker", slug: repository })
    const engine = await startEngineProxy(join(made.folder, "docker.sock"))
    try {
      world = { ...made, config: { ...made.config, DOCKER_HOST: `unix://${engine.path}` } }
      server = await startServer(world)
      const seen = sight(world, "start")
      world.sandbox.openPullRequest(repository, { title: "Window", change: slow })
      await seen
      const environment = (await previewOf(world, 1))?.environment ?? ""
      await engine.cut()
      await new Promise((resolve) => setTimeout(resolve, 3000))
      await engine.restore()
      await untilState(world, 1, "ready")
      world.sandbox.close(repository, 1)
      await untilState(world, 1, "deleted")
      assert.deepStrictEqual(held(environment), [])
    } finally {
      await server?.kill("SIGTERM")
      await engine.stop()
    }
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
