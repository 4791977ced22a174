/** Waits until there is nothing more to wait for at a preview. */
import { type Preview, type PreviewId, PreviewStore, type PreviewStoreError } from "@productbuilding/preview"
import { Duration, Effect, Option, Schema, Stream } from "effect"
import { detailOf, PreviewDetail } from "./McpAnswers.ts"

/** How a wait ended. */
export const Waited = Schema.Struct({
  outcome: Schema.Literals(["ready", "failed", "blocked", "removed", "superseded", "timeout"]),
  message: Schema.String.annotate({ description: "What happened and what to do now" }),
  preview: Schema.NullOr(PreviewDetail)
})

type Settled = typeof Waited.Type

const short = (sha: string) => sha.slice(0, 7)

const settledAs = (outcome: Settled["outcome"], message: string, preview: Preview): Option.Option<Settled> =>
  Option.some({ outcome, message, preview: detailOf(preview) })

/** What a preview's state means to someone who waits for it; none while something is still to come. */
const settle = (preview: Preview): Option.Option<Settled> => {
  const { failure, pullRequest, repository, sha, state, url } = preview
  switch (state) {
    case "ready":
      return settledAs("ready", `Commit ${short(sha)} answers at ${url}.`, preview)
    case "failed":
      return settledAs(
        "failed",
        `Commit ${short(sha)} failed${failure === null ? "" : ` in ${failure.stage}: ${failure.summary}`}. Fix the cause and push; read_preview_logs shows more.`,
        preview
      )
    case "blocked":
      return settledAs(
        "blocked",
        `Commit ${short(sha)} comes from a fork and waits until an operator approves it. You cannot.`,
        preview
      )
    case "deleted":
      return settledAs(
        "removed",
        `The preview was removed: ${repository}#${pullRequest} is closed, or an operator removed it. redeploy_preview brings it back for an open pull request.`,
        preview
      )
    default:
      return Option.none()
  }
}

/** One line on what is being done, for whoever watches. */
const progressOf = (preview: Option.Option<Preview>): string =>
  Option.match(preview, {
    onNone: () => "no preview yet",
    onSome: ({ sha, stages, state }) => [state, short(sha), stages.at(-1)?.stage].filter(Boolean).join(" · ")
  })

const outOfTime = (seconds: number, commit: string | undefined, last: Option.Option<Preview>): Settled => {
  const preview = Option.getOrNull(last)
  const now =
    preview === null
      ? "There is no preview of it: is the pull request open, and was it opened a moment ago?"
      : commit !== undefined && !preview.sha.startsWith(commit)
        ? `Commit ${short(commit)} has not been seen: was it pushed, in full, to this pull request? The preview is at ${short(preview.sha)}, ${preview.state}.`
        : `It is ${preview.state}. Call again to go on waiting.`
  return {
    outcome: "timeout",
    message: `Nothing was settled within ${seconds} s. ${now}`,
    preview: preview === null ? null : detailOf(preview)
  }
}

/** A change that was missed costs no more than this. */
const lookAgainEvery = Duration.seconds(5)

/**
 * Until the preview is ready, failed, blocked or removed, or the time is over. With a commit (its full id or the start of
 * it) only what became of that one counts. `progress` is told what is seen, at least every five seconds.
 */
export const waitForPreview = Effect.fn("waitForPreview")(function* <R>(options: {
  readonly id: PreviewId
  readonly commit: string | undefined
  readonly seconds: number
  readonly progress: (message: string) => Effect.Effect<void, never, R>
}): Effect.fn.Return<Settled, PreviewStoreError, PreviewStore | R> {
  const { commit, id, progress, seconds } = options
  const store = yield* PreviewStore
  let last = Option.none<Preview>()
  let seen = false

  const look = Effect.gen(function* () {
    last = yield* store.find(id)
    if (Option.isNone(last)) return Option.none<Settled>()
    const preview = last.value
    if (commit === undefined || preview.sha.startsWith(commit)) {
      seen = true
      return settle(preview)
    }
    return seen
      ? settledAs(
          "superseded",
          `Commit ${short(commit)} was overtaken by ${short(preview.sha)}. Wait for that one instead.`,
          preview
        )
      : Option.none<Settled>()
  })

  const wakings = Stream.merge(
    store.changes.pipe(Stream.filter((preview) => preview.id === id)),
    Stream.tick(lookAgainEvery)
  )
  const settled = yield* wakings.pipe(
    Stream.mapEffect(() => look),
    Stream.tap((found) => (Option.isSome(found) ? Effect.void : progress(progressOf(last)))),
    Stream.filter(Option.isSome),
    Stream.runHead,
    Effect.timeoutOption(Duration.seconds(seconds))
  )
  return Option.match(Option.flatten(settled), {
    onNone: () => outOfTime(seconds, commit, last),
    onSome: ({ value }) => value
  })
})
