/** `GET /`: the dashboard. */
import { DeliveryInbox, ProjectRegistry } from "@productbuilding/core"
import { PreviewStore } from "@productbuilding/preview"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { dashboard } from "./pages/Dashboard.ts"
import { OutboxReport } from "./pages/OutboxReport.ts"
import { Settings } from "./Settings.ts"
import { Slack } from "./Slack.ts"

const Query = Schema.Struct({
  repo: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.String),
  q: Schema.optionalKey(Schema.String)
})

const route = Effect.gen(function* () {
  const inbox = yield* DeliveryInbox
  const registry = yield* ProjectRegistry
  const report = yield* OutboxReport
  const settings = yield* Settings
  const store = yield* PreviewStore
  const { channels, workspace } = yield* Slack
  const slack = {
    connected: Option.isSome(workspace),
    channels: registry.all.flatMap(({ repository }) => {
      const channel = channels(repository)
      return channel === undefined ? [] : [{ repository, channel }]
    })
  }
  return HttpRouter.route(
    "GET",
    "/",
    Effect.gen(function* () {
      const { q = "", repo = "", state = "" } = yield* HttpRouter.schemaParams(Query)
      const { body, headers, status } = dashboard({
        previews: yield* store.list({ deleted: true }),
        deliveries: yield* inbox.list({ limit: 20 }),
        sinks: yield* report.sinks,
        threads: yield* report.threads(20),
        slack,
        repositories: registry.all.map(({ repository }) => repository),
        filter: { repo, state, q },
        publicUrl: settings.publicUrl,
        targetsPath: settings.targetsPath,
        now: yield* DateTime.now
      })
      return HttpServerResponse.raw(body, { status, headers })
    })
  )
})

export const layer = HttpRouter.addAll(Effect.map(route, (one) => [one])).pipe(Layer.provide(OutboxReport.layer))
