/** `openai` cannot tell it from OpenAI, nor from Gemini's compatible endpoint, for what an agent uses. */
import { assert, describe } from "@effect/vitest"
import OpenAI from "openai"
import { factsOf, failure, withModels } from "./support/Sandbox.ts"
import { chatTools, responseTools } from "./support/Tools.ts"

const model = "gpt-sandbox"
const chat = (content: string): OpenAI.ChatCompletionCreateParamsNonStreaming => ({
  model,
  messages: [{ role: "user", content }]
})

const routing = {
  type: "object",
  properties: {
    route: { type: "string", enum: ["status", "closer", "issue-writer"] },
    issue: { anyOf: [{ type: "integer" }, { type: "null" }] }
  },
  required: ["route", "issue"],
  additionalProperties: false
}

describe("OpenAI's SDK, with chat completions", () => {
  withModels("gets the same text whole and as a stream", {}, async ({ openai, rule }) => {
    rule({ when: {}, answer: { text: "The mugs are in the window." } })
    const whole = await openai.chat.completions.create(chat("Hello"))
    assert.deepInclude(whole.choices[0]?.message, { role: "assistant", content: "The mugs are in the window." })
    assert.strictEqual(whole.choices[0]?.finish_reason, "stop")
    const stream = openai.chat.completions.stream({
      ...chat("Hello"),
      stream: true,
      stream_options: { include_usage: true }
    })
    let pieces = 0
    stream.on("content", () => void pieces++)
    const streamed = await stream.finalChatCompletion()
    assert.isAbove(pieces, 4)
    assert.strictEqual(streamed.choices[0]?.message.content, "The mugs are in the window.")
    assert.deepStrictEqual(streamed.usage, whole.usage)
    const bare = await openai.chat.completions.create({ ...chat("Hello"), stream: true })
    for await (const { usage } of bare) assert.isUndefined(usage)
  })

  withModels("runs its own tool loop to the end", {}, async ({ calls, openai }) => {
    const closed: Array<unknown> = []
    const [tool] = chatTools("close_issue")
    if (tool === undefined) throw new Error("no tool")
    for (const stream of [false, true]) {
      const closeIssue = (given: string) => {
        closed.push(JSON.parse(given))
        return JSON.stringify({ number: 12, state: "closed" })
      }
      const tools = [
        {
          type: "function" as const,
          function: {
            name: "close_issue",
            description: "",
            parameters: { ...tool.function.parameters },
            function: closeIssue
          }
        }
      ]
      const text = stream
        ? await openai.chat.completions.runTools({ ...chat("close #12"), stream: true, tools }).finalContent()
        : await openai.chat.completions.runTools({ ...chat("close #12"), stream: false, tools }).finalContent()
      assert.strictEqual(text, "Closed #12.")
    }
    assert.deepStrictEqual(closed, [{ number: 12 }, { number: 12 }])
    assert.strictEqual(calls().total, 4)
  })

  withModels("gets JSON of a schema", {}, async ({ openai }) => {
    const parsed = await openai.chat.completions.parse({
      ...chat("Close #12, it is done"),
      response_format: { type: "json_schema", json_schema: { name: "routing", strict: true, schema: routing } }
    })
    assert.deepStrictEqual(JSON.parse(parsed.choices[0]?.message.content ?? ""), { route: "closer", issue: 12 })
    const loose = { ...routing, required: ["route"] }
    const refused = await failure(
      openai.chat.completions.create({
        ...chat("x"),
        response_format: { type: "json_schema", json_schema: { name: "routing", strict: true, schema: loose } }
      })
    )
    assert.instanceOf(refused, OpenAI.BadRequestError)
    assert.include(refused.message, "Missing 'issue'")
  })

  withModels("is told what the prompt cache held", {}, async ({ openai }) => {
    const cached = async (question: string) => {
      const { usage } = await openai.chat.completions.create({
        model,
        messages: [
          { role: "system", content: "s".repeat(8000) },
          { role: "user", content: question }
        ]
      })
      return usage?.prompt_tokens_details?.cached_tokens
    }
    assert.strictEqual(await cached("one"), 0)
    const again = (await cached("two")) ?? 0
    assert.isAtLeast(again, 1920)
    assert.strictEqual(again % 128, 0)
  })
})

describe("OpenAI's SDK, with responses", () => {
  withModels("gets the same text whole and as a stream", {}, async ({ openai, rule }) => {
    rule({ when: {}, answer: { text: "The mugs are in the window." } })
    const whole = await openai.responses.create({ model, input: "Hello" })
    assert.deepStrictEqual([whole.output_text, whole.status], ["The mugs are in the window.", "completed"])
    const stream = openai.responses.stream({ model, input: "Hello" })
    const types: Array<string> = []
    const numbers: Array<number> = []
    stream.on("event", (event) => {
      types.push(event.type)
      numbers.push(event.sequence_number)
    })
    const streamed = await stream.finalResponse()
    assert.strictEqual(streamed.output_text, "The mugs are in the window.")
    assert.deepStrictEqual(streamed.usage, whole.usage)
    assert.deepStrictEqual(numbers, Array.from(numbers.keys()))
    assert.deepStrictEqual(Array.from(new Set(types)), [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed"
    ])
  })

  withModels("calls tools, and goes on from the response before", {}, async ({ openai }) => {
    const tools = responseTools()
    const first = await openai.responses.create({ model, input: "close #12", tools })
    const [call] = first.output
    if (call?.type !== "function_call") throw new Error("no call")
    assert.deepStrictEqual([call.name, JSON.parse(call.arguments)], ["close_issue", { number: 12 }])
    const streamed = await openai.responses.stream({ model, input: "close #12", tools }).finalResponse()
    assert.deepInclude(streamed.output[0], { type: "function_call", name: "close_issue", arguments: call.arguments })
    const output = {
      type: "function_call_output",
      call_id: call.call_id,
      output: '{"number":12,"state":"closed"}'
    } as const
    const last = await openai.responses.create({ model, previous_response_id: first.id, input: [output], tools })
    assert.strictEqual(last.output_text, "Closed #12.")
    const stateless = await openai.responses.create({
      model,
      input: [{ role: "user", content: "close #12" }, call, output],
      tools,
      store: false
    })
    assert.strictEqual(stateless.output_text, "Closed #12.")
    const bad: ReadonlyArray<readonly [OpenAI.Responses.ResponseCreateParamsNonStreaming, string]> = [
      [{ input: [output] }, "No tool call found for function call output"],
      [{ input: [{ role: "user", content: "x" }, call] }, "No tool output found for function call"],
      [{ input: "x", previous_response_id: "resp_unknown" }, "Previous response with id 'resp_unknown' not found."],
      [{ input: "x", previous_response_id: stateless.id }, "not found"]
    ]
    for (const [params, message] of bad) {
      const refused = await failure(openai.responses.create({ model, ...params }))
      assert.instanceOf(refused, OpenAI.BadRequestError, message)
      assert.include(refused.message, message)
    }
  })

  withModels("gets JSON of a schema, and an incomplete one at the limit", {}, async ({ openai }) => {
    const text = { format: { type: "json_schema", name: "routing", strict: true, schema: routing } } as const
    const answer = await openai.responses.parse({ model, input: "What is the status of everything?", text })
    assert.deepStrictEqual(JSON.parse(answer.output_text), { route: "status", issue: null })
    const short = await openai.responses.create({ model, input: "Hello", max_output_tokens: 2 })
    assert.deepStrictEqual([short.status, short.incomplete_details], ["incomplete", { reason: "max_output_tokens" }])
  })
})

describe("OpenAI's errors", () => {
  withModels(
    "are those of the API for keys, models and requests",
    { apiKeys: ["a-key"], models: [model] },
    async ({ openai, openAiUrl }) => {
      const wrong = new OpenAI({ apiKey: "sk-wrong-1234", baseURL: openAiUrl, maxRetries: 0 })
      const refused = await failure(wrong.chat.completions.create(chat("x")))
      assert.instanceOf(refused, OpenAI.AuthenticationError)
      assert.deepInclude(factsOf(refused), { code: "invalid_api_key", type: "invalid_request_error" })
      assert.notInclude(refused.message, "wrong")
      assert.strictEqual((await fetch(`${openAiUrl}/chat/completions`, { method: "POST", body: "{}" })).status, 401)
      const unknown = await failure(openai.chat.completions.create({ ...chat("x"), model: "gpt-none" }))
      assert.instanceOf(unknown, OpenAI.NotFoundError)
      assert.deepInclude(factsOf(unknown), { code: "model_not_found" })
      const ids: Array<string> = []
      for await (const { id } of openai.models.list()) ids.push(id)
      assert.deepStrictEqual([ids, (await openai.models.retrieve(model)).id], [[model], model])
      const call = { id: "call_1", type: "function", function: { name: "x", arguments: "{}" } } as const
      const bad: ReadonlyArray<readonly [string, Array<OpenAI.ChatCompletionMessageParam>]> = [
        ["empty array", []],
        ["messages with role 'tool' must be a response", [{ role: "tool", tool_call_id: "call_9", content: "x" }]],
        [
          "did not have response messages: call_1",
          [
            { role: "assistant", tool_calls: [call] },
            { role: "user", content: "x" }
          ]
        ]
      ]
      for (const [message, messages] of bad) {
        const one = await failure(openai.chat.completions.create({ model, messages }))
        assert.instanceOf(one, OpenAI.BadRequestError, message)
        assert.include(one.message, message)
      }
    }
  )

  withModels("carry Retry-After, and may come in the middle of a stream", {}, async ({ fault, openai, rule }) => {
    rule({ when: {}, answer: { text: "one two three four five" } })
    fault({ kind: "status", status: 429, retryAfterSeconds: 3, times: 1 })
    const limited = await failure(openai.chat.completions.create(chat("x")))
    assert.instanceOf(limited, OpenAI.RateLimitError)
    assert.deepStrictEqual([limited.code, limited.headers.get("retry-after")], ["rate_limit_exceeded", "3"])
    fault({ kind: "status", times: 1 })
    assert.deepInclude(factsOf(await failure(openai.responses.create({ model, input: "x" }))), {
      status: 503,
      type: "server_error"
    })
    fault({ kind: "error-in-stream", times: 1 })
    const broken = await failure(openai.chat.completions.stream({ ...chat("x"), stream: true }).done())
    assert.instanceOf(broken, OpenAI.APIError)
    fault({ kind: "error-in-stream", times: 1 })
    const failed = await openai.responses.create({ model, input: "x", stream: true })
    const last: Array<unknown> = []
    for await (const event of failed) last.splice(0, 1, event)
    assert.deepInclude(last[0], { type: "response.failed" })
    fault({ kind: "cut", times: 1 })
    assert.instanceOf(await failure(openai.chat.completions.stream({ ...chat("x"), stream: true }).done()), Error)
  })
})

describe("Gemini's compatible endpoint", () => {
  withModels("answers OpenAI's SDK, and refuses as Google does", {}, async ({ gemini, geminiUrl }) => {
    const answer = await gemini.chat.completions.create({
      ...chat("close #12"),
      model: "gemini-sandbox",
      tools: chatTools("close_issue")
    })
    assert.strictEqual(answer.choices[0]?.finish_reason, "tool_calls")
    const streamed = await gemini.chat.completions.stream({ ...chat("Hello"), stream: true }).finalContent()
    assert.include(streamed, "Hello!")
    const refused = await fetch(`${geminiUrl}/chat/completions`, { method: "POST", body: "{}" })
    assert.strictEqual(refused.status, 400)
    assert.deepStrictEqual(await refused.json(), [
      { error: { code: 400, message: "Missing or invalid Authorization header.", status: "INVALID_ARGUMENT" } }
    ])
  })
})
