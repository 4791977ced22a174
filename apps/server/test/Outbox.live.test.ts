/** What a running server says of its outbox, against a GitHub and a Slack over HTTP. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { type RunningSlackSandbox, startSlackSandbox } from "@productbuilding/sandbox"
import { Schema } from "effect"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { SinkReport, ThreadReport } from "../src/SinkReport.ts"
import { makeWorld, repository, type ServerProcess, startServer, until, type World } from "./Harness.ts"

const decodeSinks = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(SinkReport)))
const decodeThreads = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(ThreadReport)))

describe("the outbox of a server", () => {
  let world: World
  let slack: RunningSlackSandbox
  let server: ServerProcess
  let channel = ""

  beforeEach(async () => {
    slack = await startSlackSandbox({ teamName: "Acme" })
    channel = slack.addChannel({ name: "productbuilding-shop" }).id
    const made = await makeWorld({ runtime: "process" })
    const { appToken, botToken } = slack.app
    world = {
      ...made,
      config: { ...made.config, SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken }
    }
    server = await startServer(world)
  })
  afterEach(async () => {
    await server.kill("SIGTERM")
    await world.stop()
    await slack.stop()
  })

  const get = async (path: string) => await (await fetch(`${world.url}${path}`)).text()
  const slackSink = async () => decodeSinks(await get("/outbox")).find(({ sink }) => sink === "slack")
  const thread = async () => decodeThreads(await get("/threads"))[0]

  it("says that the bot is not invited before and after something is refused for it, and then where the thread is", async () => {
    const notIn = "The bot is not in #productbuilding-shop, the channel of acme/shop."
    await until("it is seen", async () => (await slackSink())?.problems.some(({ found }) => found === notIn) === true)
    assert.include((await slackSink())?.problems[0]?.advice, "/invite @productbuilding")
    assert.strictEqual((await slackSink())?.workspace, "Acme")
    assert.include(await get("/"), notIn)
    assert.include(await get("/"), "No thread yet.")

    const stream = (await fetch(`${world.url}/previews/stream`)).body?.pipeThrough(new TextDecoderStream()).getReader()
    const { number } = world.sandbox.openIssue(repository, { title: "Mugs break", author: "ada" })
    await until("the card is refused", async () => ((await thread())?.failure ?? null) !== null)
    let told = ""
    while (!told.includes("event: outbox")) told += (await stream?.read())?.value ?? ""
    await stream?.cancel()
    assert.deepInclude(await thread(), { title: "Mugs break", slackUrl: null, preview: null })
    const [failure] = (await slackSink())?.failures ?? []
    assert.deepInclude(failure, { thread: `${repository}#${number}`, detail: "not_in_channel", lane: "status" })
    assert.include(failure?.advice, "/invite")

    slack.invite(channel)
    world.sandbox.label(repository, number, world.sandbox.addLabel(repository, { name: "urgent" }).name)
    await until("the card is shown", async () => ((await thread())?.slackUrl ?? null) !== null)
    const shown = await thread()
    assert.isNull(shown?.failure)
    assert.isEmpty((await slackSink())?.failures)
    const card = slack.messages(channel).find(({ blocks }) => JSON.stringify(blocks).includes("Mugs break"))
    const { headers } = await fetch(shown?.slackUrl ?? "", { redirect: "manual" })
    assert.strictEqual(headers.get("location"), `/?channel=${channel}#m${card?.ts}`)
    const client = new Client({ name: "test", version: "1" })
    await client.connect(new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`)))
    const read = await client.callTool({ name: "read_issue", arguments: { number } })
    assert.include(JSON.stringify(read.structuredContent), `"slackUrl":"${shown?.slackUrl}"`)
    await client.close()
    assert.match(shown?.githubUrl ?? "", new RegExp(`/acme/shop/issues/${number}$`))
    const posts = (await slackSink())?.budgets.find(({ name }) => name === "posts")
    assert.isAtLeast(posts?.callsByMinute.reduce((sum, one) => sum + one) ?? 0, 2)
    assert.include(await get("/openapi.json"), '"/outbox"')
  })
})
