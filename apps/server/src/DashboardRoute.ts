/** `GET /`: the dashboard. */
import { settingsConfig } from "@productbuilding/adapters/models/ModelSettings"
import { DeliveryInbox, ProjectRegistry } from "@productbuilding/core"
import { PreviewStore } from "@productbuilding/preview"
import { Config, DateTime, Effect, Option, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { AgentReport } from "./AgentReport.ts"
import { OutboxReport } from "./OutboxReport.ts"
import type { AgentView } from "./pages/AgentPanel.ts"
import { dashboard } from "./pages/Dashboard.ts"
import { Settings } from "./Settings.ts"
import { Slack } from "./Slack.ts"
import { createAppUrl } from "./SlackManifest.ts"
import * as TurnHtml from "./TurnHtml.ts"
import { AgentBudgets, TurnSummary } from "./TurnReport.ts"
import * as WriteGuard from "./WriteGuard.ts"

const Query = Schema.Struct({
  repo: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.String),
  q: Schema.optionalKey(Schema.String)
})

/** Of each sink, what waits and what failed. */
const shownWorks = 8

const encodeTurns = Schema.encodeSync(Schema.Array(TurnSummary))
const encodeBudgets = Schema.encodeSync(AgentBudgets)

const route = Effect.gen(function* () {
  const agent = yield* AgentReport
  const deniedBecause = yield* WriteGuard.make
  const inbox = yield* DeliveryInbox
  const registry = yield* ProjectRegistry
  const report = yield* OutboxReport
  const settings = yield* Settings
  const store = yield* PreviewStore
  const toHtml = yield* TurnHtml.make
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
  const place = {
    hasModel: Option.isSome(yield* settingsConfig),
    hasSlack: slack.connected,
    channel: slack.channels[0]?.channel
  }

  /** NOTE: anybody may see the page, but turns hold private conversations. */
  const viewFor = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    if (!agent.isHere) return { kind: "missing" } satisfies AgentView
    if (deniedBecause(request) !== undefined) {
      return { kind: Option.isSome(token) ? "guarded" : "elsewhere" } satisfies AgentView
    }
    return {
      kind: "shown",
      turns: encodeTurns(yield* toHtml.ofTurns(yield* agent.turns({ limit: 20 }))),
      budgets: encodeBudgets(yield* agent.budgets)
    } satisfies AgentView
  })

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
        agent: yield* viewFor(yield* HttpServerRequest.HttpServerRequest),
        place,
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
