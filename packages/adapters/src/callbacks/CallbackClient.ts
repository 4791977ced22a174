/** Posts to addresses that others chose: each is checked when the connection is made, and no redirect is followed. */
import { lookup } from "node:dns"
import { isIP, type LookupFunction } from "node:net"
import { Effect, Option, Predicate, Schema, type Scope } from "effect"
import { Agent, buildConnector, request } from "undici"
import { isPublic } from "./CallbackAddress.ts"

/** What the other side answered. Its body is of no interest. */
export interface CallbackAnswer {
  readonly status: number
  /** The header, as it came. */
  readonly retryAfter: Option.Option<string>
}

/** Nobody answered. `code` is a word such as `ECONNREFUSED`, never anything of the request. */
export class CallbackUnanswered extends Schema.TaggedError<CallbackUnanswered>()("CallbackUnanswered", {
  code: Schema.String,
  /** Whether the request may have arrived. */
  isSent: Schema.Boolean
}) {}

/** How callbacks leave. */
export interface CallbackClient {
  /** Interruptible: the connection is then closed. */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array
  ): Effect.Effect<CallbackAnswer, CallbackUnanswered>
}

export interface CallbackClientOptions {
  /** Any address will do. Default false. */
  readonly allowPrivate?: boolean
  /** How names become addresses. Default: as the system does it. */
  readonly lookup?: LookupFunction
}

/** What the code says of an address that must not be connected to. */
export const addressRefused = "ADDRESS_REFUSED"

const refusal = () => Object.assign(new Error("the address is not public"), { code: addressRefused })

/** Refuses a name as a whole if any of its addresses is not public. What is checked is what is connected to. */
const guarded =
  (resolve: LookupFunction): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, [])
      const addresses = typeof found === "string" ? [{ address: found, family: family ?? isIP(found) }] : found
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => isPublic(address))) return callback(refusal(), [])
      if (options.all === true) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })

/** Nothing of the message has left before the connection stands. */
const beforeSending = new Set([
  addressRefused,
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT"
])

const codeOf = (cause: unknown): string => {
  if (Predicate.hasProperty(cause, "code") && typeof cause.code === "string") return cause.code
  // NOTE: of several addresses that were tried, the first failure tells as much as any.
  return cause instanceof AggregateError ? codeOf(cause.errors[0]) : "no answer"
}

const isWord = (code: string) => /^[A-Za-z0-9_ ]{1,60}$/.test(code)

const unanswered = (cause: unknown) => {
  const code = codeOf(cause)
  return new CallbackUnanswered({ code: isWord(code) ? code : "no answer", isSent: !beforeSending.has(code) })
}

/** How much of an answer's body is read so that its connection can be used again. */
const maxIgnoredBytes = 16_384

/** A client with connections of its own, which are closed with the scope. No proxy is used. */
export const make = Effect.fn("CallbackClient.make")(function* (
  options: CallbackClientOptions = {}
): Effect.fn.Return<CallbackClient, never, Scope.Scope> {
  const resolve = options.lookup ?? lookup
  const isFree = options.allowPrivate === true
  const connect = buildConnector({ lookup: isFree ? resolve : guarded(resolve), timeout: 10_000 })
  const agent = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new Agent({
          // NOTE: an address in place of a name is connected to without a lookup.
          connect: (target, callback) => {
            const host = target.hostname.replace(/^\[(.*)\]$/, "$1")
            if (!isFree && isIP(host) !== 0 && !isPublic(host)) callback(refusal(), null)
            else connect(target, callback)
          },
          keepAliveTimeout: 4_000,
          maxHeaderSize: 16_384
        })
    ),
    (agent) => Effect.promise(() => agent.destroy())
  )
  return {
    post: Effect.fnUntraced(function* (url, headers, body) {
      const answer = yield* Effect.tryPromise({
        try: (signal) => request(url, { method: "POST", headers, body, dispatcher: agent, signal }),
        catch: unanswered
      })
      yield* Effect.ignore(Effect.tryPromise(() => answer.body.dump({ limit: maxIgnoredBytes, signal: soon() })))
      const retryAfter = answer.headers["retry-after"]
      return {
        status: answer.statusCode,
        retryAfter: Option.fromUndefinedOr(typeof retryAfter === "string" ? retryAfter : retryAfter?.[0])
      }
    })
  }
})

/** The status is known: a body that does not end costs the connection, not the answer. */
const soon = () => AbortSignal.timeout(1_000)
