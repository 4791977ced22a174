/** What the agent may see of previews and do to them: `PreviewDesk` on the previews of this server. */
import { PreviewDesk, PreviewDeskError, PreviewSummary } from "@productbuilding/agent"
import { type Decision, sameRepository, type ThreadId, threadId } from "@productbuilding/core"
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
import { Effect, Layer, Option, Stream } from "effect"

/** As many as the logs' own route gives. */
const maxLines = 10_000

const idOf = (pullRequest: ThreadId) => PreviewId.make(pullRequest.toLowerCase())

const summaryOf = (preview: Preview) =>
  new PreviewSummary({
    pullRequest: threadId(preview.repository, preview.pullRequest),
    repository: preview.repository,
    title: preview.title,
    state: preview.state,
    url: preview.url,
    commit: preview.sha,
    failure: preview.failure
  })

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
        message: `${pullRequest} has no log to read: nothing of its preview runs.`,
        retryable: false
      })

const sentence = ({ outcome, reason }: Decision) =>
  outcome === "accepted" ? `${reason}.` : `Nothing was done. ${reason}.`

/** The desk. A fork's commit is never approved here: that is an operator's to decide. */
export const layer: Layer.Layer<PreviewDesk, never, Previews | PreviewStore | Runtime> = Layer.effect(
  PreviewDesk,
  Effect.gen(function* () {
    const previews = yield* Previews
    const runtime = yield* Runtime
    const store = yield* PreviewStore

    const look = (pullRequest: ThreadId, requester: string, wish: Wish) =>
      previews.look(idOf(pullRequest), requester, wish).pipe(Effect.map(sentence), Effect.mapError(lookFailed))

    return PreviewDesk.of({
      list: Effect.fn("PreviewDesk.list")(
        (repository) =>
          Effect.map(store.list(), (all) =>
            all.filter((preview) => sameRepository(preview.repository, repository)).map(summaryOf)
          ),
        Effect.mapError(databaseFailed)
      ),
      find: Effect.fn("PreviewDesk.find")(
        (pullRequest) => Effect.map(store.find(idOf(pullRequest)), Option.map(summaryOf)),
        Effect.mapError(databaseFailed)
      ),
      logs: Effect.fn("PreviewDesk.logs")(function* (pullRequest, lines) {
        const { environment } = yield* store.get(idOf(pullRequest)).pipe(
          Effect.catchTags({
            PreviewNotFound: () => noPreview(pullRequest),
            PreviewStoreError: databaseFailed
          })
        )
        const tail = Math.min(Math.max(0, lines), maxLines)
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
