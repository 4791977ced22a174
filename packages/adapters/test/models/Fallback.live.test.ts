/** One model for another, where the first cannot answer. */
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Option, Redacted, Stream } from "effect"
import { LanguageModel, type Response } from "effect/ai"
import { LanguageModels, layer } from "../../src/models/LanguageModels.ts"
import { anthropic } from "./anthropicRecordings.ts"
import { chatCompletions } from "./openaiRecordings.ts"
import { type Answer, vendor } from "./recorded.ts"

const openai = chatCompletions("openai")
const down: Answer = { status: 500, json: { type: "error", error: { type: "api_error", message: "down" } } }

const start = Effect.fnUntraced(function* (primary: ReadonlyArray<Answer>, fallback: ReadonlyArray<Answer>) {
  const first = yield* vendor(primary)
  const second = yield* vendor(fallback)
  const common = { apiKey: Option.some(Redacted.make("key")), maxOutputTokens: 100 }
  const models = layer({
    primary: { ...anthropic.settings, ...common, baseUrl: first.url },
    fallback: Option.some({ ...openai.settings, ...common, baseUrl: `${second.url}/v1` }),
    requestTimeout: Duration.seconds(5),
    callTimeout: Duration.seconds(10),
    maxRetries: 0
  })
  return { first: first.asked, second: second.asked, models }
})

const ask = Effect.gen(function* () {
  const { content, text } = yield* LanguageModel.generateText({ prompt: "Go on." })
  const { answeredBy, costOf } = yield* LanguageModels
  return { text, by: Option.getOrThrow(answeredBy(content)).provider, cost: Option.getOrThrow(costOf(content)) }
})

it.live("the primary answers where it can, at its price", () =>
  Effect.gen(function* () {
    const { models, second } = yield* start([anthropic.text.answer], [openai.text.answer])
    // 12 × 5 + 100 × 0.5 + 7 × 25
    assert.deepStrictEqual(yield* Effect.provide(ask, models), {
      text: "Two issues are open.",
      by: "anthropic",
      cost: 285
    })
    assert.lengthOf(second, 0)
  })
)

it.live("the fallback answers where the primary is down, at the price of the fallback", () =>
  Effect.gen(function* () {
    const { first, models, second } = yield* start([down], [openai.text.answer])
    // 12 × 1.25 + 100 × 0.125 + 7 × 10 = 97.5
    assert.deepStrictEqual(yield* Effect.provide(ask, models), { text: "Two issues are open.", by: "openai", cost: 98 })
    assert.deepStrictEqual([first.length, second.length], [1, 1])
  })
)

it.live("a primary that is down is soon not asked any more, and both circuits can be seen", () =>
  Effect.gen(function* () {
    const { first, models, second } = yield* start([down], [openai.text.answer])
    yield* Effect.gen(function* () {
      for (let i = 0; i < 7; i++) yield* ask
      const { fallback, primary } = yield* LanguageModels
      assert.strictEqual(yield* primary.circuit, "open")
      assert.strictEqual(yield* Option.getOrThrow(fallback).circuit, "closed")
    }).pipe(Effect.provide(models))
    assert.deepStrictEqual([first.length, second.length], [5, 7])
  })
)

it.live("a request that is wrong is not sent to another provider", () =>
  Effect.gen(function* () {
    const bad: Answer = {
      status: 400,
      json: { type: "error", error: { type: "invalid_request_error", message: "bad" } }
    }
    const { models, second } = yield* start([bad], [openai.text.answer])
    const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "Go on." })).pipe(Effect.provide(models))
    assert.strictEqual(error.reason._tag, "InvalidRequestError")
    assert.lengthOf(second, 0)
  })
)

it.live("where both fail, the error is the fallback's", () =>
  Effect.gen(function* () {
    const { models, second } = yield* start([down], [{ status: 401, json: { error: { message: "no" } } }])
    const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "Go on." })).pipe(Effect.provide(models))
    assert.deepStrictEqual([error.module, error.reason._tag], ["openai", "AuthenticationError"])
    assert.lengthOf(second, 1)
  })
)

it.live("a stream falls back before its first part, and never after", () =>
  Effect.gen(function* () {
    const broken: Answer = { frames: (anthropic.textStream.answer.frames ?? []).slice(0, -3), close: "cut" }
    const { models, second } = yield* start([anthropic.failedStream, broken], [openai.textStream.answer])
    const seen: Array<Response.AnyPart> = []
    const read = LanguageModel.streamText({ prompt: "Go on." }).pipe(
      Stream.runForEach((part) => Effect.sync(() => seen.push(part)))
    )
    yield* Effect.gen(function* () {
      yield* read
      assert.strictEqual(Option.getOrThrow((yield* LanguageModels).answeredBy(seen)).provider, "openai")
      assert.lengthOf(second, 1)
      seen.length = 0
      const error = yield* Effect.flip(read)
      assert.strictEqual(error.module, "anthropic")
      assert.isTrue(seen.some(({ type }) => type === "text-delta"))
      assert.lengthOf(second, 1)
    }).pipe(Effect.provide(models))
  })
)
