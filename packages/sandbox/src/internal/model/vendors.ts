/** Which vendor a request is for, with its manners: keys, headers, errors. */
import type { IncomingHttpHeaders } from "node:http"
import type { ModelApi } from "../../ModelState.ts"
import type { Fields } from "../slack/values.ts"
import { anthropic, anthropicError, anthropicFailure, anthropicModel, anthropicModels } from "./anthropic.ts"
import { type Dialect, Refused } from "./ask.ts"
import { openAiChat } from "./openai/chat.ts"
import { geminiError, openAiError, openAiFailure, openAiModel, openAiModels } from "./openai/common.ts"
import type { ResponsesDialect } from "./openai/responses.ts"

type Body = Fields | ReadonlyArray<Fields>

export interface Vendor {
  /** Throws `Refused` unless the request has a key that is accepted. */
  readonly authorize: (headers: IncomingHttpHeaders, keys: ReadonlyArray<string> | undefined) => void
  readonly error: (refused: Refused, requestId: string) => Body
  readonly failure: (status: number | undefined, message?: string, retryAfterSeconds?: number) => Refused
  readonly unknownModel: (model: string) => Refused
  readonly unknownPath: (method: string, path: string) => Refused
  readonly tooLarge: Refused
  readonly notJson: Refused
  readonly headers: (requestId: string, tookMs: number) => Readonly<Record<string, string>>
  readonly model: (id: string) => Fields
  readonly models: (ids: ReadonlyArray<string>) => Fields
}

const bearerOf = ({ authorization }: IncomingHttpHeaders): string | undefined =>
  /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1]

const isAccepted = (key: string, keys: ReadonlyArray<string> | undefined) => keys === undefined || keys.includes(key)

const headerOf = (headers: IncomingHttpHeaders, name: string): string => {
  const value = headers[name]
  return typeof value === "string" ? value : ""
}

const forAnthropic: Vendor = {
  authorize: (headers, keys) => {
    const key = headerOf(headers, "x-api-key") || bearerOf(headers)
    if (key === undefined || key === "") throw new Refused(401, "x-api-key header is required")
    if (!isAccepted(key, keys)) throw new Refused(401, "invalid x-api-key")
    if (headerOf(headers, "anthropic-version") === "") throw new Refused(400, "anthropic-version: header is required")
  },
  error: anthropicError,
  failure: anthropicFailure,
  unknownModel: (model) => new Refused(404, `model: ${model}`),
  unknownPath: () => new Refused(404, "Not Found"),
  tooLarge: new Refused(413, "Request exceeds the maximum size"),
  notJson: new Refused(400, "The request body is not valid JSON"),
  headers: (requestId) => ({ "request-id": requestId, "anthropic-organization-id": "sandbox" }),
  model: anthropicModel,
  models: anthropicModels
}

const masked = (key: string) => (key.length > 8 ? `${key.slice(0, 3)}***${key.slice(-4)}` : "***")

const forOpenAi: Vendor = {
  authorize: (headers, keys) => {
    const key = bearerOf(headers)
    if (key === undefined) {
      throw new Refused(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
      )
    }
    if (!isAccepted(key, keys)) {
      throw new Refused(401, `Incorrect API key provided: ${masked(key)}.`, { code: "invalid_api_key" })
    }
  },
  error: openAiError,
  failure: openAiFailure,
  unknownModel: (model) =>
    new Refused(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
      code: "model_not_found"
    }),
  unknownPath: (method, path) => new Refused(404, `Invalid URL (${method} ${path})`),
  tooLarge: openAiFailure(413),
  notJson: new Refused(400, "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload."),
  headers: (requestId, tookMs) => ({
    "x-request-id": requestId,
    "openai-version": "2020-10-01",
    "openai-organization": "sandbox",
    "openai-processing-ms": String(Math.round(tookMs))
  }),
  model: openAiModel,
  models: openAiModels
}

const forGemini: Vendor = {
  ...forOpenAi,
  authorize: (headers, keys) => {
    const key = bearerOf(headers)
    if (key === undefined) throw new Refused(400, "Missing or invalid Authorization header.")
    if (!isAccepted(key, keys)) throw new Refused(400, "API key not valid. Please pass a valid API key.")
  },
  error: geminiError,
  unknownModel: (model) => new Refused(404, `models/${model} is not found for API version v1main.`)
}

/** What a path of an API is for. */
export type Endpoint =
  | { readonly does: "answer"; readonly api: ModelApi; readonly dialect: Dialect; readonly vendor: Vendor }
  | { readonly does: "count"; readonly api: ModelApi; readonly vendor: Vendor }
  | { readonly does: "models"; readonly api: ModelApi; readonly vendor: Vendor; readonly id: string | undefined }
  | { readonly does: "nothing"; readonly api: ModelApi; readonly vendor: Vendor }

/** `undefined` where the path belongs to no vendor. */
export const endpointOf = (
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  responses: ResponsesDialect
): Endpoint | undefined => {
  const isGemini = path.startsWith("/v1beta/openai/")
  if (!isGemini && !path.startsWith("/v1/")) return undefined
  const isAnthropic = !isGemini && (headers["anthropic-version"] !== undefined || headers["x-api-key"] !== undefined)
  const vendor = isGemini ? forGemini : isAnthropic ? forAnthropic : forOpenAi
  const api = isAnthropic ? "anthropic-messages" : "openai-chat"
  const [, id] = /\/models\/([^/]+)$/.exec(path) ?? []
  switch (`${method} ${path}`) {
    case "POST /v1/messages":
      return { does: "answer", api: "anthropic-messages", dialect: anthropic, vendor: forAnthropic }
    case "POST /v1/messages/count_tokens":
      return { does: "count", api: "anthropic-messages", vendor: forAnthropic }
    case "POST /v1/chat/completions":
    case "POST /v1beta/openai/chat/completions":
      return { does: "answer", api: "openai-chat", dialect: openAiChat, vendor: isGemini ? forGemini : forOpenAi }
    case "POST /v1/responses":
      return { does: "answer", api: "openai-responses", dialect: responses, vendor: forOpenAi }
    case "GET /v1/models":
    case "GET /v1beta/openai/models":
      return { does: "models", api, vendor, id: undefined }
    default:
      return method === "GET" && id !== undefined
        ? { does: "models", api, vendor, id: decodeURIComponent(id) }
        : { does: "nothing", api, vendor }
  }
}
