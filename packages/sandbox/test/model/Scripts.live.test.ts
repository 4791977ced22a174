/** Scripts, rules, faults and recordings: what is told what to answer answers that. */
import Anthropic from "@anthropic-ai/sdk"
import { assert, describe } from "@effect/vitest"
import { startModelSandbox } from "../../src/index.ts"
import { factsOf, failure, type Models, makeClock, withModels } from "./support/Sandbox.ts"
import { anthropicTools, chatTools } from "./support/Tools.ts"

const say = async ({ anthropic }: Models, ...texts: ReadonlyArray<string>) => {
  const { content } = await anthropic.messages.create({
    model: "m",
    max_tokens: 1000,
    messages: texts.map((content, index) => ({
      role: index % 2 === 0 ? ("user" as const) : ("assistant" as const),
      content
    }))
  })
  return content.map((block) => (block.type === "text" ? block.text : block.type)).join()
}

const chat = async ({ openai }: Models, content: string) => {
  const { choices } = await openai.chat.completions.create({ model: "m", messages: [{ role: "user", content }] })
  return choices[0]?.message.content ?? ""
}

describe("scripts", () => {
  withModels("answer each conversation in their order, whichever API it uses", {}, async (models) => {
    models.script({ turns: [{ text: "one" }, { text: "two" }] })
    assert.strictEqual(await say(models, "first conversation"), "one")
    assert.strictEqual(await say(models, "second conversation"), "one")
    assert.strictEqual(await say(models, "first conversation", "one", "and?"), "two")
    assert.strictEqual(await chat(models, "second conversation"), "two")
    assert.include(await say(models, "first conversation", "one", "and?", "two", "hello"), "Hello!")
    models.clearScripts()
    models.script({ shared: true, turns: [{ text: "a" }, { json: { b: 1 } }] })
    assert.deepStrictEqual([await say(models, "x"), await say(models, "y")], ["a", '{"b":1}'])
    assert.deepStrictEqual(
      models.calls().list.map(({ because }) => because),
      ["script", "script", "script", "script", "demo", "script", "script"]
    )
  })

  withModels("leave out requests that they are not for", {}, async (models) => {
    models.script({ when: { text: "^Deploy", structured: false }, turns: [{ text: "mine" }] })
    assert.notStrictEqual(await say(models, "Something else"), "mine")
    assert.strictEqual(await say(models, "deploy it"), "mine")
  })

  withModels("repeat a turn that did not go out whole", {}, async (models) => {
    models.script({ turns: [{ text: "one two three four" }, { text: "two" }] })
    models.rule({ when: {}, answer: { text: "spare" }, times: 1 })
    for (const kind of ["cut", "lost-answer", "drop", "status"] as const) {
      models.fault({ kind, times: 1 })
      await failure(say(models, "x"))
    }
    const stop = new AbortController()
    models.fault({ kind: "slow", delayMs: 60_000, times: 1 })
    // NOTE: the checked client would wait for the end of the stream.
    const impatient = new Anthropic({ apiKey: "a-key", baseURL: models.url, maxRetries: 0 })
    const slow = impatient.messages.stream(
      { model: "m", max_tokens: 10, messages: [{ role: "user", content: "x" }] },
      { signal: stop.signal }
    )
    slow.on("connect", () => stop.abort())
    await failure(slow.finalMessage())
    await models.settled()
    assert.strictEqual(await say(models, "x"), "one two three four")
    assert.strictEqual(await say(models, "x"), "two")
    assert.strictEqual(await say(models, "x"), "spare")
    assert.notStrictEqual(await say(models, "x"), "spare")
    assert.deepStrictEqual(
      models.calls().list.map(({ complete, status }) => [complete, status]),
      [
        [false, 200],
        [false, 0],
        [false, 0],
        [true, 529],
        [false, 200],
        [true, 200],
        [true, 200],
        [true, 200],
        [true, 200]
      ]
    )
  })

  withModels("call tools, take their time, say what they cost, and fail", {}, async (models) => {
    const { anthropic, openai, script } = models
    script({
      turns: [
        {
          text: "I'll look.",
          toolCalls: [
            { name: "get_issue", arguments: { number: 1 } },
            { name: "get_issue", arguments: { number: 2 } }
          ],
          inputTokens: 5000,
          outputTokens: 70,
          delayMs: 20
        },
        { status: 500, message: "Out of order", retryAfterSeconds: 2 },
        { text: "No.", finish: "refusal" }
      ]
    })
    const ask = { model: "m", max_tokens: 1000, messages: [{ role: "user" as const, content: "x" }] }
    const streamed = await anthropic.messages.stream({ ...ask, tools: anthropicTools() }).finalMessage()
    assert.deepStrictEqual(
      streamed.content.map((block) => (block.type === "tool_use" ? block.input : block.type)),
      ["text", { number: 1 }, { number: 2 }]
    )
    assert.deepStrictEqual([streamed.usage.input_tokens, streamed.usage.output_tokens], [5000, 70])
    const failed = await failure(anthropic.messages.create(ask))
    assert.deepInclude(factsOf(failed), { status: 500, apiMessage: "Out of order" })
    assert.strictEqual((await anthropic.messages.create(ask)).stop_reason, "refusal")
    models.clearScripts()
    const both = {
      text: "",
      toolCalls: [
        { name: "a", arguments: {} },
        { name: "b", arguments: {} }
      ]
    }
    models.rule({ when: { tools: ["get_issue"] }, answer: both })
    const one = await openai.chat.completions
      .stream({ model: "m", messages: ask.messages, tools: chatTools("get_issue"), parallel_tool_calls: false })
      .finalChatCompletion()
    assert.strictEqual(one.choices[0]?.message.tool_calls?.length, 1)
  })
})

describe("rules", () => {
  withModels("match what was said, offered and found", {}, async (models) => {
    const { anthropic, rule } = models
    rule({ when: { hasResult: true, resultOf: "get_issue", result: "cart" }, answer: { text: "about the cart" } })
    rule({ when: { text: "number (\\d+)", system: "strict", tools: ["get_issue"] }, answer: { text: "strict" } })
    rule({ when: { anywhere: "needle", api: "openai-chat" }, answer: { text: "found" } })
    rule({ when: { model: "^small" }, answer: { text: "small" }, times: 1 })
    const ask = { model: "m", max_tokens: 1000, tools: anthropicTools("get_issue") }
    const texts = async (...messages: Parameters<typeof anthropic.messages.create>[0]["messages"]) => {
      const { content } = await anthropic.messages.create({ ...ask, system: "Be strict.", messages })
      return content[0]?.type === "text" ? content[0].text : content[0]?.type
    }
    assert.strictEqual(await texts({ role: "user", content: "Number 7" }), "strict")
    const found = await texts(
      { role: "user", content: "x" },
      { role: "assistant", content: [{ type: "tool_use", id: "t", name: "get_issue", input: {} }] },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "The CART" }] }]
      }
    )
    assert.strictEqual(found, "about the cart")
    assert.strictEqual(await chat(models, "a needle in it"), "found")
    assert.notStrictEqual(await say(models, "a needle in it"), "found")
  })
})

describe("faults", () => {
  const clock = makeClock()
  withModels("last for a while, for one API or one model", clock, async (models) => {
    models.fault({ kind: "status", status: 503, forMs: 300_000, api: "anthropic-messages" })
    assert.deepInclude(factsOf(await failure(say(models, "x"))), { status: 503 })
    assert.include(await chat(models, "hello"), "Hello!")
    clock.pass(299_999)
    assert.deepInclude(factsOf(await failure(say(models, "x"))), { status: 503 })
    clock.pass(1)
    assert.include(await say(models, "hello"), "Hello!")
    models.fault({ kind: "drop", times: 5, model: "^other$" })
    assert.include(await say(models, "hello"), "Hello!")
    models.clearFaults()
    assert.throws(() => models.fault({ kind: "status" }), /`times`, `forMs` or both/)
  })

  withModels("leave a request without an answer", {}, async (models) => {
    models.fault({ kind: "hang", times: 1 })
    const signal = AbortSignal.timeout(100)
    const asked = models.anthropic.messages.create(
      { model: "m", max_tokens: 10, messages: [{ role: "user", content: "x" }] },
      { signal }
    )
    assert.match((await failure(asked)).message, /aborted/)
    await models.settled()
    assert.deepInclude(models.calls().list[0], { status: 0, because: "fault", complete: false })
  })
})

describe("recordings", () => {
  withModels("are replayed to the letter, over either API, and answer nothing else", {}, async (models) => {
    models.script({ turns: [{ text: "first" }, { text: "second" }] })
    assert.strictEqual(await say(models, "x"), "first")
    assert.strictEqual(await say(models, "x"), "second")
    await say(models, "y")
    const recording = JSON.parse(JSON.stringify(models.recording()))
    models.clearScripts()
    models.replay(recording)
    assert.deepStrictEqual(
      [await say(models, "x"), await chat(models, "x"), await say(models, "x")],
      ["first", "second", "second"]
    )
    const unknown = await failure(say(models, "z"))
    assert.include(unknown.message, "The recording that is replayed has no answer")
    models.clearScripts()
    assert.include(await say(models, "hello"), "Hello!")
  })

  withModels("hold as many calls as they are told to", { maxCalls: 2 }, async (models) => {
    for (const text of ["a", "b", "c"]) await say(models, text)
    const { list, open, total } = models.calls()
    assert.deepStrictEqual([list.map(({ id }) => id), open, total], [[2, 3], 0, 3])
    assert.deepInclude(list[1]?.body, { model: "m", max_tokens: 1000 })
    assert.strictEqual(list[1]?.request?.messages[0]?.text, "c")
    models.clearCalls()
    assert.deepStrictEqual(models.calls().list, [])
  })

  withModels("are the same for the same requests in the same order", {}, async (models) => {
    const ids: Array<string> = []
    const body = { model: "m", max_tokens: 10, messages: [{ role: "user" as const, content: "x" }] }
    ids.push((await models.anthropic.messages.create(body)).id)
    const other = await startModelSandbox()
    const answer = await fetch(`${other.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "k", "anthropic-version": "2023-06-01" },
      body: JSON.stringify(body)
    })
    assert.deepInclude(await answer.json(), { id: ids[0] })
    await other.stop()
  })
})
