/**
 * A vendor's model with a span for each request, named and described as OpenTelemetry has it for generative AI:
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ (read 2026-11-21). Nothing of what was asked or
 * answered is in it.
 */
import { Effect, Stream, type Tracer } from "effect"
import { type Response, Telemetry } from "effect/ai"
import type { ModelFailure } from "./ModelFailure.ts"
import type { ModelProvider, VendorSettings } from "./ModelSettings.ts"
import type { VendorModel } from "./VendorModel.ts"

/** OpenTelemetry's names of the vendors. One that it does not know keeps ours. */
const providerNames: Readonly<Record<ModelProvider, string>> = {
  anthropic: "anthropic",
  openai: "openai",
  gemini: "gcp.gemini",
  openaicompat: "openaicompat"
}

/** What an answer's part tells of it. */
const describe = (span: Tracer.Span, part: Response.PartEncoded | Response.StreamPartEncoded): void => {
  if (part.type === "response-metadata") {
    Telemetry.addGenAIAnnotations(span, { response: { id: part.id, model: part.modelId } })
  }
  if (part.type === "finish") {
    const { inputTokens, outputTokens } = part.usage
    Telemetry.addGenAIAnnotations(span, {
      response: { finishReasons: [part.reason] },
      usage: { inputTokens: inputTokens.total, outputTokens: outputTokens.total }
    })
    // NOTE: effect does not know these two yet.
    if (inputTokens.cacheRead !== undefined) {
      span.attribute("gen_ai.usage.cache_read.input_tokens", inputTokens.cacheRead)
    }
    if (inputTokens.cacheWrite !== undefined) {
      span.attribute("gen_ai.usage.cache_creation.input_tokens", inputTokens.cacheWrite)
    }
  }
}

const failed =
  (span: Tracer.Span) =>
  ({ reason }: ModelFailure): Effect.Effect<void> =>
    Effect.sync(() => span.attribute("error.type", reason._tag))

/** `vendor`, each of whose requests is a span `chat {model}`; a retry is another request. */
export const traced = (
  vendor: VendorModel,
  { maxOutputTokens, model, provider }: Pick<VendorSettings, "maxOutputTokens" | "model" | "provider">
): VendorModel => {
  const name = `chat ${model}`
  const begun = (span: Tracer.Span) =>
    Telemetry.addGenAIAnnotations(span, {
      operation: { name: "chat" },
      provider: { name: providerNames[provider] },
      request: { model, maxTokens: maxOutputTokens }
    })
  return {
    ...vendor,
    generate: (options) =>
      Effect.useSpan(name, { kind: "client" }, (span) => {
        begun(span)
        return vendor.generate(options).pipe(
          Effect.tap((parts) => Effect.sync(() => parts.forEach((part) => describe(span, part)))),
          Effect.tapError(failed(span))
        )
      }),
    stream: (options) =>
      Stream.unwrap(
        Effect.map(Effect.makeSpanScoped(name, { kind: "client" }), (span) => {
          begun(span)
          return vendor.stream(options).pipe(
            Stream.tap((part) => Effect.sync(() => describe(span, part))),
            Stream.tapError(failed(span))
          )
        })
      )
  }
}
