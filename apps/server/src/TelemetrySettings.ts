/** Where traces of the agent's work go, by OpenTelemetry's own variables. */
import { Config, Effect, Option, Redacted, Schema } from "effect"

/** Where traces go, and how. */
export interface TelemetrySettings {
  /** Of the traces themselves: the endpoint with `/v1/traces`. */
  readonly url: string
  /** Among them what the collector knows us by. */
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>>
  readonly protocol: "http/protobuf" | "http/json"
  readonly serviceName: string
}

/** A variable has a value that cannot be used. The message says what is wrong with it, and shows nothing that may be secret. */
export class TelemetryInvalid extends Schema.TaggedError<TelemetryInvalid>()("TelemetryInvalid", {
  variable: Schema.String,
  message: Schema.String
}) {}

const invalid = (variable: string, found: string, allowed: string) =>
  new TelemetryInvalid({ variable, message: `${variable} ${found}. ${allowed}` })

/** To OpenTelemetry an empty variable is one that is not set. */
const filled = (name: string) =>
  Effect.map(
    Config.option(Config.String(name)),
    Option.filter((value) => value.trim() !== "")
  )

const decodeUrl = Schema.decodeOption(Schema.URLFromString)

/** The URL, or what is wrong with it. */
const endpointOf = (text: string): URL | string => {
  const url = Option.getOrUndefined(decodeUrl(text))
  if (url === undefined) return "is not an address"
  return url.protocol === "http:" || url.protocol === "https:" ? url : `begins with "${url.protocol}"`
}

const decodePart = Schema.decodeOption(Schema.StringFromUriComponent)

/** `name=value,name=value`, percent-encoded, as in the W3C's baggage; or what is wrong with it. */
const headersOf = (text: string): Readonly<Record<string, string>> | string => {
  const headers: Record<string, string> = {}
  const pairs = text.split(",")
  for (const [index, pair] of pairs.entries()) {
    const [, name = "", encoded = ""] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
    const value = Option.getOrElse(decodePart(encoded), () => "\n")
    if (name === "" || !/^[\t\x20-\x7e]*$/.test(value)) {
      return `has no header in part ${index + 1} of ${pairs.length}`
    }
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
  if (typeof url === "string") {
    return yield* invalid(
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      url,
      "Set it to the address of a collector that takes OTLP over HTTP, for example http://localhost:4318."
    )
  }
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`
  const headers = Option.match(yield* filled("OTEL_EXPORTER_OTLP_HEADERS"), {
    onNone: () => ({}),
    onSome: headersOf
  })
  if (typeof headers === "string") {
    return yield* invalid(
      "OTEL_EXPORTER_OTLP_HEADERS",
      headers,
      "Write name=value,name=value, with what is special in a value percent-encoded."
    )
  }
  const attributes = Config.Record(Schema.StringFromUriComponent, Schema.StringFromUriComponent, resourceAttributes, {
    trim: true,
    keepEmptyValues: true
  })
  yield* Config.option(attributes).pipe(
    Effect.mapError(() =>
      invalid(
        resourceAttributes,
        "is not a list of attributes",
        "Write name=value,name=value, with what is special in a value percent-encoded."
      )
    )
  )
  const protocol = Option.getOrElse(yield* filled("OTEL_EXPORTER_OTLP_PROTOCOL"), () => "http/protobuf")
  if (protocol !== "http/protobuf" && protocol !== "http/json") {
    return yield* invalid(
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      `is "${protocol.slice(0, 40)}"`,
      "Set it to http/protobuf, the default, or http/json."
    )
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
