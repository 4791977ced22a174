/** `POST /slack/events` and `POST /slack/interactions`: verified on the raw bytes, stored, then acknowledged. */
import { makeVerifier } from "@productbuilding/adapters/slack/SlackSignature"
import { incomingEvent, maxPayloadBytes } from "@productbuilding/adapters/slack/SlackWebhook"
import { DeliveryInbox } from "@productbuilding/core"
import { Effect, Option } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { Slack } from "./Slack.ts"

const answer = (status: number, message: string) => HttpServerResponse.jsonUnsafe({ message }, { status })

const accepted = HttpServerResponse.empty({ status: 200 })
const noSecret = answer(
  503,
  "SLACK_SIGNING_SECRET is not set, so nobody can tell whether Slack sent this. Set it, or use Socket Mode with SLACK_APP_TOKEN."
)
const unsigned = answer(401, "The signature in X-Slack-Signature is not that of this body under the signing secret.")
const stale = answer(401, "The request is more than five minutes old, or this server's clock is wrong.")
const tooLarge = answer(413, `The body is larger than ${maxPayloadBytes} bytes.`)
const malformed = answer(400, "The body is neither an event nor an interaction of Slack.")
const notStored = answer(503, "The event could not be stored. Send it again.")

const routes = Effect.gen(function* () {
  const inbox = yield* DeliveryInbox
  const { settings } = yield* Slack
  const secret = Option.flatMap(settings, ({ signingSecret }) => signingSecret)
  const verifier = Option.isSome(secret) ? yield* makeVerifier(secret.value) : undefined

  const receive = Effect.fnUntraced(
    function* (request: HttpServerRequest.HttpServerRequest) {
      if (verifier === undefined) return noSecret
      if (Number(request.headers["content-length"] ?? 0) > maxPayloadBytes) return tooLarge
      const body = new Uint8Array(yield* request.arrayBuffer)
      const verdict = yield* verifier.verify(request.headers, body)
      if (verdict !== "valid") return verdict === "stale" ? stale : unsigned
      const incoming = incomingEvent(body)
      switch (incoming.kind) {
        case "challenge":
          return HttpServerResponse.text(incoming.challenge)
        case "malformed":
          return malformed
        case "delivery":
          yield* inbox.put(incoming.incoming)
          return accepted
      }
    },
    Effect.catchTags({
      DeliveryInboxError: (error) => Effect.as(Effect.logError("An event could not be stored", error), notStored),
      HttpServerError: () => Effect.succeed(tooLarge)
    })
  )
  return [HttpRouter.route("POST", "/slack/events", receive), HttpRouter.route("POST", "/slack/interactions", receive)]
})

/** Without `SLACK_SIGNING_SECRET` they refuse everything, and say so. */
export const layer = HttpRouter.addAll(routes)
