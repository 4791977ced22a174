/** What answers cost. */
import { assert, it } from "@effect/vitest"
import { Option } from "effect"
import { Response } from "effect/ai"
import { costOf, dearest, listedPrice, mostOf, priceOf } from "../../src/models/ModelPrices.ts"

const usage = (uncached: number, cacheRead: number, cacheWrite: number, output: number) =>
  new Response.Usage({
    inputTokens: { uncached, cacheRead, cacheWrite, total: uncached + cacheRead + cacheWrite },
    outputTokens: { total: output, text: undefined, reasoning: undefined }
  })

it("each kind of token has its price, and a fraction of a millionth is one", () => {
  const opus = listedPrice("anthropic", "claude-opus-4-6")
  assert.deepStrictEqual(costOf(opus, usage(1000, 0, 0, 0)), Option.some(5000))
  assert.deepStrictEqual(costOf(opus, usage(0, 1000, 0, 0)), Option.some(500))
  assert.deepStrictEqual(costOf(opus, usage(0, 0, 1000, 0)), Option.some(6250))
  assert.deepStrictEqual(costOf(opus, usage(0, 0, 0, 1000)), Option.some(25_000))
  assert.deepStrictEqual(costOf(opus, usage(0, 1, 0, 0)), Option.some(1))
  assert.deepStrictEqual(costOf(listedPrice("anthropic", "claude-haiku-5-5"), usage(30, 0, 0, 0)), Option.some(3))
})

it("a dated snapshot costs what its model does, and one that is listed what it lists", () => {
  assert.isTrue(Option.isSome(listedPrice("anthropic", "claude-haiku-4-5-20251001")))
  assert.isTrue(Option.isSome(listedPrice("openai", "gpt-5-2025-08-07")))
  assert.isTrue(Option.isSome(listedPrice("gemini", "models/gemini-2.5-pro")))
})

it("a long prompt has another price for the whole request", () => {
  const haiku = listedPrice("anthropic", "claude-haiku-5-5")
  assert.deepStrictEqual(costOf(haiku, usage(100_000, 0, 0, 100)), Option.some(10_050))
  assert.deepStrictEqual(costOf(haiku, usage(50_000, 50_001, 0, 100)), Option.some(27_751))
})

it("what is not known is not free", () => {
  for (const [provider, model] of [
    ["openaicompat", "gpt-5"],
    ["openai", "gpt-99"],
    ["anthropic", "constructor"]
  ] as const) {
    assert.isTrue(Option.isNone(costOf(listedPrice(provider, model), usage(1, 0, 0, 1))))
  }
  const silent = new Response.Usage({
    inputTokens: { uncached: undefined, total: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: undefined, text: undefined, reasoning: undefined }
  })
  assert.isTrue(Option.isNone(costOf(listedPrice("openai", "gpt-5"), silent)))
})

it("what an operator pays comes before what is listed", () => {
  const own = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  assert.deepStrictEqual(priceOf({ provider: "openai", model: "gpt-5", price: own }), Option.some(own))
  assert.deepStrictEqual(priceOf({ provider: "openai", model: "gpt-5" }), listedPrice("openai", "gpt-5"))
})

it("nothing that is listed is dearer than the dearest", () => {
  for (const model of ["claude-fable-5-1", "claude-fable-5", "claude-opus-5"]) {
    const { cacheRead, cacheWrite, input, output } = Option.getOrThrow(listedPrice("anthropic", model))
    assert.isTrue(input <= dearest.input && output <= dearest.output)
    assert.isTrue(cacheRead <= dearest.cacheRead && cacheWrite <= dearest.cacheWrite)
  }
})

it("what is set aside for a call suffices for it, whatever of its prompt is cached, short or long", () => {
  for (const model of ["claude-opus-4-6", "claude-haiku-5-5"]) {
    const price = Option.getOrThrow(listedPrice("anthropic", model))
    for (const tokens of [1000, 100_000, 100_001]) {
      const most = mostOf(price, { inputTokens: tokens, outputTokens: 100 })
      for (const input of [usage(tokens, 0, 0, 100), usage(0, tokens, 0, 100), usage(0, 0, tokens, 100)]) {
        assert.isAtMost(Option.getOrThrow(costOf(Option.some(price), input)), most, `${model} ${tokens}`)
      }
    }
  }
})
