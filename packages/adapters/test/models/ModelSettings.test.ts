/** The variables of the models, and what is said of wrong ones. */
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Inspectable, Option, Redacted } from "effect"
import { settingsConfig } from "../../src/models/ModelSettings.ts"

const read = (variables: Readonly<Record<string, string>>) =>
  Effect.provide(settingsConfig, ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))

it.effect("without a key there is no model; an empty variable is one that is not set", () =>
  Effect.gen(function* () {
    assert.isTrue(Option.isNone(yield* read({})))
    assert.isTrue(Option.isNone(yield* read({ LLM_API_KEY: "", LLM_PROVIDER: "", LLM_FALLBACK_PROVIDER: "" })))
  })
)

it.effect("a key alone is Anthropic's, with the defaults of the product", () =>
  Effect.gen(function* () {
    const settings = Option.getOrThrow(yield* read({ LLM_API_KEY: "sk-secret" }))
    const { apiKey, ...primary } = settings.primary
    assert.strictEqual(Redacted.value(Option.getOrThrow(apiKey)), "sk-secret")
    assert.deepStrictEqual(primary, { provider: "anthropic", model: "claude-opus-4-6", maxOutputTokens: 16_384 })
    assert.isTrue(Option.isNone(settings.fallback))
    assert.deepStrictEqual(
      [Duration.toSeconds(settings.requestTimeout), Duration.toSeconds(settings.callTimeout), settings.maxRetries],
      [60, 120, 3]
    )
    assert.notInclude(Inspectable.toStringUnknown(settings), "sk-secret")
  })
)

it.effect("every variable is read", () =>
  Effect.gen(function* () {
    const settings = Option.getOrThrow(
      yield* read({
        LLM_PROVIDER: "openaicompat",
        LLM_MODEL: "llama",
        LLM_BASE_URL: "http://localhost:11434/v1/",
        LLM_PRICE: "0.2/1.5",
        LLM_FALLBACK_PROVIDER: "gemini",
        LLM_FALLBACK_API_KEY: "key",
        LLM_FALLBACK_MODEL: "gemini-2.5-pro",
        LLM_FALLBACK_BASE_URL: "https://proxy.acme.dev",
        LLM_REQUEST_TIMEOUT_SECS: "10",
        LLM_CALL_TIMEOUT_SECS: "15",
        LLM_MAX_RETRIES: "0",
        LLM_MAX_OUTPUT_TOKENS: "4096"
      })
    )
    assert.deepStrictEqual(settings.primary, {
      provider: "openaicompat",
      model: "llama",
      apiKey: Option.none(),
      maxOutputTokens: 4096,
      price: { input: 0.2, output: 1.5, cacheRead: 0.2, cacheWrite: 0.25 },
      baseUrl: "http://localhost:11434/v1"
    })
    const fallback = Option.getOrThrow(settings.fallback)
    assert.deepStrictEqual(
      [
        fallback.provider,
        fallback.model,
        fallback.baseUrl,
        settings.maxRetries,
        Duration.toSeconds(settings.callTimeout)
      ],
      ["gemini", "gemini-2.5-pro", "https://proxy.acme.dev", 0, 15]
    )
  })
)

const wrong: ReadonlyArray<readonly [variable: string, variables: Readonly<Record<string, string>>]> = [
  ["LLM_PROVIDER", { LLM_PROVIDER: "mistral", LLM_API_KEY: "sk-secret" }],
  ["LLM_PRICE", { LLM_PRICE: "$2", LLM_API_KEY: "sk-secret" }],
  ["LLM_PRICE", { LLM_PRICE: "2/-1", LLM_API_KEY: "sk-secret" }],
  ["LLM_MODEL", { LLM_PROVIDER: "openai", LLM_API_KEY: "sk-secret" }],
  ["LLM_BASE_URL", { LLM_PROVIDER: "openaicompat", LLM_API_KEY: "sk-secret", LLM_MODEL: "llama" }],
  ["LLM_BASE_URL", { LLM_BASE_URL: "not an address", LLM_API_KEY: "sk-secret" }],
  ["LLM_API_KEY", { LLM_FALLBACK_PROVIDER: "openai", LLM_FALLBACK_API_KEY: "sk-secret" }],
  ["LLM_FALLBACK_PROVIDER", { LLM_API_KEY: "sk-secret", LLM_FALLBACK_API_KEY: "sk-secret" }],
  ["LLM_FALLBACK_API_KEY", { LLM_API_KEY: "sk-secret", LLM_FALLBACK_PROVIDER: "anthropic" }],
  ["LLM_REQUEST_TIMEOUT_SECS", { LLM_REQUEST_TIMEOUT_SECS: "0" }],
  ["LLM_MAX_RETRIES", { LLM_MAX_RETRIES: "often" }],
  ["LLM_MAX_OUTPUT_TOKENS", { LLM_MAX_OUTPUT_TOKENS: "-1" }]
]

it.effect("a wrong or missing variable is named, and no key is shown", () =>
  Effect.forEach(wrong, ([variable, variables]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(variables))
      assert.include(error.message, variable)
      assert.notInclude(`${error.message}${Inspectable.toStringUnknown(error)}`, "sk-secret")
    })
  )
)
