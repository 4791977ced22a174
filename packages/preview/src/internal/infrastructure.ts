import { OperationLogError, ResourceLedgerError } from "@productbuilding/core"
import { Effect, Schedule } from "effect"
import type { Stage } from "../Preview.ts"
import { PreviewNotFound, PreviewStoreError } from "../PreviewStore.ts"
import { type StageFailed, stageFailed } from "./stageFailure.ts"

/** Failures of the database on which the workflow engine stands too: nothing could be recorded meanwhile. */
export type Infrastructure = PreviewStoreError | PreviewNotFound | OperationLogError | ResourceLedgerError

const isInfrastructure = (error: unknown): error is Infrastructure =>
  error instanceof PreviewStoreError ||
  error instanceof PreviewNotFound ||
  error instanceof OperationLogError ||
  error instanceof ResourceLedgerError

const isOther = <E>(error: E): error is Exclude<E, Infrastructure> => !isInfrastructure(error)

/**
 * Tries an idempotent effect again for about three seconds while the database fails, then ends the execution with a
 * defect. The reconciler finds the row unfinished and starts anew.
 */
export const dieOnInfrastructure = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, Infrastructure>, R> =>
  effect.pipe(
    Effect.retry({ while: isInfrastructure, schedule: Schedule.exponential("100 millis"), times: 5 }),
    // @effect-diagnostics-next-line catchConditionalRefailToCatchIf:off (over a generic error, catchIf cannot tell what is left)
    Effect.catch((error) => (isOther(error) ? Effect.fail(error) : Effect.die(error)))
  )

/**
 * A defect of ours is the end of this deployment, said like any other failure: started anew by each reconciliation, it
 * would only come again. Defects that stand for a database which is away go on as they are.
 */
export const failOnDefect =
  (stage: Stage) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StageFailed, R> =>
    Effect.catchDefect(effect, (defect) =>
      isInfrastructure(defect)
        ? Effect.die(defect)
        : Effect.logError(`A defect in the stage ${stage}`, defect).pipe(
            Effect.andThen(
              stageFailed(
                stage,
                "The server itself made a mistake here. Its log has the details for the operator; a redeploy tries again."
              )
            )
          )
    )
