/** A model sandbox's controls over HTTP: for another process, and for Effect. */
import { Context, Effect, Layer, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { ControlFailure } from "./internal/controlBodies.ts"
import type { ModelFault } from "./ModelFaults.ts"
import { ModelSandbox } from "./ModelSandbox.ts"
import { ModelMode, ModelRecording, type ModelRule, type ModelScript } from "./ModelScript.ts"
import { ModelCalls } from "./ModelState.ts"
import { SandboxUnreachable } from "./SandboxClient.ts"
import { SandboxRefused } from "./SandboxControl.ts"

type Answer<A> = Effect.Effect<A, SandboxRefused | SandboxUnreachable>

/** What `ModelControl` does, at a distance. Its documentation holds for the methods here. */
export class ModelSandboxClient extends Context.Service<
  ModelSandboxClient,
  {
    /** Where the page is, and `baseURL` of `@anthropic-ai/sdk`. */
    readonly url: string
    script(script: ModelScript): Answer<void>
    rule(rule: ModelRule): Answer<void>
    readonly clearScripts: Answer<void>
    readonly mode: Answer<ModelMode>
    setMode(mode: ModelMode): Answer<void>
    readonly calls: Answer<ModelCalls>
    readonly clearCalls: Answer<void>
    readonly recording: Answer<ModelRecording>
    replay(recording: ModelRecording): Answer<void>
    fault(fault: ModelFault): Answer<void>
    readonly clearFaults: Answer<void>
    readonly settled: Answer<void>
  }
>()("@productbuilding/sandbox/ModelSandboxClient") {
  /** The sandbox whose page is at the URL. */
  static readonly layer = (url: string): Layer.Layer<ModelSandboxClient> =>
    Layer.effect(ModelSandboxClient, Effect.map(HttpClient.HttpClient, make(url))).pipe(
      Layer.provide(FetchHttpClient.layer)
    )

  /** The sandbox of this process. */
  static readonly layerSandbox: Layer.Layer<ModelSandboxClient, never, ModelSandbox> = Layer.unwrap(
    Effect.map(ModelSandbox, ({ url }) => ModelSandboxClient.layer(url))
  )
}

const Mode = Schema.Struct({ mode: ModelMode })

const make =
  (address: string) =>
  (http: HttpClient.HttpClient): ModelSandboxClient["Service"] => {
    const url = address.replace(/\/+$/, "")
    const unreachable = (cause: unknown) => new SandboxUnreachable({ url, cause })

    const failureOf = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
      const failure = yield* response.json.pipe(
        Effect.flatMap(Schema.decodeUnknownEffect(ControlFailure)),
        Effect.mapError(unreachable)
      )
      if (response.status === 422) return yield* new SandboxRefused({ message: failure.message })
      return yield* unreachable(new Error(`status ${response.status}: ${failure.message}`))
    })

    const send = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown) => {
      const request = HttpClientRequest.make(method)(`${url}/_sandbox/model${path}`)
      return http.execute(body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)).pipe(
        Effect.mapError(unreachable),
        Effect.filterOrElse(
          (response) => response.status < 300,
          (response) => failureOf(response)
        )
      )
    }

    const get = <A, I>(path: string, answer: Schema.Codec<A, I>): Answer<A> =>
      Effect.flatMap(send("GET", path), (response) =>
        response.json.pipe(Effect.flatMap(Schema.decodeUnknownEffect(answer)), Effect.mapError(unreachable))
      )
    const post = (path: string, body: unknown = {}) => Effect.asVoid(send("POST", path, body))
    const put = (path: string, body: unknown) => Effect.asVoid(send("PUT", path, body))
    const forget = (path: string) => Effect.asVoid(send("DELETE", path))

    return ModelSandboxClient.of({
      url,
      script: (script) => post("/scripts", script),
      rule: (rule) => post("/rules", rule),
      clearScripts: forget("/scripts"),
      mode: Effect.map(get("/mode", Mode), ({ mode }) => mode),
      setMode: (mode) => put("/mode", { mode }),
      calls: get("/calls", ModelCalls),
      clearCalls: forget("/calls"),
      recording: get("/recording", ModelRecording),
      replay: (recording) => put("/recording", recording),
      fault: (fault) => post("/faults", fault),
      clearFaults: forget("/faults"),
      settled: post("/settled")
    })
  }
