/** Where traces of the agent's work go, and whether they are taken there. */
import { settingsConfig, type TelemetrySettings } from "@productbuilding/server/TelemetrySettings"
import { Config, Effect, Option, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { describeConfigError } from "../ConfigMessage.ts"
import { type Check, error, ok, type Seen, warn } from "./Finding.ts"

/** Variables of OpenTelemetry that somebody might expect to count, and what does. */
const unread = ["ENDPOINT", "HEADERS", "PROTOCOL"].map((name) => ({
  set: `OTEL_EXPORTER_OTLP_TRACES_${name}`,
  counts: `OTEL_EXPORTER_OTLP_${name}`
}))

/** What an export without any span is, by protocol. */
const empty = {
  "http/json": HttpClientRequest.bodyText('{"resourceSpans":[]}', "application/json"),
  "http/protobuf": HttpClientRequest.bodyUint8Array(new Uint8Array(0), "application/x-protobuf")
}

const judge = (status: number, place: string, protocol: TelemetrySettings["protocol"]): Seen => {
  if (status >= 200 && status < 300) return ok(`Traces are exported: ${place} takes them.`)
  const found = `${place} answers ${status} to an empty export of traces, so they are lost.`
  switch (status) {
    case 401:
    case 403:
      return warn(found, "Set OTEL_EXPORTER_OTLP_HEADERS to what it knows us by, as name=value.")
    case 404:
    case 405:
      return warn(
        found,
        "Set OTEL_EXPORTER_OTLP_ENDPOINT to the address of a collector's OTLP over HTTP, without /v1/traces."
      )
    case 415:
      return warn(
        found,
        `Set OTEL_EXPORTER_OTLP_PROTOCOL to ${protocol === "http/json" ? "http/protobuf" : "http/json"}.`
      )
    default:
      return warn(found, "Look at its own log.")
  }
}

const access = Effect.fnUntraced(function* ({ headers, protocol, url }: TelemetrySettings) {
  const client = yield* HttpClient.HttpClient
  const place = new URL(url).host
  return yield* HttpClientRequest.post(url).pipe(
    HttpClientRequest.setHeaders(Redacted.value(headers)),
    empty[protocol],
    client.execute,
    Effect.map(({ status }) => judge(status, place, protocol)),
    Effect.timeout("3 seconds"),
    Effect.orElseSucceed(() =>
      warn(
        `${place} does not answer, so traces are lost.`,
        "Start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT: OTLP over HTTP is usually on port 4318; 4317 takes gRPC, which is not spoken here."
      )
    )
  )
})

const misread = Effect.map(
  Effect.filter(unread, ({ set }) => Effect.map(Config.option(Config.NonEmptyString(set)), Option.isSome)),
  (found) => found.map(({ counts, set }) => warn(`${set} is set, but not read.`, `Set ${counts} instead.`))
)

export const tracesCheck: Check<HttpClient.HttpClient> = {
  name: "Traces",
  look: Effect.gen(function* () {
    const read = yield* Effect.result(settingsConfig)
    const others = yield* misread
    if (read._tag === "Failure") {
      const { failure } = read
      const found = failure._tag === "ConfigError" ? describeConfigError(failure) : failure.message
      return [error(found, "Correct that variable, or unset it; the server does not start with it."), ...others]
    }
    if (Option.isNone(read.success)) {
      return [
        ok(
          "Traces are not exported. To have them, set OTEL_EXPORTER_OTLP_ENDPOINT to a collector's address, for example http://localhost:4318."
        ),
        ...others
      ]
    }
    return [yield* access(read.success.value), ...others]
  })
}
