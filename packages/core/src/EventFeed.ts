/** The event log for many followers at once: read once and encoded once, however many follow. */
import { Deferred, Duration, Effect, Schedule, Schema, type Scope, Stream } from "effect"
import { type Event, OperationLog, type OperationLogError } from "./Operation.ts"

/** How events become what followers get. */
export interface EventEncoding<A> {
  event(event: Event): A
  /**
   * Tells how far the follower is: sent at its start and with each heartbeat, so that one whose filter lets nothing pass
   * can come back to the right place too.
   */
  position(sequence: number): A
}

/** One who follows. */
export interface Follower<A> {
  /** The number of the last event it had. Without it: only what comes from now on. */
  readonly after?: number
  readonly wants: (event: Event) => boolean
  /** Takes the next one at once. Answers whether there is room for more. */
  readonly take: (frame: A) => boolean
  /** Returns when there is room again. Awaited while stored events are given; new ones wait for nobody. */
  readonly ready: Effect.Effect<void>
}

/** The other side takes too little: cut the connection; the number that it had last lets it come back. */
export class FollowerTooSlow extends Schema.TaggedError<FollowerTooSlow>()("FollowerTooSlow", {}) {}

/** A feed that is running. */
export interface EventFeed<A> {
  /**
   * Gives all events that it wants after a number: first the stored ones, then each soon after its commit, in order,
   * without gaps and without doubles. A number that the log has not reached is of another database: then all events come.
   * Ends with the feed.
   */
  follow(follower: Follower<A>): Effect.Effect<void, FollowerTooSlow | OperationLogError>
}

export interface EventFeedOptions {
  /** Default 15 seconds: proxies cut connections that are silent for longer. */
  readonly heartbeat?: Duration.Input
  /** How long `ready` may take. Default a minute. */
  readonly patience?: Duration.Input
}

/** A follower that has had what was stored. */
interface Joined<A> {
  readonly follower: Follower<A>
  /** What it had before it joined. */
  readonly after: number
  /** What came while it was given the last stored events. */
  pending: Array<A> | undefined
  readonly end: Deferred.Deferred<void, FollowerTooSlow>
}

const batchSize = 500

/** Follows the log as long as the scope is open. */
export const make = Effect.fn("EventFeed.make")(function* <A>(
  encoding: EventEncoding<A>,
  options: EventFeedOptions = {}
): Effect.fn.Return<EventFeed<A>, OperationLogError, OperationLog | Scope.Scope> {
  const log = yield* OperationLog
  const patience = options.patience ?? Duration.minutes(1)
  const everyone = new Set<Joined<A>>()
  let last = yield* log.newestSequence

  const give = (joined: Joined<A>, frame: A) => {
    if (joined.pending !== undefined) joined.pending.push(frame)
    else if (!joined.follower.take(frame)) {
      everyone.delete(joined)
      Deferred.doneUnsafe(joined.end, Effect.fail(new FollowerTooSlow()))
    }
  }

  const publish = (event: Event) => {
    last = event.sequence
    if (everyone.size === 0) return
    const frame = encoding.event(event)
    for (const joined of everyone) {
      if (event.sequence > joined.after && joined.follower.wants(event)) give(joined, frame)
    }
  }
  yield* Effect.suspend(() =>
    Stream.runForEach(log.stream({ after: last }), (event) =>
      // NOTE: of a burst, each is on its way before the next comes, so that it fills no buffers.
      Effect.andThen(
        Effect.sync(() => publish(event)),
        Effect.yieldNow
      )
    )
  ).pipe(
    Effect.tapError((error) => Effect.logError("The event log cannot be read", error)),
    Effect.retry(Schedule.spaced("1 second")),
    Effect.forkScoped
  )

  yield* Effect.sync(() => {
    const frame = encoding.position(last)
    for (const joined of everyone) if (last >= joined.after) give(joined, frame)
  }).pipe(Effect.delay(options.heartbeat ?? Duration.seconds(15)), Effect.forever, Effect.forkScoped)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const { end } of everyone) Deferred.doneUnsafe(end, Effect.void)
    })
  )

  const awaitRoom = ({ ready }: Follower<A>) =>
    Effect.timeoutOrElse(ready, { duration: patience, orElse: () => Effect.fail(new FollowerTooSlow()) })

  /** Gives what is stored after a number, up to another one or nearly to the end. Answers how far it is then. */
  const replay = Effect.fnUntraced(function* (follower: Follower<A>, after: number, until: number) {
    let at = after
    while (at < until) {
      const batch = yield* log.list({ after: at, limit: batchSize })
      const events = batch.filter(({ sequence }) => sequence <= until)
      for (const event of events) {
        if (follower.wants(event) && !follower.take(encoding.event(event))) yield* awaitRoom(follower)
      }
      at = events.at(-1)?.sequence ?? at
      if (events.length < batchSize) break
    }
    return at
  })

  /** From here on it is given what comes; at first what came since `after`. */
  const join = Effect.fnUntraced(function* (joined: Joined<A>) {
    everyone.add(joined)
    yield* replay(joined.follower, joined.after, last)
    const pending = joined.pending ?? []
    joined.pending = undefined
    for (const frame of pending) if (everyone.has(joined)) give(joined, frame)
    return yield* Deferred.await(joined.end)
  })

  return {
    follow: Effect.fn("EventFeed.follow")(function* (follower: Follower<A>) {
      const newest = yield* log.newestSequence
      const given = follower.after ?? newest
      const start = given > newest ? 0 : given
      follower.take(encoding.position(start))
      // NOTE: it joins when it has had nearly everything, so that little piles up meanwhile.
      const after = yield* replay(follower, start, Number.POSITIVE_INFINITY)
      const joined: Joined<A> = { follower, after, pending: [], end: Deferred.makeUnsafe() }
      yield* Effect.ensuring(
        join(joined),
        Effect.sync(() => everyone.delete(joined))
      )
    })
  }
})
