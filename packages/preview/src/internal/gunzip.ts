/** Decompression with the web's own streams: back-pressure through and through, and no module of Node. */
import { type Cause, Effect, Stream } from "effect"

/** What `onBroken` makes of the reason ends the stream when it is no gzip or ends early; its own failures pass unchanged. */
export const gunzip =
  <E2>(onBroken: (detail: string) => E2) =>
  <E>(compressed: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | E2> =>
    Stream.suspend(() => {
      let failure: Cause.Cause<E> | undefined
      const source = compressed.pipe(
        // NOTE: the web's streams take no views of shared memory, and a copy of a chunk is the way to say it is none.
        Stream.map((chunk) => new Uint8Array(chunk)),
        // NOTE: on its way through the web's streams a failure loses its type.
        Stream.onError((cause) =>
          Effect.sync(() => {
            failure = cause
          })
        )
      )
      return Stream.unwrap(
        Effect.map(Stream.toReadableStreamEffect(source), (readable) =>
          Stream.fromReadableStream({
            evaluate: () => readable.pipeThrough(new DecompressionStream("gzip")),
            onError: (error) => (error instanceof Error ? error.message : String(error))
          })
        )
      ).pipe(
        Stream.catch(
          (detail): Stream.Stream<never, E | E2> =>
            failure === undefined ? Stream.fail(onBroken(detail)) : Stream.failCause(failure)
        )
      )
    })
