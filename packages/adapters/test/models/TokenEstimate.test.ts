/** Guesses at tokens. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Prompt, Tokenizer } from "effect/ai"
import { estimate, estimateText, layerTokenizer } from "../../src/models/TokenEstimate.ts"

it("prose has about a token for a word, code and other scripts more for each letter", () => {
  assert.strictEqual(estimateText(""), 0)
  assert.strictEqual(estimateText("Two issues are open."), 6)
  assert.isAbove(estimateText('{"number":12,"title":"x"}'), 12)
  assert.isAbove(estimateText("こんにちは世界"), 7)
  assert.isAtLeast(estimateText("a".repeat(500)), 100)
})

it("images count as much as a large one, and every message a little", () => {
  const image = Prompt.make([
    { role: "user", content: [{ type: "file", mediaType: "image/png", data: new Uint8Array(3) }] }
  ])
  assert.isAbove(estimate({ prompt: image, tools: [] }), 1000)
})

it.effect("the oldest messages go first where a prompt is too long", () =>
  Effect.gen(function* () {
    const { truncate } = yield* Tokenizer.Tokenizer
    const prompt = Prompt.make([
      { role: "user", content: [{ type: "text", text: "old ".repeat(50) }] },
      { role: "user", content: [{ type: "text", text: "new" }] }
    ])
    const kept = yield* truncate(prompt, 20)
    assert.deepStrictEqual(kept.content, prompt.content.slice(1))
  }).pipe(Effect.provide(layerTokenizer))
)
