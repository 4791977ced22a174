/** One vendor's model, as it answers one request: no retries, no deadline, no fallback. */
import { Array as Arr, Cause, Effect, Option, Stream } from "effect"
import type { IdGenerator, LanguageModel, Prompt, Response, Tool } from "effect/ai"
import type { ModelFailure } from "./ModelFailure.ts"

/** What counts as the input of a request. */
export interface TokenInput {
  readonly prompt: Prompt.Prompt
  readonly tools: ReadonlyArray<Tool.Any>
}

/** A vendor's SDK behind the two hooks of `LanguageModel.make`. */
export interface VendorModel {
  generate(
    options: LanguageModel.ProviderOptions
  ): Effect.Effect<Array<Response.PartEncoded>, ModelFailure, IdGenerator.IdGenerator>
  /** Ends with a `finish` part, or fails. Ending its scope ends the request. */
  stream(
    options: LanguageModel.ProviderOptions
  ): Stream.Stream<Response.StreamPartEncoded, ModelFailure, IdGenerator.IdGenerator>
  /** As the vendor counts. Absent where it does not tell. */
  readonly countTokens?: (input: TokenInput) => Effect.Effect<number, ModelFailure>
}

/** Calls an SDK. Interruption aborts the request. */
export const call = <A, E>(
  run: (signal: AbortSignal) => Promise<A>,
  onError: (cause: unknown) => Effect.Effect<never, E>
): Effect.Effect<A, E> =>
  Effect.catch(Effect.tryPromise({ try: run, catch: (cause) => ({ cause }) }), ({ cause }) => onError(cause))

/**
 * The events of an SDK's stream. The request is aborted when the stream's scope ends: an SDK's own iterator waits for
 * the next event before it closes.
 */
export const events = <A, E>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<A>>,
  onError: (cause: unknown) => Effect.Effect<never, E>
): Stream.Stream<A, E> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const signal = yield* Effect.abortSignal
      const iterator = (yield* call(() => open(signal), onError))[Symbol.asyncIterator]()
      const next = call(() => iterator.next(), onError)
      return Stream.fromPull(
        Effect.succeed(
          Effect.flatMap(next, (result) => (result.done === true ? Cause.done() : Effect.succeed(Arr.of(result.value))))
        )
      )
    })
  )

type Parts = ReadonlyArray<Response.StreamPartEncoded>

/** Reads events one after the other; `end` is asked when there are no more, and fails where the answer broke off. */
export const reading =
  <S, R>(
    initial: S,
    read: (state: S, event: unknown) => Effect.Effect<readonly [S, Parts], ModelFailure, R>,
    end: (state: S) => Effect.Effect<Parts, ModelFailure>
  ) =>
  <R2>(
    self: Stream.Stream<unknown, ModelFailure, R2>
  ): Stream.Stream<Response.StreamPartEncoded, ModelFailure, R | R2> =>
    Stream.concat(Stream.map(self, Option.some), Stream.succeed(Option.none<unknown>())).pipe(
      Stream.mapAccumEffect(
        () => initial,
        (state, event: Option.Option<unknown>) =>
          Option.isSome(event)
            ? read(state, event.value)
            : Effect.map(end(state), (parts): readonly [S, Parts] => [state, parts])
      )
    )
