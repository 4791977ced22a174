/** What the agent may see of previews and do to them. */
import { RepositoryName, ThreadId } from "@productbuilding/core"
import { Context, type Effect, type Option, Schema } from "effect"

export class PreviewSummary extends Schema.Class<PreviewSummary>("@productbuilding/agent/PreviewSummary")({
  pullRequest: ThreadId,
  repository: RepositoryName,
  title: Schema.String,
  /** For example `building`, `ready` or `failed`. */
  state: Schema.String,
  url: Schema.String,
  commit: Schema.String,
  /** Why it failed: stage, cause in plain words, and the end of the log. */
  failure: Schema.NullOr(Schema.Struct({ stage: Schema.String, summary: Schema.String, evidence: Schema.String }))
}) {}

/** The previews cannot be reached, or do not allow it. `message` is for people. */
export class PreviewDeskError extends Schema.TaggedError<PreviewDeskError>()("PreviewDeskError", {
  message: Schema.String,
  retryable: Schema.Boolean
}) {}

export class PreviewDesk extends Context.Service<
  PreviewDesk,
  {
    /** Those that have not been removed. */
    list(repository: RepositoryName): Effect.Effect<ReadonlyArray<PreviewSummary>, PreviewDeskError>
    find(pullRequest: ThreadId): Effect.Effect<Option.Option<PreviewSummary>, PreviewDeskError>
    /** The last lines of its service's log. */
    logs(pullRequest: ThreadId, lines: number): Effect.Effect<string, PreviewDeskError>
    /** Deploys the head again, also one that was stopped. Answers with what was decided, in a sentence. */
    redeploy(pullRequest: ThreadId, requester: string): Effect.Effect<string, PreviewDeskError>
    /** Removes it until somebody asks for it or pushes. Idempotent. */
    stop(pullRequest: ThreadId, requester: string): Effect.Effect<string, PreviewDeskError>
  }
>()("@productbuilding/agent/PreviewDesk") {}
