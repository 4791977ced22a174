/** `POST /webhook`: verified on the raw bytes, stored, then acknowledged. */
import { incomingDelivery, maxPayloadBytes } from "@productbuilding/adapters/github/GitHubWebhook"
import { type IntakeRoute, message } from "@productbuilding/adapters/node/Intake"
import { DeliveryInbox, WebhookSignature } from "@productbuilding/core"
import { Config, Effect, Option, Schema } from "effect"

/** `GITHUB_WEBHOOK_SECRET` is missing or empty: then anybody could send us anything. Fails the boot. */
export class WebhookSecretMissing extends Schema.TaggedError<WebhookSecretMissing>()("WebhookSecretMissing", {}) {
  override get message(): string {
    return "GITHUB_WEBHOOK_SECRET is not set. Make up a long random string, and give it to the webhook in GitHub's settings as well."
  }
}

const accepted = message(202, "accepted")
const unsigned = message(
  401,
  "The signature in X-Hub-Signature-256 is not that of this body under the webhook's secret."
)
const tooLarge = message(413, `The body is larger than ${maxPayloadBytes} bytes.`)
const notJson = message(400, "The body is not JSON. Set the webhook's content type to application/json.")
const incomplete = message(400, "X-GitHub-Event and X-GitHub-Delivery must be there.")
const notVerified = message(500, "The signature could not be verified. The server's log says why.")
const notStored = message(503, "The delivery could not be stored. Send it again.")

const brace = { open: 0x7b, close: 0x7d }

/**
 * Whether a body is a JSON object by its first and last byte: that finds a webhook with the wrong content type. What is
 * signed and broken inside is stored, and its decision says so: to parse each body here would cost a tenth of the rate.
 */
const looksLikeJson = (body: Uint8Array): boolean => body[0] === brace.open && body.at(-1) === brace.close

/** Reads `GITHUB_WEBHOOK_SECRET`. Bodies of more than GitHub's 25 MB are refused before they are read whole. */
export const make = Effect.gen(function* () {
  const inbox = yield* DeliveryInbox
  const secret = yield* Config.option(Config.Redacted("GITHUB_WEBHOOK_SECRET"))
  if (Option.isNone(secret)) return yield* new WebhookSecretMissing()
  const verifier = yield* WebhookSignature.makeVerifier(secret.value)

  const route: IntakeRoute = {
    path: "/webhook",
    maxBytes: maxPayloadBytes,
    tooLarge,
    receive: Effect.fnUntraced(
      function* (headers, body) {
        if (!(yield* verifier.verify(headers["x-hub-signature-256"], body))) return unsigned
        const incoming = incomingDelivery(headers, body)
        if (Option.isNone(incoming)) return incomplete
        if (!looksLikeJson(body)) return notJson
        yield* inbox.put(incoming.value)
        return accepted
      },
      Effect.catchTags({
        CryptoError: (error) => Effect.as(Effect.logError("A signature could not be verified", error), notVerified),
        DeliveryInboxError: (error) => Effect.as(Effect.logError("A delivery could not be stored", error), notStored)
      })
    )
  }
  return route
})
