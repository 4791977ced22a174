/** The event log for many followers at once: read once and encoded once, however many follow. */
import { type Cause, Duration, Effect, Option, Queue, Schedule, type Scope, Stream } from "effect"
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

/** What one follower wants. */
export interface Follow {
  /** The number of the last event it had. Without it: only what comes from now on. */
  readonly after?: number
  readonly wants: (event: Event) => boolean
  /** Called once when it is too far behind; nothing more comes after what it has not yet taken. Cut its connection. */
  readonly cut: () => void
}

/** A feed that is running. */
export interface EventFeed<A> {
  /**
   * All events that it wants after a number: first the stored ones, then each soon after its commit, in order, without
   * gaps and without doubles. A number that the log has not reached is of another database: then all events come.
   */
  follow(options: Follow): Stream.Stream<A, OperationLogError>
}

export interface EventFeedOptions {
  /** Default 15 seconds: proxies cut connections that are silent for longer. */
  readonly heartbeat?: Duration.Input
  /** How many events a follower may be behind. They are shared, so that each costs memory once. Default 1,024. */
  readonly capacity?: number
}

interface Follower<A> {
  /** What it had before it joined. */
  readonly after: number
  readonly wants: (event: Event) => boolean
  readonly queue: Queue.Queue<A, Cause.Done>
  readonly cut: () => void
}

const batchSize = 500

/** Follows the log as long as the scope is open; then all followers' streams end. */
export const make = Effect.fn("EventFeed.make")(function* <A>(
  encoding: EventEncoding<A>,
  options: EventFeedOptions = {}
): Effect.fn.Return<EventFeed<A>, OperationLogError, OperationLog | Scope.Scope> {
  const log = yield* OperationLog
  const capacity = options.capacity ?? 1024
  const followers = new Set<Follower<A>>()
  let last = yield* log.newest

  const leave = (follower: Follower<A>) => {
    followers.delete(follower)
    Queue.endUnsafe(follower.queue)
  }
  const offer = (follower: Follower<A>, frame: A) => {
    if (Queue.offerUnsafe(follower.queue, frame)) return
    leave(follower)
    follower.cut()
  }

  const publish = (event: Event) =>
    Effect.sync(() => {
      last = event.sequence
      if (followers.size === 0) return
      const frame = encoding.event(event)
      for (const follower of followers) {
        if (event.sequence > follower.after && follower.wants(event)) offer(follower, frame)
      }
    })
  yield* Effect.suspend(() =>
    // NOTE: a burst must not fill the queues of those who would take it at once, were it their turn.
    Stream.runForEach(log.stream({ after: last }), (event) => Effect.andThen(publish(event), Effect.yieldNow))
  ).pipe(
    Effect.tapError((error) => Effect.logError("The event log cannot be read", error)),
    Effect.retry(Schedule.spaced("1 second")),
    Effect.forkScoped
  )

  yield* Effect.sync(() => {
    const frame = encoding.position(last)
    for (const follower of followers) if (last >= follower.after) offer(follower, frame)
  }).pipe(Effect.delay(options.heartbeat ?? Duration.seconds(15)), Effect.forever, Effect.forkScoped)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const follower of followers) leave(follower)
    })
  )

  /** What is stored after a number, until a batch is not full. */
  const stored = (after: number) =>
    Stream.paginate(after, (from) =>
      Effect.map(log.list({ after: from, limit: batchSize }), (events) => {
        const end = events.length < batchSize ? undefined : events.at(-1)
        return [events, Option.map(Option.fromUndefinedOr(end), ({ sequence }) => sequence)] as const
      })
    )

  const join = (after: number, { cut, wants }: Follow) =>
    Effect.acquireRelease(
      Effect.map(Queue.dropping<A, Cause.Done>(capacity), (queue) => {
        const follower: Follower<A> = { after, wants, queue, cut }
        followers.add(follower)
        return { follower, last }
      }),
      ({ follower }) => Effect.sync(() => leave(follower))
    )

  const follow = (wanted: Follow): Stream.Stream<A, OperationLogError> => {
    if (wanted.after === undefined) {
      const now = Effect.map(
        Effect.suspend(() => join(last, wanted)),
        ({ follower }) =>
          Stream.concat(Stream.succeed(encoding.position(follower.after)), Stream.fromQueue(follower.queue))
      )
      return Stream.unwrap(now)
    }
    const given = wanted.after
    return Stream.unwrap(
      Effect.map(log.newest, (newest) => {
        let at = given > newest ? 0 : given
        const passed = (events: Stream.Stream<Event, OperationLogError>) =>
          events.pipe(
            Stream.map((event) => {
              at = event.sequence
              return event
            }),
            Stream.filter(wanted.wants),
            Stream.map(encoding.event)
          )
        // NOTE: joined only when nearly everything was read, so that little piles up meanwhile: from the joining on, the
        // feed has what comes, and what came before it and after the reading is read once more.
        const joined = Effect.map(
          Effect.suspend(() => join(at, wanted)),
          ({ follower, last: joinedAt }) =>
            Stream.concat(
              at < joinedAt
                ? passed(Stream.takeWhile(stored(at), ({ sequence }) => sequence <= joinedAt))
                : Stream.empty,
              Stream.fromQueue(follower.queue)
            )
        )
        return Stream.succeed(encoding.position(at)).pipe(
          Stream.concat(passed(stored(at))),
          Stream.concat(Stream.unwrap(joined))
        )
      })
    )
  }

  return { follow }
})
