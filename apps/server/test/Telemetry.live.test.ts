/** What a collector of traces is told of a turn, or of a call over MCP: how it went, and nothing that was said. */
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import {
  type RunningModelSandbox,
  type RunningSlackSandbox,
  startModelSandbox,
  startSlackSandbox
} from "@productbuilding/sandbox"
import { Schema } from "effect"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { freePort } from "../../../test/support/freePort.ts"
import { makeWorld, modelSettings, repository, slackSettings, startServer, until, type World } from "./Harness.ts"

const Value = Schema.Struct({
  stringValue: Schema.optional(Schema.String),
  intValue: Schema.optional(Schema.Union([Schema.Finite, Schema.String])),
  arrayValue: Schema.optional(Schema.Struct({ values: Schema.Array(Schema.Struct({ stringValue: Schema.String })) }))
})
const Attributes = Schema.Array(Schema.Struct({ key: Schema.String, value: Value }))
const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  name: Schema.String,
  attributes: Attributes,
  events: Schema.Array(Schema.Struct({ attributes: Attributes })),
  status: Schema.Struct({ code: Schema.Finite })
})
type Span = typeof Span.Type
const Traces = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({
      resource: Schema.Struct({ attributes: Attributes }),
      scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) }))
    })
  )
})
const decodeTraces = Schema.decodeUnknownSync(Schema.fromJsonString(Traces))

const plain = ({ arrayValue, intValue, stringValue }: typeof Value.Type) =>
  arrayValue?.values.map((one) => one.stringValue) ?? (intValue === undefined ? stringValue : Number(intValue))
const attributesOf = (attributes: typeof Attributes.Type) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))

describe("traces of a turn", () => {
  let world: World
  let slack: RunningSlackSandbox
  let model: RunningModelSandbox
  let channel = ""
  let collected: Array<{ readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }> = []
  const collector = createServer(async (request, response) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk)
    collected.push({ url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) })
    response.writeHead(200).end()
  })

  beforeEach(async () => {
    collected = []
    slack = await startSlackSandbox({ botName: "productbuilder" })
    model = await startModelSandbox()
    const ada = slack.addUser({ name: "ada", realName: "Ada Lovelace" }).id
    channel = slack.addChannel({ name: "productbuilding-shop" }).id
    slack.invite(channel)
    const made = await makeWorld({ runtime: "process" })
    made.sandbox.setPermission(repository, "ada", "admin")
    const port = await freePort()
    collector.listen(port, "127.0.0.1")
    await once(collector, "listening")
    world = {
      ...made,
      config: {
        ...made.config,
        ...slackSettings(slack, `ada=${ada}`),
        LLM_MODEL: "claude-of-the-sandbox",
        ...modelSettings(model),
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20of-the-collector,x-tenant=acme"
      }
    }
  })
  afterEach(async () => {
    await world.stop()
    await model.stop()
    await slack.stop()
    collector.close()
    collector.closeAllConnections()
    await once(collector, "close")
  })

  /** A mention, and a server that has sent all its traces when this is over. */
  const run = async (variables: Readonly<Record<string, string>>, end = "Zebra is written down.") => {
    const server = await startServer({ ...world, config: { ...world.config, ...variables } })
    try {
      await slack.setRequestUrl(`${world.url}/slack/events`)
      const { ts } = slack.say("ada", channel, "@productbuilder write down that the zebra limps")
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      await (await fetch(`${world.url}/healthz`, { headers: { traceparent } })).text()
      await until("it answers", async () => slack.thread(channel, ts).some(({ text }) => text.includes(end)))
    } finally {
      await server.kill("SIGTERM")
    }
  }

  const think = () => {
    model.rule({
      when: { structured: true },
      answer: { json: { specialist: "issue-writer", confidence: 1, reason: "The zebra is to be written down." } }
    })
    model.rule({ when: { resultOf: "create_issue" }, answer: { text: "Zebra is written down." } })
    model.rule({
      when: { resultOf: "read_issue" },
      answer: { toolCalls: [{ name: "create_issue", arguments: { title: "Zebra", body: "The zebra limps." } }] }
    })
    model.rule({
      when: { hasResult: false },
      answer: { toolCalls: [{ name: "read_issue", arguments: { number: 4711 } }] }
    })
  }

  it("tell who was asked for how much, and which tools ran, in one tree, but no word of it and no secret", async () => {
    think()
    await run({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" })
    assert.isAbove(collected.length, 0)
    for (const { headers, url } of collected) {
      assert.strictEqual(url, "/v1/traces")
      assert.deepInclude(headers, { authorization: "Bearer of-the-collector", "x-tenant": "acme" })
    }
    const sent = collected.map(({ body }) => body.toString("utf8"))
    const traces = sent.flatMap((text) => decodeTraces(text).resourceSpans)
    assert.deepInclude(attributesOf(traces[0]?.resource.attributes ?? []), { "service.name": "productbuilding" })
    const spans = traces.flatMap(({ scopeSpans }) => scopeSpans).flatMap((scope) => scope.spans)
    const named = (name: string) => spans.filter((span) => span.name === name)

    const [leg] = named("invoke_agent ProductBuilder")
    assert.deepInclude(attributesOf(leg?.attributes ?? []), {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "ProductBuilder",
      "productbuilding.specialist": "issue-writer",
      "productbuilding.turn.leg": 0
    })
    assert.isUndefined(leg?.parentSpanId)
    assert.isTrue(
      spans.every(({ traceId }) => traceId === leg?.traceId),
      "one trace, and no other"
    )
    const byId = new Map(spans.map((span) => [span.spanId, span]))
    const rootOf = (span: Span): Span => {
      const parent = byId.get(span.parentSpanId ?? "")
      return parent === undefined ? span : rootOf(parent)
    }
    assert.isTrue(
      spans.every((span) => rootOf(span) === leg),
      "one tree"
    )

    const calls = named("chat claude-of-the-sandbox").map(({ attributes }) => attributesOf(attributes))
    const { list } = model.calls()
    assert.strictEqual(calls.length, 4)
    assert.sameDeepMembers(
      calls.map((call) => [
        call["gen_ai.usage.input_tokens"],
        call["gen_ai.usage.output_tokens"],
        call["gen_ai.usage.cache_read.input_tokens"]
      ]),
      list.map(({ reply }) => [reply?.usage.inputTokens, reply?.usage.outputTokens, reply?.usage.cachedTokens])
    )
    for (const call of calls) {
      assert.deepInclude(call, {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-of-the-sandbox",
        "gen_ai.response.model": "claude-of-the-sandbox"
      })
      assert.isString(call["gen_ai.response.id"])
    }
    assert.includeDeepMembers(
      calls.map((call) => call["gen_ai.response.finish_reasons"]),
      [["tool-calls"], ["stop"]]
    )
    const [tool] = named("execute_tool create_issue").map(({ attributes }) => attributesOf(attributes))
    assert.deepInclude(tool, {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "create_issue",
      "gen_ai.tool.type": "function"
    })
    const [broken] = named("execute_tool read_issue").map(({ attributes }) => attributesOf(attributes))
    assert.deepInclude(broken, { "error.type": "tool_failed" })

    const all = sent.join("\n").replaceAll("claude-of-the-sandbox", "").toLowerCase()
    for (const said of ["zebra", "limps", "lovelace"]) assert.notInclude(all, said)
    for (const secret of ["of-the-sandbox", "xoxb", "of-the-collector"]) assert.notInclude(all, secret)
    assert.notInclude(all, "select ", "what is asked of the database says too much as well")
  })

  it("tell of a failure its kind alone, and go as protobuf unless JSON is wanted", async () => {
    model.rule({ when: { structured: true }, answer: { status: 400, message: "What about the zebra?" } })
    await run({ OTEL_SERVICE_NAME: "shop-bot" }, "did not accept")
    const bodies = collected.map(({ body }) => body.toString("latin1"))
    assert.isTrue(collected.every(({ headers }) => headers["content-type"] === "application/x-protobuf"))
    for (const text of ["invoke_agent", "shop-bot", "error.type", "InvalidRequestError"]) {
      assert.isTrue(
        bodies.some((body) => body.includes(text)),
        text
      )
    }
    assert.isFalse(bodies.some((body) => body.toLowerCase().includes("zebra")))
  })

  it("tell of each call over MCP, as a trace of its own, and no word of it", async () => {
    const server = await startServer({
      ...world,
      config: { ...world.config, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }
    })
    const client = new Client({ name: "test", version: "1" })
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    try {
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`), { requestInit: { headers: { traceparent } } })
      )
      for (const [name, args] of [
        ["search_issues", { query: "zebra" }],
        ["read_issue", { number: 4711, repository }],
        ["read_file", { path: "zebra.md" }],
        ["wait_for_preview", { number: 1, timeoutSeconds: 1 }]
      ] as const) {
        await client.callTool({ name, arguments: { ...args } })
      }
    } finally {
      await client.close()
      await server.kill("SIGTERM")
    }
    const sent = collected.map(({ body }) => body.toString("utf8"))
    const spans = sent
      .flatMap((text) => decodeTraces(text).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap((scope) => scope.spans)
    const tools = spans.filter(({ parentSpanId }) => parentSpanId === undefined)
    assert.deepStrictEqual(
      tools.map(({ name }) => name),
      ["search_issues", "read_issue", "read_file", "wait_for_preview"].map((name) => `execute_tool ${name}`)
    )
    assert.deepStrictEqual(
      tools.map(({ attributes }) => attributesOf(attributes)["error.type"]),
      [undefined, "tool_failed", "tool_failed", undefined]
    )
    for (const { attributes } of tools) {
      assert.deepInclude(attributesOf(attributes), { "gen_ai.operation.name": "execute_tool" })
    }
    assert.notInclude(
      spans.map(({ traceId }) => traceId),
      "0af7651916cd43dd8448eb211c80319c",
      "a caller does not decide what belongs together"
    )
    assert.notInclude(sent.join("\n").toLowerCase(), "zebra")
    assert.notInclude(sent.join("\n").toLowerCase(), "acme")
  })

  it("are not sent where nobody wants them, and a wrong variable stops the boot with one line", async () => {
    think()
    await run({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })
    assert.deepStrictEqual(collected, [])
    for (const [variable, value, found] of [
      ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", 'begins with "collector:"'],
      ["OTEL_EXPORTER_OTLP_HEADERS", "Bearer secret-zebra", "has no header in part 1 of 1"],
      ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", 'is "grpc"'],
      ["OTEL_RESOURCE_ATTRIBUTES", "zebra=%zz", "is not a list of attributes"]
    ] as const) {
      const ended = await startServer({ ...world, config: { ...world.config, [variable]: value } }).catch(String)
      if (typeof ended !== "string") await ended.kill("SIGKILL")
      const [, ...lines] = String(ended).trim().split("\n")
      assert.strictEqual(lines.length, 1, String(ended))
      assert.include(lines[0], `${variable} ${found}.`)
      assert.notInclude(lines[0], "zebra")
    }
  })
})
