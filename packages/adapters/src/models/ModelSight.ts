/** Whether a provider takes our key and has our model: one request that costs nothing. */
import { Effect, Option, Redacted, Schema } from "effect"
import { HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import type { VendorSettings } from "./ModelSettings.ts"

/**
 * What was seen. `ready`: it takes the key and has the model. `not told`: it answers, but does not tell its models, as some
 * of `openaicompat`; then only a call shows. `away`: no answer, or a server's error.
 */
export type ModelSight =
  | { readonly _tag: "ready" | "key refused" | "model unknown" | "not told" }
  | { readonly _tag: "away"; readonly status: number | undefined }

const Listed = Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String })) })

const bearer = (request: HttpClientRequest.HttpClientRequest, key: string) =>
  key === "" ? request : HttpClientRequest.bearerToken(request, key)

/**
 * Reading one model: https://platform.claude.com/docs/en/api/models/retrieve,
 * https://platform.openai.com/docs/api-reference/models/retrieve, https://ai.google.dev/api/models#method:-models.get
 * (as of 2026-11). A compatible server is asked for its list, as names there have slashes.
 */
const requestOf = ({ apiKey, baseUrl, model, provider }: VendorSettings): HttpClientRequest.HttpClientRequest => {
  const key = Option.match(apiKey, { onNone: () => "", onSome: Redacted.value })
  const name = encodeURIComponent(model.replace(/^models\//, ""))
  switch (provider) {
    case "anthropic":
      return HttpClientRequest.get(`${baseUrl ?? "https://api.anthropic.com"}/v1/models/${name}`, {
        headers: { "x-api-key": key, "anthropic-version": "2023-06-01" }
      })
    case "gemini":
      return HttpClientRequest.get(`${baseUrl ?? "https://generativelanguage.googleapis.com"}/v1beta/models/${name}`, {
        headers: { "x-goog-api-key": key }
      })
    case "openai":
      return bearer(HttpClientRequest.get(`${baseUrl ?? "https://api.openai.com/v1"}/models/${name}`), key)
    case "openaicompat":
      return bearer(HttpClientRequest.get(`${baseUrl ?? ""}/models`), key)
  }
}

const isListed = Effect.fnUntraced(function* (answer: HttpClientResponse.HttpClientResponse, model: string) {
  const listed = yield* Effect.option(Effect.flatMap(answer.json, Schema.decodeUnknownEffect(Listed)))
  return Option.map(listed, ({ data }) => data.some(({ id }) => id === model))
})

/** Google tells a wrong key by 400 with this reason. */
const isKeyProblem = (answer: HttpClientResponse.HttpClientResponse) =>
  Effect.map(Effect.option(answer.text), (text) => Option.getOrElse(text, () => "").includes("API_KEY_INVALID"))

/** Asks once. Never fails, and tells nothing of the key. */
export const look = Effect.fn("ModelSight.look")(function* (
  settings: VendorSettings
): Effect.fn.Return<ModelSight, never, HttpClient.HttpClient> {
  const http = yield* HttpClient.HttpClient
  const answer = Option.getOrUndefined(yield* Effect.option(http.execute(requestOf(settings))))
  const status = answer?.status
  if (answer === undefined || status === undefined || status >= 500) return { _tag: "away", status }
  if (status === 401 || status === 403) return { _tag: "key refused" }
  const isCompatible = settings.provider === "openaicompat"
  if (status === 404) return { _tag: isCompatible ? "not told" : "model unknown" }
  if (status === 200) {
    if (!isCompatible) return { _tag: "ready" }
    const listed = yield* isListed(answer, settings.model)
    return {
      _tag: Option.match(listed, { onNone: () => "not told", onSome: (is) => (is ? "ready" : "model unknown") })
    }
  }
  return { _tag: (yield* isKeyProblem(answer)) ? "key refused" : "not told" }
})
