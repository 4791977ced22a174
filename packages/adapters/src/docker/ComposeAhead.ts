/** Runs of Compose that are started ahead: its own start costs a third of a second, which passes during the run before. */
import type { RuntimeError } from "@productbuilding/preview"
import { Effect, Exit, Option, Scope, Stream } from "effect"
import { type ComposeRun, type StartedCompose, startCompose } from "./ComposeCli.ts"

/** How long one waits after the work that it was started beside. */
const patience = "10 seconds"

interface Waiting {
  readonly fingerprint: string
  readonly started: StartedCompose
  readonly scope: Scope.Closeable
}

const slotOf = ({ environment, operation }: ComposeRun): string => `${environment} ${operation}`

const fingerprintOf = ({ args, cwd, env }: ComposeRun): string => JSON.stringify([args, cwd, env])

/** At most one of each operation waits for an environment; all end with the scope. */
export const makeComposeAhead: Effect.Effect<
  {
    /**
     * Starts a run, which waits for its file, beside a piece of work of the same environment. It ends when that work
     * fails, or is followed by nothing.
     */
    beside<A, E, R>(next: ComposeRun, work: Stream.Stream<A, E, R>): Stream.Stream<A, E, R>
    /** Gives the file to the run that waits, or to a new one. */
    run(run: ComposeRun, file: string): Stream.Stream<string, RuntimeError>
  },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const all = yield* Effect.scope
  const waiting = new Map<string, Waiting>()

  const take = (run: ComposeRun): Waiting | undefined => {
    const found = waiting.get(slotOf(run))
    waiting.delete(slotOf(run))
    return found
  }

  const close = (one: Waiting | undefined) => (one === undefined ? Effect.void : Scope.close(one.scope, Exit.void))

  const start = Effect.fnUntraced(function* (run: ComposeRun) {
    const scope = yield* Scope.fork(all)
    const started = yield* startCompose(run).pipe(
      Effect.provideService(Scope.Scope, scope),
      Effect.onError(() => Scope.close(scope, Exit.void))
    )
    return { fingerprint: fingerprintOf(run), started, scope }
  })

  const closeIfStillThere = (run: ComposeRun, one: Waiting) =>
    Effect.suspend(() => (waiting.get(slotOf(run)) === one ? close(take(run)) : Effect.void))

  const startAhead = Effect.fnUntraced(function* (run: ComposeRun) {
    yield* close(take(run))
    // NOTE: a start that fails here fails again, and is told, when the run itself is asked for.
    const one = yield* Effect.option(start(run))
    if (Option.isSome(one)) waiting.set(slotOf(run), one.value)
    return one
  })

  return {
    beside: (next, work) =>
      Stream.unwrap(
        Effect.as(
          Effect.acquireRelease(startAhead(next), (one, exit) => {
            if (Option.isNone(one)) return Effect.void
            const ending = closeIfStillThere(next, one.value)
            return Exit.isFailure(exit) ? ending : Effect.forkIn(Effect.delay(ending, patience), all)
          }),
          work
        )
      ),
    run: (run, file) =>
      Stream.unwrap(
        Effect.map(
          Effect.acquireRelease(
            Effect.suspend(() => {
              const found = take(run)
              return found?.fingerprint === fingerprintOf(run)
                ? Effect.succeed(found)
                : Effect.andThen(close(found), start(run))
            }),
            close
          ),
          ({ started }) => started.output(file)
        )
      )
  }
})
