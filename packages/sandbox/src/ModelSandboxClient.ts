/** A model sandbox's controls over HTTP: for another process, and for Effect. */
import { Context, Effect, Layer, Schema } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { type Body, makeWire, type SandboxClientError } from "./internal/wire.ts"
import type { ModelFault } from "./ModelFaults.ts"
import { ModelSandbox } from "./ModelSandbox.ts"
import { ModelMode, ModelRecording, type ModelRule, type ModelScript } from "./ModelScript.ts"
import { ModelCalls } from "./ModelState.ts"

type Answer<A> = Effect.Effect<A, SandboxClientError>

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
    const wire = makeWire(http, `${url}/_sandbox/model`)
    const post = (path: string, body?: Body) => wire.tell("POST", path, body)
    const put = (path: string, body: Body) => wire.tell("PUT", path, body)
    const forget = (path: string) => wire.tell("DELETE", path)

    return ModelSandboxClient.of({
      url,
      script: (script) => post("/scripts", { ...script }),
      rule: (rule) => post("/rules", rule),
      clearScripts: forget("/scripts"),
      mode: Effect.map(wire.get("/mode", Mode), ({ mode }) => mode),
      setMode: (mode) => put("/mode", { mode }),
      calls: wire.get("/calls", ModelCalls),
      clearCalls: forget("/calls"),
      recording: wire.get("/recording", ModelRecording),
      replay: (recording) => put("/recording", recording),
      fault: (fault) => post("/faults", fault),
      clearFaults: forget("/faults"),
      settled: post("/settled")
    })
  }
