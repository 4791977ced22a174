/** What the operator decides about previews, read once at boot. */
import { DomainName, type Project, ProjectRegistry } from "@productbuilding/core"
import { Config, Context, Effect, Layer, Option, type Redacted, Schema } from "effect"
import type { Exposure } from "./PreviewAddress.ts"

/** A variable is wrong or missing. Fails the boot; the message is one line and names the variable. */
export class PreviewSettingsError extends Schema.TaggedError<PreviewSettingsError>()("PreviewSettingsError", {
  message: Schema.String
}) {}

/** Addresses, folders and secrets of previews. */
export class PreviewSettings extends Context.Service<
  PreviewSettings,
  {
    readonly exposure: Exposure
    /** Holds a folder for each environment. Created when missing. */
    readonly workspaceDirectory: string
    /** The values of the project's secrets, by the name that a preview sees. Never given to a fork's code. */
    secretsOf(project: Project): Readonly<Record<string, Redacted.Redacted<string>>>
  }
>()("@productbuilding/preview/PreviewSettings") {
  /**
   * Reads `PREVIEW_DOMAIN` (default `localhost`; required with `APP_ENV=production` unless every project names its
   * own), `PUBLIC_URL` (its scheme and port are those of the previews; default `http` and `PORT`), `PORT` (default
   * 8080), `WORKSPACE_DIR` (default `/opt/orchestrator/workspaces`), and the variables that the projects' secrets name.
   */
  static readonly layerConfig: Layer.Layer<
    PreviewSettings,
    PreviewSettingsError | Config.ConfigError,
    ProjectRegistry
  > = Layer.effect(
    PreviewSettings,
    Effect.gen(function* () {
      const registry = yield* ProjectRegistry
      const environment = yield* Config.Literals(["development", "production"], "APP_ENV").pipe(
        Config.withDefault("development")
      )
      const domain = yield* Config.schema(DomainName, "PREVIEW_DOMAIN").pipe(Config.option)
      const port = yield* Config.Port("PORT").pipe(Config.withDefault(8080))
      const publicUrl = yield* Config.URL("PUBLIC_URL").pipe(Config.option)
      const workspaceDirectory = yield* Config.NonEmptyString("WORKSPACE_DIR").pipe(
        Config.withDefault("/opt/orchestrator/workspaces")
      )
      const withoutDomain = registry.all.find((project) => project.previewDomain === undefined)
      if (environment === "production" && Option.isNone(domain) && withoutDomain !== undefined) {
        return yield* new PreviewSettingsError({
          message:
            `PREVIEW_DOMAIN is not set, and ${withoutDomain.repository} names no previewDomain in the targets file. ` +
            "Set it to the domain whose wildcard record points here, for example preview.acme.dev."
        })
      }
      const secrets = new Map<string, Record<string, Redacted.Redacted<string>>>()
      for (const project of registry.all) {
        const values: Record<string, Redacted.Redacted<string>> = {}
        for (const [name, { env }] of Object.entries(project.secrets)) {
          const value = yield* Config.option(Config.Redacted(env))
          if (Option.isNone(value)) {
            return yield* new PreviewSettingsError({
              message: `${env} is not set, but the targets file wants it as the secret ${name} of ${project.repository}.`
            })
          }
          values[name] = value.value
        }
        secrets.set(project.repository, values)
      }
      return PreviewSettings.of({
        exposure: Option.match(publicUrl, {
          onNone: () => ({
            defaultDomain: Option.getOrElse(domain, () => "localhost"),
            scheme: "http",
            port: port === 80 ? null : port
          }),
          onSome: (url) => ({
            defaultDomain: Option.getOrElse(domain, () => url.hostname),
            scheme: url.protocol === "https:" ? "https" : "http",
            port: url.port === "" ? null : Number(url.port)
          })
        }),
        workspaceDirectory,
        secretsOf: (project) => secrets.get(project.repository) ?? {}
      })
    })
  )
}
