/** What the server itself reads from the environment, besides what its parts read for themselves. */
import { Config, Context, Effect, Layer, Option } from "effect"

/** Where the server listens, and how it is seen from outside. */
export class Settings extends Context.Service<
  Settings,
  {
    readonly environment: "development" | "production"
    readonly host: string
    readonly port: number
    /** Without a slash at its end. */
    readonly publicUrl: string
    readonly databasePath: string
    readonly targetsPath: string
    readonly runtime: "docker" | "process"
  }
>()("@productbuilding/server/Settings") {
  /**
   * Reads `APP_ENV` (`development`), `HOST` (every address), `PORT` (8080), `PUBLIC_URL` (`http://localhost:{PORT}`),
   * `DATABASE_PATH` (`data/orchestrator.db`), `TARGETS_CONFIG_PATH` (`/opt/orchestrator/targets.json`) and
   * `PREVIEW_RUNTIME` (`docker`).
   */
  static readonly layer: Layer.Layer<Settings, Config.ConfigError> = Layer.effect(
    Settings,
    Effect.gen(function* () {
      const port = yield* Config.Port("PORT").pipe(Config.withDefault(8080))
      const publicUrl = yield* Config.option(Config.URL("PUBLIC_URL"))
      return Settings.of({
        environment: yield* Config.Literals(["development", "production"], "APP_ENV").pipe(
          Config.withDefault("development" as const)
        ),
        host: yield* Config.NonEmptyString("HOST").pipe(Config.withDefault("::")),
        port,
        publicUrl: Option.match(publicUrl, {
          onNone: () => `http://localhost:${port}`,
          onSome: (url) => url.href.replace(/\/$/, "")
        }),
        databasePath: yield* Config.NonEmptyString("DATABASE_PATH").pipe(Config.withDefault("data/orchestrator.db")),
        targetsPath: yield* Config.NonEmptyString("TARGETS_CONFIG_PATH").pipe(
          Config.withDefault("/opt/orchestrator/targets.json")
        ),
        runtime: yield* Config.Literals(["docker", "process"], "PREVIEW_RUNTIME").pipe(
          Config.withDefault("docker" as const)
        )
      })
    })
  )
}
