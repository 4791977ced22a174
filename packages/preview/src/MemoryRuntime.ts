/** A `Runtime` that starts nothing: for tests, and to try decisions without an engine. */
import type { CommitSha } from "@productbuilding/core"
import { Context, Effect, Layer, Option, Stream } from "effect"
import type { EnvironmentName, PreviewId } from "./Preview.ts"
import { type Endpoint, RunningEnvironment, Runtime, ServiceStatus } from "./Runtime.ts"

/** What is "running", open to look at and to change from outside, as a container engine is. */
export class MemoryEngine extends Context.Service<
  MemoryEngine,
  {
    readonly environments: Map<EnvironmentName, { readonly previewId: PreviewId; readonly sha: CommitSha }>
    /** Where every environment answers. */
    endpoint: Endpoint | undefined
  }
>()("@productbuilding/preview/MemoryEngine") {}

/** Lost on exit. Pass an engine of your own to share it between runtimes, as two servers share one Docker. */
export const layer = (
  engine: MemoryEngine["Service"] = { environments: new Map(), endpoint: undefined }
): Layer.Layer<Runtime | MemoryEngine> =>
  Layer.mergeAll(
    Layer.succeed(MemoryEngine, engine),
    Layer.succeed(
      Runtime,
      Runtime.of({
        kind: "process",
        prepare: () => Effect.void,
        build: () => Stream.empty,
        start: ({ name, previewId, sha }) =>
          Stream.fromEffectDrain(Effect.sync(() => engine.environments.set(name, { previewId, sha }))),
        exec: () => Stream.empty,
        status: (name) =>
          Effect.sync(() =>
            engine.environments.has(name)
              ? [
                  new ServiceStatus({
                    service: "app",
                    state: "running",
                    exitCode: null,
                    outOfMemory: false,
                    health: null,
                    listening: null
                  })
                ]
              : []
          ),
        endpoint: (name) =>
          Effect.sync(() => (engine.environments.has(name) ? Option.fromUndefinedOr(engine.endpoint) : Option.none())),
        logs: () => Stream.empty,
        remove: (name) => Effect.sync(() => void engine.environments.delete(name)),
        remains: (name) => Effect.sync(() => (engine.environments.has(name) ? [`environment ${name}`] : [])),
        list: Effect.sync(() =>
          Array.from(engine.environments, ([name, { previewId }]) => new RunningEnvironment({ name, previewId }))
        )
      })
    )
  )
