/** The MCP server's tools on previews. They need neither a language model nor Slack. */
import { PreviewDesk } from "@productbuilding/agent"
import { OperationLog, ThreadId } from "@productbuilding/core"
import { PreviewState, PreviewStore } from "@productbuilding/preview"
import { Effect, Option, Schema } from "effect"
import { McpSchema, McpServer, Tool, Toolkit } from "effect/ai"
import { deploymentLog } from "./DeploymentLog.ts"
import {
  asToolFailed,
  detailOf,
  limit,
  lineOf,
  McpToolFailed,
  makeRegistered,
  noPreview,
  PreviewDetail,
  PreviewLine,
  previewIdOf,
  previewReference,
  repository
} from "./McpAnswers.ts"
import { Waited, waitForPreview } from "./WaitForPreview.ts"

/** Whom operations name that were asked for here. */
const requester = "mcp"

/** Node's own client, and so most coding agents, drops a connection that says nothing for five minutes. */
const longestWaitSeconds = 240

/** Many clients give up on a call after 60 seconds unless they count its progress. */
const usualWaitSeconds = 50

const one = Schema.Struct({ preview: previewReference })
const Decided = Schema.Struct({ decided: Schema.String })

const listPreviews = Tool.make("list_previews", {
  description:
    "Lists the live previews of open pull requests, last change first. A preview is a pull request's code, deployed and running at a URL of its own.",
  parameters: Schema.Struct({
    repository: Schema.optionalKey(repository),
    state: Schema.optionalKey(PreviewState.annotate({ description: "Only those in this state." }))
  }),
  success: Schema.Struct({ previews: Schema.Array(PreviewLine) }),
  failure: McpToolFailed
})
  .annotate(Tool.Title, "List previews")
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)
  .annotate(Tool.OpenWorld, false)

const readPreview = Tool.make("read_preview", {
  description:
    "Reads one preview as it is now: state, URL, commit, how long each stage took, and if it failed the stage, the cause and the end of the log. It does not wait; wait_for_preview does.",
  parameters: one,
  success: PreviewDetail,
  failure: McpToolFailed
})
  .annotate(Tool.Title, "Read a preview")
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)
  .annotate(Tool.OpenWorld, false)

const readLogs = Tool.make("read_preview_logs", {
  description:
    "Reads the last lines of a preview's log. `application` is what the running app prints; `deployment` is the output of the last deployment's steps (build, start, migrations), also of one that failed.",
  parameters: Schema.Struct({
    ...one.fields,
    source: Schema.optionalKey(
      Schema.Literals(["application", "deployment"]).annotate({ description: "Default: application." })
    ),
    lines: limit(100, 2000)
  }),
  success: Schema.Struct({ lines: Schema.Array(Schema.String) }),
  failure: McpToolFailed
})
  .annotate(Tool.Title, "Read a preview's log")
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)
  .annotate(Tool.OpenWorld, false)

const wait = Tool.make("wait_for_preview", {
  description: `Waits until the preview of a pull request is ready or has failed, and answers with its URL, or with the stage, the cause and the log of the failure. After a push give the commit that you pushed: without it, the preview of the commit before may answer. It reports progress; when the time is over the outcome is \`timeout\`: call it again.`,
  parameters: Schema.Struct({
    ...one.fields,
    commit: Schema.optionalKey(
      Schema.String.check(Schema.isPattern(/^[0-9a-f]{7,40}$/, { expected: "7 to 40 hexadecimal digits" })).annotate({
        description: "The id of the pushed commit, or at least its first 7 digits, as `git rev-parse HEAD` prints it."
      })
    ),
    timeoutSeconds: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: longestWaitSeconds })).annotate({
        description: `How long to wait, up to ${longestWaitSeconds}. Default: ${usualWaitSeconds}, as many clients give up on a call after a minute.`
      })
    )
  }),
  success: Waited,
  failure: McpToolFailed,
  dependencies: [McpSchema.McpRequestContext]
})
  .annotate(Tool.Title, "Wait for a preview")
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, true)
  .annotate(Tool.OpenWorld, false)

const redeploy = Tool.make("redeploy_preview", {
  description:
    "Deploys the newest commit of a pull request again, also one whose preview was stopped. Only for trying the same commit once more: a push is deployed by itself. Then wait_for_preview.",
  parameters: one,
  success: Decided,
  failure: McpToolFailed
})
  .annotate(Tool.Title, "Redeploy a preview")
  .annotate(Tool.Readonly, false)
  .annotate(Tool.Destructive, false)
  .annotate(Tool.Idempotent, false)
  .annotate(Tool.OpenWorld, false)

const stop = Tool.make("stop_preview", {
  description:
    "Removes a preview with its containers and its data, until somebody redeploys it or pushes. The pull request stays open. Ask your user first.",
  parameters: one,
  success: Decided,
  failure: McpToolFailed
})
  .annotate(Tool.Title, "Stop a preview")
  .annotate(Tool.Readonly, false)
  .annotate(Tool.Destructive, true)
  .annotate(Tool.Idempotent, true)
  .annotate(Tool.OpenWorld, false)

const tools = Toolkit.make(listPreviews, readPreview, readLogs, wait, redeploy, stop)

/** Their handlers. */
export const handlers = tools.toLayer(
  Effect.gen(function* () {
    const desk = yield* PreviewDesk
    const log = yield* OperationLog
    const registered = yield* makeRegistered
    const server = yield* McpServer.McpServer
    const store = yield* PreviewStore

    const find = Effect.fnUntraced(function* (reference: string) {
      const found = yield* store.find(previewIdOf(reference))
      if (Option.isSome(found)) return found.value
      yield* registered(reference.slice(0, reference.indexOf("#")))
      return yield* noPreview(reference)
    })

    /** Tells who waits, if they want to be told. */
    const reporter = Effect.map(McpSchema.McpRequestContext, ({ requestMetadata }) => {
      const progressToken = decodeToken(requestMetadata)
      let progress = 0
      return (message: string) =>
        Option.match(progressToken, {
          onNone: () => Effect.void,
          onSome: ({ progressToken }) =>
            // NOTE: a client that cannot be told any more is about to be noticed by the transport.
            Effect.ignore(
              Effect.suspend(() =>
                server.notifications["notifications/progress"]({ progressToken, progress: ++progress, message })
              )
            )
        })
    })

    return tools.of({
      list_previews: Effect.fn("mcp.list_previews")(function* ({ repository, state }) {
        const wanted = repository === undefined ? undefined : yield* registered(repository)
        const all = yield* store.list()
        return {
          previews: all
            .filter((preview) => wanted === undefined || preview.repository.toLowerCase() === wanted.toLowerCase())
            .filter((preview) => state === undefined || preview.state === state)
            .map(lineOf)
        }
      }, asToolFailed),
      read_preview: Effect.fn("mcp.read_preview")(({ preview }) => Effect.map(find(preview), detailOf), asToolFailed),
      read_preview_logs: Effect.fn("mcp.read_preview_logs")(function* ({ lines = 100, preview, source }) {
        const found = yield* find(preview)
        if (source === "deployment") {
          const operation = found.operationId
          return { lines: operation === null ? [] : deploymentLog(yield* log.events(operation, 0)).slice(-lines) }
        }
        const text = yield* desk
          .logs(ThreadId.make(found.id), lines)
          .pipe(
            Effect.mapError(
              ({ message }) =>
                new McpToolFailed({ message: `${message} The deployment's own log is source "deployment".` })
            )
          )
        return { lines: text === "" ? [] : text.split("\n") }
      }, asToolFailed),
      wait_for_preview: Effect.fn("mcp.wait_for_preview")(function* ({ commit, preview, timeoutSeconds }) {
        yield* registered(preview.slice(0, preview.indexOf("#")))
        return yield* waitForPreview({
          id: previewIdOf(preview),
          commit,
          seconds: timeoutSeconds ?? usualWaitSeconds,
          progress: yield* reporter
        }).pipe(Effect.provideService(PreviewStore, store))
      }, asToolFailed),
      redeploy_preview: Effect.fn("mcp.redeploy_preview")(function* ({ preview }) {
        yield* registered(preview.slice(0, preview.indexOf("#")))
        return { decided: yield* desk.redeploy(ThreadId.make(preview.toLowerCase()), requester) }
      }, asToolFailed),
      stop_preview: Effect.fn("mcp.stop_preview")(function* ({ preview }) {
        const { id } = yield* find(preview)
        return { decided: yield* desk.stop(ThreadId.make(id), requester) }
      }, asToolFailed)
    })
  })
)

/** Registers them. */
export const registration = McpServer.toolkit(tools)

const decodeToken = Schema.decodeUnknownOption(
  Schema.Struct({ progressToken: Schema.Union([Schema.String, Schema.Finite]) })
)
