/** A bot of one's own: deliveries are stored before they count, and each ends in a decision, also after a restart. */
import { NodeRuntime } from "@effect/platform-node"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import * as Core from "@productbuilding/core"
import { environmentName } from "@productbuilding/preview"
import { Console, Effect, Layer, Schedule, Schema } from "effect"

const Repository = Schema.Struct({ full_name: Schema.String })
const Opened = Schema.Struct({ number: Core.PullRequestNumber, repository: Repository })
const greeter: Core.DeliveryHandler = {
  source: "github",
  events: ["pull_request"],
  handle: Effect.fnUntraced(function* (_delivery, payload) {
    const { number, repository } = yield* Schema.decodeUnknownEffect(Opened)(payload)
    const reason = `Hello ${repository.full_name}#${number}, see ${environmentName(repository.full_name, number)}`
    return new Core.Decision({ outcome: "accepted", reason })
  }, Effect.option)
}
const inbox = Core.SqlDeliveryInbox.layer.pipe(Layer.provide(Sqlite.layerMemory))
const handlers = Layer.succeed(Core.DeliveryHandlers, [greeter])
const bot = Core.DeliveryProcessor.layer.pipe(Layer.provide(handlers), Layer.provideMerge(inbox))
Effect.gen(function* () {
  const { get, put } = yield* Core.DeliveryInbox
  const id = Core.DeliveryId.make("github:72d3162e-cc78-11e3-81ab-4c9367dc0958")
  const body = new TextEncoder().encode('{"number": 12, "repository": {"full_name": "acme/shop"}}')
  yield* put({ id, source: "github", event: "pull_request", body })
  const decided = ({ status }: Core.Delivery) => status === "decided"
  const { decision } = yield* Effect.repeat(get(id), { schedule: Schedule.spaced("10 millis"), until: decided })
  yield* Console.log(decision?.reason)
}).pipe(Effect.provide(bot), NodeRuntime.runMain)
