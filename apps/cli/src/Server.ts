/** The server that commands talk to: its typed API, and its streams. */
import { Api } from "@productbuilding/server/Api"
import { Context, Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { CommandFailure } from "./CommandFailure.ts"
import { Token, Url } from "./Globals.ts"

const connect = (url: URL, http: HttpClient.HttpClient) =>
  HttpApiClient.make(Api, { baseUrl: url, transformClient: () => http })

/** Every endpoint of the server, typed. */
export type ApiClient = Effect.Success<ReturnType<typeof connect>>

/** A running server. What fails says what to do about it. */
export class Server extends Context.Service<
  Server,
  {
    /** Without a slash at its end. */
    readonly url: string
    call<A, E>(request: (api: ApiClient) => Effect.Effect<A, E>): Effect.Effect<A, CommandFailure>
    /** Any answer, whatever its status and however long it takes. `path` begins with a slash. */
    exchange(
      path: string,
      request: (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest
    ): Effect.Effect<HttpClientResponse.HttpClientResponse, CommandFailure>
    /** Bytes as they arrive. A connection that breaks on the way is `unreachable`. */
    stream(
      path: string,
      options?: {
        readonly query?: Readonly<Record<string, string>>
        readonly headers?: Readonly<Record<string, string>>
        /** What a 404 means. */
        readonly notFound?: string
      }
    ): Stream.Stream<Uint8Array, CommandFailure>
  }
>()("@productbuilding/cli/Server") {}

const parseUrl = (text: string) =>
  /^https?:\/\//.test(text) && URL.canParse(text)
    ? Effect.succeed(new URL(text.replace(/\/+$/, "")))
    : Effect.fail(
        new CommandFailure({
          kind: "usage",
          message: `${text} is not the address of a server; it looks like https://previews.acme.dev.`
        })
      )

const failure = (kind: CommandFailure["kind"], message: string) => new CommandFailure({ kind, message })

/** What a failed call means to whoever typed the command. */
const toFailure =
  (url: string) =>
  (error: unknown): CommandFailure => {
    const known = Schema.decodeUnknownOption(KnownError)(error)
    if (Option.isSome(known)) return describe(known.value)
    const status = HttpClientError.isHttpClientError(error) ? error.response?.status : undefined
    if (status !== undefined && status >= 500) {
      return failure("wrong", `The server at ${url} could not do it (${status}). Its own log says why.`)
    }
    if (!HttpClientError.isHttpClientError(error) || error.reason._tag === "DecodeError") {
      return failure(
        "unreachable",
        `What answers at ${url} is not a ProductBuilding server of this version. Check --url and PRODUCTBUILDING_URL.`
      )
    }
    if (status === undefined) {
      return failure(
        "unreachable",
        `No server answers at ${url}. Start one with \`productbuilding serve\`, or name another with --url or PRODUCTBUILDING_URL.`
      )
    }
    if (status === 401 || status === 403) {
      return failure("denied", `${url} denies it (${status}). Set API_TOKEN to the server's, or pass --token.`)
    }
    if (status === 404) {
      return failure("notFound", `${url} has nothing there (404). Is it a ProductBuilding server of this version?`)
    }
    return failure("wrong", `The server at ${url} could not do it (${status}). Its own log says why.`)
  }

const KnownError = Schema.Union([
  Schema.Struct({
    _tag: Schema.Literals(["PreviewNotFound", "DeliveryNotFound", "OperationNotFound", "TurnNotFound"]),
    id: Schema.String
  }),
  Schema.TaggedStruct("CallbackEndpointNotFound", { name: Schema.String }),
  Schema.TaggedStruct("ProjectNotFound", { repository: Schema.String }),
  Schema.Struct({ _tag: Schema.Literals(["AgentMissing", "WriteDenied", "LookFailed"]), message: Schema.String })
])

/** What to say of a preview that the server does not know. */
export const unknownPreview = (id: string): string =>
  `The server knows no preview ${id}. \`productbuilding preview list --all\` shows every one.`

const describe = (error: typeof KnownError.Type): CommandFailure => {
  switch (error._tag) {
    case "PreviewNotFound":
      return failure("notFound", unknownPreview(error.id))
    case "DeliveryNotFound":
      return failure(
        "notFound",
        `The server has no delivery ${error.id}. \`productbuilding deliveries list\` shows the newest.`
      )
    case "OperationNotFound":
      return failure("notFound", `The server has no operation ${error.id}.`)
    case "CallbackEndpointNotFound":
      return failure(
        "notFound",
        `The server calls back no ${error.name}. \`productbuilding callbacks list\` shows every endpoint.`
      )
    case "TurnNotFound":
      return failure("notFound", `The server has no turn ${error.id}. \`productbuilding agent list\` shows the newest.`)
    case "ProjectNotFound":
      return failure("notFound", `The server's targets file does not list ${error.repository}.`)
    case "WriteDenied":
      return failure("denied", `The server denies it: ${error.message} Here, set API_TOKEN or pass --token.`)
    case "AgentMissing":
    case "LookFailed":
      return failure("wrong", error.message)
  }
}

/** For an answer to begin; what streams may take as long as it likes. */
const patience = Duration.seconds(30)

const impatient = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transform(client, (effect, request) =>
    Effect.timeoutOrElse(effect, {
      duration: patience,
      orElse: () =>
        Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({
              request,
              description: `no answer within ${Duration.format(patience)}`
            })
          })
        )
    })
  )

/** The server that `--url` names. Nothing is sent until something is asked. */
export const layer = Layer.effect(
  Server,
  Effect.gen(function* () {
    const url = yield* Effect.flatMap(Url, parseUrl)
    const token = yield* Token
    const address = url.href.replace(/\/$/, "")
    const patient = (yield* HttpClient.HttpClient).pipe(
      HttpClient.mapRequest((request) =>
        Option.isSome(token) ? HttpClientRequest.bearerToken(request, token.value) : request
      )
    )
    const http = impatient(patient)
    const api = yield* connect(url, http)
    const asking = HttpClient.filterStatusOk(http)
    return Server.of({
      url: address,
      exchange: (path, request) =>
        Effect.mapError(patient.execute(request(HttpClientRequest.get(`${address}${path}`))), toFailure(address)),
      call: (request) => Effect.mapError(request(api), toFailure(address)),
      stream: (path, { headers = {}, notFound, query = {} } = {}) =>
        HttpClientRequest.get(`${address}${path}`, { urlParams: query, headers }).pipe(
          asking.execute,
          HttpClientResponse.stream,
          Stream.mapError(toFailure(address)),
          Stream.mapError((error) =>
            error.kind === "notFound" && notFound !== undefined ? failure("notFound", notFound) : error
          )
        )
    })
  })
).pipe(Layer.provide(FetchHttpClient.layer))
