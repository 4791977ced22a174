/** The MCP server as a coding agent meets it: the official client, over real HTTP and stdio, on real deployments. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { Schema } from "effect"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import {
  contract,
  makeWorld,
  previewOf,
  repository,
  type ServerProcess,
  slow,
  startServer,
  until,
  untilState,
  visit,
  type World
} from "./Harness.ts"

const cli = join(
  import.meta.dirname,
  process.env["PB_BUNDLED"] === "1" ? "../../cli/dist/main.js" : "../../cli/src/main.ts"
)

const decodeWaited = Schema.decodeUnknownSync(
  Schema.Struct({
    outcome: Schema.String,
    message: Schema.String,
    preview: Schema.NullOr(
      Schema.Struct({
        url: Schema.String,
        commit: Schema.String,
        failure: Schema.NullOr(Schema.Struct({ stage: Schema.String, summary: Schema.String, evidence: Schema.String }))
      })
    )
  })
)
const decodeLog = Schema.decodeUnknownSync(Schema.Struct({ log: Schema.String }))

const connect = async (transport: Transport): Promise<Client> => {
  const client = new Client({ name: "test", version: "1" })
  await client.connect(transport)
  return client
}

const overHttp = (world: World, headers: Readonly<Record<string, string>> = {}): Promise<Client> =>
  connect(new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`), { requestInit: { headers: { ...headers } } }))

const overStdio = (world: World): Promise<Client> =>
  connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [cli, "mcp", "--url", world.url],
      stderr: "pipe"
    })
  )

const failing = contract(`version: 1
process: { command: "echo the cups are broken >&2; exit 3" }
`)

describe.each([
  ["HTTP", overHttp],
  ["stdio", overStdio]
])("the MCP server over %s", (_, open) => {
  let world: World
  let server: ServerProcess
  let client: Client

  beforeEach(async () => {
    world = await makeWorld({ runtime: "process" })
    server = await startServer(world)
    client = await open(world)
  })
  afterEach(async () => {
    await client?.close()
    await server.kill("SIGTERM")
    await world.stop()
  })

  const wait = async (args: Readonly<Record<string, unknown>>, options: Parameters<Client["callTool"]>[2] = {}) => {
    const result = await client.callTool({ name: "wait_for_preview", arguments: { ...args } }, undefined, options)
    assert.isNotTrue(result.isError, JSON.stringify(result.content))
    return decodeWaited(result.structuredContent)
  }

  it("shows tools that say what they do and whether they change anything", async () => {
    const { tools } = await client.listTools()
    assert.sameMembers(
      tools.map(({ name }) => name),
      [
        "list_previews",
        "read_preview",
        "read_preview_logs",
        "wait_for_preview",
        "redeploy_preview",
        "stop_preview",
        "read_issue",
        "search_issues",
        "search_code",
        "read_file",
        "list_files",
        "list_commits"
      ]
    )
    for (const { description = "", name } of tools) assert.isAbove(description.length, 60, name)
    const writers = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true)
    assert.sameMembers(
      writers.map(({ annotations, name }) => `${name} ${annotations?.destructiveHint}`),
      ["redeploy_preview false", "stop_preview true"]
    )
    assert.include(client.getInstructions(), "wait_for_preview")
  })

  it("waits from before the pull request is seen until its preview answers, and tells of the progress", async () => {
    const progress: Array<string> = []
    const waiting = wait(
      { number: 1, timeoutSeconds: 60 },
      { onprogress: ({ message }) => void progress.push(message ?? "") }
    )
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada", change: slow })
    const { message, outcome, preview } = await waiting
    assert.strictEqual(outcome, "ready", message)
    assert.strictEqual((await visit(world, new URL(preview?.url ?? "").hostname)).status, 200)
    assert.isTrue(
      progress.some((line) => line.startsWith("deploying")),
      progress.join("\n")
    )
    const logs = await client.callTool({
      name: "read_preview_logs",
      arguments: { number: 1, source: "deployment" }
    })
    assert.include(decodeLog(logs.structuredContent).log, "seeded")
    const { contents } = await client.readResource({ uri: "preview://acme/shop/1" })
    assert.include(JSON.stringify(contents), '\\"state\\":\\"ready\\"')
    const log = await client.readResource({ uri: "preview://acme/shop/1/logs" })
    assert.strictEqual(log.contents[0]?.mimeType, "text/plain")
  })

  it("answers with the stage, the cause and the log of a failure", async () => {
    world.sandbox.openPullRequest(repository, { title: "Broken", author: "ada", change: failing })
    const { message, outcome, preview } = await wait({ number: 1, timeoutSeconds: 60 })
    assert.strictEqual(outcome, "failed")
    assert.strictEqual(preview?.failure?.stage, "readiness")
    assert.include(preview?.failure?.evidence, "the cups are broken")
    assert.include(message, preview?.failure?.summary ?? "?")
  })

  it("waits for the commit that was pushed and not for the one before", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await untilState(world, 1, "ready")
    const before = (await previewOf(world, 1))?.sha ?? ""
    const early = await wait({ number: 1, commit: "f".repeat(40), timeoutSeconds: 1 })
    assert.strictEqual(early.outcome, "timeout")
    assert.include(early.message, "has not been seen")
    const { headSha: sha } = world.sandbox.push(repository, 1, { "NOTES.md": "more" })
    const { outcome, preview } = await wait({ number: 1, commit: sha.slice(0, 7), timeoutSeconds: 60 })
    assert.strictEqual(outcome, "ready")
    assert.strictEqual(preview?.commit, sha)
    assert.notStrictEqual(sha, before)
  })

  it("ends a wait that is cancelled, and goes on answering", async () => {
    const cancel = new AbortController()
    const begun = Date.now()
    const waiting = client
      .callTool({ name: "wait_for_preview", arguments: { number: 9, timeoutSeconds: 120 } }, undefined, {
        signal: cancel.signal,
        onprogress: () => cancel.abort("enough")
      })
      .then(
        () => "answered",
        (error: unknown) => String(error)
      )
    assert.include(await waiting, "enough")
    assert.isBelow(Date.now() - begun, 10_000)
    const { structuredContent } = await client.callTool({ name: "list_previews", arguments: {} })
    assert.deepStrictEqual(structuredContent, { previews: [] })
  })

  it("stops a preview and brings it back, and records who asked", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada" })
    await untilState(world, 1, "ready")
    await client.callTool({ name: "stop_preview", arguments: { number: 1 } })
    await untilState(world, 1, "deleted")
    await client.callTool({ name: "redeploy_preview", arguments: { repository: "Acme/Shop", number: 1 } })
    assert.strictEqual((await wait({ number: 1, timeoutSeconds: 60 })).outcome, "ready")
    const id = (await previewOf(world, 1))?.operationId ?? ""
    const operation = await (await fetch(`${world.url}/operations/${encodeURIComponent(id)}`)).text()
    assert.include(operation, '"requester":"mcp"')
  })

  it("reads issues and code of registered repositories, and of no others", async () => {
    world.sandbox.openPullRequest(repository, { title: "Mugs", author: "ada", body: "Please drink" })
    world.sandbox.comment(repository, 1, "grace", "Cheers")
    const thread = await client.callTool({ name: "read_issue", arguments: { repository, number: 1 } })
    assert.include(JSON.stringify(thread.structuredContent), "Cheers")
    const names = await client.callTool({ name: "list_files", arguments: { repository, path: "" } })
    assert.include(JSON.stringify(names.structuredContent), "server.mjs")
    const other = await client.callTool({
      name: "read_file",
      arguments: { repository: "acme/secret", path: "README.md" }
    })
    assert.isTrue(other.isError)
    assert.include(JSON.stringify(other.content), "It looks after: acme/shop.")
  })

  it("says what is wrong with a preview that there is not", async () => {
    const result = await client.callTool({ name: "read_preview", arguments: { number: 404 } })
    assert.isTrue(result.isError)
    assert.include(JSON.stringify(result.content), "acme/shop#404 has no preview")
  })

  it("has a prompt that mends a failure", async () => {
    const { messages } = await client.getPrompt({
      name: "fix_failing_preview",
      arguments: { preview: `${repository}#1` }
    })
    assert.include(JSON.stringify(messages), "wait_for_preview")
  })
})

describe("a wait that is cancelled", () => {
  it("ends in the server as well", async () => {
    const world = await makeWorld({ runtime: "process" })
    const server = await startServer(world)
    let answer: Promise<string> | undefined
    const client = await connect(
      new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`), {
        fetch: async (url, init) => {
          const response = await fetch(url, init)
          if (String(init?.body).includes("wait_for_preview")) answer = response.clone().text()
          return response
        }
      })
    )
    try {
      const cancel = new AbortController()
      const waiting = client.callTool(
        { name: "wait_for_preview", arguments: { number: 9, timeoutSeconds: 120 } },
        undefined,
        { signal: cancel.signal, onprogress: () => cancel.abort() }
      )
      await waiting.catch(() => "cancelled")
      const late = new Promise<string>((resolve) => setTimeout(() => resolve("it still waits"), 10_000))
      const whole = await Promise.race([answer ?? "it was never asked", late])
      assert.include(whole, "notifications/progress")
      assert.notInclude(whole, "result")
    } finally {
      await client.close()
      await server.kill("SIGTERM")
      await world.stop()
    }
  })
})

describe("a server that is restarted", () => {
  it("costs a client over stdio nothing", async () => {
    const world = await makeWorld({ runtime: "process" })
    let server = await startServer(world)
    const client = await overStdio(world)
    try {
      assert.isAbove((await client.listTools()).tools.length, 5)
      await server.kill("SIGKILL")
      const gone = await client.listTools().then(
        () => "answered",
        (error: unknown) => String(error)
      )
      assert.include(gone, "No server answers at")
      server = await startServer(world)
      const answers = await Promise.all([client.listTools(), client.listTools(), client.listTools()])
      for (const { tools } of answers) assert.isAbove(tools.length, 5)
    } finally {
      await client.close()
      await server.kill("SIGTERM")
      await world.stop()
    }
  })
})

describe("a client that has no sessions", () => {
  it("is understood over stdio, one line a message", async () => {
    const world = await makeWorld({ runtime: "process" })
    const server = await startServer(world)
    try {
      const call = {
        jsonrpc: "2.0",
        id: 7,
        method: "tools/call",
        params: {
          name: "list_previews",
          arguments: {},
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
            "io.modelcontextprotocol/clientCapabilities": {}
          }
        }
      }
      const { stdout } = spawnSync(process.execPath, [cli, "mcp", "--url", world.url], {
        input: `${JSON.stringify(call)}\n`,
        encoding: "utf8"
      })
      assert.match(stdout, /^\{.*"id":7.*"structuredContent":\{"previews":\[\]\}.*\}\n$/)
    } finally {
      await server.kill("SIGTERM")
      await world.stop()
    }
  })
})

describe("who may use the MCP server", () => {
  let world: World
  let server: ServerProcess

  beforeEach(async () => {
    const made = await makeWorld({ runtime: "process" })
    world = { ...made, config: { ...made.config, API_TOKEN: "a-long-token" } }
    server = await startServer(world)
  })
  afterEach(async () => {
    await server.kill("SIGTERM")
    await world.stop()
  })

  it("are holders of API_TOKEN where there is one", async () => {
    const refused = await overHttp(world).then(
      () => "let in",
      (error: unknown) => String(error)
    )
    assert.include(refused, "Authorization: Bearer <API_TOKEN>")
    const answer = await fetch(`${world.url}/mcp`, { method: "POST", headers: { authorization: "Bearer wrong" } })
    assert.strictEqual(answer.status, 401)
    assert.strictEqual(answer.headers.get("www-authenticate"), "Bearer")
    const client = await overHttp(world, { authorization: "Bearer a-long-token" })
    assert.isAbove((await client.listTools()).tools.length, 5)
    await client.close()
  })

  it("are not pages of other sites", async () => {
    const answer = await fetch(`${world.url}/mcp`, {
      method: "POST",
      headers: { authorization: "Bearer a-long-token", "sec-fetch-site": "cross-site" }
    })
    assert.strictEqual(answer.status, 403)
    assert.include(await answer.text(), "Requests of other sites")
  })

  it("are told over stdio what is wrong with their token, or that no server answers", async () => {
    const open = async (url: string) =>
      connect(
        new StdioClientTransport({
          command: process.execPath,
          args: [cli, "mcp", "--url", url],
          env: { API_TOKEN: "wrong" },
          stderr: "pipe"
        })
      ).then(
        () => "let in",
        (error: unknown) => String(error)
      )
    assert.include(await open(world.url), "API_TOKEN")
    assert.include(await open("http://127.0.0.1:9"), "No server answers at http://127.0.0.1:9")
  })
})

describe("without a token", () => {
  it("only this very machine may use it", async () => {
    const world = await makeWorld({ runtime: "process" })
    const server = await startServer(world)
    try {
      const { request } = await import("node:http")
      const status = await new Promise((resolve, reject) => {
        request(`${world.url}/mcp`, { method: "POST", headers: { host: "evil.example" } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .on("error", reject)
          .end("{}")
      })
      assert.strictEqual(status, 403)
      await until("it still lives", async () => (await fetch(`${world.url}/healthz`)).ok)
    } finally {
      await server.kill("SIGTERM")
      await world.stop()
    }
  })
})
