/** From the event log to the outbox: what each event means to the sinks, in the transaction that stores the event. */
import { Context, Effect, Layer } from "effect"
import type { Event } from "./Operation.ts"
import { Outbox, type OutboxEntry, type OutboxError } from "./Outbox.ts"

/** What an event means to one sink. Pure: the same event always means the same. */
export type EventRoute = (event: Event) => ReadonlyArray<OutboxEntry>

/**
 * Asked by `SqlOperationLog` for each event before its commit; a failure rolls the event back. Default: nobody is told
 * anything.
 */
export const EventRouting = Context.Reference<{
  route(event: Event): Effect.Effect<void, OutboxError>
}>("@productbuilding/core/EventRouting", { defaultValue: () => ({ route: () => Effect.void }) })

/** Writes what the routes answer to the outbox. To be provided to `SqlOperationLog.layer`. */
export const layer = (routes: ReadonlyArray<EventRoute>): Layer.Layer<never, never, Outbox> =>
  Layer.effect(
    EventRouting,
    Effect.map(Outbox, (outbox) => ({
      route: (event) => {
        const entries = routes.flatMap((route) => route(event))
        return entries.length === 0 ? Effect.void : outbox.put(entries)
      }
    }))
  )
