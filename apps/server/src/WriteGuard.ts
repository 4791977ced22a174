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

/** Lets a request pass, or says why not. Reads `API_TOKEN`. */
export const makeCheck = Effect.map(Config.option(Config.Redacted("API_TOKEN")), (token) => {
  const denied = (message: string) => Effect.fail(new WriteDenied({ message }))
  return Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (fromAnotherSite(request.headers)) return yield* denied("Requests of other sites are not allowed.")
    if (Option.isSome(token)) {
      const given = request.headers["authorization"]
      if (given === undefined || !sameSecret(given, `Bearer ${Redacted.value(token.value)}`)) {
        return yield* denied("Send the header `Authorization: Bearer <API_TOKEN>` with the server's API_TOKEN.")
      }
      return
    }
    const peer = Option.getOrElse(request.peerAddress, () => "")
    if (!loopback.test(peer) || !hostIsLocal(request.headers["host"])) {
      return yield* denied("It is allowed from this machine only. Set API_TOKEN on the server to allow others.")
    }
  })
})

/** The check before everything that writes. */
export const layer: Layer.Layer<WriteAccess, Config.ConfigError> = Layer.effect(
  WriteAccess,
  Effect.map(makeCheck, (check) => WriteAccess.of((httpEffect) => Effect.andThen(check, httpEffect)))
)
