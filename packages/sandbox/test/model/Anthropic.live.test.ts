/** `@anthropic-ai/sdk` cannot tell it from Anthropic, for what an agent uses. */
import Anthropic from "@anthropic-ai/sdk"
import { assert, describe } from "@effect/vitest"
import { factsOf, failure, makeClock, withModels } from "./support/Sandbox.ts"
import { anthropicTools } from "./support/Tools.ts"

const model = "claude-sandbox"
const ask = (content: string): Anthropic.MessageCreateParamsNonStreaming => ({
  model,
  max_tokens: 1000,
  messages: [{ role: "user", content }]
})

describe("Anthropic's SDK", () => {
  withModels("gets the same text whole and as a stream", {}, async ({ anthropic, rule }) => {
    rule({ when: {}, answer: { text: "The *mugs* are\n\nin the window." } })
    const whole = await anthropic.messages.create(ask("Hello"))
    assert.deepStrictEqual(whole.content, [{ type: "text", text: "The *mugs* are\n\nin the window.", citations: null }])
    assert.deepStrictEqual([whole.stop_reason, whole.model, whole.role], ["end_turn", model, "assistant"])
    const stream = anthropic.messages.stream(ask("Hello"))
    const pieces: Array<string> = []
    stream.on("text", (piece) => void pieces.push(piece))
    const streamed = await stream.finalMessage()
    assert.isAbove(pieces.length, 4)
    assert.strictEqual(pieces.join(""), "The *mugs* are\n\nin the window.")
    assert.deepStrictEqual(streamed.usage, whole.usage)
    assert.deepStrictEqual(streamed.stop_reason, whole.stop_reason)
  })

  withModels("calls tools, whole and as a stream, and answers with their results", {}, async ({ anthropic }) => {
    const tools = anthropicTools()
    const question = 'In acme/shop: please create an issue "Mugs fall over"'
    const first = await anthropic.messages.create({ ...ask(question), tools })
    const [call] = first.content
    if (call?.type !== "tool_use") throw new Error("no call")
    assert.strictEqual(first.stop_reason, "tool_use")
    assert.strictEqual(call.name, "create_issue")
    assert.deepInclude(call.input, { repository: "acme/shop", title: "Mugs fall over" })
    const events: Array<string> = []
    const stream = anthropic.messages.stream({ ...ask(question), tools })
    stream.on("streamEvent", ({ type }) => void events.push(type))
    const streamed = await stream.finalMessage()
    const [again] = streamed.content
    assert.deepInclude(again, { type: "tool_use", name: "create_issue", input: call.input })
    assert.deepStrictEqual(Array.from(new Set(events)), [
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop"
    ])
    const result = JSON.stringify({ number: 13, title: "Mugs fall over", url: "http://127.0.0.1/acme/shop/issues/13" })
    const last = await anthropic.messages.create({
      ...ask(question),
      tools,
      messages: [
        { role: "user", content: question },
        { role: "assistant", content: first.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: result }] }
      ]
    })
    assert.deepInclude(last.content[0], {
      type: "text",
      text: "Created [#13 Mugs fall over](http://127.0.0.1/acme/shop/issues/13)."
    })
  })

  withModels("gets JSON of a schema", {}, async ({ anthropic }) => {
    const schema = {
      type: "object",
      properties: {
        route: { type: "string", enum: ["issue-writer", "closer", "researcher", "previews"] },
        confidence: { type: "number", minimum: 0, maximum: 1 },
        reason: { type: "string" }
      },
      required: ["route", "confidence", "reason"],
      additionalProperties: false
    }
    const answer = await anthropic.messages.parse({
      ...ask("Please close #12"),
      output_config: { format: { type: "json_schema", schema, parse: (text: string): unknown => JSON.parse(text) } }
    })
    assert.deepInclude(answer.parsed_output, { route: "closer", confidence: 0.92 })
    const open = { ...schema, additionalProperties: true }
    const refused = await failure(
      anthropic.messages.create({ ...ask("x"), output_config: { format: { type: "json_schema", schema: open } } })
    )
    assert.instanceOf(refused, Anthropic.BadRequestError)
    assert.include(refused.message, "'additionalProperties' must be explicitly set to false")
  })

  withModels("ends at the limit of tokens and at stop sequences", {}, async ({ anthropic, rule }) => {
    rule({ when: {}, answer: { text: "one two three four five six seven" } })
    const short = await anthropic.messages.create({ ...ask("x"), max_tokens: 3 })
    assert.deepStrictEqual([short.stop_reason, short.usage.output_tokens], ["max_tokens", 3])
    assert.deepInclude(short.content[0], { text: "one two thre" })
    const stopped = await anthropic.messages.stream({ ...ask("x"), stop_sequences: ["six", "four"] }).finalMessage()
    assert.deepStrictEqual([stopped.stop_reason, stopped.stop_sequence], ["stop_sequence", "four"])
  })

  const clock = makeClock()
  withModels("is told what the prompt cache held", clock, async ({ anthropic }) => {
    const long = (letter: string) => letter.repeat(8000)
    const send = async (question: string, ttl: "5m" | "1h" = "5m") => {
      const { usage } = await anthropic.messages.create({
        ...ask(question),
        system: [{ type: "text", text: long("s"), cache_control: { type: "ephemeral", ttl } }]
      })
      return [usage.cache_creation_input_tokens, usage.cache_read_input_tokens, usage.input_tokens]
    }
    const [written, , rest] = await send("one")
    assert.strictEqual(written, 2000)
    assert.isBelow(rest ?? 0, 20)
    assert.deepStrictEqual((await send("two")).slice(0, 2), [0, 2000])
    clock.pass(299_000)
    assert.deepStrictEqual((await send("three")).slice(0, 2), [0, 2000])
    clock.pass(300_000)
    assert.deepStrictEqual((await send("four", "1h")).slice(0, 2), [2000, 0])
    clock.pass(3_599_000)
    assert.deepStrictEqual((await send("five", "1h")).slice(0, 2), [0, 2000])
  })

  withModels("counts tokens and lists models", { models: ["claude-a", "claude-b"] }, async ({ anthropic }) => {
    const counted = await anthropic.messages.countTokens({
      model: "claude-a",
      system: "You help.",
      messages: [{ role: "user", content: "How many?" }]
    })
    const asked = await anthropic.messages.create({ ...ask("How many?"), system: "You help.", model: "claude-a" })
    assert.strictEqual(counted.input_tokens, asked.usage.input_tokens)
    const ids: Array<string> = []
    for await (const { id } of anthropic.models.list()) ids.push(id)
    assert.deepStrictEqual(ids, ["claude-a", "claude-b"])
    assert.strictEqual((await anthropic.models.retrieve("claude-b")).display_name, "claude-b")
    const unknown = await failure(anthropic.messages.create(ask("x")))
    assert.instanceOf(unknown, Anthropic.NotFoundError)
    assert.include(unknown.message, "model: claude-sandbox")
  })
})

describe("Anthropic's errors", () => {
  withModels("are those of the API for keys", { apiKeys: ["right"] }, async ({ url }) => {
    const wrong = new Anthropic({ apiKey: "wrong", baseURL: url, maxRetries: 0 })
    const refused = await failure(wrong.messages.create(ask("x")))
    assert.instanceOf(refused, Anthropic.AuthenticationError)
    assert.deepInclude(factsOf(refused), { type: "authentication_error", apiMessage: "invalid x-api-key" })
    assert.match(String(refused.requestID), /^req_/)
    const none = await fetch(`${url}/v1/messages`, { method: "POST", body: "{}" })
    assert.strictEqual(none.status, 401)
    assert.deepInclude(await none.json(), {
      type: "error",
      error: { type: "authentication_error", message: "x-api-key header is required" }
    })
    const right = new Anthropic({ apiKey: "right", baseURL: url, maxRetries: 0 })
    assert.strictEqual((await right.messages.create(ask("x"))).type, "message")
  })

  withModels("name what is wrong with a request", {}, async ({ anthropic, url }) => {
    const call = { type: "tool_use", id: "toolu_1", name: "list_issues", input: {} } as const
    const result = { type: "tool_result", tool_use_id: "toolu_2", content: "[]" } as const
    const unpaired: ReadonlyArray<readonly [string, Array<Anthropic.MessageParam>]> = [
      ["at least one message is required", []],
      ["first message must use", [{ role: "assistant", content: "x" }]],
      ["text content blocks must be non-empty", [{ role: "user", content: [{ type: "text", text: "" }] }]],
      [
        "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
        [
          { role: "user", content: "x" },
          { role: "assistant", content: [call] },
          { role: "user", content: "y" }
        ]
      ],
      ["unexpected `tool_use_id` found in `tool_result` blocks: toolu_2", [{ role: "user", content: [result] }]]
    ]
    for (const [message, messages] of unpaired) {
      const refused = await failure(anthropic.messages.create({ ...ask("x"), messages }))
      assert.instanceOf(refused, Anthropic.BadRequestError, message)
      assert.include(refused.message, message)
    }
    const headers = { "x-api-key": "k", "anthropic-version": "2023-06-01" }
    const post = (body: string) => fetch(`${url}/v1/messages`, { method: "POST", headers, body })
    for (const [body, message] of [
      ["{", "not valid JSON"],
      [`{"model":"m","messages":[{"role":"user","content":"x"}]}`, "max_tokens: Field required"]
    ] as const) {
      const answer = await post(body)
      assert.strictEqual(answer.status, 400)
      assert.include(await answer.text(), message)
    }
    const large = await post(" ".repeat(32 * 1024 * 1024 + 1))
    assert.strictEqual(large.status, 413)
    assert.include(await large.text(), `"type":"request_too_large"`)
    assert.strictEqual((await fetch(`${url}/v1/nothing`, { headers })).status, 404)
  })

  withModels("carry Retry-After, which the SDK obeys", {}, async ({ anthropic, calls, fault, url }) => {
    fault({ kind: "status", status: 429, retryAfterSeconds: 7, times: 1 })
    const limited = await failure(anthropic.messages.create(ask("x")))
    assert.instanceOf(limited, Anthropic.RateLimitError)
    assert.deepInclude(factsOf(limited), { type: "rate_limit_error" })
    assert.strictEqual(limited.headers.get("retry-after"), "7")
    fault({ kind: "status", times: 1 })
    const overloaded = await failure(anthropic.messages.create(ask("x")))
    assert.deepInclude(factsOf(overloaded), { status: 529, type: "overloaded_error", apiMessage: "Overloaded" })
    fault({ kind: "status", status: 429, retryAfterSeconds: 0, times: 2 })
    const patient = new Anthropic({ apiKey: "k", baseURL: url, maxRetries: 2 })
    assert.strictEqual((await patient.messages.create(ask("x"))).type, "message")
    assert.deepStrictEqual(
      calls().list.map(({ status }) => status),
      [429, 529, 429, 429, 200]
    )
  })

  withModels("may come in the middle of a stream", {}, async ({ anthropic, fault, rule }) => {
    rule({ when: {}, answer: { text: "one two three four five" } })
    fault({ kind: "error-in-stream", times: 1 })
    const broken = await failure(anthropic.messages.stream(ask("x")).finalMessage())
    assert.instanceOf(broken, Anthropic.APIError)
    assert.deepInclude(factsOf(broken), { type: "overloaded_error" })
    fault({ kind: "cut", times: 1, afterEvents: 4 })
    const cut = await failure(anthropic.messages.stream(ask("x")).finalMessage())
    assert.instanceOf(cut, Anthropic.AnthropicError)
  })
})
