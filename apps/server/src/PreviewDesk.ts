/** What the agent may see of previews and do to them: `PreviewDesk` on the previews of this server. */
import { PreviewDesk, PreviewDeskError, PreviewDetail, PreviewSummary } from "@productbuilding/agent"
import { type Decision, type Event, OperationLog, sameRepository, type ThreadId } from "@productbuilding/core"
import {
  type LookFailed,
  type Preview,
  PreviewId,
  PreviewStore,
  Previews,
  Runtime,
  type RuntimeError,
  type Wish
} from "@productbuilding/preview"
import { DateTime, Effect, Layer, Option, Schema, Stream } from "effect"

/** As many as the logs' own route gives. */
const maxLines = 10_000

const idOf = (pullRequest: ThreadId) => PreviewId.make(pullRequest.toLowerCase())

const linesOf = (preview: Preview) => ({
  repository: preview.repository,
  number: preview.pullRequest,
  title: preview.title,
  state: preview.state,
  url: preview.url,
  commit: preview.sha,
  updatedAt: DateTime.formatIso(preview.updatedAt)
})

/** As tools show it. */
export const detailOf = (preview: Preview) =>
  new PreviewDetail({
    ...linesOf(preview),
    pullRequestUrl: preview.pullRequestUrl,
    author: preview.author,
    branch: preview.headRef,
    runningCommit: preview.runningSha,
    failure: preview.failure,
    stages: preview.stages.map(({ endedAt, stage, startedAt }) => ({
      stage,
      seconds: endedAt === null ? null : (DateTime.toEpochMillis(endedAt) - DateTime.toEpochMillis(startedAt)) / 1000
    })),
    note: preview.note
  })

const decodeOutput = Schema.decodeUnknownOption(Schema.Struct({ lines: Schema.Array(Schema.String) }))

/** What the steps of a deployment have printed. */
const printed = (events: ReadonlyArray<Event>): ReadonlyArray<string> =>
  events.flatMap(({ data, type }) =>
    type === "log" ? Option.match(decodeOutput(data), { onNone: () => [], onSome: ({ lines }) => lines }) : []
  )

const databaseFailed = () => new PreviewDeskError({ message: "The database failed.", retryable: true })
const lookFailed = ({ message, retryable }: LookFailed) => new PreviewDeskError({ message, retryable })

const noPreview = (pullRequest: ThreadId) =>
  new PreviewDeskError({
    message: `${pullRequest} has no preview. Previews are there for open pull requests of registered repositories.`,
    retryable: false
  })

const unreadable = (pullRequest: ThreadId, { reason }: RuntimeError) =>
  reason._tag === "EngineUnavailable"
    ? new PreviewDeskError({ message: "What the previews run on does not answer.", retryable: true })
    : new PreviewDeskError({
        message: `${pullRequest} has no log to read: nothing of its preview runs. What its deployment printed is the log with the source "deployment".`,
        retryable: false
      })

const sentence = ({ outcome, reason }: Decision) =>
  outcome === "accepted" ? `${reason}.` : `Nothing was done. ${reason}.`

/** The desk. A fork's commit is never approved here: that is an operator's to decide. */
export const layer: Layer.Layer<PreviewDesk, never, OperationLog | Previews | PreviewStore | Runtime> = Layer.effect(
  PreviewDesk,
  Effect.gen(function* () {
    const log = yield* OperationLog
    const previews = yield* Previews
    const runtime = yield* Runtime
    const store = yield* PreviewStore

    const look = (pullRequest: ThreadId, requester: string, wish: Wish) =>
      previews.look(idOf(pullRequest), requester, wish).pipe(Effect.map(sentence), Effect.mapError(lookFailed))

    return PreviewDesk.of({
      list: Effect.fn("PreviewDesk.list")(
        (repository) =>
          Effect.map(store.list(), (all) =>
            all
              .filter((preview) => sameRepository(preview.repository, repository))
              .map((preview) => new PreviewSummary(linesOf(preview)))
          ),
        Effect.mapError(databaseFailed)
      ),
      find: Effect.fn("PreviewDesk.find")(
        (pullRequest) => Effect.map(store.find(idOf(pullRequest)), Option.map(detailOf)),
        Effect.mapError(databaseFailed)
      ),
      logs: Effect.fn("PreviewDesk.logs")(function* (pullRequest, lines, source) {
        const { environment, operationId } = yield* store.get(idOf(pullRequest)).pipe(
          Effect.catchTags({
            PreviewNotFound: () => noPreview(pullRequest),
            PreviewStoreError: databaseFailed
          })
        )
        const tail = Math.min(Math.max(0, lines), maxLines)
        if (source === "deployment") {
          if (operationId === null) return ""
          const output = printed(yield* Effect.mapError(log.events(operationId, 0), databaseFailed))
          return output.slice(Math.max(0, output.length - tail)).join("\n")
        }
        const read = yield* runtime.logs(environment, { tail, follow: false }).pipe(
          Stream.runCollect,
          Effect.mapError((error) => unreadable(pullRequest, error))
        )
        return read.join("\n")
      }),
      redeploy: Effect.fn("PreviewDesk.redeploy")((pullRequest, requester) =>
        look(pullRequest, requester, { _tag: "Redeploy" })
      ),
      stop: Effect.fn("PreviewDesk.stop")((pullRequest, requester) => look(pullRequest, requester, { _tag: "Remove" }))
    })
  })
)
