/** All checks, side by side. */
import { Effect, type FileSystem, Path, Result } from "effect"
import type { HttpClient } from "effect/http"
import type { ChildProcessSpawner } from "effect/process"
import { callbacksCheck } from "./CallbacksCheck.ts"
import { readConfiguration, settingsCheck, targetsCheck, webhookSecretCheck } from "./Configuration.ts"
import { diskCheck, writableCheck } from "./DiskChecks.ts"
import { addressPoolsCheck, builderCheck, composeCheck, engineCheck, logsCheck } from "./DockerChecks.ts"
import { type Check, runCheck } from "./Finding.ts"
import { credentialsCheck, webhookCheck } from "./GitHubChecks.ts"
import { modelChecks } from "./ModelChecks.ts"
import { domainsCheck, publicUrlCheck } from "./NetworkChecks.ts"
import { slackChecks } from "./SlackChecks.ts"
import { tracesCheck } from "./TracesCheck.ts"

/** For one check. */
const deadlineSeconds = 15

/** Every finding, in the order of the checks. Changes nothing. */
export const examine = Effect.gen(function* () {
  const path = yield* Path.Path
  const configuration = yield* readConfiguration
  const { dockerHost } = configuration
  const settings = Result.getOrUndefined(configuration.settings)
  const previews = Result.getOrUndefined(configuration.previews)
  const projects = Result.getOrElse(configuration.projects, () => [])
  const withDocker = settings?.runtime !== "process"
  const checks: ReadonlyArray<
    Check<FileSystem.FileSystem | Path.Path | ChildProcessSpawner.ChildProcessSpawner | HttpClient.HttpClient>
  > = [
    settingsCheck(configuration),
    targetsCheck(configuration),
    ...(withDocker ? [engineCheck(dockerHost), composeCheck] : []),
    diskCheck(previews?.workspaceDirectory, withDocker ? { host: dockerHost } : undefined),
    ...(withDocker ? [addressPoolsCheck(dockerHost), builderCheck(dockerHost), logsCheck(dockerHost)] : []),
    ...(previews === undefined ? [] : [writableCheck("Workspace", "WORKSPACE_DIR", previews.workspaceDirectory)]),
    ...(settings === undefined
      ? []
      : [writableCheck("Database", "DATABASE_PATH", path.dirname(path.resolve(settings.databasePath)))]),
    credentialsCheck(projects),
    webhookSecretCheck,
    ...(settings === undefined ? [] : [webhookCheck(projects, settings.publicUrl), publicUrlCheck(settings.publicUrl)]),
    ...(previews === undefined
      ? []
      : [domainsCheck(projects.map(({ previewDomain }) => previewDomain ?? previews.exposure.defaultDomain))]),
    ...(yield* slackChecks(projects, settings?.publicUrl)),
    ...(yield* callbacksCheck),
    ...(yield* modelChecks),
    tracesCheck
  ]
  const found = yield* Effect.forEach(checks, (check) => runCheck(check, deadlineSeconds), { concurrency: "unbounded" })
  return found.flat()
})
