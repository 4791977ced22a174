/** Where previews run. Everything of one preview is found again by its name alone, whoever started it. */
import type { CommitSha } from "@productbuilding/core"
import { Context, type Effect, type Option, type Redacted, Schema, type Stream } from "effect"
import type { Contract } from "./Contract.ts"
import { EnvironmentName, PreviewId } from "./Preview.ts"

/** A release and where it is to run. */
export interface Environment {
  readonly name: EnvironmentName
  readonly previewId: PreviewId
  readonly sha: CommitSha
  /** The checked-out source of the release. */
  readonly sourceDirectory: string
  /** Where the runtime may write its own files about the environment; removed after `remove`. */
  readonly stateDirectory: string
  readonly contract: Contract
  /** Variables that the services see, and that the compose file may interpolate. */
  readonly variables: Readonly<Record<string, string | Redacted.Redacted<string>>>
  /** Whether the project lets this code run with the rights of our own user. */
  readonly trusted: boolean
}

/** What one service is doing. */
export class ServiceStatus extends Schema.Class<ServiceStatus>("@productbuilding/preview/ServiceStatus")({
  service: Schema.String,
  state: Schema.Literals(["created", "running", "restarting", "exited"]),
  exitCode: Schema.NullOr(Schema.Int),
  outOfMemory: Schema.Boolean,
  /** Docker's own health check, where the image has one. */
  health: Schema.NullOr(Schema.Literals(["starting", "healthy", "unhealthy"])),
  /** TCP ports on which it listens, on any address; `null` when that cannot be seen. */
  listening: Schema.NullOr(Schema.Array(Schema.Struct({ port: Schema.Int, loopbackOnly: Schema.Boolean })))
}) {}

/** Something that the runtime holds for a preview. */
export class RunningEnvironment extends Schema.Class<RunningEnvironment>("@productbuilding/preview/RunningEnvironment")(
  {
    name: EnvironmentName,
    previewId: PreviewId
  }
) {}

/** Where a service answers HTTP inside this machine. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** A mistake in, or a refusal of, a file of the pull request. */
export class Problem extends Schema.Class<Problem>("@productbuilding/preview/Problem")({
  /** Relative to the root of the repository. */
  file: Schema.String,
  /** From 1, where it is known. */
  line: Schema.optionalKey(Schema.Int),
  column: Schema.optionalKey(Schema.Int),
  /** For example `services.app.privileged`. */
  key: Schema.String,
  /** What was found, what is allowed, and why. */
  message: Schema.String
}) {}

/** The pull request's own files are wrong or refused. Not retryable; the author must change them. */
export class Refused extends Schema.TaggedClass<Refused>()("Refused", { problems: Schema.Array(Problem) }) {}
/** The engine does not answer. Retryable. */
export class EngineUnavailable extends Schema.TaggedClass<EngineUnavailable>()("EngineUnavailable", {
  detail: Schema.String
}) {}
/** A command ended with another code than 0. `output` is its end, without secrets. */
export class CommandFailed extends Schema.TaggedClass<CommandFailed>()("CommandFailed", {
  command: Schema.String,
  exitCode: Schema.Int,
  output: Schema.String
}) {}
/** There is no such service or environment. */
export class Missing extends Schema.TaggedClass<Missing>()("Missing", { what: Schema.String }) {}

/** A runtime could not do what was asked. */
export class RuntimeError extends Schema.TaggedError<RuntimeError>()("RuntimeError", {
  operation: Schema.String,
  environment: Schema.String,
  reason: Schema.Union([Refused, EngineUnavailable, CommandFailed, Missing]),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** Which log of an environment. */
export interface LogOptions {
  /** Defaults to the contract's choice at `prepare`. */
  readonly service?: string
  /** How many lines of the past. */
  readonly tail: number
  /** Whether to go on with what comes. */
  readonly follow: boolean
}

/**
 * A place where previews run. Every adapter passes `RuntimeTest.suite`. Interrupting any of these ends the command
 * behind it before the interruption is complete.
 */
export class Runtime extends Context.Service<
  Runtime,
  {
    readonly kind: "docker" | "process"
    /** Reads the release's own files, refuses what is not allowed, and writes what `build` and `start` use. Idempotent. */
    prepare(environment: Environment): Effect.Effect<void, RuntimeError>
    /** Lines of output; ends when built. Idempotent. */
    build(environment: Environment): Stream.Stream<string, RuntimeError>
    /** Lines of output; ends when everything has been started, replacing an older release. Idempotent. */
    start(environment: Environment): Stream.Stream<string, RuntimeError>
    /** Runs a shell command inside a running service. Lines of output; fails with `CommandFailed`. */
    exec(environment: Environment, service: string, command: string): Stream.Stream<string, RuntimeError>
    /** Every service of an environment; empty when it has none. */
    status(name: EnvironmentName): Effect.Effect<ReadonlyArray<ServiceStatus>, RuntimeError>
    /** Where the main service can be reached, once it runs. */
    endpoint(name: EnvironmentName): Effect.Effect<Option.Option<Endpoint>, RuntimeError>
    /** Log lines, oldest first. */
    logs(name: EnvironmentName, options: LogOptions): Stream.Stream<string, RuntimeError>
    /** Removes everything by name alone: containers, networks, volumes, built images, processes. Idempotent. */
    remove(name: EnvironmentName): Effect.Effect<void, RuntimeError>
    /** What is left of it, a line for each object; empty after a complete `remove`. */
    remains(name: EnvironmentName): Effect.Effect<ReadonlyArray<string>, RuntimeError>
    /** Every environment that this runtime holds anything of. */
    readonly list: Effect.Effect<ReadonlyArray<RunningEnvironment>, RuntimeError>
  }
>()("@productbuilding/preview/Runtime") {}
