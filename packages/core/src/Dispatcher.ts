/** Brings the outbox of one sink to where it is to be told, within the vendor's budget, fairly, and never twice. */
import { Clock, Duration, Effect, FiberSet, Latch, Option, Queue, type Scope, Stream } from "effect"
import { type Item, type MessageItem, makeAgenda, type SlotItem } from "./internal/agenda.ts"
import { type BudgetStatus, makeBudgets } from "./internal/budgets.ts"
import { Outbox, type OutboxError, OutboxMessage, type OutboxWork, StatusSlot } from "./Outbox.ts"
import { Ambiguous, type Sink, SinkError } from "./Sink.ts"

export type { BudgetStatus } from "./internal/budgets.ts"

/** How one dispatcher stands. */
export interface DispatcherStatus {
  readonly sink: string
  readonly waiting: { readonly messages: number; readonly slots: number; readonly threads: number }
  /** Those that were used since the start. */
  readonly budgets: ReadonlyArray<BudgetStatus>
}

/** A running dispatcher. */
export interface Dispatcher {
  /** Returns when everything that is in the outbox now was told, or never will be. */
  readonly drain: Effect.Effect<void, OutboxError>
  readonly status: Effect.Effect<DispatcherStatus>
}

export interface DispatcherOptions {
  /** Calls at the same time. Default 8. */
  readonly concurrency?: number
  /** How long calls that are under way may take when the scope closes. Default 5 seconds. */
  readonly grace?: Duration.Input
}

const longestBackoffMs = 60_000

/** A second after the first failure, twice as long after each further one, a minute at most. */
const backoffMs = (failures: number) => Math.min(1000 * 2 ** Math.min(failures, 10), longestBackoffMs)

/**
 * Works for one sink as long as the scope is open; there must be one dispatcher for each sink. At first it takes up what
 * a former one left: a message that was under way is looked for before it is sent again.
 *
 * Append lane: each message of a thread once, in order, one at a time; one that the sink will never take, or gives up, is
 * dropped with the reason. Status lane: what is shown ends on the newest version; versions between may never be shown.
 */
export const make = Effect.fn("Dispatcher.make")(function* (
  sink: Sink,
  options: DispatcherOptions = {}
): Effect.fn.Return<Dispatcher, OutboxError, Outbox | Scope.Scope> {
  const outbox = yield* Outbox
  const concurrency = options.concurrency ?? 8
  const budgets = makeBudgets((name) => sink.budget(name))
  const agenda = makeAgenda({
    paceMs: (slot) => {
      const { longestWait, quiet } = sink.pace?.(slot) ?? sink
      return { quiet: Duration.toMillis(quiet), longestWait: Duration.toMillis(longestWait) }
    },
    line: (slot) => sink.line?.(slot),
    mayPass: sink.retryAfter !== undefined,
    cost: (work) => sink.cost(work),
    availableAt: budgets.availableAt
  })
  const wakes = yield* Queue.dropping<void>(1)
  const idle = yield* Latch.make(false)
  const running = yield* FiberSet.make<void>()
  let closing = false

  const add = (work: OutboxWork) => {
    agenda.add(work)
    idle.closeUnsafe()
    Queue.offerUnsafe(wakes, undefined)
  }

  yield* outbox.arrivals.pipe(
    Stream.runForEach((work) =>
      Effect.sync(() => {
        if ((work.lane === "status" ? work.slot : work.message).sink === sink.name) add(work)
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  for (const work of yield* outbox.waiting(sink.name)) agenda.add(work)
  const now = yield* Clock.currentTimeMillis
  for (const [name, until] of yield* outbox.pauses(sink.name)) budgets.pause([name], until, now)

  const postpone = Effect.fnUntraced(function* (item: Item) {
    item.notBefore = (yield* Clock.currentTimeMillis) + backoffMs(item.failures++)
    return false
  })

  /** Whether the message is given up; else it waits for as long as the sink says, and no shorter than `atLeast`. */
  const retry = Effect.fnUntraced(
    function* (item: MessageItem, detail: string, atLeast: Duration.Duration) {
      const { attempts, key, sequence } = item.message
      const wait = sink.retryAfter?.(attempts)
      if (wait === undefined) return yield* postpone(item)
      if (wait === "never") {
        yield* Effect.logWarning(`${sink.name} gives ${key} up after ${attempts} attempts: ${detail}`)
        yield* outbox.drop(sequence, detail)
        return true
      }
      item.notBefore = (yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.max(wait, atLeast))
      yield* outbox.postpone(sequence, item.notBefore)
      return false
    },
    (effect, item) => Effect.catchTag(effect, "OutboxError", () => postpone(item))
  )

  /** A defect of a sink tells as little of what was done as a lost answer. */
  const guarded = <A>(effect: Effect.Effect<A, SinkError>): Effect.Effect<A, SinkError> =>
    Effect.catchDefect(effect, (defect) =>
      Effect.andThen(
        Effect.logError(`A defect in the sink ${sink.name}`, defect),
        new SinkError({ sink: sink.name, reason: new Ambiguous({ detail: "a defect of the sink" }) })
      )
    )

  const limited = Effect.fnUntraced(function* (
    retryAfter: Duration.Duration,
    names: ReadonlyArray<string>
  ): Effect.fn.Return<void> {
    const now = yield* Clock.currentTimeMillis
    const until = now + Duration.toMillis(retryAfter)
    budgets.pause(names, until, now)
    yield* Effect.forEach(names, (name) => outbox.pause(sink.name, name, until)).pipe(
      Effect.catchTag("OutboxError", (error) =>
        Effect.logError("A pause is remembered until the next restart only", error)
      )
    )
  })

  /** Whether the message needs nothing more. */
  const advance = Effect.fnUntraced(function* (item: MessageItem) {
    const { message } = item
    const become = (state: OutboxMessage["state"], attempts = item.message.attempts) => {
      item.message = new OutboxMessage({ ...message, state, attempts })
    }
    if (message.state === "sending") {
      const found = yield* guarded(sink.find(message))
      if (Option.isSome(found)) {
        yield* outbox.sent(message.sequence, found.value)
        return true
      }
      yield* outbox.release(message.sequence)
      become("waiting")
      return false
    }
    const claimed = yield* outbox.claim(message.sequence)
    become("sending", claimed.attempts)
    return yield* guarded(sink.send(claimed)).pipe(
      Effect.flatMap((reference) => Effect.as(outbox.sent(message.sequence, reference), true)),
      Effect.catchTag("SinkError", (error) => {
        const { reason } = error
        switch (reason._tag) {
          case "Ambiguous":
            return Effect.fail(error)
          case "NeverPossible":
            return Effect.logWarning(`${sink.name} does not take ${message.key}: ${reason.detail}`).pipe(
              Effect.andThen(outbox.drop(message.sequence, reason.detail)),
              Effect.as(true)
            )
          case "BudgetSpent":
          case "NotDone":
            return outbox
              .release(message.sequence)
              .pipe(Effect.andThen(Effect.sync(() => become("waiting"))), Effect.andThen(Effect.fail(error)))
        }
      })
    )
  })

  /** Whether the slot shows its newest version. */
  const display = Effect.fnUntraced(function* (item: SlotItem) {
    const { slot } = item
    const begun = yield* Clock.currentTimeMillis
    const done = () => {
      if (item.slot.version === slot.version) return true
      item.since = begun
      return false
    }
    const reference = yield* guarded(sink.show(slot))
    yield* outbox.shown(slot, reference)
    item.slot = new StatusSlot({ ...item.slot, reference })
    item.failures = 0
    return done()
  })

  const perform = Effect.fnUntraced(function* (
    item: Item,
    thread: string,
    cost: ReadonlyArray<string>
  ): Effect.fn.Return<void> {
    const shownSlot = item.lane === "status" ? item.slot : undefined
    const work: Effect.Effect<boolean, SinkError | OutboxError> = item.lane === "append" ? advance(item) : display(item)
    const done = yield* work.pipe(
      Effect.catchTags({
        SinkError: ({ reason }): Effect.Effect<boolean> => {
          switch (reason._tag) {
            case "BudgetSpent": {
              const names = reason.budget === undefined ? cost : [reason.budget]
              const after = limited(reason.retryAfter, names)
              return item.lane === "append" && sink.retryAfter !== undefined
                ? Effect.andThen(after, retry(item, "its limit is spent", reason.retryAfter))
                : Effect.as(after, false)
            }
            case "NeverPossible":
              return shownSlot === undefined
                ? postpone(item)
                : Effect.logWarning(`${sink.name} cannot show ${shownSlot.key}: ${reason.detail}`).pipe(
                    Effect.andThen(outbox.refused(shownSlot, reason.detail)),
                    Effect.map(() => item.lane === "status" && item.slot.version === shownSlot.version),
                    Effect.catchTag("OutboxError", () => postpone(item))
                  )
            case "NotDone":
            case "Ambiguous":
              return item.lane === "status" ? postpone(item) : retry(item, reason.detail, Duration.zero)
          }
        },
        OutboxError: (error) => Effect.andThen(Effect.logError("The outbox cannot be written", error), postpone(item))
      }),
      // NOTE: interrupted in the middle, it is as if the process had died: the next dispatcher takes it up.
      Effect.onInterrupt(() => Effect.sync(() => agenda.settle(thread, item, false)))
    )
    agenda.settle(thread, item, done)
    Queue.offerUnsafe(wakes, undefined)
  })

  const step = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const busy = yield* FiberSet.size(running)
    if (closing || busy >= concurrency) return yield* Queue.take(wakes)
    const next = agenda.pick(now)
    if ("item" in next) {
      budgets.take(next.cost, now)
      yield* FiberSet.run(running, perform(next.item, next.thread, next.cost), { startImmediately: true })
      return
    }
    if (agenda.isEmpty()) idle.openUnsafe()
    if (next.lookAgainAt === undefined) return yield* Queue.take(wakes)
    yield* Effect.timeoutOption(Queue.take(wakes), Duration.millis(next.lookAgainAt - now))
  })

  yield* Effect.forkScoped(Effect.forever(step))
  yield* Effect.addFinalizer(() => {
    closing = true
    return Effect.timeoutOption(FiberSet.awaitEmpty(running), options.grace ?? "5 seconds")
  })

  const drain = Effect.andThen(idle.await, outbox.waiting(sink.name)).pipe(
    Effect.repeat({ until: (waiting) => waiting.length === 0 }),
    Effect.asVoid
  )

  return {
    drain,
    status: Effect.map(Clock.currentTimeMillis, (now) => ({
      sink: sink.name,
      waiting: agenda.size(),
      budgets: budgets.status(now)
    }))
  }
})
