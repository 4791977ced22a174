/** A server of the real API, streams, guard and stores, on a free port; only what decides about previews is scripted. */
import { createServer } from "node:http"
import { NodeCrypto, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { Callbacks } from "@productbuilding/adapters/callbacks/Callbacks"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import {
  type Asked,
  Asker,
  Budget,
  ConversationId,
  limitsConfig,
  SqlBudget,
  SqlTurnStore,
  TurnDrafts,
  type TurnFact,
  TurnStore,
  Turns
} from "@productbuilding/agent"
import {
  BudgetSpent,
  type CommitSha,
  Decision,
  DeliveryInbox,
  Dispatchers,
  makeRegistry,
  NeverPossible,
  OperationId,
  OperationLog,
  Outbox,
  Project,
  ProjectRegistry,
  RepositoryName,
  type Sink,
  SinkError,
  SqlDeliveryInbox,
  SqlOperationLog,
  SqlOutbox,
  SqlResourceLedger,
  SqlUserLinks
} from "@productbuilding/core"
import {
  LookFailed,
  MemoryRuntime,
  type Preview,
  type PreviewFacts,
  type PreviewId,
  PreviewStore,
  Previews,
  SqlPreviewStore,
  type Stage
} from "@productbuilding/preview"
import { Agent } from "@productbuilding/server/AgentPort"
import { AgentReport } from "@productbuilding/server/AgentReport"
import { Api } from "@productbuilding/server/Api"
import * as ApiHandlers from "@productbuilding/server/ApiHandlers"
import * as EventStreams from "@productbuilding/server/EventStreams"
import { OutboxReport } from "@productbuilding/server/OutboxReport"
import * as PreviewLogs from "@productbuilding/server/PreviewLogs"
import { SlackHealth } from "@productbuilding/server/SlackHealth"
import * as WriteGuard from "@productbuilding/server/WriteGuard"
import { ConfigProvider, Context, DateTime, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { preview } from "../../../server/test/pages/samples.ts"

/** Where the test server answers. */
export class Address extends Context.Service<Address, { readonly url: string }>()("test/Address") {}

const factsOf = (row: Preview): PreviewFacts => row

let operations = 0

/** Puts a preview into the store as if it had been deployed. */
export const seed = Effect.fnUntraced(function* (row: Preview) {
  const store = yield* PreviewStore
  const id = OperationId.make(`seed-${++operations}`)
  yield* store.begin(factsOf(row), { id, kind: "deployment", requester: "test" }, { state: "pending", sha: row.sha })
  if (row.state === "blocked") {
    yield* store.block(factsOf(row), row.sha)
  } else if (row.state !== "pending") {
    yield* store.change(row.id, id, {
      state: row.state,
      stages: row.stages,
      failure: row.failure,
      runningSha: row.runningSha,
      note: row.note
    })
  }
})

const instant = Effect.map(DateTime.now, (now) => now)

/** Deploys in no time: two stages, some output, and the end that the pull request's number asks for. */
const deploy = Effect.fnUntraced(function* (row: Preview, sha: CommitSha) {
  const store = yield* PreviewStore
  const log = yield* OperationLog
  const operationId = OperationId.make(`deploy-${++operations}`)
  yield* store.begin(row, { id: operationId, kind: "deployment", requester: "test" }, { state: "pending", sha })
  const at = yield* instant
  const done = (stage: Stage) => ({ stage, startedAt: at, endedAt: at })
  const work = Effect.gen(function* () {
    yield* store.change(row.id, operationId, {
      state: "building",
      stages: [{ stage: "fetch", startedAt: at, endedAt: null }]
    })
    yield* store.change(row.id, operationId, {
      stages: [done("fetch"), { stage: "build", startedAt: at, endedAt: null }]
    })
    yield* log.append({
      operationId,
      subject: row.id,
      lane: "append",
      type: "log",
      data: { stage: "build", lines: ["Step 1/1 : FROM scratch", "\u001b[2Jhostile"] }
    })
    if (row.pullRequest === 13) {
      yield* store.change(row.id, operationId, {
        state: "failed",
        stages: [done("fetch"), done("build")],
        failure: { stage: "build", summary: "The image does not build.", evidence: "line one\nline two" }
      })
    } else {
      yield* store.change(row.id, operationId, {
        state: "ready",
        stages: [done("fetch"), done("build")],
        runningSha: sha
      })
    }
  })
  yield* Effect.forkDetach(work)
})

const scripted = Layer.effect(
  Previews,
  Effect.gen(function* () {
    const store = yield* PreviewStore
    const context = yield* Effect.context<PreviewStore | OperationLog>()
    const accepted = (id: PreviewId, reason: string) => new Decision({ outcome: "accepted", reason, subject: id })
    return Previews.of({
      look: (id, _requester, wish) =>
        Effect.gen(function* () {
          const row = yield* store.get(id)
          if (wish?._tag === "Remove") {
            const operationId = OperationId.make(`remove-${++operations}`)
            yield* store.begin(
              row,
              { id: operationId, kind: "teardown", requester: "test" },
              { state: "closing", sha: row.sha }
            )
            yield* store.change(id, operationId, { state: "deleted" })
            return accepted(id, "It is being removed.")
          }
          if (row.state === "closing") return new Decision({ outcome: "ignored", reason: "It is being closed." })
          if (wish?.approve !== undefined && wish.approve !== row.sha) {
            return yield* new LookFailed({ message: `The head is ${row.sha} now.`, retryable: false })
          }
          yield* deploy(row, row.sha)
          return accepted(id, "The commit is being deployed.")
        }).pipe(
          Effect.catchTags({
            PreviewNotFound: () => new LookFailed({ message: `There is no pull request ${id}.`, retryable: false }),
            PreviewStoreError: Effect.die,
            Superseded: Effect.die
          }),
          Effect.provide(context)
        ),
      lookFor: () => Effect.die("no webhook comes here")
    })
  })
)

const projects = Layer.succeed(
  ProjectRegistry,
  makeRegistry([
    Schema.decodeSync(Project)({
      repository: "acme/shop",
      trust: "same-repository",
      secrets: {},
      notifications: { events: { reviewed: "off" } }
    })
  ])
)

const stores = SqlPreviewStore.layer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      SqlOperationLog.layer,
      SqlDeliveryInbox.layer,
      SqlOutbox.layer,
      SqlResourceLedger.layer,
      SqlUserLinks.layer
    )
  ),
  Layer.provideMerge(Sqlite.layerMemory),
  Layer.provideMerge(NodeCrypto.layer)
)

/** The name of the one endpoint that is called back. */
export const endpointName = "callback:hooks.example.com-0123456789ab"

const callbacks = Layer.succeed(Callbacks, {
  endpoints: [
    {
      name: endpointName,
      url: "https://hooks.example.com/",
      secrets: [Redacted.make(new Uint8Array(24))],
      subjects: [],
      types: []
    }
  ],
  routes: [],
  sinks: Effect.succeed([])
})
/** Takes nothing: a thread that is called so is refused, everything else is to wait for an hour. */
const full: Sink = {
  name: "slack",
  show: ({ thread }) => Effect.fail(notTaken(thread)),
  send: ({ thread }) => Effect.fail(notTaken(thread)),
  find: () => Effect.succeedNone,
  cost: () => ["posts"],
  budget: () => ({ burst: 20, perMinute: 180 }),
  quiet: Duration.zero,
  longestWait: Duration.zero
}

const notTaken = (thread: string) =>
  new SinkError({
    sink: "slack",
    reason: thread.includes("refused")
      ? new NeverPossible({ detail: "not_in_channel" })
      : new BudgetSpent({ retryAfter: Duration.hours(1) })
  })

const routes = (token: string | undefined) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(Api).pipe(
      Layer.provide(ApiHandlers.layer),
      Layer.provide(
        WriteGuard.layer.pipe(
          Layer.provide(
            ConfigProvider.layer(ConfigProvider.fromUnknown(token === undefined ? {} : { API_TOKEN: token }))
          )
        )
      )
    ),
    EventStreams.layer,
    PreviewLogs.layer
  ).pipe(
    Layer.provide(OutboxReport.layer),
    Layer.provide(AgentReport.layer),
    Layer.provide(SlackHealth.layerNone),
    Layer.provide(Dispatchers.layer(Effect.succeed([full])))
  )

const turnParts = Layer.mergeAll(
  SqlTurnStore.layer,
  Layer.unwrap(Effect.map(limitsConfig, (limits) => SqlBudget.layer(limits)))
)

/** The real record and budgets; what a turn does is told by the test. */
const agent = Layer.effect(
  Agent,
  Effect.gen(function* () {
    const store = yield* TurnStore
    const budget = yield* Budget
    const turns = yield* Effect.provide(
      Turns,
      Layer.mock(Turns, {
        stop: (id, by) =>
          Effect.orDie(
            store.append(id, [
              { _tag: "Stop", by },
              { _tag: "Ended", outcome: "stopped", text: `Stopped by ${by}.`, options: [] }
            ])
          )
      })
    )
    return Agent.of(Option.some({ store, budget, turns, drafts: yield* TurnDrafts }))
  })
)

const ada = new Asker({ id: "slack:T:ADA", name: "Ada", login: "ada", guest: false, sharedChannel: false })

let asked = 0

/** Puts a turn into the store, with what came of it. */
export const seedTurn = Effect.fnUntraced(function* (facts: ReadonlyArray<TurnFact>, message: Partial<Asked> = {}) {
  const store = yield* TurnStore
  const number = ++asked
  const { turn } = yield* store.receive(
    {
      conversation: ConversationId.make(`slack:T:C:${number}`),
      key: `message ${number}`,
      asker: ada,
      repository: RepositoryName.make("acme/shop"),
      about: null,
      text: "What is open about checkout?",
      ...message
    },
    OperationId.make(`01996a00-0000-7000-8000-${String(number).padStart(12, "0")}`)
  )
  yield* store.next(turn.conversation)
  yield* store.append(turn.id, facts)
  return yield* store.get(turn.id)
})

/** A server that writes are allowed to with the token, or without one from this machine. */
export const layer = (options: { readonly token?: string; readonly agent?: false } = {}) =>
  Layer.effect(
    Address,
    Effect.map(HttpServer.HttpServer, ({ address }) => ({
      url: `http://127.0.0.1:${address._tag === "UnixPathAddress" ? 0 : address.port}`
    }))
  ).pipe(
    Layer.provideMerge(
      HttpRouter.serve(routes(options.token), { disableListenLog: true, disableLogger: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
      )
    ),
    Layer.provideMerge(options.agent === false ? Layer.succeed(Agent, Agent.of(Option.none())) : agent),
    Layer.provideMerge(turnParts),
    Layer.provideMerge(scripted),
    Layer.provideMerge(MemoryRuntime.layer()),
    Layer.provideMerge(Layer.mergeAll(stores, callbacks)),
    Layer.provideMerge(projects),
    Layer.provideMerge(NodeServices.layer)
  )

export { DeliveryInbox, Outbox, preview }
