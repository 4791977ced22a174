/** Traces of the agent's work for whoever collects them, by OpenTelemetry's own variables. */
import { Config, Effect, Layer, Option, Redacted, Schema } from "effect"

/** Where traces go, and how. */
export interface TelemetrySettings {
  /** Of the traces themselves: the endpoint with `/v1/traces`. */
  readonly url: string
  /** Among them what the collector knows us by. */
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>>
  readonly protocol: "http/protobuf" | "http/json"
  readonly serviceName: string
}

/** A variable has a value that cannot be used. The message names it and never shows the value, which may be secret. */
export class TelemetryInvalid extends Schema.TaggedError<TelemetryInvalid>()("TelemetryInvalid", {
  variable: Schema.String,
  message: Schema.String
}) {}

const invalid = (variable: string, allowed: string) =>
  new TelemetryInvalid({ variable, message: `${variable} cannot be used. ${allowed}` })

/** To OpenTelemetry an empty variable is one that is not set. */
const filled = (name: string) =>
  Effect.map(
    Config.option(Config.String(name)),
    Option.filter((value) => value.trim() !== "")
  )

const endpointOf = (text: string) =>
  Option.match(Schema.decodeOption(Schema.URLFromString)(text), {
    onNone: () => undefined,
    onSome: (url) => (url.protocol === "http:" || url.protocol === "https:" ? url : undefined)
  })

const decodePart = Schema.decodeOption(Schema.StringFromUriComponent)

/** `name=value,name=value`, percent-encoded, as in the W3C's baggage. */
const headersOf = (text: string): Readonly<Record<string, string>> | undefined => {
  const headers: Record<string, string> = {}
  for (const pair of text.split(",")) {
    const [, name = "", encoded = ""] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
    const value = Option.getOrElse(decodePart(encoded), () => "\n")
    if (name === "" || !/^[\t\x20-\x7e]*$/.test(value)) return undefined
    headers[name.toLowerCase()] = value
  }
  return headers
}

/**
 * Reads `OTEL_EXPORTER_OTLP_ENDPOINT` (without it nothing is exported), `OTEL_EXPORTER_OTLP_HEADERS`,
 * `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf`) and `OTEL_SERVICE_NAME` (`productbuilding`).
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/ (read 2026-11-21)
 */
export const settingsConfig: Effect.Effect<
  Option.Option<TelemetrySettings>,
  Config.ConfigError | TelemetryInvalid
> = Effect.gen(function* () {
  const endpoint = yield* filled("OTEL_EXPORTER_OTLP_ENDPOINT")
  if (Option.isNone(endpoint)) return Option.none()
  const url = endpointOf(endpoint.value)
  if (url === undefined) {
    return yield* invalid(
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "Set it to the address of a collector that takes OTLP over HTTP, for example http://localhost:4318."
    )
  }
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`
  const headers = Option.match(yield* filled("OTEL_EXPORTER_OTLP_HEADERS"), {
    onNone: () => ({}),
    onSome: headersOf
  })
  if (headers === undefined) {
    return yield* invalid(
      "OTEL_EXPORTER_OTLP_HEADERS",
      "Write name=value,name=value, with what is special in a value percent-encoded."
    )
  }
  const attributes = Config.Record(Schema.StringFromUriComponent, Schema.StringFromUriComponent, resourceAttributes, {
    trim: true,
    keepEmptyValues: true
  })
  yield* Config.option(attributes).pipe(
    Effect.mapError(() =>
      invalid(resourceAttributes, "Write name=value,name=value, with what is special in a value percent-encoded.")
    )
  )
  const protocol = Option.getOrElse(yield* filled("OTEL_EXPORTER_OTLP_PROTOCOL"), () => "http/protobuf")
  if (protocol !== "http/protobuf" && protocol !== "http/json") {
    return yield* invalid("OTEL_EXPORTER_OTLP_PROTOCOL", "Set it to http/protobuf, the default, or http/json.")
  }
  return Option.some({
    url: url.href,
    headers: Redacted.make(headers),
    protocol,
    serviceName: Option.getOrElse(yield* filled("OTEL_SERVICE_NAME"), () => "productbuilding")
  })
})

/** Effect reads it by itself, and would die of a wrong one. */
const resourceAttributes = "OTEL_RESOURCE_ATTRIBUTES"

// NOTE: where nobody collects traces, nothing of it is loaded.
const loadExport = Effect.promise(() => import("./TraceExport.ts"))

/** Exports for as long as it is there, and what is left when it ends. Where no endpoint is set it does nothing. */
export const layer: Layer.Layer<never, Config.ConfigError | TelemetryInvalid> = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* settingsConfig
    if (Option.isNone(settings)) return Layer.empty
    const { layer } = yield* loadExport
    return layer(settings.value)
  })
)
