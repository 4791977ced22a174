/** An answer that is read while it is written. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { AiError, IdGenerator, LanguageModel, Prompt, type Response } from "effect/ai"
import * as ModelAnswers from "../src/internal/modelAnswers.ts"
import { whole } from "../src/TurnDrafts.ts"

const usage = {
  inputTokens: { uncached: 7, total: 7, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 3, text: 3, reasoning: 0 }
}
const finish = { type: "finish", reason: "stop", usage } as const
const piece = (delta: string) => ({ type: "text-delta", id: "1", delta }) as const
const begun = { type: "text-start", id: "1" } as const
const away = AiError.make({
  module: "test",
  method: "streamText",
  reason: new AiError.InternalProviderError({ description: "overloaded" })
})
const wrong = AiError.make({
  module: "test",
  method: "streamText",
  reason: new AiError.InvalidRequestError({ description: "no" })
})

const request = { prompt: Prompt.make("why?"), tools: [] }

/** What was shown, and what came of it. */
const read = Effect.fnUntraced(function* (stream: Stream.Stream<Response.StreamPartEncoded, AiError.AiError>) {
  const shown: Array<string> = []
  let askedWhole = 0
  const model = yield* LanguageModel.make({
    generateText: () =>
      Effect.sync(() => {
        askedWhole += 1
        return [{ type: "text", text: "All of it." }, finish]
      }),
    streamText: () => stream
  })
  const answer = yield* ModelAnswers.make(model)
    .asWritten(request, (written) => Effect.sync(() => void shown.push(written)))
    .pipe(Effect.result, Effect.provideService(IdGenerator.IdGenerator, IdGenerator.defaultIdGenerator))
  return { answer, shown, askedWhole }
})

describe("an answer that is read while it is written", () => {
  it.effect("is shown as it grows, then nothing, and is whole with its usage", () =>
    Effect.gen(function* () {
      const { answer, askedWhole, shown } = yield* read(Stream.make(begun, piece("It is "), piece("slow."), finish))
      assert.deepStrictEqual(shown, ["It is ", "It is slow.", ""])
      assert.strictEqual(askedWhole, 0)
      if (answer._tag === "Failure") return assert.fail(answer.failure.message)
      assert.strictEqual(answer.success.text, "It is slow.")
      assert.strictEqual(answer.success.usage.inputTokens.total, 7)
    })
  )

  it.effect("is asked for once more, whole, when it breaks off in the middle", () =>
    Effect.gen(function* () {
      const broken = Stream.concat(Stream.make(begun, piece("It is ")), Stream.fail(away))
      const { answer, askedWhole, shown } = yield* read(broken)
      assert.deepStrictEqual(shown, ["It is ", ""])
      assert.strictEqual(askedWhole, 1)
      assert.strictEqual(answer._tag === "Success" && answer.success.text, "All of it.")
    })
  )

  it.effect("fails where it never began, or where asking again would be the same", () =>
    Effect.gen(function* () {
      const never = yield* read(Stream.fail(away))
      assert.strictEqual(never.answer._tag, "Failure")
      const refused = yield* read(Stream.concat(Stream.make(begun, piece("It is ")), Stream.fail(wrong)))
      assert.strictEqual(refused.answer._tag, "Failure")
      assert.strictEqual(never.askedWhole + refused.askedWhole, 0)
      assert.deepStrictEqual(refused.shown, ["It is ", ""])
    })
  )

  it("is shown without its last word, which may be half of a secret", () => {
    assert.strictEqual(whole("The key is ghp_a1B2"), "The key is")
    assert.strictEqual(whole("The key is "), "The key is")
    assert.strictEqual(whole("The"), "")
    assert.strictEqual(whole(""), "")
  })
})
