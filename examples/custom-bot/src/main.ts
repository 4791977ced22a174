/** A bot of one's own: deliveries are stored before they count, and each ends in a decision, also after a restart. */
import { NodeRuntime } from "@effect/platform-node"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import * as Core from "@productbuilding/core"
import { environmentName } from "@productbuilding/preview"
import { Console, Effect, Layer, Schedule, Schema } from "effect"

const Payload = Schema.Struct({
  number: Core.PullRequestNumber,
  repository: Schema.Struct({ full_name: Schema.String })
})

const greeter: Core.DeliveryHandler = {
  source: "github",
  events: ["pull_request"],
  handle: Effect.fnUntraced(function* (_delivery, payload) {
    const { number, repository } = yield* Schema.decodeUnknownEffect(Payload)(payload)
    const reason = `Hello ${repository.full_name}#${number}, your preview will be ${environmentName(repository.full_name, number)}`
    return new Core.Decision({ outcome: "accepted", reason })
  }, Effect.option)
}

const bot = Core.DeliveryProcessor.layer.pipe(
  Layer.provide(Layer.succeed(Core.DeliveryHandlers, [greeter])),
  Layer.provideMerge(Core.SqlDeliveryInbox.layer),
  Layer.provide(Sqlite.layerMemory)
)

const main = Effect.gen(function* () {
  const inbox = yield* Core.DeliveryInbox
  const id = Core.DeliveryId.make("github:72d3162e-cc78-11e3-81ab-4c9367dc0958")
  const body = new TextEncoder().encode('{"number": 12, "repository": {"full_name": "acme/shop"}}')
  yield* inbox.put({ id, source: "github", event: "pull_request", body })
  const decided = yield* inbox
    .get(id)
    .pipe(Effect.repeat({ schedule: Schedule.spaced("10 millis"), until: (delivery) => delivery.status === "decided" }))
  yield* Console.log(decided.decision?.reason)
})

main.pipe(Effect.provide(bot), NodeRuntime.runMain)
