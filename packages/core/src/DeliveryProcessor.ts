/** Takes what the inbox holds and brings every delivery to a stored decision. */
import { Cause, Context, Effect, Layer, Option, Schedule, Schema, Semaphore, Stream } from "effect"
import {
  Decision,
  type Delivery,
  type DeliveryHandler,
  DeliveryHandlingFailed,
  DeliveryInbox,
  type DeliveryInboxError
} from "./Delivery.ts"

/** Everyone who may decide on deliveries. Each that takes the event is asked, and the decision joins theirs. */
export class DeliveryHandlers extends Context.Service<DeliveryHandlers, ReadonlyArray<DeliveryHandler>>()(
  "@productbuilding/core/DeliveryHandlers"
) {}

const decoder = new TextDecoder("utf-8", { fatal: true })
const parseJson = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

const payloadOf = (body: Uint8Array) =>
  Effect.try({ try: () => decoder.decode(body), catch: () => undefined }).pipe(
    Effect.flatMap((text) => parseJson(text)),
    Effect.mapError(() => new DeliveryHandlingFailed({ message: "The body is not JSON.", retryable: false }))
  )

/** About four minutes in all: longer outages are left to the reconciler and to a replay. */
const retries = { schedule: Schedule.exponential("1 second"), times: 7 } as const

const weights = { accepted: 2, unchanged: 1, ignored: 0 } as const

const ignored = ({ event }: Delivery) => new Decision({ outcome: "ignored", reason: `This ${event} asks for nothing` })

/** What several handlers decided: the strongest outcome, with the reason of each that came to it. */
const joined = (decisions: ReadonlyArray<Decision>): Decision | undefined => {
  const [strongest] = decisions.toSorted((left, right) => weights[right.outcome] - weights[left.outcome])
  if (strongest === undefined) return undefined
  const reasons = decisions.flatMap(({ outcome, reason }) => (outcome === strongest.outcome ? [reason] : []))
  return new Decision({ ...strongest, reason: Array.from(new Set(reasons)).join("; ") })
}

/** One at a time for each key, in the order of the calls. */
const makeTurns = () => {
  const waiting = new Map<string, { readonly semaphore: Semaphore.Semaphore; users: number }>()
  return <A, E, R>(key: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const turn = waiting.get(key) ?? { semaphore: Semaphore.makeUnsafe(1), users: 0 }
      waiting.set(key, turn)
      turn.users++
      return turn.semaphore.withPermit(effect).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            turn.users--
            if (turn.users === 0) waiting.delete(key)
          })
        )
      )
    })
}

type Turns = ReturnType<typeof makeTurns>

const handle = Effect.fnUntraced(function* (delivery: Delivery, inTurn: Turns) {
  const handlers = yield* DeliveryHandlers
  const inbox = yield* DeliveryInbox
  const takers = handlers.filter((one) => one.source === delivery.source && one.events.includes(delivery.event))
  if (takers.length === 0) {
    return new Decision({ outcome: "ignored", reason: `Nothing here follows the event ${delivery.event}` })
  }
  const payload = yield* payloadOf(yield* inbox.body(delivery.id))
  const decisions = yield* Effect.forEach(takers, (taker) => {
    const order = taker.order?.(payload)
    const decided = Effect.retry(taker.handle(delivery, payload), { ...retries, while: ({ retryable }) => retryable })
    return order === undefined ? decided : inTurn(`${delivery.source} ${order}`, decided)
  })
  return joined(decisions.flatMap((decision) => Option.toArray(decision))) ?? ignored(delivery)
})

const settle = Effect.fnUntraced(
  function* (delivery: Delivery, inTurn: Turns) {
    const inbox = yield* DeliveryInbox
    yield* handle(delivery, inTurn).pipe(
      Effect.matchCauseEffect({
        onSuccess: (decision) => inbox.decide(delivery.id, decision),
        onFailure: (cause) => {
          if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
          const error = Cause.findErrorOption(cause)
          const expected = Option.isSome(error) && error.value._tag === "DeliveryHandlingFailed"
          return Effect.logError(`Delivery ${delivery.id} could not be handled`, cause).pipe(
            Effect.andThen(
              inbox.fail(
                delivery.id,
                expected ? error.value.message : "The handler failed unexpectedly; the log has the cause."
              )
            )
          )
        }
      })
    )
  },
  Effect.catchIf(
    (error): error is DeliveryInboxError => "operation" in error,
    (error) =>
      Effect.logError("The inbox failed; the delivery stays pending and is handled after the next start", error)
  )
)

/**
 * Handles pending deliveries, at most 64 at a time, for the life of the layer. At least once: what is interrupted is
 * pending at the next start. A handler that fails, even unexpectedly, ends its own delivery only.
 */
export const layer: Layer.Layer<never, never, DeliveryHandlers | DeliveryInbox> = Layer.effectDiscard(
  Effect.gen(function* () {
    const inbox = yield* DeliveryInbox
    const inTurn = makeTurns()
    yield* inbox.pending.pipe(
      Stream.mapEffect((delivery) => settle(delivery, inTurn), { concurrency: 64, unordered: true }),
      Stream.runDrain,
      Effect.tapError((error) => Effect.logError("The inbox cannot be read; trying again", error)),
      Effect.retry(Schedule.spaced("5 seconds")),
      Effect.forkScoped
    )
  })
)
