/** The one tool that only MCP has: to wait until there is nothing more to wait for at a preview. */
import { AgentTools, PreviewDetail, ToolFailed, ToolParameters } from "@productbuilding/agent"
import { threadId } from "@productbuilding/core"
import { type Preview, PreviewId, PreviewStore, type PreviewStoreError } from "@productbuilding/preview"
import { Duration, Effect, Option, Schema, Stream } from "effect"
import { detailOf } from "../PreviewDesk.ts"
import { Progress } from "./Progress.ts"

/** How a wait ended. */
const Waited = Schema.Struct({
  outcome: Schema.Literals(["ready", "failed", "blocked", "removed", "superseded", "timeout"]),
  message: Schema.String.annotate({ description: "What happened and what to do now" }),
  preview: Schema.NullOr(Schema.Struct(PreviewDetail.fields))
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
 * it) only what became of that one counts. Whoever called is told what is seen, at least every five seconds.
 */
const waitForPreview = Effect.fn("waitForPreview")(function* (options: {
  readonly id: PreviewId
  readonly commit: string | undefined
  readonly seconds: number
}): Effect.fn.Return<Settled, PreviewStoreError, PreviewStore> {
  const { commit, id, seconds } = options
  const progress = yield* Progress
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

/** Node's own client, and so most coding agents, drops a connection that says nothing for five minutes. */
const longestWaitSeconds = 240

/** Many clients give up on a call after 60 seconds unless they count its progress. */
const usualWaitSeconds = 50

export const make = Effect.map(PreviewStore, (store) =>
  AgentTools.make({
    name: "wait_for_preview",
    title: "Wait for a preview",
    description:
      "Waits until the preview of a pull request is ready or has failed, and answers with its URL, or with the stage, the cause and the log of the failure. After a push give the commit that you pushed: without it, the preview of the commit before may answer. It reports progress; when the time is over the outcome is `timeout`: call it again.",
    parameters: Schema.Struct({
      number: ToolParameters.number,
      repository: ToolParameters.repository,
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
    effect: "read",
    permission: "read",
    hints: { openWorld: false },
    summary: ({ number }) => `Wait for the preview of #${number}`,
    about: ToolParameters.targetOf,
    run: ({ commit, number, timeoutSeconds = usualWaitSeconds }, { repository }) =>
      waitForPreview({ id: PreviewId.make(threadId(repository, number)), commit, seconds: timeoutSeconds }).pipe(
        Effect.provideService(PreviewStore, store),
        Effect.map(AgentTools.read),
        Effect.catchTag("PreviewStoreError", (error) =>
          Effect.andThen(
            Effect.logError("A preview could not be waited for", error),
            Effect.fail(new ToolFailed({ message: "The server's database failed. Try again in a moment." }))
          )
        )
      )
  })
)
