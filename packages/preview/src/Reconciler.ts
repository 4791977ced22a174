/** Moves every preview towards what it should be, at boot and every few minutes: lost deliveries and lost containers heal. */
import { CodeHost, describeCodeHostError, ProjectRegistry } from "@productbuilding/core"
import { Config, Duration, Effect, Layer, Option, Schedule } from "effect"
import { type PreviewId, parsePreviewId, previewId } from "./Preview.ts"
import { PreviewRoutes } from "./PreviewRoutes.ts"
import { PreviewStore } from "./PreviewStore.ts"
import { Previews } from "./Previews.ts"
import { Runtime } from "./Runtime.ts"

/** What one round found. */
export interface ReconcileReport {
  /** How many previews were looked at. */
  readonly looked: number
  /** What could not be asked or looked at, a line each. */
  readonly problems: ReadonlyArray<string>
}

/**
 * One round: every open pull request, every preview that is not deleted, and everything that the runtime holds for our
 * projects. What it holds for others is another server's on the same engine, and left alone.
 */
export const reconcile = Effect.fn("Reconciler.reconcile")(function* (): Effect.fn.Return<
  ReconcileReport,
  never,
  CodeHost | PreviewStore | Previews | ProjectRegistry | Runtime
> {
  const host = yield* CodeHost
  const previews = yield* Previews
  const registry = yield* ProjectRegistry
  const runtime = yield* Runtime
  const store = yield* PreviewStore
  const ids = new Set<PreviewId>()
  const problems: Array<string> = []

  for (const project of registry.all) {
    yield* host.openPullRequests(project.repository).pipe(
      Effect.map((open) => {
        for (const pullRequest of open) ids.add(previewId(project.repository, pullRequest.number))
      }),
      Effect.catchTag("CodeHostError", (error) => Effect.sync(() => void problems.push(describeCodeHostError(error))))
    )
  }
  yield* store.list().pipe(
    Effect.map((known) => {
      for (const preview of known) ids.add(preview.id)
    }),
    Effect.catchTag("PreviewStoreError", () =>
      Effect.sync(() => void problems.push("The database cannot list the previews."))
    )
  )
  yield* runtime.list.pipe(
    Effect.map((held) => {
      for (const environment of held) {
        if (Option.isSome(registry.find(parsePreviewId(environment.previewId).repository)))
          ids.add(environment.previewId)
      }
    }),
    Effect.catchTag("RuntimeError", (error) =>
      Effect.sync(
        () => void problems.push(`The ${runtime.kind} runtime cannot list what it holds (${error.reason._tag}).`)
      )
    )
  )
  yield* Effect.forEach(
    ids,
    (id) =>
      previews
        .look(id, "reconciler")
        .pipe(
          Effect.catchTag("LookFailed", (error) => Effect.sync(() => void problems.push(`${id}: ${error.message}`)))
        ),
    { concurrency: 8, discard: true }
  )
  for (const problem of problems) yield* Effect.logWarning(problem)
  return { looked: ids.size, problems }
})

/** Rebuilds the front door's table from what runs. */
export const restoreRoutes = Effect.fn("Reconciler.restoreRoutes")(function* () {
  const routes = yield* PreviewRoutes
  const runtime = yield* Runtime
  const store = yield* PreviewStore
  for (const preview of yield* store.list()) {
    if (preview.runningSha === null) continue
    const endpoint = yield* runtime.endpoint(preview.environment)
    if (endpoint._tag === "Some") yield* routes.put(preview.host, endpoint.value)
  }
})

/**
 * Restores the routes, then reconciles at once and every `RECONCILE_INTERVAL` (default 3 minutes). A round that fails
 * is logged and the next one comes all the same.
 */
export const layer: Layer.Layer<
  never,
  Config.ConfigError,
  CodeHost | PreviewRoutes | PreviewStore | Previews | ProjectRegistry | Runtime
> = Layer.effectDiscard(
  Effect.gen(function* () {
    const interval = yield* Config.Duration("RECONCILE_INTERVAL").pipe(Config.withDefault(Duration.minutes(3)))
    yield* restoreRoutes().pipe(
      Effect.catch((error) => Effect.logWarning("The routes of running previews could not be restored", error)),
      Effect.andThen(Effect.repeat(reconcile(), Schedule.spaced(interval))),
      Effect.forkScoped
    )
  })
)
