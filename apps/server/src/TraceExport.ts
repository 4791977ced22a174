/** Sends traces over OTLP, with names and numbers alone: nothing that anybody said, and no secret. */
import { Cause, Effect, Exit, Layer, Option, Predicate, Redacted, Tracer } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import type { TelemetrySettings } from "./TelemetrySettings.ts"

/** The only attributes that leave the server, besides our own, which begin with `productbuilding.`. */
const allowed = new Set([
  "error.type",
  "gen_ai.agent.name",
  "gen_ai.conversation.id",
  "gen_ai.operation.name",
  "gen_ai.output.type",
  "gen_ai.provider.name",
  "gen_ai.request.max_tokens",
  "gen_ai.request.model",
  "gen_ai.response.finish_reasons",
  "gen_ai.response.id",
  "gen_ai.response.model",
  "gen_ai.tool.call.id",
  "gen_ai.tool.name",
  "gen_ai.tool.type",
  "gen_ai.usage.cache_creation.input_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens"
])

const isAllowed = (name: string) => allowed.has(name) || name.startsWith("productbuilding.")

/** What a trace may begin with; others, such as those of loops that look whether there is work, are not worth their room. */
const isRoot = (name: string) => name.startsWith("invoke_agent ") || name.startsWith("execute_tool ")

const isOurs = ({ _tag }: Tracer.AnySpan) => _tag === "Span"

const nameOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (Predicate.hasProperty(error, "_tag") && typeof error._tag === "string") return error._tag
  return error instanceof Error ? error.name : "Error"
}

/** An error's message may quote what was said, and its stack shows the message. */
const withoutWords = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return exit
  const error = new Error("The server's log has the details.")
  error.name = nameOf(exit.cause)
  error.stack = error.name
  return Exit.fail(error)
}

class QuietSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly #span: Tracer.Span
  constructor(span: Tracer.Span) {
    this.#span = span
  }
  get name() {
    return this.#span.name
  }
  get spanId() {
    return this.#span.spanId
  }
  get traceId() {
    return this.#span.traceId
  }
  get parent() {
    return this.#span.parent
  }
  get annotations() {
    return this.#span.annotations
  }
  get status() {
    return this.#span.status
  }
  get attributes() {
    return this.#span.attributes
  }
  get links() {
    return this.#span.links
  }
  get sampled() {
    return this.#span.sampled
  }
  get kind() {
    return this.#span.kind
  }
  attribute(name: string, value: unknown) {
    if (isAllowed(name)) this.#span.attribute(name, value)
  }
  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>) {
    if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) && !this.attributes.has("error.type")) {
      this.attribute("error.type", nameOf(exit.cause))
    }
    this.#span.end(endTime, withoutWords(exit))
  }
  /** Events are lines of the log, which may hold anything. */
  event() {}
  addLinks(links: ReadonlyArray<Tracer.SpanLink>) {
    this.#span.addLinks(links)
  }
}

const quiet = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    span: (options) =>
      new QuietSpan(
        tracer.span({
          ...options,
          // NOTE: an external parent is what a caller's `traceparent` says, and callers do not decide what is sent.
          sampled: options.sampled && (isRoot(options.name) || Option.exists(options.parent, isOurs))
        })
      )
  })

/** Says that a collector does not take what it is sent; otherwise that would be seen nowhere. */
const Client = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) =>
    client.pipe(
      HttpClient.filterStatusOk,
      HttpClient.tapError(({ reason }) =>
        Effect.logWarning(`Traces could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT: ${reason._tag}`)
      )
    )
  )
).pipe(Layer.provide(FetchHttpClient.layer))

/** Provides the `Tracer`. Sends every five seconds, and what is left when the layer is closed, for three at most. */
export const layer = ({ headers, protocol, serviceName, url }: TelemetrySettings): Layer.Layer<never> =>
  Layer.effect(
    Tracer.Tracer,
    Effect.map(OtlpTracer.make({ url, headers: Redacted.value(headers), resource: { serviceName } }), quiet)
  ).pipe(
    Layer.provide(OtlpExporter.layerFlusher),
    Layer.provide(protocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf),
    Layer.provide(Client)
  )
