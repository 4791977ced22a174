/** The server as one layer: every part, and what each stands on. */

import { NodeCrypto, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { Callbacks } from "@productbuilding/adapters/callbacks/Callbacks"
import type { ComposeMissing } from "@productbuilding/adapters/docker/ComposeCli"
import * as FrontDoor from "@productbuilding/adapters/frontdoor/FrontDoor"
import { frontDoorServer } from "@productbuilding/adapters/frontdoor/FrontDoorServer"
import * as GitHubCodeHost from "@productbuilding/adapters/github/GitHubCodeHost"
import * as GitHubConnection from "@productbuilding/adapters/github/GitHubConnection"
import * as PullRequestDeliveries from "@productbuilding/adapters/github/PullRequestDeliveries"
import * as ThreadDeliveries from "@productbuilding/adapters/github/ThreadDeliveries"
import * as Intake from "@productbuilding/adapters/node/Intake"
import * as LoopbackHttpClient from "@productbuilding/adapters/node/LoopbackHttpClient"
import * as NodeMac from "@productbuilding/adapters/node/NodeMac"
import * as ZstdBodyCodec from "@productbuilding/adapters/node/ZstdBodyCodec"
import type { ProcessRuntimeRefused } from "@productbuilding/adapters/process/ProcessRuntime"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import {
  DeliveryHandlers,
  DeliveryProcessor,
  Dispatchers,
  EventRouting,
  ProjectRegistry,
  SqlDeliveryInbox,
  SqlOperationLog,
  SqlOutbox,
  SqlResourceLedger,
  SqlThreadReplies,
  SqlUserLinks,
  TargetsFile
} from "@productbuilding/core"
import {
  CommentSink,
  Deployment,
  isPreviewHost,
  PreviewEntity,
  PreviewRoutes,
  PreviewSettings,
  Reconciler,
  type Runtime,
  SqlPreviewStore,
  Teardown
} from "@productbuilding/preview"
import { type Config, Effect, Layer, Option } from "effect"
import { ClusterWorkflowEngine, SingleRunner } from "effect/cluster"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import * as Agent from "./Agent.ts"
import { AgentReport } from "./AgentReport.ts"
import { Api } from "./Api.ts"
import * as ApiHandlers from "./ApiHandlers.ts"
import * as DashboardRoute from "./DashboardRoute.ts"
import * as Defects from "./Defects.ts"
import * as DocsRoute from "./DocsRoute.ts"
import * as EventStreams from "./EventStreams.ts"
import * as EventsRoute from "./EventsRoute.ts"
import * as McpRoute from "./mcp/McpRoute.ts"
import { OutboxReport } from "./OutboxReport.ts"
import * as PreviewLogs from "./PreviewLogs.ts"
import { Settings } from "./Settings.ts"
import * as Slack from "./Slack.ts"
import { SlackHealth } from "./SlackHealth.ts"
import * as SlackIntake from "./SlackIntake.ts"
import * as StatesRoute from "./StatesRoute.ts"
import * as Webhook from "./Webhook.ts"
import * as WriteGuard from "./WriteGuard.ts"

const loadDocker = Effect.promise(() => import("@productbuilding/adapters/docker/DockerRuntime"))
const loadProcess = Effect.promise(() => import("@productbuilding/adapters/process/ProcessRuntime"))

/** The chosen runtime; the other one's code is not even loaded. */
const RuntimeLayer: Layer.Layer<
  Runtime,
  ComposeMissing | ProcessRuntimeRefused | Config.ConfigError,
  Settings | NodeServices.NodeServices
> = Layer.unwrap(
  Effect.gen(function* () {
    const { runtime } = yield* Settings
    const chosen: Effect.Effect<
      Layer.Layer<Runtime, ComposeMissing | ProcessRuntimeRefused | Config.ConfigError, NodeServices.NodeServices>
    > =
      runtime === "docker"
        ? Effect.map(loadDocker, ({ layerConfig }) => layerConfig)
        : Effect.map(loadProcess, ({ layerConfig }) => layerConfig)
    return yield* chosen
  })
)

const Database = Layer.unwrap(Effect.map(Settings, ({ databasePath }) => Sqlite.layer(databasePath)))

const Registry = Layer.unwrap(Effect.map(Settings, ({ targetsPath }) => TargetsFile.layer(targetsPath)))

const Routing = Layer.unwrap(
  Effect.gen(function* () {
    const callbacks = yield* Callbacks
    const slack = yield* Slack.Slack
    return EventRouting.layer([CommentSink.route, ...slack.routes, ...(yield* Agent.routes), ...callbacks.routes])
  })
)

const Stores = Layer.merge(SqlPreviewStore.layer, SqlThreadReplies.layer).pipe(
  Layer.provideMerge(
    Layer.mergeAll(SqlOperationLog.layer, SqlDeliveryInbox.layer, SqlResourceLedger.layer, SqlUserLinks.layer)
  ),
  Layer.provide(Layer.mergeAll(ZstdBodyCodec.layer, Routing)),
  Layer.provideMerge(SqlOutbox.layer)
)

/** One machine, one runner: shards need no locks, so a restart takes over at once. */
const Engine = ClusterWorkflowEngine.layer.pipe(
  Layer.provideMerge(
    SingleRunner.layer({
      runnerStorage: "memory",
      // NOTE: what runs at shutdown is interrupted and resumed at the next start; waiting for it would only delay both.
      shardingConfig: { entityTerminationTimeout: "1 second" }
    })
  )
)

const CodeHosts = GitHubCodeHost.layerConnected.pipe(Layer.provideMerge(GitHubConnection.layerConfig))

const Previews = PreviewEntity.layer.pipe(Layer.provideMerge(Layer.mergeAll(Deployment.layer, Teardown.layer)))

const Handlers = Layer.effect(
  DeliveryHandlers,
  Effect.gen(function* () {
    const github = [yield* PullRequestDeliveries.make, yield* ThreadDeliveries.make]
    return [...github, ...(yield* Agent.handlers), ...(yield* Slack.handlers)]
  })
)

const Telling = OutboxReport.layer.pipe(
  Layer.provide(SlackHealth.layer),
  Layer.provide(
    Dispatchers.layer(
      Effect.gen(function* () {
        const callbacks = yield* Callbacks
        const { settings } = yield* Slack.Slack
        const options = Option.match(settings, { onNone: () => ({}), onSome: ({ replyWindow }) => ({ replyWindow }) })
        const comments = yield* Effect.flatMap(CommentSink.make(options), Agent.onto)
        return [comments, ...(yield* Slack.sinks), ...(yield* callbacks.sinks)]
      })
    )
  )
)

const Background = Layer.mergeAll(
  DeliveryProcessor.layer.pipe(Layer.provide(Handlers)),
  Reconciler.layer,
  Slack.socket,
  Slack.drafts
)

const Routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
    Layer.provide(ApiHandlers.layer),
    Layer.provide(WriteGuard.layer)
  ),
  Defects.layer,
  DocsRoute.layer,
  PrometheusMetrics.layerHttp(),
  DashboardRoute.layer,
  EventStreams.layer,
  EventsRoute.layer,
  McpRoute.layer,
  PreviewLogs.layer
)

/** One port for everything: preview hosts go through the front door, deliveries to the inbox, the rest to the routes. */
const Listener = Layer.unwrap(
  Effect.gen(function* () {
    const registry = yield* ProjectRegistry
    const routes = yield* PreviewRoutes
    const settings = yield* Settings
    const { exposure } = yield* PreviewSettings
    const domains = Array.from(
      new Set([exposure.defaultDomain, ...registry.all.flatMap(({ previewDomain }) => previewDomain ?? [])])
    )
    const door = yield* FrontDoor.make({
      resolve: (host) => routes.get(host),
      isPreviewHost: (host) => domains.some((domain) => isPreviewHost(host, domain)),
      page: yield* StatesRoute.make,
      trustForwarded: settings.environment === "production"
    })
    const intake = yield* Intake.make([yield* Webhook.make, ...(yield* SlackIntake.make)])
    const doors: FrontDoor.FrontDoor = {
      ...door,
      handleRequest: (request, response) =>
        door.handleRequest(request, response) || intake.handleRequest(request, response)
    }
    return NodeHttpServer.layerServer(() => frontDoorServer(doors), {
      host: settings.host,
      port: settings.port,
      // NOTE: nobody has anything to say to us over a WebSocket.
      websocket: { maxPayload: 1024 },
      gracefulShutdownTimeout: "3 seconds"
    })
  })
)

/**
 * Everything on the given runtime, listening. It reads its configuration from the `ConfigProvider`. Work that runs when
 * the layer is closed is resumed by the next one on the same database.
 */
export const layerWith = <E>(runtime: Layer.Layer<Runtime, E, Settings | NodeServices.NodeServices>) =>
  HttpRouter.serve(Routes, { disableListenLog: true, disableLogger: true }).pipe(
    Layer.provide(Telling),
    Layer.provide(AgentReport.layer),
    Layer.provideMerge(Listener),
    Layer.merge(Background),
    Layer.provideMerge(Agent.layer.pipe(Layer.provide(SlackHealth.layer))),
    Layer.provideMerge(Previews),
    Layer.provideMerge(Slack.SlackPeople.layer),
    Layer.provideMerge(Layer.mergeAll(runtime, Engine, CodeHosts, LoopbackHttpClient.layer)),
    Layer.provideMerge(Stores),
    Layer.provideMerge(Layer.mergeAll(Database, PreviewSettings.layerConfig, PreviewRoutes.layer)),
    Layer.provideMerge(Layer.mergeAll(Slack.Slack.layer, Callbacks.layer)),
    Layer.provideMerge(Registry),
    Layer.provideMerge(Settings.layer),
    Layer.provideMerge(NodeMac.layer),
    Layer.provideMerge(NodeCrypto.layer),
    Layer.provideMerge(NodeHttpServer.layerHttpServices),
    Layer.provideMerge(NodeServices.layer)
  )

/** Everything on the runtime that `PREVIEW_RUNTIME` names. */
export const layer = layerWith(RuntimeLayer)
