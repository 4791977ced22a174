/** A connection to the Docker engine, and what its failures mean. */
import { CommandFailed, EngineUnavailable, Missing, RuntimeError } from "@productbuilding/preview"
import Docker from "dockerode"
import { Effect, Predicate } from "effect"

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""

const statusOf = (cause: unknown): number =>
  Predicate.hasProperty(cause, "statusCode") && typeof cause.statusCode === "number" ? cause.statusCode : 0

const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? ""

/** The engine says that there is no such object. */
export const isMissing = (cause: unknown): boolean => statusOf(cause) === 404

/** The engine is already doing, or has already done, what was asked. */
export const isAlready = (cause: unknown): boolean => statusOf(cause) === 304 || statusOf(cause) === 409

/** What a failed call to the engine means. */
export const reasonOf = (cause: unknown): RuntimeError["reason"] => {
  if (isMissing(cause)) return new Missing({ what: messageOf(cause) })
  const status = statusOf(cause)
  if (status >= 400 && status < 500) {
    return new CommandFailed({ command: "docker", exitCode: 1, output: messageOf(cause) })
  }
  return new EngineUnavailable({ detail: codeOf(cause) === "" ? messageOf(cause) : codeOf(cause) })
}

/** Calls the engine. */
export const callEngine = <A>(
  operation: string,
  environment: string,
  run: (signal: AbortSignal) => Promise<A>
): Effect.Effect<A, RuntimeError> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => new RuntimeError({ operation, environment, reason: reasonOf(cause), cause })
  })

/** The engine at an address such as `unix:///var/run/docker.sock` or `tcp://host:2375`; without one, the default socket. */
export const connect = (dockerHost: string | undefined): Docker => {
  if (dockerHost === undefined || dockerHost === "") return new Docker()
  const url = new URL(dockerHost)
  return url.protocol === "unix:"
    ? new Docker({ socketPath: url.pathname })
    : new Docker({ host: url.hostname, port: Number(url.port === "" ? 2375 : url.port), protocol: "http" })
}
