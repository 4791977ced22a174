/** Everything about one preview goes through here, one request after the other. */
import type { CommitSha, Decision } from "@productbuilding/core"
import { Context, type Effect, Schema } from "effect"
import type { PreviewId } from "./Preview.ts"

/** A look could not come to a decision. `message` is for operators. */
export class LookFailed extends Schema.TaggedError<LookFailed>()("LookFailed", {
  message: Schema.String,
  /** Whether looking again later may help without anybody changing anything. */
  retryable: Schema.Boolean
}) {}

/** What an operator may want of a preview. */
export type Wish =
  | { readonly _tag: "Redeploy" /** Also allows this commit of a fork. */; readonly approve?: CommitSha }
  | { readonly _tag: "Remove" }

/**
 * Moves previews towards what they should be. It compares the pull request as it is now with the environment as it is
 * now, so it may be asked at any time, by anything, any number of times.
 */
export class Previews extends Context.Service<
  Previews,
  {
    /** Starts what is needed and returns; progress is in the preview's row. `requester` is recorded. */
    look(id: PreviewId, requester: string, wish?: Wish): Effect.Effect<Decision, LookFailed>
    /**
     * A look for somebody who has heard that the pull request is at this head. Where the code host shows another one it is
     * looked again after 1, 3 and 10 more seconds, until it shows something else. The head that was heard of is never
     * deployed: it may be older than what is shown. A wait is lost when its process ends; the reconciler makes up for it.
     */
    lookFor(id: PreviewId, requester: string, heardOf: CommitSha): Effect.Effect<Decision, LookFailed>
  }
>()("@productbuilding/preview/Previews") {}
