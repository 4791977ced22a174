/**
 * Google's Gemini API through the vendor's SDK, and not through its endpoint for OpenAI's form: only the own form has
 * token counts and the signatures of thoughts in documented fields. The SDK retries nothing by itself here.
 */
import { GoogleGenAI } from "@google/genai"
import { Clock, Duration, Effect, Option, Redacted, Schema, Stream } from "effect"
import { connectionCode, failureOf, type ModelFailure, malformed, network } from "../models/ModelFailure.ts"
import type { VendorSettings } from "../models/ModelSettings.ts"
import { toolDefinitions } from "../models/PromptParts.ts"
import { call, events, reading, type VendorModel } from "../models/VendorModel.ts"
import { configOf, contentsOf } from "./GeminiRequest.ts"
import { ended, partsOf, read, unread } from "./GeminiResponse.ts"

/** Of the SDK's `ApiError`: its message is, or ends with, the body. */
const Failure = Schema.Struct({ name: Schema.Literal("ApiError"), status: Schema.Int, message: Schema.String })

/** https://ai.google.dev/gemini-api/docs/troubleshooting, https://google.aip.dev/193 */
const Body = Schema.fromJsonString(
  Schema.Struct({
    error: Schema.Struct({
      message: Schema.optional(Schema.String),
      status: Schema.optional(Schema.String),
      details: Schema.optional(
        Schema.Array(
          Schema.Struct({
            reason: Schema.optional(Schema.String),
            retryDelay: Schema.optional(Schema.String),
            violations: Schema.optional(Schema.Array(Schema.Struct({ quotaId: Schema.optional(Schema.String) })))
          })
        )
      )
    })
  })
)

const failed =
  (key: string) =>
  (cause: unknown): Effect.Effect<never, ModelFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      if (cause instanceof SyntaxError) return Effect.fail(malformed("the answer is not JSON"))
      const failure = Option.getOrUndefined(Schema.decodeUnknownOption(Failure)(cause))
      if (failure === undefined) {
        const code = connectionCode(cause)
        return Effect.fail(network(`the connection failed${code === undefined ? "" : ` (${code})`}`))
      }
      const text = failure.message.slice(Math.max(0, failure.message.indexOf("{")))
      const body = Option.getOrUndefined(Schema.decodeOption(Body)(text))?.error
      const details = body?.details ?? []
      const seconds = details.flatMap(({ retryDelay }) =>
        retryDelay === undefined ? [] : [Number.parseFloat(retryDelay)]
      )[0]
      const daily = details.some(({ violations = [] }) => violations.some(({ quotaId = "" }) => /PerDay/.test(quotaId)))
      const reasons = details.flatMap(({ reason }) => (reason === undefined ? [] : [reason]))
      return Effect.fail(
        failureOf(
          {
            status: failure.status,
            codes: [
              ...(body?.status === undefined ? [] : [body.status]),
              ...reasons,
              ...(daily ? ["quota_per_day"] : [])
            ],
            message: body?.message ?? "",
            ...(seconds === undefined || !(seconds >= 0) ? {} : { retryAfter: Duration.seconds(seconds) })
          },
          { key, nowMs }
        )
      )
    })

/** Google's model of `settings`. */
export const make = ({ apiKey, baseUrl, maxOutputTokens, model }: VendorSettings): VendorModel => {
  const key = Option.match(apiKey, { onNone: () => "", onSome: Redacted.value })
  const { models } = new GoogleGenAI({
    apiKey: key,
    // NOTE: a variable that is not ours would send the requests to Google Cloud.
    enterprise: false,
    httpOptions: { baseUrl: baseUrl ?? "https://generativelanguage.googleapis.com" }
  })
  const onError = failed(key)
  return {
    generate: Effect.fnUntraced(function* (options) {
      const contents = yield* contentsOf(options.prompt)
      const config = yield* configOf(options, maxOutputTokens)
      const answer = yield* call(
        (abortSignal) => models.generateContent({ model, contents, config: { ...config, abortSignal } }),
        onError
      )
      return yield* partsOf(answer)
    }),
    stream: (options) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const contents = yield* contentsOf(options.prompt)
          const config = yield* configOf(options, maxOutputTokens)
          return events(
            (abortSignal) => models.generateContentStream({ model, contents, config: { ...config, abortSignal } }),
            onError
          ).pipe(reading(unread, read, ended))
        })
      ),
    // NOTE: the Gemini API counts contents alone, so that system prompt and tools are counted as such.
    countTokens: Effect.fnUntraced(function* ({ prompt, tools }) {
      const system = prompt.content.flatMap((message) => (message.role === "system" ? [message.content] : []))
      const definitions = (yield* toolDefinitions(tools)).map((tool) => JSON.stringify(tool))
      const rest = [...system, ...definitions].map((text) => ({ text }))
      const contents = [...(rest.length === 0 ? [] : [{ role: "user", parts: rest }]), ...(yield* contentsOf(prompt))]
      const { totalTokens } = yield* call(
        (abortSignal) => models.countTokens({ model, contents, config: { abortSignal } }),
        onError
      )
      return totalTokens ?? (yield* malformed("a count without a number"))
    })
  }
}
