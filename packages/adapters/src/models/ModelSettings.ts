/** Which language model a server asks, and with what patience. */
import { Config, Duration, Effect, Option, Redacted, Schema } from "effect"
import { type ModelPrice, priceOfOperator } from "./ModelPrices.ts"

/** `openaicompat` is any server that speaks OpenAI's Chat Completions. */
export const ModelProvider = Schema.Literals(["anthropic", "openai", "gemini", "openaicompat"])
export type ModelProvider = typeof ModelProvider.Type

/** How one provider is asked. */
export interface VendorSettings {
  readonly provider: ModelProvider
  /** As the provider names it. */
  readonly model: string
  /** None for a server that wants none, which only one of `openaicompat` may be. */
  readonly apiKey: Option.Option<Redacted.Redacted<string>>
  /** Default: the vendor's own. */
  readonly baseUrl?: string
  /** For one answer, what the model thinks included. */
  readonly maxOutputTokens: number
  /** What the operator says that it costs. Absent: as `ModelPrices` has it, if it does. */
  readonly price?: ModelPrice
}

/** What a server knows of models before it asks one. */
export interface ModelSettings {
  readonly primary: VendorSettings
  /** Asked where the primary cannot answer. */
  readonly fallback: Option.Option<VendorSettings>
  /** For one request; of a stream until its first part, and between two parts. */
  readonly requestTimeout: Duration.Duration
  /** For one call: all its requests and the waits between them, those of the fallback included. */
  readonly callTimeout: Duration.Duration
  /** Requests after the first, for one call and one provider. */
  readonly maxRetries: number
}

/** A variable that is missing beside another, or contradicts it. The message names it and never shows a value of a key. */
export class ModelSettingsInvalid extends Schema.TaggedError<ModelSettingsInvalid>()("ModelSettingsInvalid", {
  variable: Schema.String,
  message: Schema.String
}) {}

/** Anthropic's, as the product has always had it. The other providers have no default. */
const defaultModel = "claude-opus-4-6"

const filled = (name: string) =>
  Effect.map(
    Config.option(Config.String(name)),
    Option.filter((value) => value.trim() !== "")
  )

const keyOf = (name: string) =>
  Effect.map(
    Config.option(Config.Redacted(name)),
    Option.filter((value) => Redacted.value(value).trim() !== "")
  )

const whole = (name: string, minimum: number, fallback: number) =>
  Config.schema(Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum)), name).pipe(Config.withDefault(fallback))

const providerOf = (name: string) =>
  Effect.flatMap(
    filled(name),
    Option.match({
      onNone: () => Effect.succeedNone,
      onSome: () => Effect.asSome(Config.schema(ModelProvider, name))
    })
  )

const amount = "[0-9]+(?:\\.[0-9]+)?"
const Price = Schema.String.check(
  Schema.isPattern(new RegExp(`^${amount}/${amount}(?:/${amount})?$`), {
    expected: "US dollars for a million tokens in/out, or in/out/cached, for example 2/10/0.2"
  })
)

const priceSaid = (name: string) =>
  Effect.flatMap(
    filled(name),
    Option.match({
      onNone: () => Effect.succeedNone,
      onSome: () =>
        Effect.asSome(
          Effect.map(Config.schema(Price, name), (text) => {
            const [input = 0, output = 0, cacheRead] = text.split("/").map(Number)
            return priceOfOperator(input, output, cacheRead)
          })
        )
    })
  )

const missing = (variable: string, message: string) => new ModelSettingsInvalid({ variable, message })

/** The five variables of one provider, which begin with `prefix`. */
const vendorOf = Effect.fnUntraced(function* (prefix: string, provider: ModelProvider, maxOutputTokens: number) {
  const apiKey = yield* keyOf(`${prefix}_API_KEY`)
  const model = yield* filled(`${prefix}_MODEL`)
  const price = yield* priceSaid(`${prefix}_PRICE`)
  const baseUrl = Option.isNone(yield* filled(`${prefix}_BASE_URL`))
    ? Option.none<URL>()
    : Option.some(yield* Config.URL(`${prefix}_BASE_URL`))
  if (provider === "openaicompat" && Option.isNone(baseUrl)) {
    return yield* missing(
      `${prefix}_BASE_URL`,
      `${prefix}_BASE_URL is not set, and ${prefix}_PROVIDER is openaicompat. ` +
        "Set it to the server's address up to the version, for example https://api.fireworks.ai/inference/v1."
    )
  }
  if (provider !== "openaicompat" && Option.isNone(apiKey)) {
    return yield* missing(
      `${prefix}_API_KEY`,
      `${prefix}_API_KEY is not set, and ${prefix}_PROVIDER is ${provider}. Set it to a key of that provider.`
    )
  }
  if (provider !== "anthropic" && Option.isNone(model)) {
    return yield* missing(
      `${prefix}_MODEL`,
      `${prefix}_MODEL is not set, and ${prefix}_PROVIDER is ${provider}. Set it to the name of a model of that provider.`
    )
  }
  return {
    provider,
    model: Option.getOrElse(model, () => defaultModel),
    apiKey,
    maxOutputTokens,
    ...Option.match(price, { onNone: () => ({}), onSome: (said) => ({ price: said }) }),
    ...Option.match(baseUrl, { onNone: () => ({}), onSome: (url) => ({ baseUrl: url.href.replace(/\/$/, "") }) })
  } satisfies VendorSettings
})

/**
 * Reads `LLM_PROVIDER` (`anthropic`), `LLM_API_KEY`, `LLM_MODEL` (`claude-opus-4-6`, for `anthropic` alone),
 * `LLM_BASE_URL` (the vendor's own), `LLM_PRICE` (as it is listed), the same five of `LLM_FALLBACK_…`,
 * `LLM_REQUEST_TIMEOUT_SECS` (60),
 * `LLM_CALL_TIMEOUT_SECS` (twice that), `LLM_MAX_RETRIES` (3) and `LLM_MAX_OUTPUT_TOKENS` (16,384).
 *
 * Without a key there is no model, and that is no error: only for `openaicompat` a base URL is enough. An empty
 * variable is one that is not set.
 */
export const settingsConfig: Effect.Effect<
  Option.Option<ModelSettings>,
  Config.ConfigError | ModelSettingsInvalid
> = Effect.gen(function* () {
  const provider = Option.getOrElse(yield* providerOf("LLM_PROVIDER"), () => "anthropic" as const)
  const fallbackProvider = yield* providerOf("LLM_FALLBACK_PROVIDER")
  const requestTimeoutSecs = yield* whole("LLM_REQUEST_TIMEOUT_SECS", 1, 60)
  const callTimeoutSecs = yield* whole("LLM_CALL_TIMEOUT_SECS", 1, requestTimeoutSecs * 2)
  const maxRetries = yield* whole("LLM_MAX_RETRIES", 0, 3)
  const maxOutputTokens = yield* whole("LLM_MAX_OUTPUT_TOKENS", 1, 16_384)
  if (Option.isNone(yield* keyOf("LLM_API_KEY")) && provider !== "openaicompat") {
    if (Option.isNone(fallbackProvider)) return Option.none()
    return yield* missing(
      "LLM_API_KEY",
      "LLM_API_KEY is not set, but LLM_FALLBACK_PROVIDER is. Set the key, or move the fallback's variables to LLM_…."
    )
  }
  if (Option.isNone(fallbackProvider) && Option.isSome(yield* keyOf("LLM_FALLBACK_API_KEY"))) {
    return yield* missing(
      "LLM_FALLBACK_PROVIDER",
      `LLM_FALLBACK_PROVIDER is not set, but LLM_FALLBACK_API_KEY is. Set it to one of ${ModelProvider.literals.join(", ")}.`
    )
  }
  return Option.some({
    primary: yield* vendorOf("LLM", provider, maxOutputTokens),
    fallback: Option.isNone(fallbackProvider)
      ? Option.none()
      : Option.some(yield* vendorOf("LLM_FALLBACK", fallbackProvider.value, maxOutputTokens)),
    requestTimeout: Duration.seconds(requestTimeoutSecs),
    callTimeout: Duration.seconds(callTimeoutSecs),
    maxRetries
  })
})
