/**
 * OpenAI's Chat Completions through the vendor's SDK, and every server that speaks them. They, and not the newer
 * Responses API, because it is these that other servers have. The SDK retries nothing by itself here.
 */
import { Clock, Effect, Option, Redacted, Schema, Stream } from "effect"
import OpenAI from "openai"
import { connectionCode, failureOf, type ModelFailure, malformed, network } from "../models/ModelFailure.ts"
import type { VendorSettings } from "../models/ModelSettings.ts"
import { call, events, reading, type VendorModel } from "../models/VendorModel.ts"
import { requestOf } from "./OpenAiRequest.ts"
import { ended, partsOf, read, unread } from "./OpenAiResponse.ts"

const Code = Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Finite])))

/** Of the SDK's `APIError`, as far as we look. https://developers.openai.com/api/docs/guides/error-codes */
const Failure = Schema.Struct({
  status: Schema.optional(Schema.Int),
  code: Code,
  type: Code,
  message: Schema.String,
  headers: Schema.optional(Schema.instanceOf(Headers)),
  requestID: Schema.optional(Schema.NullOr(Schema.String)),
  error: Schema.optional(Schema.Unknown)
})

/** The vendor's own sentence, where the answer is of the vendor's form. */
const Body = Schema.Struct({ message: Schema.String })

const failed =
  (key: string) =>
  (cause: unknown): Effect.Effect<never, ModelFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      if (cause instanceof SyntaxError) return Effect.fail(malformed("the answer is not JSON"))
      const failure = Option.getOrUndefined(Schema.decodeUnknownOption(Failure)(cause))
      // NOTE: a lost connection carries the system's code, and only an answer of the API an error.
      const answered =
        failure !== undefined && (failure.status !== undefined || (failure.error ?? undefined) !== undefined)
      if (!answered) {
        const code = connectionCode(cause)
        return Effect.fail(network(`the connection failed${code === undefined ? "" : ` (${code})`}`))
      }
      const { code, error, headers, message, requestID, status, type } = failure
      const codes = [code, type].flatMap((name) => (name === null || name === undefined ? [] : [String(name)]))
      return Effect.fail(
        failureOf(
          {
            status,
            codes,
            message: Option.match(Schema.decodeUnknownOption(Body)(error), {
              onNone: () => message,
              onSome: (body) => body.message
            }),
            headers,
            requestId: requestID ?? undefined
          },
          { key, nowMs }
        )
      )
    })

/** OpenAI's model of `settings`, or that of a compatible server. It does not tell how many tokens an input has. */
export const make = (settings: VendorSettings): VendorModel => {
  const { apiKey, baseUrl } = settings
  const key = Option.match(apiKey, { onNone: () => "none", onSome: Redacted.value })
  const client = new OpenAI({
    apiKey: key,
    // NOTE: the SDK would read these from variables that are not ours.
    organization: null,
    project: null,
    baseURL: baseUrl ?? "https://api.openai.com/v1",
    maxRetries: 0,
    timeout: 3_600_000,
    logLevel: "off"
  })
  const onError = failed(key)
  return {
    generate: (options) =>
      Effect.flatMap(requestOf(options, settings), (request) =>
        Effect.flatMap(
          call((signal) => client.chat.completions.create(request, { signal }), onError),
          partsOf
        )
      ),
    stream: (options) =>
      Stream.unwrap(
        Effect.map(requestOf(options, settings), (request) =>
          events(
            (signal) =>
              client.chat.completions.create(
                { ...request, stream: true, stream_options: { include_usage: true } },
                { signal }
              ),
            onError
          ).pipe(reading(unread, read, ended))
        )
      )
  }
}
