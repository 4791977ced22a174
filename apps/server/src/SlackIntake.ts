/** `POST /slack/events` and `POST /slack/interactions`: verified on the raw bytes, stored, then acknowledged. */
import { type IntakeRoute, message, text } from "@productbuilding/adapters/node/Intake"
import { makeVerifier } from "@productbuilding/adapters/slack/SlackSignature"
import { incomingEvent, maxPayloadBytes } from "@productbuilding/adapters/slack/SlackWebhook"
import { DeliveryInbox } from "@productbuilding/core"
import { Effect, Option } from "effect"
import { Slack } from "./Slack.ts"

const accepted = text(200)
const noSecret = message(
  503,
  "SLACK_SIGNING_SECRET is not set, so nobody can tell whether Slack sent this. Set it, or use Socket Mode with SLACK_APP_TOKEN."
)
const unsigned = message(401, "The signature in X-Slack-Signature is not that of this body under the signing secret.")
const stale = message(401, "The request is more than five minutes old, or this server's clock is wrong.")
const tooLarge = message(413, `The body is larger than ${maxPayloadBytes} bytes.`)
const malformed = message(400, "The body is neither an event nor an interaction of Slack.")
const notVerified = message(500, "The signature could not be verified. The server's log says why.")
const notStored = message(503, "The event could not be stored. Send it again.")

/** Without `SLACK_SIGNING_SECRET` they refuse everything, and say so. */
export const make = Effect.gen(function* () {
  const inbox = yield* DeliveryInbox
  const { settings } = yield* Slack
  const secret = Option.flatMap(settings, ({ signingSecret }) => signingSecret)
  const verifier = Option.isSome(secret) ? yield* makeVerifier(secret.value) : undefined

  const receive: IntakeRoute["receive"] = Effect.fnUntraced(
    function* (headers, body) {
      if (verifier === undefined) return noSecret
      const verdict = yield* verifier.verify(headers, body)
      if (verdict !== "valid") return verdict === "stale" ? stale : unsigned
      const incoming = incomingEvent(body)
      switch (incoming.kind) {
        case "challenge":
          return text(200, incoming.challenge)
        case "malformed":
          return malformed
        case "delivery":
          yield* inbox.put(incoming.incoming)
          return accepted
      }
    },
    Effect.catchTags({
      CryptoError: (error) => Effect.as(Effect.logError("A signature could not be verified", error), notVerified),
      DeliveryInboxError: (error) => Effect.as(Effect.logError("An event could not be stored", error), notStored)
    })
  )
  return ["/slack/events", "/slack/interactions"].map(
    (path): IntakeRoute => ({ path, maxBytes: maxPayloadBytes, tooLarge, receive })
  )
})
