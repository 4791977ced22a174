/** The durable deployment of one commit: from its archive to an address that answers. */
import {
  type CodeHost,
  type CodeHostError,
  CommitSha,
  OperationId,
  type OperationLog,
  type ProjectRegistry,
  type ResourceLedger
} from "@productbuilding/core"
import { DateTime, Duration, Effect, type FileSystem, type Layer, type Path, type PlatformError, Schema } from "effect"
import type { HttpClient } from "effect/http"
import { Activity, DurableClock, Workflow, type WorkflowEngine } from "effect/workflow"
import * as Stages from "./internal/deploymentStages.ts"
import { dieOnInfrastructure, failOnDefect, type Infrastructure } from "./internal/infrastructure.ts"
import { fromCodeHostError, StageFailed, stageFailed } from "./internal/stageFailure.ts"
import { type Preview, type PreviewFailure, PreviewId, type PreviewState, type Stage, StageTiming } from "./Preview.ts"
import type { PreviewRoutes } from "./PreviewRoutes.ts"
import type { PreviewSettings } from "./PreviewSettings.ts"
import { type PreviewChange, PreviewStore, Superseded } from "./PreviewStore.ts"
import type { Runtime } from "./Runtime.ts"

/**
 * Deploys one commit. The operation's id is the execution's identity: executing it again joins or finds the first.
 * It succeeds whatever becomes of the commit; the preview's row tells. Every change of the row is fenced by the
 * operation's id, so a superseded deployment changes nothing any more.
 */
export const Deployment = Workflow.make("Deployment", {
  payload: { previewId: PreviewId, operationId: OperationId, sha: CommitSha },
  idempotencyKey: ({ operationId }) => operationId
})

/** The code host is busy or away: ask again after a while. The workflow sleeps durably meanwhile. */
class Postponed extends Schema.TaggedError<Postponed>()("Postponed", {
  retryAfter: Schema.DurationFromMillis
}) {}

const maxAttempts = 6

/** Registers the workflow with the engine. */
export const layer: Layer.Layer<
  never,
  never,
  | CodeHost
  | FileSystem.FileSystem
  | HttpClient.HttpClient
  | OperationLog
  | Path.Path
  | PreviewRoutes
  | PreviewSettings
  | PreviewStore
  | ProjectRegistry
  | ResourceLedger
  | Runtime
  | WorkflowEngine.WorkflowEngine
> = Deployment.toLayer((target) =>
  fetchDurably(target, 1).pipe(
    Effect.andThen(stage(target, "contract", "building", Stages.acceptContract(target))),
    Effect.andThen(stage(target, "compose", "building", Stages.prepare(target))),
    Effect.andThen(stage(target, "build", "building", Stages.build(target))),
    Effect.andThen(stage(target, "start", "deploying", Stages.start(target))),
    Effect.andThen(stage(target, "migrate", "deploying", Stages.migrate(target))),
    Effect.andThen(stage(target, "readiness", "deploying", Stages.becomeReady(target))),
    Effect.andThen(stage(target, "post-deploy", "deploying", Stages.postDeploy(target))),
    Effect.andThen(finish(target)),
    Effect.catchTags({
      StageFailed: ({ failure }) => recordFailure(target, failure),
      Superseded: () => Effect.void
    })
  )
)

/** One activity: enters the stage in the row, does it, and gives every failure its place. */
const stage = <R>(
  target: Stages.Target,
  name: Stage,
  state: PreviewState,
  run: Effect.Effect<unknown, StageFailed | Superseded | Infrastructure | PlatformError.PlatformError, R>
) =>
  Activity.make({
    name,
    error: Schema.Union([StageFailed, Superseded]),
    execute: enter(target, name, state).pipe(
      Effect.andThen(run),
      failOnDefect(name),
      Effect.catchTag("PlatformError", (error) =>
        Effect.fail(stageFailed(name, `The server's own files cannot be used: ${error.message}`))
      ),
      dieOnInfrastructure,
      Effect.asVoid
    )
  })

const changeRow = Effect.fnUntraced(function* (
  target: Stages.Target,
  change: (now: DateTime.Utc, stages: Preview["stages"]) => PreviewChange
) {
  const store = yield* PreviewStore
  const now = yield* DateTime.now
  const { stages } = yield* store.get(target.previewId)
  yield* store.change(target.previewId, target.operationId, change(now, stages))
})

const closeLast = (stages: Preview["stages"], now: DateTime.Utc) =>
  stages.map((timing) => (timing.endedAt === null ? new StageTiming({ ...timing, endedAt: now }) : timing))

/** A stage that is entered again after a crash keeps its first beginning. */
const enter = (target: Stages.Target, name: Stage, state: PreviewState) =>
  changeRow(target, (now, stages) => ({
    state,
    stages: stages.some((timing) => timing.stage === name)
      ? stages
      : [...closeLast(stages, now), new StageTiming({ stage: name, startedAt: now, endedAt: null })]
  }))

/** A failure that may pass by itself; the last attempt's is final. */
const postponeOrFail = (error: CodeHostError, attempt: number): Postponed | StageFailed => {
  if (attempt < maxAttempts && error.reason._tag === "RateLimited") {
    return new Postponed({ retryAfter: error.reason.retryAfter })
  }
  return attempt < maxAttempts && error.reason._tag === "Unavailable"
    ? new Postponed({ retryAfter: Duration.seconds(2 ** attempt) })
    : fromCodeHostError("fetch")(error)
}

/** Asks for the archive; what the code host postpones is asked again later, across restarts. */
const fetchDurably = (
  target: Stages.Target,
  attempt: number
): Effect.Effect<
  void,
  StageFailed | Superseded,
  | CodeHost
  | FileSystem.FileSystem
  | Path.Path
  | PreviewSettings
  | PreviewStore
  | WorkflowEngine.WorkflowEngine
  | WorkflowEngine.WorkflowInstance
> =>
  Activity.make({
    name: `fetch/${attempt}`,
    error: Schema.Union([StageFailed, Superseded, Postponed]),
    execute: enter(target, "fetch", "building").pipe(
      Effect.andThen(Stages.fetchSource(target)),
      failOnDefect("fetch"),
      Effect.catchTags({
        CodeHostError: (error) => postponeOrFail(error, attempt),
        ArchiveBroken: ({ detail }) =>
          attempt < maxAttempts
            ? new Postponed({ retryAfter: Duration.seconds(1) })
            : stageFailed("fetch", `The commit's archive cannot be unpacked: ${detail}.`),
        ArchiveRejected: ({ path, problem }) =>
          stageFailed("fetch", `The commit's archive is refused: ${problem}.`, path),
        DiskFull: () =>
          stageFailed(
            "fetch",
            "The server's disk is full. An operator must make room in WORKSPACE_DIR, then redeploy."
          ),
        PlatformError: (error) => stageFailed("fetch", `The server's own files cannot be used: ${error.message}`)
      }),
      dieOnInfrastructure,
      Effect.asVoid
    )
  }).pipe(
    Effect.catchTag("Postponed", ({ retryAfter }) =>
      Effect.andThen(
        DurableClock.sleep({ name: `fetch/${attempt}/postponed`, duration: retryAfter }),
        fetchDurably(target, attempt + 1)
      )
    )
  )

const finish = (target: Stages.Target) =>
  Activity.make({
    name: "finish",
    error: Schema.Union([StageFailed, Superseded]),
    execute: Stages.settle(target).pipe(
      Effect.catchTag("PlatformError", (error) =>
        Effect.logWarning("The sources of older releases could not be removed", error)
      ),
      Effect.andThen(
        changeRow(target, (now, stages) => ({ state: "ready", runningSha: target.sha, stages: closeLast(stages, now) }))
      ),
      dieOnInfrastructure,
      Effect.asVoid
    )
  })

const recordFailure = (target: Stages.Target, failure: PreviewFailure) =>
  Activity.make({
    name: "record-failure",
    execute: Effect.andThen(
      Stages.leaveFrontDoor(target),
      changeRow(target, (now, stages) => ({ state: "failed", failure, stages: closeLast(stages, now) }))
    ).pipe(
      Effect.catchTag("Superseded", () => Effect.void),
      dieOnInfrastructure
    )
  })
