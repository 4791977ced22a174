/** The contract of a target repository: `.productbuilding/preview/config.yml`, version 1. */
import { Effect, Schema } from "effect"

/** Where the contract lies, relative to the root of the repository. */
export const contractPath = ".productbuilding/preview/config.yml"

/** A path inside the repository: relative, without `..`, without a backslash. */
export const RepositoryPath = Schema.String.check(
  Schema.isPattern(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\\0]+$/, {
    expected: "a path inside the repository, without .."
  })
)

/** The name of a Compose service. */
export const ServiceName = Schema.String.check(
  Schema.isPattern(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, { expected: "the name of a Compose service" })
)

const Command = Schema.NonEmptyString.check(Schema.isMaxLength(4000))

/** The whole contract, with every default filled in. Only `version` has none. */
export class Contract extends Schema.Class<Contract>("@productbuilding/preview/Contract")({
  version: Schema.Literal(1),
  compose: Schema.Struct({
    /** Relative to the root of the repository. */
    file: RepositoryPath.pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(".productbuilding/preview/docker-compose.yml"))
    ),
    /** The service that answers at the preview's URL. */
    service: ServiceName.pipe(Schema.withDecodingDefaultKey(Effect.succeed("app")))
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  runtime: Schema.Struct({
    /** The port on which the main service listens inside its container. */
    internal_port: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65535 })).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(8080))
    ),
    /** Asked until it answers 200 to 399. */
    healthcheck_path: Schema.String.check(
      Schema.isPattern(/^\/[^\s#]*$/, { expected: "a path that begins with /" })
    ).pipe(Schema.withDecodingDefaultKey(Effect.succeed("/healthz"))),
    startup_timeout_seconds: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3600 })).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(300))
    )
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  database: Schema.optionalKey(
    Schema.Struct({
      /** Run inside the main service after its start and before readiness is asked. */
      migrate_command: Schema.optionalKey(Command)
    })
  ),
  logging: Schema.Struct({
    /** Defaults to `compose.service`. */
    service: Schema.optionalKey(ServiceName),
    /** `docker`: what the service prints. `file`: files inside its container. */
    type: Schema.Literals(["docker", "file"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("docker"))),
    /** Required with `type: file`; absolute inside the container; may be a glob such as `/var/log/app/*.log`. */
    path: Schema.optionalKey(
      Schema.String.check(Schema.isPattern(/^\/[^\0\n]*$/, { expected: "an absolute path inside the container" }))
    )
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Shown in the pull-request comment. */
  user_facing_note: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(2000))),
  /** Run one after the other once the preview is healthy. */
  post_deploy_commands: Schema.Array(
    Schema.Struct({
      /** Defaults to `compose.service`. */
      service: Schema.optionalKey(ServiceName),
      command: Command,
      /** What people read while it runs. */
      description: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(200)))
    })
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  /** How the `process` runtime starts the repository: a shell command that listens on the port in `$PORT`. */
  process: Schema.optionalKey(Schema.Struct({ command: Command }))
}) {}
