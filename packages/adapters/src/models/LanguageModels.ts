/** The configured language model: primary and fallback behind one `LanguageModel`, with prices and token counts. */
import {
  Array as Arr,
  type Config,
  Context,
  Duration,
  Effect,
  ExecutionPlan,
  Layer,
  Option,
  Schema,
  Stream
} from "effect"
import type { Response, Tokenizer, Tool } from "effect/ai"
import { type AiError, AnthropicStructuredOutput, LanguageModel, OpenAiStructuredOutput, Prompt } from "effect/ai"
import * as Circuit from "./CircuitBreaker.ts"
import { toAiError } from "./ModelFailure.ts"
import { costOf, type ModelPrice, priceOf } from "./ModelPrices.ts"
import {
  type ModelProvider,
  type ModelSettings,
  ModelSettingsInvalid,
  settingsConfig,
  type VendorSettings
} from "./ModelSettings.ts"
import { traced } from "./ModelSpans.ts"
import * as Patient from "./PatientModel.ts"
import { estimate, layerTokenizer } from "./TokenEstimate.ts"
import type { VendorModel } from "./VendorModel.ts"

/** One of the models that may answer. */
export interface ModelInfo {
  readonly provider: ModelProvider
  readonly model: string
  /** None where it is not known. */
  readonly price: Option.Option<ModelPrice>
  /** Whether it is being asked at all. */
  readonly circuit: Effect.Effect<Circuit.CircuitState>
}

/** Tokens of an input. An estimate leans upwards. */
export interface TokenCount {
  readonly tokens: number
  /** Whether the vendor counted. */
  readonly exact: boolean
}

/** What is known of the models beside their answers. */
export class LanguageModels extends Context.Service<
  LanguageModels,
  {
    readonly primary: ModelInfo
    readonly fallback: Option.Option<ModelInfo>
    /** Which model gave this answer, by its `finish` part. */
    answeredBy(parts: ReadonlyArray<Response.AnyPart>): Option.Option<ModelInfo>
    /**
     * What an answer cost, in millionths of a US dollar, rounded up, by the price of the model that gave it. None
     * where the price or the number of tokens is unknown: treat that as unaffordable or as free, but decide.
     */
    costOf(parts: ReadonlyArray<Response.AnyPart>): Option.Option<number>
    /** As the primary's vendor counts, if it does and answers; else an estimate. Costs no money. */
    countTokens(prompt: Prompt.RawInput, tools?: ReadonlyArray<Tool.Any>): Effect.Effect<TokenCount>
  }
>()("@productbuilding/adapters/models/LanguageModels") {}

/** What a step of the plan provides: the model to ask now. */
class Asked extends Context.Service<Asked, { readonly info: ModelInfo; readonly model: Patient.PatientModel }>()(
  "@productbuilding/adapters/models/Asked"
) {}

// NOTE: a vendor's SDK is loaded when its model is first needed: a server without one pays nothing, and a fallback that
// is never asked neither.
const vendorModel = (settings: VendorSettings): Effect.Effect<VendorModel> => {
  switch (settings.provider) {
    case "anthropic":
      return Effect.map(
        Effect.promise(() => import("../anthropic/AnthropicModel.ts")),
        ({ make }) => make(settings)
      )
    case "gemini":
      return Effect.map(
        Effect.promise(() => import("../gemini/GeminiModel.ts")),
        ({ make }) => make(settings)
      )
    default:
      return Effect.map(
        Effect.promise(() => import("../openai/OpenAiModel.ts")),
        ({ make }) => make(settings)
      )
  }
}

interface Candidate {
  readonly info: ModelInfo
  readonly vendor: Effect.Effect<VendorModel>
  readonly layer: Layer.Layer<Asked>
}

const candidateOf = Effect.fnUntraced(function* (settings: VendorSettings, patience: Patient.Patience) {
  const { model, provider } = settings
  const circuit = yield* Circuit.make({ provider })
  const info: ModelInfo = { provider, model, price: priceOf(settings), circuit: circuit.state }
  const vendor = yield* Effect.cached(Effect.map(vendorModel(settings), (made) => traced(made, settings)))
  const asked = Effect.map(vendor, (made) => Asked.of({ info, model: Patient.make(made, patience, circuit) }))
  return { info, vendor, layer: Layer.effect(Asked, asked) } satisfies Candidate
})

/** Whether another provider may do better. A request that is wrong, too long or refused would be so there as well. */
const mayDoBetter = ({ reason }: AiError.AiError): boolean => {
  switch (reason._tag) {
    case "InternalProviderError":
    case "NetworkError":
    case "RateLimitError":
    case "QuotaExhaustedError":
    case "AuthenticationError":
    case "InvalidResponseError":
    case "UnknownError":
      return true
    case "InvalidRequestError":
      return reason.parameter === "model"
    default:
      return false
  }
}

const signed = <Part extends { readonly type: string }>(info: ModelInfo, part: Part): Part =>
  part.type === "finish" ? { ...part, metadata: { answeredBy: { provider: info.provider, model: info.model } } } : part

// NOTE: the plan asks `while` before a step that follows another, so that of the primary is never asked.
const step = ({ layer }: Candidate) => ({ provide: layer, attempts: 1, while: mayDoBetter })

/** The primary, and where it cannot answer, the fallback. */
const planOf = (primary: Candidate, fallback: Option.Option<Candidate>) =>
  Option.match(fallback, {
    onNone: () => ExecutionPlan.make(step(primary)),
    onSome: (second) => ExecutionPlan.make(step(primary), step(second))
  })

const make = Effect.fnUntraced(function* (settings: ModelSettings) {
  const { callTimeout, fallback: second, maxRetries, requestTimeout } = settings
  // NOTE: a primary that hangs must leave its fallback time to answer within the same call.
  const share = Option.isSome(second) ? Duration.millis(Duration.toMillis(callTimeout) / 2) : callTimeout
  const patience = { requestTimeout, callTimeout: share, maxRetries }
  const primary = yield* candidateOf(settings.primary, patience)
  const fallback = Option.isNone(second) ? Option.none() : Option.some(yield* candidateOf(second.value, patience))
  const plan = planOf(primary, fallback)
  const onEvent = (event: ExecutionPlan.Event<AiError.AiError>) =>
    event._tag === "AttemptStart" && event.stepIndex > 0
      ? Effect.logWarning(`${primary.info.provider} cannot answer, so the fallback is asked`)
      : Effect.void
  const model = yield* LanguageModel.make({
    codecTransformer:
      settings.primary.provider === "anthropic"
        ? AnthropicStructuredOutput.toCodecAnthropic
        : OpenAiStructuredOutput.toCodecOpenAI,
    generateText: (options) =>
      Effect.flatMap(Asked, ({ info, model }) =>
        model.generate(options).pipe(
          Effect.mapBoth({
            onSuccess: (parts) => parts.map((part) => signed(info, part)),
            onFailure: toAiError(info.provider, "generateText")
          })
        )
      ).pipe(Effect.withExecutionPlan(plan, { onEvent })),
    streamText: (options) =>
      Stream.unwrap(
        Effect.map(Asked, ({ info, model }) =>
          model.stream(options).pipe(
            Stream.map((part) => signed(info, part)),
            Stream.mapError(toAiError(info.provider, "streamText"))
          )
        )
      ).pipe(Stream.withExecutionPlan(plan, { onEvent, preventFallbackOnPartialStream: true }))
  })
  const models = Arr.appendAll([primary], Option.toArray(fallback))
  const answeredBy = (parts: ReadonlyArray<Response.AnyPart>) =>
    Option.flatMap(finishOf(parts), ({ metadata }) => {
      const by = Option.getOrUndefined(Schema.decodeUnknownOption(AnsweredBy)(metadata))?.answeredBy
      const found = models.find(({ info }) => info.provider === by?.provider && info.model === by.model)
      return Option.fromUndefinedOr(found?.info)
    })
  const info = LanguageModels.of({
    primary: primary.info,
    fallback: Option.map(fallback, (candidate) => candidate.info),
    answeredBy,
    costOf: (parts) =>
      Option.flatMap(answeredBy(parts), ({ price }) =>
        Option.flatMap(finishOf(parts), ({ usage }) => costOf(price, usage))
      ),
    countTokens: Effect.fn("LanguageModels.countTokens")(function* (raw, tools = []) {
      const input = { prompt: Prompt.make(raw), tools }
      const { countTokens } = yield* primary.vendor
      const guess = { tokens: estimate(input), exact: false }
      if (countTokens === undefined) return guess
      return yield* countTokens(input).pipe(
        Effect.map((tokens) => ({ tokens, exact: true })),
        Effect.timeout(requestTimeout),
        Effect.catch((failure) =>
          Effect.as(Effect.logDebug(`${primary.info.provider} did not count tokens: ${failure._tag}`), guess)
        )
      )
    })
  })
  return Context.make(LanguageModel.LanguageModel, model).pipe(Context.add(LanguageModels, info))
})

const AnsweredBy = Schema.Struct({ answeredBy: Schema.Struct({ provider: Schema.String, model: Schema.String }) })

const finishOf = (parts: ReadonlyArray<Response.AnyPart>) =>
  Option.fromUndefinedOr(parts.find((part) => part.type === "finish"))

/** The models of `settings`. Building it asks nothing of them. */
export const layer = (
  settings: ModelSettings
): Layer.Layer<LanguageModel.LanguageModel | LanguageModels | Tokenizer.Tokenizer> =>
  Layer.merge(Layer.effectContext(make(settings)), layerTokenizer)

/** The models of the environment. Without `LLM_API_KEY` it fails: read `settingsConfig` where a model is optional. */
export const layerConfig: Layer.Layer<
  LanguageModel.LanguageModel | LanguageModels | Tokenizer.Tokenizer,
  Config.ConfigError | ModelSettingsInvalid
> = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* settingsConfig
    if (Option.isSome(settings)) return layer(settings.value)
    return yield* new ModelSettingsInvalid({
      variable: "LLM_API_KEY",
      message: "LLM_API_KEY is not set, so there is no language model. Set it to a key of LLM_PROVIDER."
    })
  })
)
