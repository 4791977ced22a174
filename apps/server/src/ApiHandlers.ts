import * as CallbackState from "@productbuilding/adapters/callbacks/CallbackState"
import { Callbacks } from "@productbuilding/adapters/callbacks/Callbacks"
import {
  DeliveryInbox,
  OperationLog,
  Outbox,
  PullRequestNumber,
  RepositoryName,
  ResourceLedger
} from "@productbuilding/core"
import { type PreviewId, PreviewStore, Previews, previewId } from "@productbuilding/preview"
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { SqlClient } from "effect/sql"
import { Api, CallbackEndpointNotFound, CallbackEndpointStatus, NotReady } from "./Api.ts"

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

const operations = HttpApiBuilder.group(
  Api,
  "operations",
  Effect.fnUntraced(function* (handlers) {
    const log = yield* OperationLog
    return handlers.handleAll({
      get: ({ params }) =>
        Effect.all({ operation: log.get(params.id), events: log.events(params.id, 0) }).pipe(
          Effect.catchTag("OperationLogError", Effect.die)
        )
    })
  })
)

const callbacks = HttpApiBuilder.group(
  Api,
  "callbacks",
  Effect.fnUntraced(function* (handlers) {
    const { endpoints } = yield* Callbacks
    const outbox = yield* Outbox
    const ledger = yield* ResourceLedger
    const statusOf = Effect.fnUntraced(
      function* (name: string) {
        const counts = (yield* outbox.counts).find(({ sink }) => sink === name)
        const failures = yield* outbox.dropped(name, { limit: 20 })
        return new CallbackEndpointStatus({
          name,
          state: (yield* CallbackState.isDisabled(name)) ? "disabled" : "enabled",
          waiting: counts?.messagesWaiting ?? 0,
          sent: counts?.messagesSent ?? 0,
          failed: counts?.messagesDropped ?? 0,
          failures: failures.map(({ attempts, failure, key, settledAt, thread }) => ({
            id: key,
            subject: thread,
            attempts,
            reason: failure,
            at: settledAt
          }))
        })
      },
      Effect.provideService(ResourceLedger, ledger)
    )
    return handlers.handleAll({
      list: () => Effect.orDie(Effect.forEach(endpoints, ({ name }) => statusOf(name))),
      enable: Effect.fnUntraced(function* ({ params: { name } }) {
        if (!endpoints.some((endpoint) => endpoint.name === name)) return yield* new CallbackEndpointNotFound({ name })
        yield* Effect.orDie(Effect.provideService(CallbackState.enable(name), ResourceLedger, ledger))
        return yield* Effect.orDie(statusOf(name))
      })
    })
  })
)

/** A failing database dies into a 500 with nothing in its body; the log has the cause. */
export const layer = Layer.mergeAll(system, previews, deliveries, operations, callbacks)
