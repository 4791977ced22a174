/** The contract of a target repository: `.productbuilding/preview/config.yml`, version 1. */
import { Effect, Schema } from "effect"

/** Where the contract lies, relative to the root of the repository. */
export const contractPath = ".productbuilding/preview/config.yml"

// NOTE: JSON Schema reads every pattern with the flag `u`, and only patterns that carry it are exported to it.

/** A path inside the repository: relative, without `..`, without a backslash. */
export const RepositoryPath = Schema.String.check(
  Schema.isPattern(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\\0\r\n]+$/u, {
    expected: "a path inside the repository, without .. and without a / at its beginning"
  })
)

/** The name of a Compose service. */
export const ServiceName = Schema.String.check(
  Schema.isPattern(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/u, {
    expected: "the name of a Compose service (letters, digits, ., _ and -; at most 63)"
  })
)

const Command = Schema.String.check(
  Schema.isNonEmpty({ expected: "a command" }),
  Schema.isMaxLength(4000, { expected: "a command of at most 4000 characters" })
)

// NOTE: to a URL parser `//host/` and `/\\host/` name another host than the preview's.
const HealthcheckPath = Schema.String.check(
  Schema.isPattern(/^\/(?!\/)[^\s#\\]*$/u, { expected: "a path that begins with a single /, without spaces, # and \\" })
)

const LogPath = Schema.String.check(
  Schema.isPattern(/^\/[^\0\r\n]*$/u, { expected: "an absolute path inside the container" })
)

const textOf = (maximum: number) =>
  Schema.String.check(Schema.isMaxLength(maximum, { expected: `a text of at most ${maximum} characters` }))

const integerBetween = (minimum: number, maximum: number) =>
  Schema.Int.annotate({ expected: `a whole number from ${minimum} to ${maximum}` }).check(
    Schema.isBetween({ minimum, maximum }, { expected: `a whole number from ${minimum} to ${maximum}` })
  )

const PostDeployCommand = Schema.Struct({
  service: Schema.optionalKey(
    ServiceName.annotate({ description: "The Compose service in which the command runs. Default: compose.service." })
  ),
  command: Command.annotate({
    description: "Run by the shell inside the service. A preview whose command fails has failed.",
    examples: ["/app/seed-data"]
  }),
  description: Schema.optionalKey(
    textOf(200).annotate({ description: "What people read while the command runs.", examples: ["Seed demo data"] })
  )
})

/** The whole contract, with every default filled in. Only `version` has none. */
export class Contract extends Schema.Class<Contract>("@productbuilding/preview/Contract")({
  version: Schema.Literal(1).annotate({ description: "The version of this format." }),
  compose: Schema.Struct({
    file: RepositoryPath.annotate({
      description: "The Compose file, relative to the root of the repository.",
      default: ".productbuilding/preview/docker-compose.yml"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(".productbuilding/preview/docker-compose.yml"))),
    service: ServiceName.annotate({
      description: "The main service: the one that answers at the preview's URL.",
      default: "app"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("app")))
  })
    .annotate({ description: "Which Compose file describes the preview, and which of its services is shown." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  runtime: Schema.Struct({
    internal_port: integerBetween(1, 65_535)
      .annotate({ description: "The port on which the main service listens inside its container.", default: 8080 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(8080))),
    healthcheck_path: HealthcheckPath.annotate({
      description: "Asked until it answers with a status from 200 to 399; then the preview is ready.",
      default: "/healthz"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("/healthz"))),
    startup_timeout_seconds: integerBetween(1, 3600)
      .annotate({ description: "How long the preview may take until it answers, in seconds.", default: 300 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(300)))
  })
    .annotate({ description: "How the main service is reached, and when it counts as ready." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  database: Schema.optionalKey(
    Schema.Struct({
      migrate_command: Schema.optionalKey(
        Command.annotate({
          description: "Run inside the main service after it has started and before it is asked whether it is ready.",
          examples: ["go run ./cmd/migrate up"]
        })
      )
    }).annotate({ description: "How the database of the preview is prepared." })
  ),
  logging: Schema.Struct({
    service: Schema.optionalKey(
      ServiceName.annotate({ description: "The Compose service whose log is shown. Default: compose.service." })
    ),
    type: Schema.Literals(["docker", "file"])
      .annotate({
        description: "docker: what the service prints. file: files that it writes.",
        default: "docker"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("docker"))),
    path: Schema.optionalKey(
      LogPath.annotate({
        description:
          "Required with type: file, and allowed only then. Absolute inside the container, or, where the server runs previews without Docker, on its machine; may be a glob.",
        examples: ["/var/log/app.log", "/var/log/app/*.log"]
      })
    )
  })
    .annotate({ description: "Where the log of the preview comes from." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  user_facing_note: Schema.optionalKey(
    textOf(2000).annotate({
      description: "Shown in the comment on the pull request once the preview is ready.",
      examples: ["Test login: admin / secret"]
    })
  ),
  post_deploy_commands: Schema.Array(PostDeployCommand)
    .annotate({ description: "Run one after the other once the preview is healthy." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  process: Schema.optionalKey(
    Schema.Struct({
      command: Command.annotate({
        description: "A shell command that listens on the port in $PORT.",
        examples: ["node server.js"]
      })
    }).annotate({ description: "How the preview is started on a server without Docker, from trusted repositories." })
  )
}) {}
