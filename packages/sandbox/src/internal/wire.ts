/** The controls' HTTP, as every client speaks it. */
import { Effect, Schema } from "effect"
import { type HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { SandboxMissing, SandboxRefused } from "../SandboxControl.ts"
import { ControlFailure } from "./controlBodies.ts"

/** No sandbox answers at the address, or what answers is none. Retryable where the sandbox is still starting. */
export class SandboxUnreachable extends Schema.TaggedError<SandboxUnreachable>()("SandboxUnreachable", {
  url: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `No sandbox answers at ${this.url}.`
  }
}

/** Why a control did not do what it was asked for. */
export type SandboxClientError = SandboxMissing | SandboxRefused | SandboxUnreachable

export type Body = { readonly [key: string]: Schema.Json | undefined } | ReadonlyArray<Schema.Json>

/** How a client reaches its control API. */
export interface Wire<E> {
  get<A, I>(path: string, answer: Schema.Codec<A, I>): Effect.Effect<A, E>
  write<A, I>(method: Write, path: string, answer: Schema.Codec<A, I>, body?: Body): Effect.Effect<A, E>
  tell(method: Write, path: string, body?: Body): Effect.Effect<void, E>
}

export type Write = "POST" | "PUT" | "PATCH" | "DELETE"

/** The control API below an address. */
export const makeWire = (http: HttpClient.HttpClient, url: string): Wire<SandboxClientError> => {
  const unreachable = (cause: unknown) => new SandboxUnreachable({ url: new URL(url).origin, cause })

  const failureOf = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
    const failure = yield* response.json.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(ControlFailure)),
      Effect.mapError(unreachable)
    )
    if (response.status === 422) return yield* new SandboxRefused({ message: failure.message })
    if (failure.missing !== undefined) return yield* new SandboxMissing({ what: failure.missing })
    return yield* unreachable(new Error(`status ${response.status}: ${failure.message}`))
  })

  const send = (method: "GET" | Write, path: string, body?: Body) => {
    const request = HttpClientRequest.make(method)(`${url}${path}`)
    return http.execute(body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)).pipe(
      Effect.mapError(unreachable),
      Effect.filterOrElse(
        (response) => response.status < 300,
        (response) => failureOf(response)
      )
    )
  }

  const decode = <A, I>(answer: Schema.Codec<A, I>, sent: ReturnType<typeof send>) =>
    Effect.flatMap(sent, (response) =>
      response.json.pipe(Effect.flatMap(Schema.decodeUnknownEffect(answer)), Effect.mapError(unreachable))
    )

  return {
    get: (path, answer) => decode(answer, send("GET", path)),
    write: (method, path, answer, body = {}) => decode(answer, send(method, path, body)),
    tell: (method, path, body = {}) => Effect.asVoid(send(method, path, body))
  }
}
