/** `deliveries list` */
import { Delivery } from "@productbuilding/core"
import { ago } from "@productbuilding/server/pages/Words"
import { Clock, DateTime, Effect, Schema } from "effect"
import { TerminalCapabilities } from "effect/cli"
import { shortDeliveryId } from "../DeliveryReference.ts"
import { hint, printJson, printTable } from "../Output.ts"
import { Server } from "../Server.ts"

/** Shows what came in, newest first, and what was decided. */
export const deliveriesList = Effect.fnUntraced(function* (options: {
  readonly limit: number
  readonly json: boolean
}) {
  const server = yield* Server
  const deliveries = yield* server.call((api) => api.deliveries.list({ query: { limit: options.limit } }))
  if (options.json) return yield* printJson(Schema.Array(Delivery), deliveries)
  if (deliveries.length === 0) {
    return yield* hint(
      `Nothing has come in yet. Point a webhook of the repository at ${server.url}/webhook; \`productbuilding doctor\` checks it.`
    )
  }
  const now = yield* Clock.currentTimeMillis
  const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
  yield* printTable<Delivery>(
    (colors) => [
      { title: "ID", text: ({ id }) => (canAnimate ? shortDeliveryId(id) : id) },
      { title: "RECEIVED", text: ({ receivedAt }) => ago(DateTime.toEpochMillis(receivedAt), now) },
      { title: "EVENT", text: ({ event }) => event, shrinkTo: 12 },
      {
        title: "OUTCOME",
        text: outcome,
        color: (text, { decision, status }) =>
          status === "failed"
            ? colors.bad(text)
            : status === "pending"
              ? colors.busy(text)
              : decision?.outcome === "accepted"
                ? colors.good(text)
                : colors.dim(text)
      },
      { title: "SUBJECT", text: ({ decision }) => decision?.subject ?? "", shrinkTo: 10, optional: true },
      { title: "REASON", text: ({ decision, failure }) => failure ?? decision?.reason ?? "", shrinkTo: 20 }
    ],
    deliveries
  )
  const failed = deliveries.find(({ status }) => status === "failed")
  if (failed !== undefined) {
    yield* hint(`\n\`productbuilding deliveries replay ${shortDeliveryId(failed.id)}\` handles a failed one again.`)
  }
})

const outcome = ({ decision, status }: Delivery): string =>
  status === "decided" ? (decision?.outcome ?? "decided") : status
