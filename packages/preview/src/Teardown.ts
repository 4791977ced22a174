/** The durable removal of a preview: by name alone, until nothing is left. */
import { OperationId, type OperationLog, ResourceLedger } from "@productbuilding/core"
import { Effect, FileSystem, type Layer, Path, Schedule, Schema } from "effect"
import { Activity, Workflow, type WorkflowEngine } from "effect/workflow"
import { environmentOwnerKey } from "./internal/deploymentStages.ts"
import { dieOnInfrastructure } from "./internal/infrastructure.ts"
import { fromRuntimeError, StageFailed, stageFailed } from "./internal/stageFailure.ts"
import { type EnvironmentName, type PreviewFailure, PreviewId } from "./Preview.ts"
import { PreviewRoutes } from "./PreviewRoutes.ts"
import { PreviewSettings } from "./PreviewSettings.ts"
import { PreviewStore, Superseded } from "./PreviewStore.ts"
import { Runtime } from "./Runtime.ts"

/** Removes everything of one preview. The operation's id is the execution's identity. The preview's row tells the outcome. */
export const Teardown = Workflow.make("Teardown", {
  payload: { previewId: PreviewId, operationId: OperationId },
  idempotencyKey: ({ operationId }) => operationId
})

type Target = (typeof Teardown)["payloadSchema"]["Type"]

/** Registers the workflow with the engine. */
export const layer: Layer.Layer<
  never,
  never,
  | FileSystem.FileSystem
  | OperationLog
  | Path.Path
  | PreviewRoutes
  | PreviewSettings
  | PreviewStore
  | ResourceLedger
  | Runtime
  | WorkflowEngine.WorkflowEngine
> = Teardown.toLayer((target) =>
  removeEverything(target).pipe(
    Effect.andThen(record(target)),
    Effect.catchTags({
      StageFailed: ({ failure }) => recordFailure(target, failure),
      Superseded: () => Effect.void
    })
  )
)

/** Removes and looks again until a query by label finds nothing. */
const removeUntilGone = Effect.fnUntraced(function* (name: EnvironmentName) {
  const runtime = yield* Runtime
  yield* runtime.remove(name)
  const left = yield* runtime.remains(name)
  if (left.length > 0)
    return yield* stageFailed("teardown", "The container engine did not remove everything.", left.join("\n"))
})

const removeEverything = (target: Target) =>
  Activity.make({
    name: "remove",
    error: Schema.Union([StageFailed, Superseded]),
    execute: Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ledger = yield* ResourceLedger
      const routes = yield* PreviewRoutes
      const settings = yield* PreviewSettings
      const store = yield* PreviewStore
      const preview = yield* store.get(target.previewId)
      // NOTE: fences the row before anything is touched: a newer deployment of the same name must not be removed.
      yield* store.change(preview.id, target.operationId, { state: "closing" })
      yield* routes.remove(preview.host)
      yield* removeUntilGone(preview.environment).pipe(
        Effect.retry({ schedule: Schedule.spaced("3 seconds"), times: 10 }),
        Effect.catchTag("RuntimeError", (error) => Effect.fail(fromRuntimeError("teardown")(error)))
      )
      yield* fs
        .remove(path.resolve(settings.workspaceDirectory, preview.environment), { recursive: true, force: true })
        .pipe(
          Effect.catchTag("PlatformError", (error) =>
            Effect.fail(stageFailed("teardown", `The workspace could not be removed: ${error.message}`))
          )
        )
      yield* ledger.removed(environmentOwnerKey(preview.id))
    }).pipe(dieOnInfrastructure)
  })

const end = (
  target: Target,
  change: { readonly state: "deleted" | "failed"; readonly failure: PreviewFailure | null }
) =>
  Effect.gen(function* () {
    const store = yield* PreviewStore
    yield* store.change(target.previewId, target.operationId, {
      ...change,
      ...(change.state === "deleted" ? { runningSha: null } : {})
    })
  }).pipe(
    Effect.catchTag("Superseded", () => Effect.void),
    dieOnInfrastructure
  )

const record = (target: Target) =>
  Activity.make({ name: "record", execute: end(target, { state: "deleted", failure: null }) })

const recordFailure = (target: Target, failure: PreviewFailure) =>
  Activity.make({ name: "record-failure", execute: end(target, { state: "failed", failure }) })
