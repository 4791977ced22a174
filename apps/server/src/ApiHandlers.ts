import * as CallbackState from "@productbuilding/adapters/callbacks/CallbackState"
import { Callbacks } from "@productbuilding/adapters/callbacks/Callbacks"
import {
  DeliveryInbox,
  type OperationId,
  OperationLog,
  OperationNotFound,
  ProjectRegistry,
  PullRequestNumber,
  previewNotifications,
  RepositoryName,
  ResourceLedger,
  repositoryOf,
  UserLink,
  UserLinks
} from "@productbuilding/core"
import { EventMessage, type PreviewId, PreviewStore, Previews, previewId } from "@productbuilding/preview"
import { Effect, Layer, Option, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { SqlClient } from "effect/sql"
import { AgentReport } from "./AgentReport.ts"
import { Api, CallbackEndpointNotFound, CallbackEndpointStatus, NotReady, ProjectNotFound } from "./Api.ts"
import { OutboxReport } from "./OutboxReport.ts"
import * as TurnHtml from "./TurnHtml.ts"

const system = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fnUntraced(function* (handlers) {
    const sql = yield* SqlClient.SqlClient
    return handlers.handleAll({
      healthz: () => Effect.succeed({ status: "ok" as const }),
      readyz: () =>
        sql`SELECT 1`.pipe(
          Effect.as({ status: "ready" as const }),
          Effect.mapError(() => new NotReady({ message: "The database does not answer." }))
        )
    })
  })
)

/** The id that a path names; a path that can name none is not found. */
export const idOf = (params: { readonly owner: string; readonly repo: string; readonly pr: number }): PreviewId =>
  previewId(RepositoryName.make(`${params.owner}/${params.repo}`), PullRequestNumber.make(params.pr))

// NOTE: a store that fails here is no answer of the API: `Defects` logs it, and tells the client to look there.

const previews = HttpApiBuilder.group(
  Api,
  "previews",
  Effect.fnUntraced(function* (handlers) {
    const store = yield* PreviewStore
    const all = yield* Previews
    return handlers.handleAll({
      list: ({ query }) => Effect.orDie(store.list({ deleted: query.deleted === "true" })),
      get: ({ params }) => store.get(idOf(params)).pipe(Effect.catchTag("PreviewStoreError", Effect.die)),
      redeploy: ({ params, payload }) =>
        all.look(idOf(params), "operator", {
          _tag: "Redeploy",
          ...(payload.approve === undefined ? {} : { approve: payload.approve })
        }),
      remove: ({ params }) => all.look(idOf(params), "operator", { _tag: "Remove" })
    })
  })
)

const deliveries = HttpApiBuilder.group(
  Api,
  "deliveries",
  Effect.fnUntraced(function* (handlers) {
    const inbox = yield* DeliveryInbox
    return handlers.handleAll({
      list: ({ query }) =>
        Effect.orDie(
          inbox.list({ limit: query.limit ?? 50, ...(query.before === undefined ? {} : { before: query.before }) })
        ),
      replay: ({ params }) => inbox.replay(params.id).pipe(Effect.catchTag("DeliveryInboxError", Effect.die))
    })
  })
)

/** NOTE: a turn's events hold what was said in private: turns are told by `/turns` alone, to whoever may read them. */
export const getPublic = (log: OperationLog["Service"], id: OperationId) =>
  Effect.filterOrFail(
    log.get(id),
    ({ kind }) => kind !== "turn",
    () => new OperationNotFound({ id })
  )

const operations = HttpApiBuilder.group(
  Api,
  "operations",
  Effect.fnUntraced(function* (handlers) {
    const log = yield* OperationLog
    return handlers.handleAll({
      get: ({ params }) =>
        Effect.all({ operation: getPublic(log, params.id), events: log.events(params.id, 0) }).pipe(
          Effect.catchTag("OperationLogError", Effect.die)
        )
    })
  })
)

const notifications = HttpApiBuilder.group(
  Api,
  "notifications",
  Effect.fnUntraced(function* (handlers) {
    const log = yield* OperationLog
    const registry = yield* ProjectRegistry
    return handlers.handleAll({
      preview: Effect.fnUntraced(function* ({ payload: { from, policy: proposed, project } }) {
        if (project !== undefined && Option.isNone(registry.find(project))) {
          return yield* new ProjectNotFound({ repository: project })
        }
        const isMeant = (subject: string) =>
          project === undefined
            ? Option.isSome(registry.find(repositoryOf(subject)))
            : repositoryOf(subject) === project.toLowerCase()
        const events = yield* log.history({ from, types: EventMessage.messageTypes }).pipe(
          Stream.filter(({ subject }) => isMeant(subject)),
          Stream.runCollect,
          Effect.orDie
        )
        return previewNotifications({
          happenings: events.flatMap((event) =>
            Option.toArray(EventMessage.messageOf(event)).map((message) => ({
              subject: event.subject,
              at: event.at,
              message
            }))
          ),
          present: (repository) => Option.getOrUndefined(registry.find(repository))?.notifications ?? {},
          proposed
        })
      })
    })
  })
)

/** Where no limit is given. */
const listed = 20

const outbox = HttpApiBuilder.group(
  Api,
  "outbox",
  Effect.fnUntraced(function* (handlers) {
    const report = yield* OutboxReport
    return handlers.handleAll({
      sinks: ({ query }) => Effect.orDie(report.sinks(query.limit ?? listed)),
      threads: ({ query }) => Effect.orDie(report.threads(query.limit ?? listed))
    })
  })
)

const users = HttpApiBuilder.group(
  Api,
  "users",
  Effect.fnUntraced(function* (handlers) {
    const links = yield* UserLinks
    return handlers.handleAll({
      links: () => Effect.orDie(links.list),
      link: ({ params, payload }) => {
        const link = new UserLink({ ...params, ...payload })
        return Effect.orDie(Effect.as(links.put(link), link))
      },
      unlink: ({ params }) => Effect.orDie(links.remove(params.user))
    })
  })
)

const callbacks = HttpApiBuilder.group(
  Api,
  "callbacks",
  Effect.fnUntraced(function* (handlers) {
    const { endpoints } = yield* Callbacks
    const ledger = yield* ResourceLedger
    const statusOf = (name: string) =>
      CallbackState.isDisabled(name).pipe(
        Effect.map((isDisabled) => new CallbackEndpointStatus({ name, state: isDisabled ? "disabled" : "enabled" })),
        Effect.provideService(ResourceLedger, ledger),
        Effect.orDie
      )
    return handlers.handleAll({
      list: () => Effect.forEach(endpoints, ({ name }) => statusOf(name)),
      enable: Effect.fnUntraced(function* ({ params: { name } }) {
        if (!endpoints.some((endpoint) => endpoint.name === name)) return yield* new CallbackEndpointNotFound({ name })
        yield* Effect.orDie(Effect.provideService(CallbackState.enable(name), ResourceLedger, ledger))
        return yield* statusOf(name)
      })
    })
  })
)

const agent = HttpApiBuilder.group(
  Api,
  "agent",
  Effect.fnUntraced(function* (handlers) {
    const report = yield* AgentReport
    const toHtml = yield* TurnHtml.make
    return handlers.handleAll({
      turns: ({ query: { conversation, html, limit = listed } }) =>
        report.turns({ limit, ...(conversation === undefined ? {} : { conversation }) }).pipe(
          // NOTE: turns are never removed, so each that is listed has its entries.
          Effect.catchTags({ TurnNotFound: Effect.die, TurnStoreError: Effect.die }),
          Effect.flatMap(html === "true" ? toHtml.ofTurns : Effect.succeed)
        ),
      turn: ({ params, query: { html } }) =>
        report
          .turn(params.id)
          .pipe(
            Effect.catchTags({ TurnStoreError: Effect.die, ResourceLedgerError: Effect.die }),
            Effect.flatMap(html === "true" ? toHtml.ofTurn : Effect.succeed)
          ),
      stop: ({ params }) => report.stop(params.id).pipe(Effect.catchTag("TurnStoreError", Effect.die)),
      budgets: () => report.budgets.pipe(Effect.catchTag("BudgetError", Effect.die))
    })
  })
)

/** A failing database dies into a 500 with nothing in its body; the log has the cause. */
export const layer = Layer.mergeAll(
  system,
  previews,
  deliveries,
  operations,
  notifications,
  outbox,
  users,
  callbacks,
  agent
)
