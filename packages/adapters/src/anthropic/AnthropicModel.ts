/** Anthropic's Messages API through the vendor's SDK, which retries nothing by itself here. */
import Anthropic from "@anthropic-ai/sdk"
import { Clock, Effect, Option, Redacted, Schema, Stream } from "effect"
import type { LanguageModel } from "effect/ai"
import { connectionCode, failureOf, type ModelFailure, malformed, network } from "../models/ModelFailure.ts"
import type { VendorSettings } from "../models/ModelSettings.ts"
import { call, events, reading, type VendorModel } from "../models/VendorModel.ts"
import { inputOf, requestOf } from "./AnthropicRequest.ts"
import { ended, partsOf, read, unread } from "./AnthropicResponse.ts"

/** Of the SDK's `APIError`, as far as we look. https://platform.claude.com/docs/en/api/errors */
const Failure = Schema.Struct({
  status: Schema.optional(Schema.Int),
  type: Schema.optional(Schema.NullOr(Schema.String)),
  errorCode: Schema.optional(Schema.NullOr(Schema.String)),
  message: Schema.String,
  headers: Schema.optional(Schema.instanceOf(Headers)),
  requestID: Schema.optional(Schema.NullOr(Schema.String)),
  error: Schema.optional(Schema.Unknown)
})

/** The vendor's own sentence, where the answer is of the vendor's form. */
const Body = Schema.Struct({ error: Schema.Struct({ message: Schema.String }) })

const failed =
  (key: string) =>
  (cause: unknown): Effect.Effect<never, ModelFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      if (cause instanceof SyntaxError) return Effect.fail(malformed("the answer is not JSON"))
      const failure = Option.getOrUndefined(Schema.decodeUnknownOption(Failure)(cause))
      const codes = [failure?.errorCode, failure?.type].flatMap((code) =>
        code === null || code === undefined ? [] : [code]
      )
      if (failure === undefined || (failure.status === undefined && codes.length === 0)) {
        const code = connectionCode(cause)
        return Effect.fail(network(`the connection failed${code === undefined ? "" : ` (${code})`}`))
      }
      const { error, headers, message, requestID, status } = failure
      return Effect.fail(
        failureOf(
          {
            status,
            codes,
            message: Option.match(Schema.decodeUnknownOption(Body)(error), {
              onNone: () => message,
              onSome: (body) => body.error.message
            }),
            headers,
            requestId: requestID ?? undefined
          },
          { key, nowMs }
        )
      )
    })

/** Anthropic's model of `settings`. */
export const make = ({ apiKey, baseUrl, maxOutputTokens, model }: VendorSettings): VendorModel => {
  const key = Option.match(apiKey, { onNone: () => "", onSome: Redacted.value })
  const client = new Anthropic({
    apiKey: key,
    // NOTE: the SDK would read these from variables that are not ours.
    authToken: null,
    baseURL: baseUrl ?? "https://api.anthropic.com",
    maxRetries: 0,
    // NOTE: our own limit is shorter; without one the SDK refuses long answers that are not streamed.
    timeout: 3_600_000,
    logLevel: "off",
    // NOTE: spans are `LanguageModel`'s.
    openTelemetry: false
  })
  const onError = failed(key)
  const body = (options: LanguageModel.ProviderOptions) => requestOf(options, model, maxOutputTokens)
  return {
    generate: (options) =>
      Effect.flatMap(body(options), (request) =>
        Effect.flatMap(
          call((signal) => client.messages.create(request, { signal }), onError),
          partsOf
        )
      ),
    stream: (options) =>
      Stream.unwrap(
        Effect.map(body(options), (request) =>
          events((signal) => client.messages.create({ ...request, stream: true }, { signal }), onError).pipe(
            reading(unread, read, ended)
          )
        )
      ),
    countTokens: (input) =>
      Effect.flatMap(inputOf(input), (request) =>
        Effect.map(
          call((signal) => client.messages.countTokens({ model, ...request }, { signal }), onError),
          ({ input_tokens }) => input_tokens
        )
      )
  }
}
