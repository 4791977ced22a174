/** What `doctor` found. */
import { Effect, Schema } from "effect"

/** One thing that was looked at, how it is, and what to do. */
export class Finding extends Schema.Class<Finding>("@productbuilding/cli/Finding")({
  /** What was looked at, for example `Docker engine`. */
  check: Schema.String,
  /** `warn`: it works, but not for long, or not well. `error`: previews cannot work like this. */
  level: Schema.Literals(["ok", "warn", "error"]),
  /** What was seen, in a sentence. */
  found: Schema.String,
  /** What to do about it; `null` when there is nothing to do. */
  advice: Schema.NullOr(Schema.String)
}) {}

/** Something to look at. It has only to say what it sees: failures and deadlines are the runner's. */
export interface Check<R> {
  readonly name: string
  readonly look: Effect.Effect<ReadonlyArray<Seen>, { readonly message: string }, R>
}

/** A finding before it has its check's name. */
export type Seen = Pick<Finding, "level" | "found" | "advice">

export const ok = (found: string): Seen => ({ level: "ok", found, advice: null })
export const warn = (found: string, advice: string): Seen => ({ level: "warn", found, advice })
export const error = (found: string, advice: string): Seen => ({ level: "error", found, advice })

/** Runs a check within its deadline. One that fails by itself says so and judges nothing. */
export const runCheck = <R>(check: Check<R>, seconds: number): Effect.Effect<ReadonlyArray<Finding>, never, R> =>
  check.look.pipe(
    Effect.timeoutOrElse({
      duration: `${seconds} seconds`,
      orElse: () =>
        Effect.succeed([
          warn(`It did not answer within ${seconds} seconds.`, "Try again; if it stays so, look at what it depends on.")
        ])
    }),
    Effect.catchCause((cause) =>
      Effect.as(Effect.logDebug(cause), [
        warn("This could not be looked at.", `\`productbuilding doctor --log-level debug\` shows why.`)
      ])
    ),
    Effect.map((seen) => seen.map((one) => new Finding({ ...one, check: check.name })))
  )
