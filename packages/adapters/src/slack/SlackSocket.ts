/**
 * Socket Mode: what Slack sends comes over sockets that we open, so that nobody needs a public address.
 * https://docs.slack.dev/apis/events-api/using-socket-mode (read 2026-11-21)
 */
import { DeliveryInbox } from "@productbuilding/core"
import { Cause, Clock, Deferred, Duration, Effect, FiberSet, Layer, type Redacted, Schema } from "effect"
import { type Envelope, openSocket, type SocketFailure } from "./EnvelopeSocket.ts"
import { incomingPayload } from "./SlackWebhook.ts"

/** How the sockets are opened. */
export interface SlackSocketOptions {
  /** An app-level token with the scope `connections:write`; begins with `xapp-`. */
  readonly appToken: Redacted.Redacted<string>
  /** The base URL of the Web API, with a slash at its end. Default Slack's own. */
  readonly apiUrl?: string
  /** How many sockets are kept open, so that one is there while another is replaced. Default 2. Slack allows 10. */
  readonly connections?: number
}

/**
 * Slack does not accept the app-level token. Not retryable: somebody has to correct it. `error` is Slack's word, such as
 * `invalid_auth`, or `not_allowed_token_type` for a bot's token.
 */
export class SlackTokenRefused extends Schema.TaggedError<SlackTokenRefused>()("SlackTokenRefused", {
  error: Schema.String
}) {
  override get message(): string {
    return `Slack refuses the app-level token (${this.error}). It begins with xapp- and needs the scope connections:write.`
  }
}

/**
 * Keeps sockets open for the life of the layer, and puts what comes over them into the inbox under the ids of
 * `SlackWebhook`. Acknowledged is what has been stored, and what nobody could store as it is neither an event nor an
 * interaction; what the inbox fails to store is not, so that Slack sends it again. A click it does not send again: whoever
 * clicked sees that it failed.
 *
 * The layer is built when each socket was tried once. It fails only where Slack refuses the token; when Slack is away, or
 * takes the token back later, that is logged and tried again, with pauses of up to half a minute. A socket that ends is
 * replaced at once. When the layer's scope closes the sockets are closed; what is not stored by then comes again.
 */
export const layer = (options: SlackSocketOptions): Layer.Layer<never, SlackTokenRefused, DeliveryInbox> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const inbox = yield* DeliveryInbox
      const run = yield* FiberSet.makeRuntime<never, void, never>()
      const receive = (envelope: Envelope, acknowledge: Effect.Effect<void>) => {
        run(take(inbox, envelope, acknowledge))
      }
      const tried = yield* Effect.forEach(
        Array.from({ length: options.connections ?? 2 }),
        Effect.fnUntraced(function* () {
          const first = yield* Deferred.make<void, SlackTokenRefused>()
          yield* Effect.forkScoped(keepOpen(options, receive, first))
          return first
        })
      )
      yield* Effect.forEach(tried, Deferred.await, { discard: true })
    })
  )

const take = Effect.fn("SlackSocket.take")(
  function* (inbox: DeliveryInbox["Service"], envelope: Envelope, acknowledge: Effect.Effect<void>) {
    const incoming = incomingPayload(envelope.payload)
    if (incoming.kind === "delivery") yield* inbox.put(incoming.incoming)
    else yield* Effect.logWarning(`Slack sent ${envelope.type} that is neither an event nor an interaction`)
    yield* acknowledge
  },
  Effect.catchCause((cause) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.void
      : Effect.logError("What Slack sent could not be stored, and is not acknowledged, so that it comes again", cause)
  )
)

/** A socket that lived this long was a good one. */
const goodLifeMs = 10_000

/** The pause after so many that went wrong in a row. */
const pauseAfter = (count: number) => Duration.millis(Math.min(30_000, 500 * 2 ** Math.min(count, 10)))

const keepOpen = Effect.fnUntraced(function* (
  options: SlackSocketOptions,
  receive: (envelope: Envelope, acknowledge: Effect.Effect<void>) => void,
  first: Deferred.Deferred<void, SlackTokenRefused>
) {
  /** How many in a row could not be opened, and how many in a row ended soon after. */
  let failures = 0
  let brief = 0
  let openedAtMs = 0
  const tried = Deferred.succeed(first, undefined)
  const opened = Effect.gen(function* () {
    failures = 0
    openedAtMs = yield* Clock.currentTimeMillis
    yield* tried
  })
  const ended = Effect.gen(function* () {
    brief = (yield* Clock.currentTimeMillis) - openedAtMs < goodLifeMs ? brief + 1 : 0
    yield* Effect.logInfo("A socket to Slack has ended; opening another one")
    // NOTE: one is not held against Slack, which may replace a new socket as well as an old one.
    if (brief > 1) yield* Effect.sleep(pauseAfter(brief))
  })
  const failed = Effect.fnUntraced(function* (failure: SocketFailure) {
    failures += 1
    const refused = failure.refused ? new SlackTokenRefused({ error: failure.error ?? "" }) : undefined
    if (refused !== undefined && (yield* Deferred.fail(first, refused))) return yield* Effect.never
    yield* tried
    yield* Effect.logError(`${refused?.message ?? failure.message}; trying again`, failure)
    const { retryAfterSeconds } = failure
    yield* Effect.sleep(retryAfterSeconds === null ? pauseAfter(failures) : Duration.seconds(retryAfterSeconds))
  })
  const round = openSocket({ ...options, receive, opened }).pipe(
    Effect.andThen(ended),
    Effect.catchTag("SocketFailure", failed)
  )
  return yield* Effect.forever(round)
})
