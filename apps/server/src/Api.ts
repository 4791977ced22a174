/** The HTTP API as one definition, shared by the server, the command line and the OpenAPI document. */
import { ConversationId } from "@productbuilding/agent/Conversation"
import { Turn, TurnId } from "@productbuilding/agent/Turn"
import { TurnNotFound } from "@productbuilding/agent/TurnStore"
import {
  AccountLogin,
  ChatUserId,
  CommitSha,
  Decision,
  Delivery,
  DeliveryId,
  DeliveryNotFound,
  Event,
  NotificationPolicy,
  NotificationPreview,
  Operation,
  OperationId,
  OperationNotFound,
  RepositoryName,
  UserLink
} from "@productbuilding/core"
import { LookFailed, Preview, PreviewNotFound } from "@productbuilding/preview"
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, OpenApi } from "effect/http-api"
import { SinkReport, ThreadReport } from "./SinkReport.ts"
import { AgentBudgets, AgentMissing, TurnDetail, TurnSummary } from "./TurnReport.ts"

/** The database does not answer. */
export class NotReady extends Schema.TaggedError<NotReady>()(
  "NotReady",
  { message: Schema.String },
  { httpApiStatus: 503 }
) {}

/** The request may not write: a token is missing or wrong, or it comes from another machine or another site. */
export class WriteDenied extends Schema.TaggedError<WriteDenied>()(
  "WriteDenied",
  { message: Schema.String },
  { httpApiStatus: 403 }
) {}

/** The targets file does not list this repository. */
export class ProjectNotFound extends Schema.TaggedError<ProjectNotFound>()(
  "ProjectNotFound",
  { repository: Schema.String },
  { httpApiStatus: 404 }
) {}

/** Who may write: holders of `API_TOKEN`, or, where none is set, this machine. */
export class WriteAccess extends HttpApiMiddleware.Service<WriteAccess>()("@productbuilding/server/WriteAccess", {
  error: WriteDenied
}) {}

/** One endpoint that is called back. What waits for it and what failed is in the outbox, under its name. */
export class CallbackEndpointStatus extends Schema.Class<CallbackEndpointStatus>("CallbackEndpointStatus")({
  /** Its host and a part of its URL's hash. */
  name: Schema.String,
  /** `disabled`: it answered 410 Gone; what happens meanwhile is not sent, also not later. */
  state: Schema.Literals(["enabled", "disabled"])
}) {}

/** No endpoint has this name. */
export class CallbackEndpointNotFound extends Schema.TaggedError<CallbackEndpointNotFound>()(
  "CallbackEndpointNotFound",
  { name: Schema.String },
  { httpApiStatus: 404 }
) {}

/** The path of one preview. */
export const previewPath = {
  owner: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, { expected: "an owner's name" })),
  repo: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9._-]{1,100}$/, { expected: "a repository's name" })),
  pr: Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThan(0))
}

const previewNotFound = PreviewNotFound.pipe(HttpApiSchema.status(404))
const lookFailed = LookFailed.pipe(HttpApiSchema.status(409))

/** How many to list. */
const limitTo = (maximum: number) =>
  Schema.optionalKey(Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum })))

class SystemApi extends HttpApiGroup.make("system", { topLevel: true })
  .add(
    HttpApiEndpoint.get("healthz", "/healthz", { success: Schema.Struct({ status: Schema.Literal("ok") }) }),
    HttpApiEndpoint.get("readyz", "/readyz", {
      success: Schema.Struct({ status: Schema.Literal("ready") }),
      error: NotReady
    })
  )
  .annotateMerge(OpenApi.annotations({ title: "System", description: "Whether the server lives and can work." })) {}

class PreviewsApi extends HttpApiGroup.make("previews")
  .add(
    HttpApiEndpoint.get("list", "/previews", {
      query: { deleted: Schema.optionalKey(Schema.Literals(["true", "false"])) },
      success: Schema.Array(Preview)
    }),
    HttpApiEndpoint.get("get", "/previews/:owner/:repo/:pr", {
      params: previewPath,
      success: Preview,
      error: previewNotFound
    }),
    HttpApiEndpoint.post("redeploy", "/previews/:owner/:repo/:pr/redeploy", {
      params: previewPath,
      payload: Schema.Struct({ approve: Schema.optionalKey(CommitSha) }),
      success: Decision,
      error: lookFailed
    }).middleware(WriteAccess),
    HttpApiEndpoint.delete("remove", "/previews/:owner/:repo/:pr", {
      params: previewPath,
      success: Decision,
      error: lookFailed
    }).middleware(WriteAccess)
  )
  .annotateMerge(OpenApi.annotations({ title: "Previews", description: "One environment for each pull request." })) {}

class DeliveriesApi extends HttpApiGroup.make("deliveries")
  .add(
    HttpApiEndpoint.get("list", "/deliveries", {
      query: {
        limit: limitTo(500),
        before: Schema.optionalKey(Schema.FiniteFromString.check(Schema.isInt()))
      },
      success: Schema.Array(Delivery)
    }),
    HttpApiEndpoint.post("replay", "/deliveries/:id/replay", {
      params: { id: DeliveryId },
      success: Delivery,
      error: DeliveryNotFound.pipe(HttpApiSchema.status(404))
    }).middleware(WriteAccess)
  )
  .annotateMerge(
    OpenApi.annotations({ title: "Deliveries", description: "What came in, what was decided, and why." })
  ) {}

class OperationsApi extends HttpApiGroup.make("operations")
  .add(
    HttpApiEndpoint.get("get", "/operations/:id", {
      params: { id: OperationId },
      success: Schema.Struct({ operation: Operation, events: Schema.Array(Event) }),
      error: OperationNotFound.pipe(HttpApiSchema.status(404))
    })
  )
  .annotateMerge(
    OpenApi.annotations({ title: "Operations", description: "What takes time, and its numbered events." })
  ) {}

class CallbacksApi extends HttpApiGroup.make("callbacks")
  .add(
    HttpApiEndpoint.get("list", "/callbacks", { success: Schema.Array(CallbackEndpointStatus) }),
    HttpApiEndpoint.post("enable", "/callbacks/:name/enable", {
      params: { name: Schema.String },
      success: CallbackEndpointStatus,
      error: CallbackEndpointNotFound
    }).middleware(WriteAccess)
  )
  .annotateMerge(
    OpenApi.annotations({ title: "Callbacks", description: "Who is sent the events as signed webhooks." })
  ) {}

class NotificationsApi extends HttpApiGroup.make("notifications")
  .add(
    // NOTE: it writes nothing, but tells what was said in private repositories: only to those who may write.
    HttpApiEndpoint.post("preview", "/notifications/preview", {
      payload: Schema.Struct({
        policy: NotificationPolicy,
        from: Schema.DateTimeUtcFromMillis,
        /** Default: every project. */
        project: Schema.optionalKey(RepositoryName)
      }),
      success: NotificationPreview,
      error: ProjectNotFound
    }).middleware(WriteAccess)
  )
  .annotateMerge(
    OpenApi.annotations({
      title: "Notifications",
      description: "What was told, and what would have been told under another policy."
    })
  ) {}

class OutboxApi extends HttpApiGroup.make("outbox")
  .add(
    HttpApiEndpoint.get("sinks", "/outbox", { query: { limit: limitTo(500) }, success: Schema.Array(SinkReport) }),
    HttpApiEndpoint.get("threads", "/threads", { query: { limit: limitTo(100) }, success: Schema.Array(ThreadReport) })
  )
  .annotateMerge(
    OpenApi.annotations({
      title: "Outbox",
      description:
        "What each sink has yet to tell, why something failed, what it may spend, and what each thread shows in Slack."
    })
  ) {}

class UsersApi extends HttpApiGroup.make("users")
  .add(
    // NOTE: who is who is nobody's business but the operators'.
    HttpApiEndpoint.get("links", "/users/links", { success: Schema.Array(UserLink) }).middleware(WriteAccess),
    HttpApiEndpoint.put("link", "/users/links/:user", {
      params: { user: ChatUserId },
      payload: Schema.Struct({ login: AccountLogin }),
      success: UserLink
    }).middleware(WriteAccess),
    HttpApiEndpoint.delete("unlink", "/users/links/:user", { params: { user: ChatUserId } }).middleware(WriteAccess)
  )
  .annotateMerge(OpenApi.annotations({ title: "Users", description: "Who on GitHub is who in Slack." })) {}

const turnNotFound = TurnNotFound.pipe(HttpApiSchema.status(404))

/** Whether what a model wrote in Markdown is sent as HTML too. */
const withHtml = { html: Schema.optionalKey(Schema.Literals(["true", "false"])) }

// NOTE: turns hold private conversations, so that even reading them is only for those who may write.
class AgentApi extends HttpApiGroup.make("agent")
  .add(
    HttpApiEndpoint.get("turns", "/turns", {
      query: { limit: limitTo(200), conversation: Schema.optionalKey(ConversationId), ...withHtml },
      success: Schema.Array(TurnSummary),
      error: AgentMissing
    }).middleware(WriteAccess),
    HttpApiEndpoint.get("turn", "/turns/:id", {
      params: { id: TurnId },
      query: withHtml,
      success: TurnDetail,
      error: [turnNotFound, AgentMissing]
    }).middleware(WriteAccess),
    HttpApiEndpoint.post("stop", "/turns/:id/stop", {
      params: { id: TurnId },
      success: Turn,
      error: [turnNotFound, AgentMissing]
    }).middleware(WriteAccess),
    HttpApiEndpoint.get("budgets", "/budgets", { success: AgentBudgets, error: AgentMissing }).middleware(WriteAccess)
  )
  .annotateMerge(
    OpenApi.annotations({
      title: "Agent",
      description: "What was asked of the agent, all that it did, by whose consent, and what it cost."
    })
  ) {}

/** Everything that answers JSON. Streams, pages and webhooks are plain routes beside it. */
export class Api extends HttpApi.make("productbuilding")
  .add(SystemApi)
  .add(PreviewsApi)
  .add(DeliveriesApi)
  .add(OperationsApi)
  .add(NotificationsApi)
  .add(OutboxApi)
  .add(UsersApi)
  .add(CallbacksApi)
  .add(AgentApi)
  .annotateMerge(
    OpenApi.annotations({
      title: "ProductBuilding",
      version: "1",
      description: "Pull-request previews: what runs, what came in, and what was decided."
    })
  ) {}
