/** The server's configuration, read as the server reads it, but to the end: every part that is wrong is a finding. */
import { type Project, ProjectRegistry, TargetsFile } from "@productbuilding/core"
import { PreviewSettings, type PreviewSettingsError } from "@productbuilding/preview"
import { Settings } from "@productbuilding/server/Settings"
import { Config, Context, Effect, Layer, Option, Redacted, Result } from "effect"
import { describeConfigError } from "../ConfigMessage.ts"
import { type Check, error, ok, type Seen, warn } from "./Finding.ts"

/** What could be read. */
export interface Configuration {
  readonly settings: Result.Result<Settings["Service"], string>
  readonly projects: Result.Result<ReadonlyArray<Project>, ReadonlyArray<string>>
  readonly previews: Result.Result<PreviewSettings["Service"], string>
  readonly dockerHost: string | undefined
}

const messageOf = (failure: Config.ConfigError | PreviewSettingsError) =>
  failure._tag === "ConfigError" ? describeConfigError(failure) : failure.message

/** Never fails: what cannot be read is a message. */
export const readConfiguration = Effect.gen(function* () {
  const settings = yield* Effect.result(
    Effect.mapError(Settings.use(Effect.succeed).pipe(Effect.provide(Settings.layer)), messageOf)
  )
  const targets = Result.getOrElse(
    Result.map(settings, ({ targetsPath }) => targetsPath),
    () => "/opt/orchestrator/targets.json"
  )
  const registry = yield* Effect.result(
    Effect.map(Layer.build(TargetsFile.layer(targets)), (context) => Context.get(context, ProjectRegistry))
  )
  const previews = Result.isFailure(registry)
    ? Result.fail("it needs the targets file first")
    : yield* PreviewSettings.use(Effect.succeed).pipe(
        Effect.provide(
          PreviewSettings.layerConfig.pipe(Layer.provide(Layer.succeed(ProjectRegistry, registry.success)))
        ),
        Effect.mapError(messageOf),
        Effect.result
      )
  const dockerHost = yield* Config.option(Config.NonEmptyString("DOCKER_HOST")).pipe(
    Effect.orElseSucceed(() => Option.none<string>())
  )
  return {
    settings,
    projects: Result.mapBoth(registry, {
      onSuccess: ({ all }) => all,
      onFailure: ({ file, problems }) => problems.map((problem) => `${file}: ${problem}`)
    }),
    previews,
    dockerHost: Option.getOrUndefined(dockerHost)
  } satisfies Configuration
}).pipe(Effect.scoped)

/** The environment variables. */
export const settingsCheck = ({ previews, projects, settings }: Configuration): Check<never> => ({
  name: "Settings",
  look: Effect.sync(() => {
    const seen: Array<Seen> = []
    if (Result.isFailure(settings)) seen.push(error(settings.failure, "Correct the variable that it names."))
    if (Result.isSuccess(projects) && Result.isFailure(previews)) {
      seen.push(error(previews.failure, "Set or correct the variable that it names."))
    }
    if (Result.isSuccess(settings) && seen.length === 0) {
      const { environment, port, runtime } = settings.success
      seen.push(ok(`APP_ENV is ${environment}, PORT ${port}, previews run with ${runtime}.`))
      if (environment === "production" && runtime === "process") {
        seen.push(
          error(
            "PREVIEW_RUNTIME=process is refused in production.",
            "Set PREVIEW_RUNTIME=docker: processes have no walls around them."
          )
        )
      }
    }
    return seen
  })
})

/** The targets file. */
export const targetsCheck = ({ projects }: Configuration): Check<never> => ({
  name: "Targets file",
  look: Effect.sync(() => {
    if (Result.isFailure(projects)) {
      return projects.failure.map((problem) => error(problem, "Correct it, and start the server again."))
    }
    const count = projects.success.length
    return [
      count === 0
        ? warn("It lists no repository.", 'Add one, for example { "repo": "acme/shop" }.')
        : ok(`It lists ${count === 1 ? projects.success[0]?.repository : `${count} repositories`}.`)
    ]
  })
})

/** What signs webhooks. */
export const webhookSecretCheck: Check<never> = {
  name: "Webhook secret",
  look: Effect.gen(function* () {
    const secret = yield* Config.option(Config.Redacted("GITHUB_WEBHOOK_SECRET"))
    const length = Option.match(secret, { onNone: () => 0, onSome: (value) => Redacted.value(value).length })
    if (length === 0) {
      return [
        error(
          "GITHUB_WEBHOOK_SECRET is not set, so every webhook is refused.",
          "Set it to a long random text, for example of `openssl rand -hex 32`, and give the webhook the same."
        )
      ]
    }
    return [
      length < 16
        ? warn(
            `GITHUB_WEBHOOK_SECRET has only ${length} characters.`,
            "Use a longer one, for example of `openssl rand -hex 32`."
          )
        : ok("GITHUB_WEBHOOK_SECRET is set.")
    ]
  })
}
