/**
 * One socket of Socket Mode, on Slack's client. That one opens the socket, greets, and notices when it is dead; envelopes
 * and reconnecting are ours, for where it does these the promises that nobody holds end the process: when an event has no
 * type, and when Slack is away.
 * https://docs.slack.dev/apis/events-api/using-socket-mode (read 2026-11-21)
 */
import { LogLevel, SocketModeClient } from "@slack/socket-mode"
import { Deferred, Duration, Effect, Option, Redacted, Schema } from "effect"

/** What comes over a socket. Slack wants it acknowledged within three seconds. */
export interface Envelope {
  readonly id: string
  /** `events_api`, `interactive` or `slash_commands`. */
  readonly type: string
  readonly payload: unknown
}

/** A socket to open. */
export interface EnvelopeSocketOptions {
  readonly appToken: Redacted.Redacted<string>
  /** With a slash at its end. Default Slack's own. */
  readonly apiUrl?: string
  /** Once Slack has greeted: from then on there are envelopes. */
  readonly opened: Effect.Effect<unknown>
  /** Takes an envelope, whose acknowledgement does nothing but log when the socket has ended by then. */
  readonly receive: (envelope: Envelope, acknowledge: Effect.Effect<void>) => void
}

/** The socket could not be opened. Retryable, unless the token was refused. */
export class SocketFailure extends Schema.TaggedError<SocketFailure>()("SocketFailure", {
  /** Slack's word for an error of its own; `null` when it was not reached. */
  error: Schema.NullOr(Schema.String),
  /** Whether Slack does not accept the token, which no repetition changes. */
  refused: Schema.Boolean,
  /** How long Slack wants to be left alone. */
  retryAfterSeconds: Schema.NullOr(Schema.Finite),
  cause: Schema.Defect()
}) {
  override get message(): string {
    return this.error === null ? "Slack cannot be reached" : `Slack opens no socket: ${this.error}`
  }
}

/** Opens a socket, and succeeds when it has ended. Interruption closes it. */
export const openSocket = Effect.fn("EnvelopeSocket.openSocket")(function* (options: EnvelopeSocketOptions) {
  if (Redacted.value(options.appToken) === "") {
    const cause = new Error("The token is empty.")
    return yield* new SocketFailure({ error: "not_authed", refused: true, retryAfterSeconds: null, cause })
  }
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const ended = yield* Deferred.make<void>()
  const note = (...parts: ReadonlyArray<unknown>) => {
    fork(Effect.logDebug(parts.map(String).join(" ")).pipe(Effect.annotateLogs("source", "slack-socket-mode")))
  }
  const client = yield* Effect.acquireRelease(
    Effect.try({ try: () => new EnvelopeClient(options, note), catch: failureOf }),
    closed
  )
  client.on("disconnected", () => Deferred.doneUnsafe(ended, Effect.void))
  yield* Effect.tryPromise({ try: () => client.start(), catch: failureOf }).pipe(
    Effect.timeoutOrElse({
      duration: longestOpening,
      orElse: () => Effect.fail(failureOf(new Error("Slack did not greet in time.")))
    })
  )
  yield* options.opened
  yield* Deferred.await(ended)
}, Effect.scoped)

const longestOpening = Duration.seconds(15)
const longestClosing = Duration.seconds(1)

/** Errors of `apps.connections.open` after which its token will not do. */
const refusals: ReadonlySet<string> = new Set([
  ...["account_inactive", "app_not_found", "forbidden_team", "invalid_auth", "missing_scope", "no_permission"],
  ...["not_allowed_token_type", "not_authed", "team_disabled", "token_expired", "token_revoked"],
  "user_removed_from_team"
])

const EnvelopeMessage = Schema.Struct({
  envelope_id: Schema.NonEmptyString,
  type: Schema.String,
  payload: Schema.Unknown
})
const decodeEnvelope = Schema.decodeUnknownOption(Schema.fromJsonString(EnvelopeMessage))

/** Those of Slack's client, told apart by their codes: there may be two copies of its classes. */
const PlatformError = Schema.Struct({
  code: Schema.Literal("slack_webapi_platform_error"),
  data: Schema.Struct({ error: Schema.String })
})
const RateLimitedError = Schema.Struct({
  code: Schema.Literal("slack_webapi_rate_limited_error"),
  retryAfter: Schema.Finite
})
const decodePlatformError = Schema.decodeUnknownOption(PlatformError)
const decodeRateLimited = Schema.decodeUnknownOption(RateLimitedError)

const failureOf = (cause: unknown): SocketFailure => {
  const error = Option.getOrNull(Option.map(decodePlatformError(cause), ({ data }) => data.error))
  const retryAfterSeconds = Option.getOrNull(Option.map(decodeRateLimited(cause), ({ retryAfter }) => retryAfter))
  return new SocketFailure({
    error: retryAfterSeconds === null ? error : "ratelimited",
    refused: error !== null && refusals.has(error),
    retryAfterSeconds,
    cause: cause ?? new Error("The socket ended before Slack greeted.")
  })
}

class EnvelopeClient extends SocketModeClient {
  readonly #receive: EnvelopeSocketOptions["receive"]
  readonly #note: (message: string) => void
  readonly #calls: AbortController

  constructor(options: EnvelopeSocketOptions, note: (...parts: ReadonlyArray<unknown>) => void) {
    const calls = new AbortController()
    const silent = () => undefined
    super({
      appToken: Redacted.value(options.appToken),
      autoReconnectEnabled: false,
      // NOTE: its notes below a warning hold payloads, and addresses that open sockets.
      logger: {
        debug: silent,
        info: silent,
        warn: note,
        error: note,
        setLevel: silent,
        getLevel: () => LogLevel.WARN,
        setName: silent
      },
      clientOptions: {
        ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        fetch: (url, init) => fetch(url, { ...init, signal: calls.signal })
      }
    })
    this.#receive = options.receive
    this.#note = note
    this.#calls = calls
    // NOTE: a call that was answered as it was aborted still leads to a socket.
    this.on("connected", () => {
      if (calls.signal.aborted) void this.disconnect()
    })
  }

  /** As `disconnect`, also while the address of a socket is asked for; a second time it does not wait for Slack. */
  close(): Promise<void> {
    this.#calls.abort()
    return this.disconnect()
  }

  protected override onWebSocketMessage(data: string | ArrayBuffer, isBinary: boolean): Promise<void> {
    const envelope = isBinary || typeof data !== "string" ? Option.none() : decodeEnvelope(data)
    if (Option.isNone(envelope)) {
      return super
        .onWebSocketMessage(data, isBinary)
        .catch((cause) => this.#note(`A message was no envelope: ${cause}`))
    }
    const { envelope_id: id, payload, type } = envelope.value
    this.#receive(
      { id, type, payload },
      Effect.sync(() => this.#acknowledge(id))
    )
    return Promise.resolve()
  }

  #acknowledge(id: string): void {
    if (this.websocket?.isActive() === true) {
      this.websocket.send(JSON.stringify({ envelope_id: id }), (error) => {
        if (error !== undefined) this.#note(`${id} could not be acknowledged: ${error}`)
      })
    } else {
      // NOTE: without an acknowledgement it comes again, over another socket, and is then a duplicate.
      this.#note(`${id} was stored when its socket had ended`)
    }
  }
}

const closed = (client: EnvelopeClient): Effect.Effect<void> =>
  Effect.promise(() => client.close()).pipe(
    Effect.timeoutOrElse({ duration: longestClosing, orElse: () => Effect.sync(() => void client.close()) })
  )
