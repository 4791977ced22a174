import {
  CodeHost,
  type CommitSha,
  type OperationId,
  OperationLog,
  ProjectRegistry,
  ResourceLedger
} from "@productbuilding/core"
import { Duration, Effect, FileSystem, Option, Path, Result, Schedule, Stream } from "effect"
import { contractPath } from "../Contract.ts"
import { missingContractMessage, parseContract, renderProblems } from "../ContractFile.ts"
import type { Preview, PreviewId, Stage } from "../Preview.ts"
import { PreviewRoutes } from "../PreviewRoutes.ts"
import { PreviewSettings } from "../PreviewSettings.ts"
import { PreviewStore } from "../PreviewStore.ts"
import { awaitReady } from "../Readiness.ts"
import { environmentFolders, removeOtherReleases } from "../ReleaseFiles.ts"
import { type Environment, Runtime, RuntimeError } from "../Runtime.ts"
import { extractArchive } from "../SourceArchive.ts"
import { fromRuntimeError, stageFailed } from "./stageFailure.ts"

/** What a deployment works on; the payload of its workflow. */
export interface Target {
  readonly previewId: PreviewId
  readonly operationId: OperationId
  readonly sha: CommitSha
}

/** The owner key of everything that a runtime makes for a preview. */
export const environmentOwnerKey = (id: PreviewId): string => `environment:${id}`

const foldersOf = Effect.fnUntraced(function* (preview: Preview, sha: CommitSha) {
  const settings = yield* PreviewSettings
  return environmentFolders(yield* Path.Path, settings.workspaceDirectory, preview.environment, sha)
})

/** Streams the commit's archive into the release's folder; one that is complete already is not fetched again. */
export const fetchSource = Effect.fnUntraced(function* ({ previewId, sha }: Target) {
  const host = yield* CodeHost
  const store = yield* PreviewStore
  const preview = yield* store.get(previewId)
  const folders = yield* foldersOf(preview, sha)
  yield* extractArchive(host.archive(preview.repository, sha), folders.source)
})

/** Reads and checks the contract at the release's root. */
export const readContract = Effect.fnUntraced(function* ({ previewId, sha }: Target) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const store = yield* PreviewStore
  const folders = yield* foldersOf(yield* store.get(previewId), sha)
  const text = yield* fs
    .readFileString(path.join(folders.source, contractPath))
    .pipe(
      Effect.mapError((cause) =>
        cause.reason._tag === "NotFound"
          ? stageFailed("contract", `This commit has no ${contractPath}.`, missingContractMessage)
          : stageFailed("contract", `${contractPath} cannot be read (${cause.reason._tag}).`)
      )
    )
  const parsed = parseContract(text)
  if (Result.isSuccess(parsed)) return parsed.success
  const count = parsed.failure.length
  return yield* stageFailed(
    "contract",
    `${contractPath} has ${count} mistake${count === 1 ? "" : "s"}. Correct ${count === 1 ? "it" : "them"} and push again.`,
    renderProblems(parsed.failure)
  )
})

/** The environment of a release, as the runtime wants it. Secrets go to the repository's own code only. */
export const loadEnvironment = Effect.fnUntraced(function* (target: Target) {
  const store = yield* PreviewStore
  const registry = yield* ProjectRegistry
  const settings = yield* PreviewSettings
  const preview = yield* store.get(target.previewId)
  const contract = yield* readContract(target)
  const folders = yield* foldersOf(preview, target.sha)
  const project = Option.getOrUndefined(registry.find(preview.repository))
  const environment: Environment = {
    name: preview.environment,
    previewId: preview.id,
    sha: target.sha,
    sourceDirectory: folders.source,
    stateDirectory: folders.state,
    contract,
    variables: {
      ...(project === undefined || preview.fromFork ? {} : settings.secretsOf(project)),
      COMMIT_SHA: target.sha,
      PREVIEW_URL: preview.url,
      PREVIEW_HOST: preview.host,
      PULL_REQUEST: String(preview.pullRequest)
    },
    trusted: !preview.fromFork
  }
  return { environment, preview, folders, contract }
})

/** The engine may be restarting: an idempotent command is tried again for about half a minute. */
const whileUnavailable = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E | RuntimeError, R>) =>
  Effect.retry(effect, {
    while: (error) => error instanceof RuntimeError && error.reason._tag === "EngineUnavailable",
    schedule: Schedule.spaced("3 seconds"),
    times: 10
  })

/** Runs a command whose output people may watch: lines go to the operation's log in small bundles. */
const watch = (target: Target, stage: Stage, lines: Stream.Stream<string, RuntimeError>) =>
  Effect.gen(function* () {
    const log = yield* OperationLog
    yield* lines.pipe(
      Stream.groupedWithin(200, Duration.millis(250)),
      Stream.runForEach((bundle) =>
        log.append({
          operationId: target.operationId,
          subject: target.previewId,
          lane: "append",
          type: "log",
          data: { stage, lines: bundle }
        })
      )
    )
  })

/** Reads the contract, and keeps what it says to people. */
export const acceptContract = Effect.fnUntraced(function* (target: Target) {
  const store = yield* PreviewStore
  const contract = yield* readContract(target)
  yield* store.change(target.previewId, target.operationId, { note: contract.user_facing_note ?? null })
})

/** Checks and writes what the runtime needs; refuses what is not allowed. */
export const prepare = Effect.fnUntraced(function* (target: Target) {
  const runtime = yield* Runtime
  const { environment } = yield* loadEnvironment(target)
  yield* whileUnavailable(runtime.prepare(environment)).pipe(Effect.mapError(fromRuntimeError("compose")))
})

/** Builds images; the older release goes on answering. */
export const build = Effect.fnUntraced(function* (target: Target) {
  const runtime = yield* Runtime
  const { environment } = yield* loadEnvironment(target)
  yield* whileUnavailable(watch(target, "build", runtime.build(environment))).pipe(
    Effect.catchTag("RuntimeError", (error) => fromRuntimeError("build")(error))
  )
})

/** Starts the release in place of the older one, after the ledger knows that it may exist. */
export const start = Effect.fnUntraced(function* (target: Target) {
  const runtime = yield* Runtime
  const ledger = yield* ResourceLedger
  const { environment, preview } = yield* loadEnvironment(target)
  const ownerKey = environmentOwnerKey(preview.id)
  yield* ledger.claim({ ownerKey, kind: "environment", subject: preview.id })
  yield* whileUnavailable(watch(target, "start", runtime.start(environment))).pipe(
    Effect.catchTag("RuntimeError", (error) => fromRuntimeError("start")(error))
  )
  yield* ledger.live(ownerKey, preview.environment)
})

/** Runs the contract's migration inside the main service. */
export const migrate = Effect.fnUntraced(function* (target: Target) {
  const runtime = yield* Runtime
  const { contract, environment } = yield* loadEnvironment(target)
  const command = contract.database?.migrate_command
  if (command === undefined) return
  yield* watch(target, "migrate", runtime.exec(environment, contract.compose.service, command)).pipe(
    Effect.catchTag("RuntimeError", (error) => fromRuntimeError("migrate")(error))
  )
})

/** Points the front door at what runs now. A container that restarts may come back under another address. */
const route = Effect.fnUntraced(function* (preview: Preview) {
  const runtime = yield* Runtime
  const routes = yield* PreviewRoutes
  const endpoint = yield* runtime.endpoint(preview.environment)
  if (Option.isSome(endpoint)) yield* routes.put(preview.host, endpoint.value)
})

/** Points the front door at the release and asks its own URL until it answers. */
export const becomeReady = Effect.fnUntraced(function* (target: Target) {
  const runtime = yield* Runtime
  const { contract, environment, preview } = yield* loadEnvironment(target)
  const routes = yield* PreviewRoutes
  const status = Effect.andThen(
    Effect.provideService(route(preview), PreviewRoutes, routes),
    runtime.status(environment.name)
  ).pipe(Effect.provideService(Runtime, runtime))
  yield* awaitReady({
    url: preview.url,
    contract,
    status,
    logs: runtime.logs(environment.name, { tail: 40, follow: false })
  }).pipe(
    Effect.catchTags({
      NotReady: ({ evidence, summary }) => stageFailed("readiness", summary, evidence),
      RuntimeError: (error) => fromRuntimeError("readiness")(error)
    })
  )
})

/** Shows the states page again: what runs, if anything, is not what was asked for. */
export const leaveFrontDoor = Effect.fnUntraced(function* ({ previewId }: Target) {
  const routes = yield* PreviewRoutes
  const store = yield* PreviewStore
  yield* routes.remove((yield* store.get(previewId)).host)
})

/** Runs the contract's commands one after the other. */
export const postDeploy = Effect.fnUntraced(function* (target: Target) {
  const runtime = yield* Runtime
  const { contract, environment } = yield* loadEnvironment(target)
  for (const { command, description, service } of contract.post_deploy_commands) {
    const lines = Stream.concat(
      Stream.succeed(`▸ ${description ?? command}`),
      runtime.exec(environment, service ?? contract.compose.service, command)
    )
    yield* watch(target, "post-deploy", lines).pipe(
      Effect.catchTag("RuntimeError", (error) => fromRuntimeError("post-deploy")(error))
    )
  }
})

/**
 * Drops the sources of older commits. The front door is pointed at the release once more: after a restart in between,
 * the stage that did it is not run again.
 */
export const settle = Effect.fnUntraced(function* (target: Target) {
  const { folders, preview } = yield* loadEnvironment(target)
  yield* route(preview).pipe(Effect.catchTag("RuntimeError", (error) => fromRuntimeError("post-deploy")(error)))
  yield* removeOtherReleases(folders, target.sha)
})
