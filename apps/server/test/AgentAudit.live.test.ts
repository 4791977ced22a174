/** What a server tells of its agent, and to whom. */
import { NodeCrypto } from "@effect/platform-node"
import { offlineSpecialistsLayer, replay } from "@productbuilding/agent"
import { startModelSandbox, startSlackSandbox } from "@productbuilding/sandbox"
import { Effect, Layer, Schema } from "effect"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { TurnDetail, TurnSummary } from "../src/TurnReport.ts"
import {
  makeWorld,
  modelSettings,
  type ServerProcess,
  slackSettings,
  startServer,
  until,
  type World
} from "./Harness.ts"

const decodeTurns = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(TurnSummary)))
const decodeTurn = Schema.decodeUnknownSync(Schema.fromJsonString(TurnDetail))

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

describe("a question in Slack", () => {
  it("has a whole record that decides the same again, and its tokens count against the day", async () => {
    const slack = await startSlackSandbox()
    const thinking = await startModelSandbox()
    const made = await makeWorld({ runtime: "process" })
    const bob = slack.addUser({ name: "bob", realName: "Bob Builder" }).id
    const channel = slack.addChannel({ name: "productbuilding-shop" }).id
    slack.invite(channel)
    const world: World = {
      ...made,
      config: {
        ...made.config,
        ...slackSettings(slack, `bob=${bob}`),
        ...modelSettings(thinking)
      }
    }
    const server = await startServer(world)
    try {
      await slack.setRequestUrl(`${world.url}/slack/events`)
      slack.say("bob", channel, "@productbuilding what is open about checkout?")
      const read = async (path: string) => (await fetch(`${world.url}${path}`)).text()
      await until("the turn has ended", async () => decodeTurns(await read("/turns"))[0]?.turn.state === "ended")
      const [summary] = decodeTurns(await read("/turns"))
      const detail = decodeTurn(await read(`/turns/${summary?.turn.id}`))
      assert.strictEqual(detail.turn.asker.login, "bob")
      assert.isTrue(detail.chain.whole)
      assert.isAbove(detail.sums.outputTokens, 0)
      const { difference, end, otherPrompts } = await Effect.runPromise(
        replay(detail).pipe(Effect.provide(Layer.merge(offlineSpecialistsLayer, NodeCrypto.layer)))
      )
      assert.deepStrictEqual(
        { difference, end, otherPrompts },
        { difference: undefined, end: "same", otherPrompts: [] }
      )
      assert.include(await read("/budgets"), '"scope":"everybody"')
      const page = await read("/")
      assert.include(page, "what is open about checkout?")
      const [marked] = decodeTurns(await read("/turns?html=true"))
      const { htmls } = decodeTurn(await read(`/turns/${summary?.turn.id}?html=true`))
      assert.match(marked?.answerHtml ?? "", /^<(?:p|ul|ol|h4)>/)
      assert.strictEqual(htmls?.at(-1)?.html, marked?.answerHtml)
      assert.include(page, marked?.answerHtml ?? "none")
      assert.deepStrictEqual([summary?.answerHtml, detail.htmls], [undefined, undefined], "only who asks is sent it")
    } finally {
      await server.kill("SIGTERM")
      await world.stop()
      await thinking.stop()
      await slack.stop()
    }
  })
})
