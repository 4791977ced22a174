/** Whether a preview answers, and if it does not, why, in words that say what to change. */
import { Clock, Duration, Effect, Option, Schema, Stream } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest } from "effect/http"
import type { Contract } from "./Contract.ts"
import { statusHeader } from "./FrontDoorHeader.ts"
import type { RuntimeError, ServiceStatus } from "./Runtime.ts"

/** What was seen when a preview was asked the last time. */
export type Probe =
  | { readonly _tag: "Answered"; readonly status: number }
  /** Our own page answered in its place: the address is right, and the preview is not there yet. */
  | { readonly _tag: "NotThere" }
  /** No answer in time. */
  | { readonly _tag: "Slow" }
  /** Not even the server itself could be reached at the address. */
  | { readonly _tag: "Unreachable"; readonly detail: string }

/** The preview did not become ready. `evidence` is the end of its log, at most 40 lines. */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", {
  summary: Schema.String,
  evidence: Schema.String
}) {}

/** Everything that an explanation is made of. */
export interface ReadinessEvidence {
  readonly contract: Contract
  readonly services: ReadonlyArray<ServiceStatus>
  readonly probe: Probe
  /** From the first question to the last. */
  readonly waited: Duration.Duration
  /** The address that was asked, ending in `/`. */
  readonly url: string
}

/** Where and how to ask. */
export interface ReadinessOptions {
  /** The preview's own address, ending in `/`. */
  readonly url: string
  readonly contract: Contract
  /** What the services are doing; asked before each probe. */
  readonly status: Effect.Effect<ReadonlyArray<ServiceStatus>, RuntimeError>
  /** The end of the log; read once, on failure. */
  readonly logs: Stream.Stream<string, RuntimeError>
}

const probeDeadline = Duration.seconds(5)
const firstPause = Duration.millis(50)
const longestPause = Duration.seconds(1)
const evidenceLines = 40
/** A service that has been seen to restart so often will not come up by itself. */
const restartLoop = 3
/** A service that ends within this time was never up. */
const rightAfterStart = Duration.seconds(10)

/**
 * Asks the preview's own URL at once and then after 50 ms, growing to a second, each time for at most 5 s, until it
 * answers 200 to 399. An answer that carries `statusHeader` is ours and does not count. Fails with `NotReady` after
 * `runtime.startup_timeout_seconds`, or as soon as the main service has ended for good or was seen to restart three
 * times; with `RuntimeError` when the services cannot be looked at.
 */
export const awaitReady = Effect.fn("awaitReady")(function* ({
  contract,
  logs,
  status,
  url
}: ReadinessOptions): Effect.fn.Return<void, NotReady | RuntimeError, HttpClient.HttpClient> {
  const client = yield* HttpClient.HttpClient
  const target = new URL(url).origin + contract.runtime.healthcheck_path
  const timeout = contract.runtime.startup_timeout_seconds * 1000
  const startedAt = yield* Clock.currentTimeMillis
  let pause = firstPause
  let restarts = 0
  let wasRestarting = false
  while (true) {
    const services = yield* status
    const asked = yield* Clock.currentTimeMillis
    const left = Duration.millis(Math.max(1, startedAt + timeout - asked))
    const probe = yield* probeOnce(client, target, Duration.min(probeDeadline, left))
    if (isReady(probe)) return
    const main = mainService(contract, services)
    const restarting = main?.state === "restarting"
    if (restarting && !wasRestarting) restarts++
    wasRestarting = restarting
    const waited = (yield* Clock.currentTimeMillis) - startedAt
    const hopeless = services.length === 0 || main?.state === "exited" || restarts >= restartLoop
    if (hopeless || waited >= timeout) {
      const evidence = yield* lastLines(logs)
      const summary = explainNotReady({ contract, services, probe, url, waited: Duration.millis(waited) })
      return yield* new NotReady({ summary, evidence })
    }
    yield* Effect.sleep(Duration.min(pause, Duration.millis(timeout - waited)))
    pause = Duration.min(Duration.times(pause, 1.5), longestPause)
  }
})

const isReady = (probe: Probe) => probe._tag === "Answered" && probe.status >= 200 && probe.status < 400

const probeOnce = (client: HttpClient.HttpClient, url: string, deadline: Duration.Duration): Effect.Effect<Probe> =>
  client.execute(HttpClientRequest.get(url)).pipe(
    Effect.map(
      ({ headers, status }): Probe =>
        headers[statusHeader] === undefined ? { _tag: "Answered", status } : { _tag: "NotThere" }
    ),
    Effect.scoped,
    Effect.timeoutOption(deadline),
    Effect.map(Option.getOrElse((): Probe => ({ _tag: "Slow" }))),
    Effect.catchTag("HttpClientError", (error) => Effect.succeed(failedProbe(error)))
  )

const failedProbe = ({ message, reason }: HttpClientError.HttpClientError): Probe => {
  const text = String(("cause" in reason ? reason.cause : undefined) ?? message)
  return { _tag: "Unreachable", detail: /\b(?:E[A-Z]{3,}|[A-Z]+_[A-Z_]{5,})\b/.exec(text)?.[0] ?? text.slice(0, 200) }
}

const lastLines = (logs: Stream.Stream<string, RuntimeError>) =>
  Stream.runCollect(Stream.takeRight(logs, evidenceLines)).pipe(
    Effect.map((lines) => lines.join("\n")),
    Effect.catchTag("RuntimeError", ({ reason }) => Effect.succeed(`(the log cannot be read: ${reason._tag})`))
  )

const mainService = (contract: Contract, services: ReadonlyArray<ServiceStatus>) =>
  services.find(({ service }) => service === contract.compose.service) ??
  (services.length === 1 ? services[0] : undefined)

/** The cause in plain words, most telling first. Pure and total: there is always an explanation. */
export const explainNotReady = (evidence: ReadinessEvidence): string => {
  const { contract, probe, services, url, waited } = evidence
  const { healthcheck_path: path, startup_timeout_seconds: seconds } = contract.runtime
  const main = mainService(contract, services)
  if (main === undefined) return `The service ${contract.compose.service} was not started.`
  if (main.state === "exited") return ended(main, waited)
  if (main.state === "restarting") return `The service ${main.service} starts and ends again and again. ${ended(main)}`
  if (main.state === "created") return withFallen(`The service ${main.service} was created, but not started.`, services)
  if (probe._tag === "Answered") return unwelcome(probe.status, path)
  const notListening = explainListening(contract, main)
  if (notListening !== undefined) return withFallen(notListening, services)
  if (probe._tag === "Unreachable") {
    return `The server cannot reach the preview's own address ${url} (${probe.detail}). Nothing is wrong with the pull request: an operator must check the wildcard DNS record, the certificate and PUBLIC_URL.`
  }
  if (probe._tag === "Slow") {
    return withFallen(
      `The service ${main.service} takes the connection, but does not answer at ${path} within 5 s.`,
      services
    )
  }
  if (main.health === "unhealthy") {
    return withFallen(`Docker's own health check of the service ${main.service} fails.`, services)
  }
  return withFallen(
    `The service ${main.service} is still starting after ${seconds} s (runtime.startup_timeout_seconds): it does not answer at ${path}.`,
    services
  )
}

const unwelcome = (status: number, path: string): string => {
  switch (status) {
    case 401:
    case 403:
      return `The preview answers ${status} at ${path}: the health check must not need a login.`
    case 404:
      return `The preview answers 404 at ${path}: is runtime.healthcheck_path right?`
    default:
      return `The preview answers ${status} at ${path}; it is ready once it answers 200 to 399.`
  }
}

/** What is wrong with the open ports; `undefined` when the right one is open, or when that cannot be seen. */
const explainListening = ({ runtime: { internal_port: port } }: Contract, main: ServiceStatus): string | undefined => {
  if (main.listening === null) return undefined
  const right = main.listening.filter((open) => open.port === port)
  if (right.some(({ loopbackOnly }) => !loopbackOnly)) return undefined
  if (right.length > 0) {
    return `The service ${main.service} listens on 127.0.0.1:${port} only, which cannot be reached from outside its container: let it listen on 0.0.0.0.`
  }
  const reachable = new Set(main.listening.filter(({ loopbackOnly }) => !loopbackOnly).map((open) => open.port))
  const [first, ...more] = reachable
  if (first !== undefined) {
    return `Nothing listens on port ${port}, but ${list([first, ...more])} ${more.length === 0 ? "is" : "are"} open: set runtime.internal_port to ${first}, or let the service ${main.service} listen on ${port}.`
  }
  const [loopback] = main.listening
  return loopback === undefined
    ? `Nothing listens on port ${port} in the service ${main.service}, nor on any other.`
    : `Nothing listens on port ${port}, but 127.0.0.1:${loopback.port} is open inside the container: let the service ${main.service} listen on 0.0.0.0:${port}.`
}

const list = (values: ReadonlyArray<number>) =>
  values.length === 1 ? values.join("") : `${values.slice(0, -1).join(", ")} and ${values.at(-1)}`

/** Another service that has failed is often why the main one does not answer. */
const withFallen = (explanation: string, services: ReadonlyArray<ServiceStatus>): string => {
  const fallen = services.find(
    ({ exitCode, state }) => state === "restarting" || (state === "exited" && exitCode !== null && exitCode !== 0)
  )
  return fallen === undefined ? explanation : `${explanation} ${ended(fallen)}`
}

const ended = (service: ServiceStatus, after?: Duration.Duration): string => {
  const soon = after !== undefined && Duration.isLessThan(after, rightAfterStart) ? " right after its start" : ""
  const { exitCode, outOfMemory, service: name } = service
  if (exitCode === null && !outOfMemory) return `The service ${name} ended${soon}; its exit code is not known.`
  return `The service ${name} exited with code ${exitCode ?? 137}${soon}: ${outOfMemory ? outOfMemoryMeaning : exitMeaning(exitCode)}.`
}

const outOfMemoryMeaning = "it ran out of memory; raise its memory limit, or let it use less"

/** Codes above 128 are 128 + the signal. https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html (read 2026-11-21) */
const exitMeaning = (code: number | null): string => {
  switch (code) {
    case 0:
      return "it ended by itself; a preview's service must keep running"
    case 126:
      return "its command cannot be executed"
    case 127:
      return "its command was not found"
    case 137:
      return "it was killed (SIGKILL), often because memory ran out"
    case 139:
      return "it crashed (segmentation fault)"
    case 143:
      return "it was told to stop (SIGTERM)"
    default:
      return "the log says why"
  }
}
