/** What can go wrong with the processes of previews, as a `Runtime` says it. */
import { EngineUnavailable, Missing, RuntimeError } from "@productbuilding/preview"
import { Effect } from "effect"
import { ProcessFailed } from "./ChildProcesses.ts"

export const unavailable = (operation: string, environment: string) => (error: ProcessFailed) =>
  new RuntimeError({
    operation,
    environment,
    reason: new EngineUnavailable({ detail: error.detail }),
    cause: error
  })

export const missing = (operation: string, environment: string, what: string) =>
  new RuntimeError({ operation, environment, reason: new Missing({ what }) })

export const onlyService = (found: string, service: string) =>
  `The service ${found} (the process runtime has only ${service})`

/** Work on our own files, all of it synchronous. */
export const io = <A>(operation: string, environment: string, work: () => A): Effect.Effect<A, RuntimeError> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      unavailable(
        operation,
        environment
      )(
        new ProcessFailed({
          detail: `the server's own files cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
          cause
        })
      )
  })
