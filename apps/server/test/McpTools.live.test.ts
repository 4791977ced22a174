/** The tools of the MCP server: they are the agent's own, and keep to what an operator allows. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { offlineSpecialistsLayer, Specialists } from "@productbuilding/agent"
import { exampleRepository } from "@productbuilding/sandbox"
import { Context, Effect } from "effect"
import { Tool } from "effect/ai"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { makeWorld, repository, type ServerProcess, startServer, untilState, type World } from "./Harness.ts"

const agentTools = Effect.runSync(
  Effect.map(Specialists, ({ tools }) => tools).pipe(Effect.provide(offlineSpecialistsLayer))
)

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe("the tools over MCP", () => {
  let world: World
  let server: ServerProcess | undefined
  let client: Client

  beforeEach(async () => {
    world = await makeWorld({ runtime: "process" })
  })
  afterEach(async () => {
    await client?.close()
    await server?.kill("SIGTERM")
    await world.stop()
  })

  const start = async (variables: Readonly<Record<string, string>> = {}, targets: ReadonlyArray<object> = []) => {
    if (targets.length > 0) writeFileSync(join(world.folder, "targets.json"), JSON.stringify(targets))
    server = await startServer({
      ...world,
      config: { ...world.config, ...variables }
    })
    client = new Client({ name: "test", version: "1" })
    await client.connect(new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`)))
  }

  const call = async (name: string, args: Readonly<Record<string, unknown>>) => {
    const { content, isError, structuredContent } = await client.callTool({ name, arguments: { ...args } })
    return { failed: isError === true, text: JSON.stringify(structuredContent ?? content) }
  }

  it("are the agent's very own, to the last word, and to wait is all that is added", async () => {
    await start({ MCP_WRITES: "true" })
    const { tools } = await client.listTools()
    assert.sameMembers(
      tools.map(({ name }) => name),
      [...agentTools.map(({ name }) => name), "wait_for_preview"]
    )
    for (const { definition, effect, name } of agentTools) {
      const listed = tools.find((tool) => tool.name === name)
      assert.deepStrictEqual(
        [listed?.description, listed?.inputSchema, listed?.outputSchema],
        [
          definition.description,
          plain(Tool.getJsonSchema(definition)),
          plain(Tool.getJsonSchemaFromSchema(definition.successSchema))
        ],
        name
      )
      assert.deepInclude(
        listed?.annotations,
        {
          title: Context.getOrUndefined(definition.annotations, Tool.Title),
          readOnlyHint: effect === "read",
          destructiveHint: effect === "destructive",
          idempotentHint: Context.get(definition.annotations, Tool.Idempotent),
          openWorldHint: Context.get(definition.annotations, Tool.OpenWorld)
        },
        name
      )
    }
  })

  it("change no issue unless an operator wants it, also when a client asks for a tool that it was not shown", async () => {
    await start()
    const { tools } = await client.listTools()
    const offered = agentTools.filter(({ name }) => tools.some((tool) => tool.name === name))
    assert.sameMembers(
      offered.filter(({ effect }) => effect !== "read").map(({ name }) => name),
      ["redeploy_preview", "stop_preview"]
    )
    const refused = await call("create_issue", { title: "Mugs", body: "They break." }).then(
      ({ failed }) => failed,
      () => true
    )
    assert.isTrue(refused)
    assert.deepStrictEqual(world.sandbox.issues(repository), [])
  })

  it("write for nobody by name where an operator wants it, mention nobody, and keep to the project's labels", async () => {
    await start({ MCP_WRITES: "true" }, [{ repo: repository, agent: { labels: ["bug"] } }])
    const labelled = await call("create_issue", { title: "Mugs", body: "They break.", labels: ["urgent"] })
    assert.deepStrictEqual(
      [labelled.failed, labelled.text.includes("The label urgent may not be set here. Allowed: bug.")],
      [true, true]
    )
    assert.isFalse((await call("create_issue", { title: "Mugs", body: "@grace, they break." })).failed)
    assert.isFalse((await call("create_issue", { title: "Mugs", body: "@grace, they break." })).failed)
    const issues = world.sandbox.issues(repository)
    assert.lengthOf(issues, 2, "each call is one of its own")
    assert.include(issues[0]?.body, "Written for mcp by the ProductBuilder.")
    assert.notInclude(issues[0]?.body, "@grace")
    const number = issues[0]?.number
    assert.include((await call("close_issue", { number, reason: "completed" })).text, `"closed":${number}`)
    assert.strictEqual(world.sandbox.issues(repository).find((issue) => issue.number === number)?.state, "closed")
  })

  it("need a repository by name where the server looks after several, and list the previews of all", async () => {
    const other = "acme/bakery"
    world.sandbox.addRepository(other, exampleRepository)
    await start({}, [{ repo: repository }, { repo: other }])
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await untilState(world, 1, "ready")
    const nameless = await call("read_preview", { number: 1 })
    assert.isTrue(nameless.failed)
    assert.include(nameless.text, "Name a repository, as owner/name. This server looks after: acme/shop, acme/bakery.")
    const strange = await call("read_preview", { number: 1, repository: "acme/secret" })
    assert.include(strange.text, "This server does not look after acme/secret.")
    assert.include(
      (await call("read_preview", { number: 1, repository })).text,
      '"stages":[{"stage":"fetch","seconds":'
    )
    assert.include((await call("list_previews", {})).text, '"title":"Mugs"')
    assert.strictEqual((await call("list_previews", { state: "failed" })).text, '{"previews":[]}')
    assert.strictEqual((await call("list_previews", { repository: other })).text, '{"previews":[]}')
    const thread = await call("read_issue", { number: 1, repository })
    assert.include(thread.text, '"slackUrl":null,"preview":{"repository":"acme/shop","number":1,')
    const wrong = await call("read_issue", { number: 0, repository })
    assert.isTrue(wrong.failed)
    assert.include(wrong.text, "The parameters of read_issue are wrong")
  })

  it("stop the boot where the setting cannot be understood", async () => {
    const ended = await start({ MCP_WRITES: "perhaps" }).then(() => "started", String)
    assert.include(ended, "MCP_WRITES")
  })
})
