/** A vendor's model with patience: a limit for each request, retries with the server's own wait, and a circuit. */
import { Array as Arr, Clock, Duration, Effect, Exit, Pull, Random, Scope, Stream } from "effect"
import type { IdGenerator, LanguageModel, Response } from "effect/ai"
import type { CircuitBreaker } from "./CircuitBreaker.ts"
import { type CircuitOpen, isRetryable, type ModelFailure, network } from "./ModelFailure.ts"
import type { VendorModel } from "./VendorModel.ts"

export interface Patience {
  /** For one request; of a stream until its first part, and between two parts. */
  readonly requestTimeout: Duration.Duration
  /** For a call: its requests and the waits between them; of a stream until its first part. */
  readonly callTimeout: Duration.Duration
  /** Requests after the first. */
  readonly maxRetries: number
}

type Failed = ModelFailure | CircuitOpen

/** The same two hooks, failing only when patience is at its end. */
export interface PatientModel {
  generate(
    options: LanguageModel.ProviderOptions
  ): Effect.Effect<Array<Response.PartEncoded>, Failed, IdGenerator.IdGenerator>
  /**
   * Retried until its first part of content and never after it: what has been shown cannot be taken back. A stream
   * that breaks off later fails with what broke it, and the caller decides.
   */
  stream(
    options: LanguageModel.ProviderOptions
  ): Stream.Stream<Response.StreamPartEncoded, Failed, IdGenerator.IdGenerator>
}

/** The wait where the server names none: 0.5, 1, 2, 4 and then 8 seconds, of which up to half is left to chance. */
const backoff = (retries: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (chance) => Duration.millis(Math.min(8000, 500 * 2 ** retries) * (1 - chance / 2)))

const tooSlow = (timeout: Duration.Duration) => () =>
  Effect.fail(network(`no answer within ${Duration.format(timeout)}`))

const hasContent = (parts: ReadonlyArray<Response.StreamPartEncoded>): boolean =>
  parts.some(({ type }) => type !== "response-metadata")

/** `vendor`, asked with patience. */
export const make = (vendor: VendorModel, patience: Patience, circuit: CircuitBreaker): PatientModel => {
  const { callTimeout, maxRetries, requestTimeout } = patience
  const slow = { duration: requestTimeout, orElse: tooSlow(requestTimeout) }

  const call = Effect.fnUntraced(function* <A, R>(request: Effect.Effect<A, ModelFailure, R>) {
    const guarded = circuit.guard(Effect.timeoutOrElse(request, slow))
    const endsAtMs = (yield* Clock.currentTimeMillis) + Duration.toMillis(callTimeout)
    const after = (retries: number): Effect.Effect<A, Failed, R> =>
      Effect.catch(
        guarded,
        Effect.fnUntraced(function* (failure: Failed) {
          if (failure._tag === "CircuitOpen" || !isRetryable(failure) || retries >= maxRetries) return yield* failure
          const wait = failure.retryAfter ?? (yield* backoff(retries))
          // NOTE: who would wait beyond the deadline may as well ask another provider now.
          if ((yield* Clock.currentTimeMillis) + Duration.toMillis(wait) >= endsAtMs) return yield* failure
          yield* Effect.logDebug(`asking the model again in ${Duration.format(wait)}: ${failure.reason._tag}`)
          yield* Effect.sleep(wait)
          return yield* after(retries + 1)
        })
      )
    return yield* Effect.timeoutOrElse(after(0), { duration: callTimeout, orElse: tooSlow(callTimeout) })
  })

  const open = Effect.fnUntraced(function* (options: LanguageModel.ProviderOptions) {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const begun = Effect.gen(function* () {
      const pull = yield* Stream.toPull(vendor.stream(options))
      const first: Array<Response.StreamPartEncoded> = []
      // NOTE: a server that is overloaded may still begin an answer, and only then say so.
      while (!hasContent(first)) {
        const parts = yield* Pull.catchDone(pull, () => Effect.succeed(Arr.empty<Response.StreamPartEncoded>()))
        if (parts.length === 0) return yield* network("the answer ended before it began")
        first.push(...parts)
      }
      const rest = Effect.timeoutOrElse(pull, slow)
      return Stream.concat(Stream.fromIterable(first), Stream.fromPull(Effect.succeed(rest)))
    })
    return yield* begun.pipe(
      Effect.provideService(Scope.Scope, scope),
      Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void))
    )
  })

  return {
    generate: (options) => call(vendor.generate(options)),
    stream: (options) => Stream.unwrap(call(open(options)))
  }
}
