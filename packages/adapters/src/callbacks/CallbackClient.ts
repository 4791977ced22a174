/** Posts to addresses that others chose: each is checked when the connection is made, and no redirect is followed. */
import { lookup } from "node:dns"
import { isIP, type LookupFunction } from "node:net"
import { Effect, Option, Predicate, Schema, type Scope } from "effect"
import { Agent, buildConnector, request } from "undici"
import { isLoopback, isPrivate, isPublic } from "./CallbackAddress.ts"

/** What the other side answered. Its body is of no interest. */
export interface CallbackAnswer {
  readonly status: number
  /** The header, as it came. */
  readonly retryAfter: Option.Option<string>
}

/** Nobody answered; the request may have arrived. `code` is a word such as `ECONNREFUSED`, nothing of the request. */
export class CallbackUnanswered extends Schema.TaggedError<CallbackUnanswered>()("CallbackUnanswered", {
  code: Schema.String
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
  /** Addresses of this machine and of private networks will do too, and http to this machine. Default false. */
  readonly allowPrivate?: boolean
  /** How names become addresses. Default: as the system does it. */
  readonly lookup?: LookupFunction
}

/** What the code says of an address that must not be connected to. */
export const addressRefused = "ADDRESS_REFUSED"

const refusal = () => Object.assign(new Error("callbacks must not go to this address"), { code: addressRefused })

/** Refuses a name as a whole if any of its addresses is refused. What is checked is what is connected to. */
const guarded =
  (resolve: LookupFunction, allows: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, [])
      const addresses = typeof found === "string" ? [{ address: found, family: family ?? isIP(found) }] : found
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => allows(address))) return callback(refusal(), [])
      if (options.all === true) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })

const codeOf = (cause: unknown): string => {
  const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
  return typeof code === "string" && /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : "no answer"
}

/** How much of an answer's body is read so that its connection can be used again. */
const maxIgnoredBytes = 16_384

/** The status is known: a body that does not end costs the connection, not the answer. */
const soon = () => AbortSignal.timeout(1_000)

/** A client with connections of its own, which are closed with the scope. No proxy is used. */
export const make = Effect.fn("CallbackClient.make")(function* (
  options: CallbackClientOptions = {}
): Effect.fn.Return<CallbackClient, never, Scope.Scope> {
  const allowPrivate = options.allowPrivate === true
  const connector = (allows: (address: string) => boolean) => {
    const connect = buildConnector({ lookup: guarded(options.lookup ?? lookup, allows), timeout: 10_000 })
    // NOTE: an address in place of a name is connected to without a lookup.
    return (target: buildConnector.Options, callback: buildConnector.Callback) => {
      const host = target.hostname.replace(/^\[(.*)\]$/, "$1")
      if (isIP(host) !== 0 && !allows(host)) callback(refusal(), null)
      else connect(target, callback)
    }
  }
  const plain = connector((address) => allowPrivate && isLoopback(address))
  const secure = connector((address) => isPublic(address) || (allowPrivate && isPrivate(address)))
  const agent = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new Agent({
          connect: (target, callback) => (target.protocol === "https:" ? secure : plain)(target, callback),
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
        catch: (cause) => new CallbackUnanswered({ code: codeOf(cause) })
      })
      // NOTE: the status is the answer. A body that breaks off costs its connection, which the agent replaces.
      yield* Effect.ignore(Effect.tryPromise(() => answer.body.dump({ limit: maxIgnoredBytes, signal: soon() })))
      const retryAfter = answer.headers["retry-after"]
      return {
        status: answer.statusCode,
        retryAfter: Option.fromUndefinedOr(typeof retryAfter === "string" ? retryAfter : retryAfter?.[0])
      }
    })
  }
})
