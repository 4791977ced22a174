/** What a server tells of its agent, and to whom. */
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { makeWorld, type ServerProcess, startServer, type World } from "./Harness.ts"

/** A server with these variables, asked with these headers. */
const withServer = (variables: Readonly<Record<string, string>>) => {
  let world: World
  let server: ServerProcess
  beforeAll(async () => {
    const made = await makeWorld({ runtime: "process" })
    world = { ...made, config: { ...made.config, ...variables } }
    server = await startServer(world)
  })
  afterAll(async () => {
    await server.kill("SIGTERM")
    await world.stop()
  })
  return async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`${world.url}${path}`, { headers })
    return { status: answer.status, text: (await answer.text()).replace(/<script[\s\S]*/, "") }
  }
}

const model = { LLM_API_KEY: "a-key", LLM_BASE_URL: "http://127.0.0.1:9" }
const unknown = "/turns/01996a00-0000-7000-8000-000000000000"

describe("a server with a model", () => {
  const ask = withServer(model)

  it("tells this machine, without any token", async () => {
    assert.deepStrictEqual(await ask("/turns"), { status: 200, text: "[]" })
    const budgets = await ask("/budgets")
    assert.strictEqual(budgets.status, 200)
    assert.deepInclude(JSON.parse(budgets.text), { today: [] })
    assert.include(await ask(unknown), { status: 404 })
    assert.include((await ask("/")).text, "Nobody has asked anything yet.")
  })

  it("tells no other site that a browser was led here from", async () => {
    const headers = { "sec-fetch-site": "cross-site" }
    for (const path of ["/turns", unknown, "/budgets"]) assert.strictEqual((await ask(path, headers)).status, 403)
    const page = await ask("/", headers)
    assert.strictEqual(page.status, 200)
    assert.include(page.text, "What is said to the agent is private.")
  })
})

describe("a server with a model and a token", () => {
  const ask = withServer({ ...model, API_TOKEN: "hunter2-hunter2" })

  it("tells whoever has the token, and nobody else", async () => {
    for (const path of ["/turns", unknown, "/budgets"]) assert.strictEqual((await ask(path)).status, 403)
    assert.strictEqual((await ask("/turns", { authorization: "Bearer hunter2-hunter2" })).status, 200)
    assert.include((await ask("/")).text, "to whoever has the server's")
  })
})

describe("a server without a model and without Slack", () => {
  const ask = withServer({})

  it("says which variable to set", async () => {
    for (const path of ["/turns", unknown, "/budgets"]) {
      const { status, text } = await ask(path)
      assert.strictEqual(status, 503)
      assert.include(text, "LLM_API_KEY")
    }
    assert.include((await ask("/")).text, "No agent runs here.")
  })
})
