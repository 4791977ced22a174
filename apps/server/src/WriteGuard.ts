/** Decides who may write: holders of `API_TOKEN`, or, where none is set, requests from this very machine. */
import { Config, Effect, Layer, Option, Redacted } from "effect"
import { Mac } from "effect/crypto"
import { HttpServerRequest } from "effect/http"
import { WriteAccess, WriteDenied } from "./Api.ts"

const loopback = /^(127\.|::1$|::ffff:127\.)/

const encoder = new TextEncoder()

const sameSecret = (left: string, right: string) => Mac.timingSafeEqual(encoder.encode(left), encoder.encode(right))

/** A page of another site can make a browser send requests to this machine; it cannot hide that it did. */
const fromAnotherSite = (headers: Readonly<Record<string, string | undefined>>) => {
  const site = headers["sec-fetch-site"]
  return site !== undefined && site !== "same-origin" && site !== "none"
}

/** A name that resolves to this machine but is not its own would let another site read and write through a browser. */
const hostIsLocal = (host: string | undefined) =>
  host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host)

/** Why a request may not write: `401` where a token would help, else `403`. */
export interface Denial {
  readonly status: 401 | 403
  readonly message: string
}

/** Reads `API_TOKEN` and gives what says why a request may not write; none where it may. */
export const makeGuard: Effect.Effect<
  (request: HttpServerRequest.HttpServerRequest) => Option.Option<Denial>,
  Config.ConfigError
> = Effect.map(Config.option(Config.Redacted("API_TOKEN")), (token) => (request) => {
  const denied = (status: Denial["status"], message: string) => Option.some({ status, message })
  if (fromAnotherSite(request.headers)) return denied(403, "Requests of other sites are refused.")
  if (Option.isSome(token)) {
    const given = request.headers["authorization"]
    return given !== undefined && sameSecret(given, `Bearer ${Redacted.value(token.value)}`)
      ? Option.none()
      : denied(401, "Send the header `Authorization: Bearer <API_TOKEN>` with the server's API_TOKEN.")
  }
  const peer = Option.getOrElse(request.peerAddress, () => "")
  return loopback.test(peer) && hostIsLocal(request.headers["host"])
    ? Option.none()
    : denied(403, "This is allowed from the server's own machine only. Set API_TOKEN on the server to allow others.")
})

/** Why a request may not write, in a sentence; `undefined` if it may. Reads `API_TOKEN`. */
export const make = Effect.map(
  makeGuard,
  (guard) => (request: HttpServerRequest.HttpServerRequest) =>
    Option.getOrUndefined(Option.map(guard(request), ({ message }) => message))
)

/** Lets a request pass, or says why not. Reads `API_TOKEN`. */
export const makeCheck = Effect.map(make, (deniedBecause) =>
  Effect.gen(function* () {
    const message = deniedBecause(yield* HttpServerRequest.HttpServerRequest)
    if (message !== undefined) return yield* new WriteDenied({ message })
  })
)

/** The check before everything that writes. */
export const layer: Layer.Layer<WriteAccess, Config.ConfigError> = Layer.effect(
  WriteAccess,
  Effect.map(makeCheck, (check) => WriteAccess.of((httpEffect) => Effect.andThen(check, httpEffect)))
)
