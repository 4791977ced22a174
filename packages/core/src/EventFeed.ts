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
  /** Returns when there is room again. New events wait for nobody: who has no room for them is given them as stored ones. */
  readonly ready: Effect.Effect<void>
}

/** The other side has taken nothing for too long: cut the connection; the number that it had last lets it come back. */
export class FollowerTooSlow extends Schema.TaggedError<FollowerTooSlow>()("FollowerTooSlow", {}) {}

/** A feed that is running. */
export interface EventFeed<A> {
  /**
   * Gives all events that it wants after a number: first the stored ones, then each soon after its commit, in order,
   * without gaps and without doubles. A number that the log has not reached is of another database: then all events come.
   * One who takes them slower than they come has no more kept for it than it has room for; the log keeps the rest. Ends with
   * the feed.
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
  pending: Array<Numbered<A>> | undefined
  /** How far it is, when it has fallen behind; `undefined` when the feed has ended. */
  readonly end: Deferred.Deferred<number | undefined>
}

interface Numbered<A> {
  readonly sequence: number
  readonly frame: A
}

const batchSize = 100
/** What may come while a follower is given the last stored events; if it is more, those are not the last. */
const maxPending = 100

/** Follows the log as long as the scope is open. */
export const make = Effect.fn("EventFeed.make")(function* <A>(
  encoding: EventEncoding<A>,
  options: EventFeedOptions = {}
): Effect.fn.Return<EventFeed<A>, OperationLogError, OperationLog | Scope.Scope> {
  const log = yield* OperationLog
  const patience = options.patience ?? Duration.minutes(1)
  const everyone = new Set<Joined<A>>()
  let last = yield* log.newestSequence
  let isOpen = true

  const give = (joined: Joined<A>, numbered: Numbered<A>) => {
    if (joined.pending !== undefined) {
      joined.pending.push(numbered)
      if (joined.pending.length > maxPending) everyone.delete(joined)
    } else if (!joined.follower.take(numbered.frame)) {
      everyone.delete(joined)
      Deferred.doneUnsafe(joined.end, Effect.succeed(numbered.sequence))
    }
  }

  const publish = (event: Event) => {
    last = event.sequence
    if (everyone.size === 0) return
    const numbered = { sequence: event.sequence, frame: encoding.event(event) }
    for (const joined of everyone) {
      if (event.sequence > joined.after && joined.follower.wants(event)) give(joined, numbered)
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
    const numbered = { sequence: last, frame: encoding.position(last) }
    for (const joined of everyone) if (last >= joined.after) give(joined, numbered)
  }).pipe(Effect.delay(options.heartbeat ?? Duration.seconds(15)), Effect.forever, Effect.forkScoped)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isOpen = false
      for (const { end } of everyone) Deferred.doneUnsafe(end, Effect.undefined)
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

  /** From here on it is given what comes; at first what came since `after`. Answers how far it is when it falls behind. */
  const join = Effect.fnUntraced(function* (joined: Joined<A>) {
    everyone.add(joined)
    const at = yield* replay(joined.follower, joined.after, last)
    if (!everyone.has(joined)) return isOpen ? at : undefined
    const pending = joined.pending ?? []
    joined.pending = undefined
    for (const numbered of pending) if (everyone.has(joined)) give(joined, numbered)
    return yield* Deferred.await(joined.end)
  })

  return {
    follow: Effect.fn("EventFeed.follow")(function* (follower: Follower<A>) {
      const newest = yield* log.newestSequence
      const given = follower.after ?? newest
      const start = given > newest ? 0 : given
      follower.take(encoding.position(start))
      for (let at: number | undefined = start; at !== undefined; ) {
        // NOTE: it joins when it has had nearly everything, so that little piles up meanwhile.
        const after: number = yield* replay(follower, at, Number.POSITIVE_INFINITY)
        const joined: Joined<A> = { follower, after, pending: [], end: Deferred.makeUnsafe() }
        at = yield* Effect.ensuring(
          join(joined),
          Effect.sync(() => everyone.delete(joined))
        )
        if (at !== undefined) yield* awaitRoom(follower)
      }
    })
  }
})
