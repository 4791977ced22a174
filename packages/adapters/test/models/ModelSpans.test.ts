/** What a request's span tells of it, whether the answer streams or not. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Option, Stream, Tracer } from "effect"
import { AiError, IdGenerator, type LanguageModel, Prompt, type Response } from "effect/ai"
import { ModelFailure } from "../../src/models/ModelFailure.ts"
import { traced } from "../../src/models/ModelSpans.ts"
import type { VendorModel } from "../../src/models/VendorModel.ts"

const start = { type: "response-metadata", id: "msg_1", modelId: "gemini-9-20261101" } as const
const end = {
  type: "finish",
  reason: "stop",
  usage: {
    inputTokens: { uncached: 10, total: 120, cacheRead: 100, cacheWrite: 10 },
    outputTokens: { total: 7, text: 7, reasoning: undefined }
  }
} as const
const whole: Array<Response.PartEncoded> = [start, { type: "text", text: "hello" }, end]
const pieces: Array<Response.StreamPartEncoded> = [
  start,
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "hello" },
  { type: "text-end", id: "1" },
  end
]
const down = new ModelFailure({ reason: new AiError.InternalProviderError({ description: "hello" }) })

/** Runs it with every span that it makes at hand. */
const spansOf = Effect.fnUntraced(function* (
  vendor: VendorModel,
  run: (
    vendor: VendorModel,
    options: LanguageModel.ProviderOptions
  ) => Effect.Effect<unknown, ModelFailure, IdGenerator.IdGenerator>
) {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const span = new Tracer.NativeSpan({
    name: "test",
    parent: Option.none(),
    annotations: Context.empty(),
    links: [],
    startTime: 0n,
    kind: "internal",
    sampled: true
  })
  yield* run(traced(vendor, { provider: "gemini", model: "gemini-9", maxOutputTokens: 500 }), {
    prompt: Prompt.make("hello"),
    tools: [],
    responseFormat: { type: "text" },
    toolChoice: "auto",
    span,
    previousResponseId: undefined,
    incrementalPrompt: undefined
  }).pipe(
    Effect.ignore,
    Effect.provideService(IdGenerator.IdGenerator, IdGenerator.defaultIdGenerator),
    Effect.provideService(Tracer.Tracer, tracer)
  )
  return spans.map(({ attributes, kind, name, status }) => ({
    name,
    kind,
    ended: status._tag === "Ended",
    attributes: Object.fromEntries(attributes)
  }))
})

const request = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "gcp.gemini",
  "gen_ai.request.model": "gemini-9",
  "gen_ai.request.max_tokens": 500
}

describe("the span of a request", () => {
  const answers: VendorModel = { generate: () => Effect.succeed(whole), stream: () => Stream.fromIterable(pieces) }
  const fails: VendorModel = { generate: () => Effect.fail(down), stream: () => Stream.fail(down) }

  for (const [how, run] of [
    ["whole", (vendor, options) => vendor.generate(options)],
    ["streamed", (vendor, options) => Stream.runDrain(vendor.stream(options))]
  ] satisfies ReadonlyArray<readonly [string, Parameters<typeof spansOf>[1]]>) {
    it.effect(`has the model, the reason of the end and the tokens of an answer (${how}), and none of its words`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* spansOf(answers, run), [
          {
            name: "chat gemini-9",
            kind: "client",
            ended: true,
            attributes: {
              ...request,
              "gen_ai.response.id": "msg_1",
              "gen_ai.response.model": "gemini-9-20261101",
              "gen_ai.response.finish_reasons": ["stop"],
              "gen_ai.usage.input_tokens": 120,
              "gen_ai.usage.output_tokens": 7,
              "gen_ai.usage.cache_read.input_tokens": 100,
              "gen_ai.usage.cache_creation.input_tokens": 10
            }
          }
        ])
      })
    )

    it.effect(`has the kind of a failure alone (${how})`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* spansOf(fails, run), [
          {
            name: "chat gemini-9",
            kind: "client",
            ended: true,
            attributes: { ...request, "error.type": "InternalProviderError" }
          }
        ])
      })
    )
  }
})
