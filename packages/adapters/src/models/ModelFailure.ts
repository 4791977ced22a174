/** Why a request to a model failed, what it means for the caller, and when to ask again. */
import { DateTime, Duration, Option, Schema } from "effect"
import { AiError } from "effect/ai"

/** One request failed. `retryAfter` is the server's own word on when to ask again. */
export class ModelFailure extends Schema.TaggedError<ModelFailure>()("ModelFailure", {
  reason: AiError.AiErrorReason,
  retryAfter: Schema.optionalKey(Schema.Duration)
}) {}

/** The provider has failed so often in a row that it is left alone for now. Ask another, or after `retryAfter`. */
export class CircuitOpen extends Schema.TaggedError<CircuitOpen>()("CircuitOpen", {
  provider: Schema.String,
  retryAfter: Schema.Duration
}) {}

/** What a vendor's SDK told of a failed request, in one form for all vendors. */
export interface VendorError {
  /** None where no answer came, or where the answer broke off. */
  readonly status?: number | undefined
  /** The vendor's own codes and types, for example `overloaded_error`. */
  readonly codes: ReadonlyArray<string>
  readonly message: string
  readonly headers?: Headers | undefined
  /** Where it is not in a header. */
  readonly retryAfter?: Duration.Duration | undefined
  /** For the vendor's support. */
  readonly requestId?: string | undefined
}

/** The same request may succeed a little later. */
export const isRetryable = ({ reason }: ModelFailure): boolean => reason._tag === "RateLimitError" || isOutage(reason)

/** It is the provider that fails, and not this request. */
export const isOutage = (reason: AiError.AiErrorReason): boolean =>
  reason._tag === "InternalProviderError" || (reason._tag === "NetworkError" && reason.isRetryable)

/** The prompt is longer than the model can read. Not retryable: shorten it. */
export const isContextTooLong = ({ reason }: AiError.AiError): boolean =>
  reason._tag === "InvalidRequestError" && reason.constraint === tooLong

const tooLong = "is longer than the model's context"

/** When to ask again, where the provider said so. Also of reasons that have no field for it in `AiError`. */
export const retryAfterOf = ({ reason, retryAfter }: AiError.AiError): Option.Option<Duration.Duration> => {
  if (retryAfter !== undefined) return Option.some(retryAfter)
  const millis = "metadata" in reason ? reason.metadata["retryAfterMs"] : undefined
  return typeof millis === "number" ? Option.some(Duration.millis(millis)) : Option.none()
}

/** As callers of `LanguageModel` get it. */
export const toAiError =
  (provider: string, method: string) =>
  (failure: ModelFailure | CircuitOpen): AiError.AiError => {
    if (failure._tag === "ModelFailure") return AiError.make({ module: provider, method, reason: failure.reason })
    const reason = new AiError.InternalProviderError({
      description: `${provider} fails again and again, and is not asked for another ${Duration.format(failure.retryAfter)}`,
      metadata: { circuit: "open", retryAfterMs: Duration.toMillis(failure.retryAfter) }
    })
    return AiError.make({ module: provider, method, reason })
  }

const numberIn = (text: string | null | undefined) =>
  text === null || text === undefined || text.trim() === "" ? Number.NaN : Number(text)

/** `6m0s`, `1.5s`, `20ms`: as OpenAI writes times until a reset. */
const goDuration = (text: string): Duration.Duration | undefined => {
  const parts = Array.from(text.matchAll(/([\d.]+)(ms|s|m|h)/g))
  if (parts.length === 0) return undefined
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  return Duration.millis(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0), 0))
}

const until = (text: string, nowMs: number): Duration.Duration | undefined =>
  Option.getOrUndefined(
    Option.map(DateTime.make(text), (at) => Duration.millis(Math.max(0, DateTime.toEpochMillis(at) - nowMs)))
  )

/**
 * The server's own word on when to ask again: `retry-after-ms`, else `retry-after`, else the latest reset of a limit
 * that is used up. https://platform.claude.com/docs/en/api/rate-limits,
 * https://developers.openai.com/api/docs/guides/rate-limits (read 2026-11-21)
 */
export const waitOf = (headers: Headers | undefined, nowMs: number): Duration.Duration | undefined => {
  if (headers === undefined) return undefined
  const millis = numberIn(headers.get("retry-after-ms"))
  if (millis >= 0) return Duration.millis(millis)
  const after = headers.get("retry-after")
  const seconds = numberIn(after)
  if (seconds >= 0) return Duration.seconds(seconds)
  if (after !== null) return until(after, nowMs)
  const resets = Array.from(headers).flatMap(([name, value]) => {
    const limit = /^(anthropic|x)-ratelimit-(.*)remaining(.*)$/.exec(name)
    if (limit === null || numberIn(value) !== 0) return []
    const reset = headers.get(name.replace("remaining", "reset"))
    const wait = reset === null ? undefined : limit[1] === "x" ? goDuration(reset) : until(reset, nowMs)
    return wait === undefined ? [] : [wait]
  })
  return resets.length === 0 ? undefined : resets.reduce(Duration.max)
}

/** The vendor's own sentence: one line, without the key, and without addresses. */
const sentence = (message: string, key: string | undefined): string => {
  const hidden = key === undefined || key === "" ? message : message.replaceAll(key, "…")
  return hidden
    .replace(/https?:\/\/\S+/g, "…")
    .replace(/\b(sk|rk|pk|AIza|gsk|xai)[-_A-Za-z0-9*]{8,}/g, "…")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 300)
}

const tooLongText =
  /prompt is too long|context[ _]length|context window|exceed context limit|input token count.*exceeds|maximum context|too many tokens in/i
const quotaText = /credit balance|billing|spend(ing)? (limit|cap)|usage limit|exceeded your current quota.*per ?day/i

/** What a vendor's failure means. The key is never in it, nor is any header or body. */
export const failureOf = (
  error: VendorError,
  call: { readonly key?: string; readonly nowMs: number }
): ModelFailure => {
  const { codes, status } = error
  const description = sentence(error.message, call.key)
  const has = (...names: ReadonlyArray<string>) => names.some((name) => codes.includes(name))
  const retryAfter = error.retryAfter ?? waitOf(error.headers, call.nowMs)
  const metadata = {
    ...(status === undefined ? {} : { status }),
    ...(codes[0] === undefined ? {} : { code: codes[0] }),
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    ...(retryAfter === undefined ? {} : { retryAfterMs: Duration.toMillis(retryAfter) })
  }
  const fail = (reason: AiError.AiErrorReason) =>
    new ModelFailure({ reason, ...(retryAfter === undefined ? {} : { retryAfter }) })

  if (status === 413 || has("context_length_exceeded", "request_too_large") || tooLongText.test(error.message)) {
    return fail(new AiError.InvalidRequestError({ parameter: "prompt", constraint: tooLong, description, metadata }))
  }
  if (
    status === 402 ||
    codes.some((code) => /billing|spend_limit|quota/.test(code)) ||
    ((status === 400 || status === 429) && quotaText.test(error.message))
  ) {
    return fail(new AiError.QuotaExhaustedError({ metadata }))
  }
  if (has("content_filter", "content_policy_violation", "invalid_prompt")) {
    return fail(new AiError.ContentPolicyError({ description, metadata }))
  }
  // NOTE: vendors repeat part of a wrong key in their sentence, so it is not passed on.
  if (status === 401 || has("authentication_error", "invalid_api_key", "API_KEY_INVALID")) {
    return fail(new AiError.AuthenticationError({ kind: "InvalidKey", metadata }))
  }
  if (status === 403 || has("permission_error")) {
    return fail(new AiError.AuthenticationError({ kind: "InsufficientPermissions", metadata }))
  }
  if (status === 429 || has("rate_limit_error", "rate_limit_exceeded")) {
    return fail(new AiError.RateLimitError({ metadata, ...(retryAfter === undefined ? {} : { retryAfter }) }))
  }
  if (status === 529 || has("overloaded_error", "UNAVAILABLE")) {
    return fail(new AiError.InternalProviderError({ description: `overloaded. ${description}`, metadata }))
  }
  if (status === 404 || has("not_found_error", "model_not_found")) {
    return fail(
      new AiError.InvalidRequestError({ parameter: "model", constraint: "is not known", description, metadata })
    )
  }
  if (status === 408 || status === 409 || (status ?? 0) >= 500 || has("api_error", "timeout_error", "server_error")) {
    return fail(
      new AiError.InternalProviderError({ description: `status ${status ?? "unknown"}. ${description}`, metadata })
    )
  }
  if (status !== undefined || codes.length > 0) {
    return fail(new AiError.InvalidRequestError({ description, metadata }))
  }
  return network(description)
}

/** No answer, or one that broke off. */
export const network = (description: string): ModelFailure =>
  new ModelFailure({
    reason: new AiError.NetworkError({ reason: "TransportError", method: "POST", url: "the model's API", description })
  })

/** An answer that is not of the vendor's documented form. */
export const malformed = (description: string): ModelFailure =>
  new ModelFailure({ reason: new AiError.InvalidResponseError({ description }) })

/** The system's name of what broke a connection, for example `ECONNREFUSED`. */
export const connectionCode = (cause: unknown): string | undefined => {
  if (!(cause instanceof Error)) return undefined
  return "code" in cause && typeof cause.code === "string" ? cause.code : connectionCode(cause.cause)
}
