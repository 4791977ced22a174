/** `GET /`: the dashboard. */
import { DeliveryInbox, ProjectRegistry } from "@productbuilding/core"
import { PreviewStore } from "@productbuilding/preview"
import { Config, DateTime, Effect, Option, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { OutboxReport } from "./OutboxReport.ts"
import { dashboard } from "./pages/Dashboard.ts"
import { Settings } from "./Settings.ts"
import { Slack } from "./Slack.ts"
import { createAppUrl } from "./SlackManifest.ts"

const Query = Schema.Struct({
  repo: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.String),
  q: Schema.optionalKey(Schema.String)
})

/** Of each sink, what waits and what failed. */
const shownWorks = 8

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
    }),
    createAppUrl
  }
  const token = yield* Config.option(Config.Redacted("API_TOKEN"))
  return HttpRouter.route(
    "GET",
    "/",
    Effect.gen(function* () {
      const { q = "", repo = "", state = "" } = yield* HttpRouter.schemaParams(Query)
      const { body, headers, status } = dashboard({
        previews: yield* store.list({ deleted: true }),
        deliveries: yield* inbox.list({ limit: 20 }),
        sinks: yield* report.sinks(shownWorks),
        threads: yield* report.threads(20),
        slack,
        repositories: registry.all.map(({ repository }) => repository),
        filter: { repo, state, q },
        publicUrl: settings.publicUrl,
        targetsPath: settings.targetsPath,
        isGuarded: Option.isSome(token),
        now: yield* DateTime.now
      })
      return HttpServerResponse.raw(body, { status, headers })
    })
  )
})

export const layer = HttpRouter.addAll(Effect.map(route, (one) => [one]))
