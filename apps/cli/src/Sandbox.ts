/** The controls of a running sandbox GitHub, over HTTP. */
import { Context, Duration, Effect, Layer, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { CommandFailure } from "./CommandFailure.ts"

/** A pull request of the sandbox. */
export const SandboxPull = Schema.Struct({
  number: Schema.Int,
  title: Schema.String,
  author: Schema.String,
  state: Schema.Literals(["open", "closed"]),
  headRef: Schema.String,
  headSha: Schema.String,
  headRepository: Schema.String,
  updatedAt: Schema.String
})
export type SandboxPull = typeof SandboxPull.Type

/** A comment of the sandbox. */
export const SandboxComment = Schema.Struct({
  id: Schema.Int,
  author: Schema.String,
  body: Schema.String,
  updatedAt: Schema.String
})

/** A webhook that the sandbox has sent. */
export const SandboxDelivery = Schema.Struct({
  id: Schema.Int,
  guid: Schema.String,
  event: Schema.String,
  action: Schema.NullOr(Schema.String),
  deliveredAt: Schema.String,
  status: Schema.Int,
  redelivery: Schema.Boolean
})
export type SandboxDelivery = typeof SandboxDelivery.Type

/** A running sandbox. */
export class Sandbox extends Context.Service<
  Sandbox,
  {
    get<A, I>(path: string, answer: Schema.Codec<A, I>): Effect.Effect<A, CommandFailure>
    post<A, I>(path: string, answer: Schema.Codec<A, I>, body?: Schema.JsonObject): Effect.Effect<A, CommandFailure>
  }
>()("@productbuilding/cli/Sandbox") {
  /** The sandbox at an address. */
  static readonly layer = (url: string): Layer.Layer<Sandbox> =>
    Layer.effect(
      Sandbox,
      Effect.gen(function* () {
        const http = yield* HttpClient.HttpClient
        const base = url.replace(/\/+$/, "")
        const unreachable = () =>
          new CommandFailure({
            kind: "unreachable",
            message: `No sandbox answers at ${base}. Start one with \`productbuilding sandbox serve\`, or name another with --sandbox-url or GITHUB_SANDBOX_URL.`
          })
        const ask = <A, I>(request: HttpClientRequest.HttpClientRequest, schema: Schema.Codec<A, I>) =>
          Effect.gen(function* () {
            const response = yield* http
              .execute(request)
              .pipe(Effect.timeout(Duration.seconds(30)), Effect.mapError(unreachable))
            if (response.status === 404) {
              return yield* new CommandFailure({
                kind: "notFound",
                message:
                  "The sandbox has no such thing. `productbuilding sandbox pr list owner/repo` shows what it has."
              })
            }
            if (response.status >= 400) {
              return yield* new CommandFailure({
                kind: "wrong",
                message: `The sandbox refused it (${response.status}).`
              })
            }
            return yield* HttpClientResponse.schemaBodyJson(schema)(response).pipe(Effect.mapError(unreachable))
          })
        return Sandbox.of({
          get: (path, answer) => ask(HttpClientRequest.get(`${base}/_sandbox${path}`), answer),
          post: (path, answer, body = {}) =>
            ask(HttpClientRequest.post(`${base}/_sandbox${path}`).pipe(HttpClientRequest.bodyJsonUnsafe(body)), answer)
        })
      })
    ).pipe(Layer.provide(FetchHttpClient.layer))
}
