/** The HTTP API as one definition, shared by the server, the command line and the OpenAPI document. */
import {
  CommitSha,
  Decision,
  Delivery,
  DeliveryId,
  DeliveryNotFound,
  Event,
  Operation,
  OperationId,
  OperationNotFound
} from "@productbuilding/core"
import { LookFailed, Preview, PreviewNotFound } from "@productbuilding/preview"
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, OpenApi } from "effect/http-api"

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

/** Who may write: holders of `API_TOKEN`, or, where none is set, this machine. */
export class WriteAccess extends HttpApiMiddleware.Service<WriteAccess>()("@productbuilding/server/WriteAccess", {
  error: WriteDenied
}) {}

/** One endpoint that is called back, and how that goes. */
export class CallbackEndpointStatus extends Schema.Class<CallbackEndpointStatus>("CallbackEndpointStatus")({
  /** Its host and a part of its URL's hash. */
  name: Schema.String,
  /** `disabled`: it answered 410 Gone; what happens meanwhile is not sent, also not later. */
  state: Schema.Literals(["enabled", "disabled"]),
  waiting: Schema.Int,
  sent: Schema.Int,
  failed: Schema.Int,
  /** What was given up last, newest first. `id` is the message's `webhook-id`. */
  failures: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      subject: Schema.String,
      attempts: Schema.Int,
      reason: Schema.NullOr(Schema.String),
      at: Schema.NullOr(Schema.DateTimeUtcFromMillis)
    })
  )
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
        limit: Schema.optionalKey(
          Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 500 }))
        ),
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

/** Everything that answers JSON. Streams, pages and webhooks are plain routes beside it. */
export class Api extends HttpApi.make("productbuilding")
  .add(SystemApi)
  .add(PreviewsApi)
  .add(DeliveriesApi)
  .add(OperationsApi)
  .add(CallbacksApi)
  .annotateMerge(
    OpenApi.annotations({
      title: "ProductBuilding",
      version: "1",
      description: "Pull-request previews: what runs, what came in, and what was decided."
    })
  ) {}
