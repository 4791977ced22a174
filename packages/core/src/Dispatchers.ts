/** Every dispatcher of one server. */
import { Context, Effect, Layer } from "effect"
import * as Dispatcher from "./Dispatcher.ts"
import type { Outbox, OutboxError } from "./Outbox.ts"
import type { Sink } from "./Sink.ts"

/** The running dispatchers. */
export class Dispatchers extends Context.Service<
  Dispatchers,
  {
    readonly status: Effect.Effect<ReadonlyArray<Dispatcher.DispatcherStatus>>
    /** Returns when everything that is in the outbox now was told, or never will be. */
    readonly drain: Effect.Effect<void, OutboxError>
  }
>()("@productbuilding/core/Dispatchers") {}

/** Runs one dispatcher for each sink. */
export const layer = <E, R>(
  sinks: Effect.Effect<ReadonlyArray<Sink>, E, R>,
  options?: Dispatcher.DispatcherOptions
): Layer.Layer<Dispatchers, E | OutboxError, R | Outbox> =>
  Layer.effect(
    Dispatchers,
    Effect.gen(function* () {
      const running = yield* Effect.forEach(yield* sinks, (sink) => Dispatcher.make(sink, options))
      return Dispatchers.of({
        status: Effect.forEach(running, ({ status }) => status),
        drain: Effect.forEach(running, ({ drain }) => drain, { discard: true })
      })
    })
  )
