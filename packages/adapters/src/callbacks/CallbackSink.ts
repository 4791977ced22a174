/** Callbacks as sinks: each endpoint is told the events that it asked for, signed, at least once. */
import {
  Ambiguous,
  BudgetSpent,
  type Event,
  type EventRoute,
  eventFilter,
  NeverPossible,
  NotDone,
  type OutboxMessage,
  ResourceLedger,
  type Sink,
  SinkError
} from "@productbuilding/core"
import { Clock, DateTime, Duration, Effect, Option, type Schema } from "effect"
import type { CryptoError, Mac } from "effect/crypto"
import type { CallbackAnswer, CallbackClient } from "./CallbackClient.ts"
import type { CallbackEndpoint } from "./CallbackSettings.ts"
import { makeSigner } from "./CallbackSignature.ts"
import { disable, isDisabled } from "./CallbackState.ts"

/**
 * How long to wait after each attempt that failed; the first is made at once, and after the tenth there is none.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (read 2026-11-21)
 */
export const retryDelays: ReadonlyArray<Duration.Duration> = [
  Duration.seconds(5),
  Duration.minutes(5),
  Duration.minutes(30),
  Duration.hours(2),
  Duration.hours(5),
  Duration.hours(10),
  Duration.hours(14),
  Duration.hours(20),
  Duration.hours(24)
]

/** From the connection to the status. */
export const timeout = Duration.seconds(15)

const longestRetryAfter = Duration.hours(24)

/** What is told of an event: Standard Webhooks' three keys, and what else the log knows of it. */
const payloadOf = ({ at, data, lane, operationId, sequence, subject, type }: Event): Schema.Json => ({
  type,
  timestamp: DateTime.formatIso(at),
  data,
  sequence,
  subject,
  operationId,
  lane
})

/** The same for all endpoints and attempts; the time tells events apart whose numbers are of different databases. */
const idOf = ({ at, sequence }: Event) => `msg_${DateTime.toEpochMillis(at)}_${sequence}`

/**
 * Each event of an endpoint's subjects and types is a message to it. Those of one subject come one after the other, in
 * order but for those that have to be sent again.
 */
export const route = ({ name, subjects, types }: CallbackEndpoint): EventRoute => {
  const wants = eventFilter({ subjects, types })
  return (event) =>
    wants(event)
      ? [
          {
            lane: "append",
            sink: name,
            key: idOf(event),
            thread: event.subject,
            priority: "normal",
            content: payloadOf(event)
          }
        ]
      : []
}

/** Both forms of RFC 9110, section 10.2.3. */
const waitOf = (retryAfter: string, nowMs: number): Option.Option<Duration.Duration> => {
  const text = retryAfter.trim()
  const at = /^\d+$/.test(text)
    ? Option.some(Number(text) * 1000)
    : Option.map(DateTime.make(text), (until) => DateTime.toEpochMillis(until) - nowMs)
  return Option.map(at, (ms) => Duration.min(Duration.millis(Math.max(1000, ms)), longestRetryAfter))
}

/** No endpoint publishes its limits: enough for what happens, and no flood after a pause. */
const budget = { burst: 100, perMinute: 3000 } as const

const encoder = new TextEncoder()

/**
 * The sink of one endpoint. Whatever is not answered with a status of 2xx is sent again, with the same id, as
 * `retryDelays` says, and then dropped; a `Retry-After` with 429 or 503 holds back all that is for the endpoint. From an
 * answer of 410 until `CallbackState.enable`, everything is dropped, over restarts too.
 */
export const make = Effect.fnUntraced(function* (
  { name, secrets, url }: CallbackEndpoint,
  client: CallbackClient
): Effect.fn.Return<Sink, CryptoError.CryptoError, Mac.Mac | ResourceLedger> {
  const ledger = yield* ResourceLedger
  const signer = yield* makeSigner(secrets)
  const failed = (reason: SinkError["reason"]) => new SinkError({ sink: name, reason })

  const judge = Effect.fnUntraced(function* ({ retryAfter, status }: CallbackAnswer) {
    if (status >= 200 && status < 300) return String(status)
    if (status === 410) {
      yield* disable(name)
      return yield* failed(new NeverPossible({ detail: "status 410: the endpoint is disabled until it is enabled" }))
    }
    if (status === 429 || status === 503) {
      const now = yield* Clock.currentTimeMillis
      const wait = Option.flatMap(retryAfter, (text) => waitOf(text, now))
      if (Option.isSome(wait)) return yield* failed(new BudgetSpent({ retryAfter: wait.value, budget: "requests" }))
    }
    return yield* failed(new NotDone({ detail: `status ${status}` }))
  })

  const send = Effect.fn("CallbackSink.send")(
    function* (message: OutboxMessage) {
      if (yield* isDisabled(name)) {
        return yield* failed(new NeverPossible({ detail: "the endpoint answered 410 Gone once and is disabled" }))
      }
      const body = encoder.encode(JSON.stringify(message.content))
      const now = yield* Clock.currentTimeMillis
      const signed = yield* signer.sign(message.key, Math.floor(now / 1000), body)
      const headers = { "content-type": "application/json", "user-agent": "productbuilding", ...signed }
      const answer = yield* client.post(url, headers, body).pipe(Effect.timeoutOption(timeout))
      if (Option.isSome(answer)) return yield* judge(answer.value)
      return yield* failed(new Ambiguous({ detail: `no answer within ${Duration.format(timeout)}` }))
    },
    Effect.catchTags({
      CallbackUnanswered: ({ code }) => Effect.fail(failed(new Ambiguous({ detail: code }))),
      CryptoError: () => Effect.fail(failed(new NotDone({ detail: "cannot sign" }))),
      ResourceLedgerError: () => Effect.fail(failed(new NotDone({ detail: "the database failed" })))
    }),
    Effect.provideService(ResourceLedger, ledger)
  )

  return {
    name,
    show: (slot) => Effect.fail(failed(new NeverPossible({ detail: `${slot.key}: callbacks show no state` }))),
    send,
    // NOTE: receivers tell by the id that they have had a message.
    find: () => Effect.succeedNone,
    cost: (work) => (work.lane === "append" && work.message.state === "sending" ? [] : ["requests"]),
    budget: () => budget,
    retryAfter: (attempts) => retryDelays[attempts - 1] ?? "never",
    quiet: Duration.zero,
    longestWait: Duration.zero
  }
})
