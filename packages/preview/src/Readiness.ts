/** Whether a preview answers, and if it does not, why, in words that say what to change. */
import { Clock, Duration, Effect, Option, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { Contract } from "./Contract.ts"
import { statusHeader } from "./FrontDoorHeader.ts"
import type { RuntimeError, ServiceStatus } from "./Runtime.ts"

/** What was seen when a preview was asked the last time. */
export type Probe =
  | { readonly _tag: "Answered"; readonly status: number }
  /** Nothing of the preview answered: no connection, no answer in time, or our own page in its place. */
  | { readonly _tag: "Silent" }

/** The preview did not become ready. `evidence` is the end of its log. */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", {
  summary: Schema.String,
  evidence: Schema.String
}) {}

/** Everything that an explanation is made of. */
export interface ReadinessEvidence {
  readonly contract: Contract
  readonly services: ReadonlyArray<ServiceStatus>
  readonly probe: Probe
  /** The startup timeout has passed, in contrast to a service that has ended. */
  readonly timedOut: boolean
}

const exitMeaning = (code: number): string => {
  switch (code) {
    case 0:
      return "it ended by itself; a preview's service must keep running"
    case 126:
      return "its command cannot be executed"
    case 127:
      return "its command was not found"
    case 137:
      return "it was killed (SIGKILL)"
    case 139:
      return "it crashed (segmentation fault)"
    case 143:
      return "it was told to stop (SIGTERM)"
    default:
      return "the log says why"
  }
}

const ended = (service: ServiceStatus): string => {
  const code = service.exitCode ?? 0
  return service.outOfMemory
    ? `The service ${service.service} exited with code ${code}: out of memory. Raise its memory limit, or use less.`
    : `The service ${service.service} exited with code ${code}: ${exitMeaning(code)}.`
}

const list = (values: ReadonlyArray<string>) =>
  values.length <= 1 ? values.join("") : `${values.slice(0, -1).join(", ")} and ${values.at(-1)}`

/** The cause in plain words. Total: there is always an explanation. */
export const explainNotReady = ({ contract, probe, services, timedOut }: ReadinessEvidence): string => {
  const { healthcheck_path: path, internal_port: port, startup_timeout_seconds: seconds } = contract.runtime
  const main =
    services.find(({ service }) => service === contract.compose.service) ??
    (services.length === 1 ? services[0] : undefined)
  if (main === undefined) return `The service ${contract.compose.service} was not started.`
  if (main.state === "exited") return ended(main)
  if (main.state === "restarting") return `The service ${main.service} starts and ends again and again. ${ended(main)}`
  if (probe._tag === "Answered") {
    if (probe.status === 404) return `The preview answers 404 at ${path}: is runtime.healthcheck_path right?`
    if (probe.status === 401 || probe.status === 403) {
      return `The preview answers ${probe.status} at ${path}: the health check must not need a login.`
    }
    return `The preview answers ${probe.status} at ${path}; it is ready once it answers 200 to 399.`
  }
  const { listening } = main
  if (listening !== null) {
    const same = listening.filter((open) => open.port === port)
    if (same.length > 0 && same.every(({ loopbackOnly }) => loopbackOnly)) {
      return `The service ${main.service} listens on 127.0.0.1:${port} only, which cannot be reached from outside its container: let it listen on 0.0.0.0.`
    }
    if (same.length === 0) {
      const others = Array.from(
        new Set(listening.filter(({ loopbackOnly }) => !loopbackOnly).map((open) => String(open.port)))
      )
      return others.length === 0
        ? `Nothing listens on port ${port} in the service ${main.service}${timedOut ? ` after ${seconds} s` : ""}.`
        : `Nothing listens on port ${port}, but ${list(others)} ${others.length === 1 ? "is" : "are"} open: set runtime.internal_port to ${others[0]}, or let the service listen on ${port}.`
    }
  }
  const fallen = services.find(({ exitCode, state }) => state === "exited" && exitCode !== null && exitCode !== 0)
  if (fallen !== undefined) return ended(fallen)
  if (main.health === "unhealthy") return `Docker's own health check of the service ${main.service} fails.`
  return `The preview does not answer at ${path} within ${seconds} s (runtime.startup_timeout_seconds).`
}

/** Where and how to ask. */
export interface ReadinessOptions {
  /** The preview's own address, ending in `/`. */
  readonly url: string
  readonly contract: Contract
  /** What the services are doing; asked between probes. */
  readonly status: Effect.Effect<ReadonlyArray<ServiceStatus>, RuntimeError>
  /** The end of the log; read once, on failure. */
  readonly logs: Stream.Stream<string, RuntimeError>
}

const probeDeadline = Duration.seconds(5)
const firstPause = Duration.millis(50)
const longestPause = Duration.seconds(1)

/** An answer of ours on the preview's host means that there is none of the preview yet. */
const probeOnce = (client: HttpClient.HttpClient, url: string): Effect.Effect<Probe> =>
  client.execute(HttpClientRequest.get(url)).pipe(
    Effect.map(
      (response): Probe =>
        response.headers[statusHeader] === undefined
          ? { _tag: "Answered", status: response.status }
          : { _tag: "Silent" }
    ),
    Effect.scoped,
    Effect.timeoutOption(probeDeadline),
    Effect.map(Option.getOrElse((): Probe => ({ _tag: "Silent" }))),
    Effect.orElseSucceed((): Probe => ({ _tag: "Silent" }))
  )

const isReady = (probe: Probe) => probe._tag === "Answered" && probe.status >= 200 && probe.status < 400

/**
 * Asks the preview's own URL at once and then after 50 ms, growing to a second, until it answers 200 to 399. Fails with
 * `NotReady` after `runtime.startup_timeout_seconds`, or as soon as the main service has ended for good.
 */
export const awaitReady = Effect.fn("awaitReady")(function* ({
  contract,
  logs,
  status,
  url
}: ReadinessOptions): Effect.fn.Return<void, NotReady | RuntimeError, HttpClient.HttpClient> {
  const client = yield* HttpClient.HttpClient
  const target = new URL(contract.runtime.healthcheck_path, url).href
  const deadline = (yield* Clock.currentTimeMillis) + contract.runtime.startup_timeout_seconds * 1000
  let pause = firstPause
  while (true) {
    const services = yield* status
    const probe = yield* probeOnce(client, target)
    if (isReady(probe)) return
    const main = services.find(({ service }) => service === contract.compose.service)
    const gone = services.length === 0 || main?.state === "exited"
    const timedOut = (yield* Clock.currentTimeMillis) >= deadline
    if (gone || timedOut) {
      const evidence = yield* Stream.runCollect(logs).pipe(
        Effect.map((lines) => lines.slice(-40).join("\n")),
        Effect.catchTag("RuntimeError", (error) => Effect.succeed(`(the log cannot be read: ${error.reason._tag})`))
      )
      return yield* new NotReady({ summary: explainNotReady({ contract, services, probe, timedOut }), evidence })
    }
    yield* Effect.sleep(pause)
    pause = Duration.min(Duration.times(pause, 1.5), longestPause)
  }
})
