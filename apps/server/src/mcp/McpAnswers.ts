/** What every tool of the MCP server answers in. */

import type { PreviewDeskError } from "@productbuilding/agent"
import {
  type CodeHostError,
  describeCodeHostError,
  type OperationLogError,
  type OutboxError,
  ProjectRegistry,
  RepositoryName
} from "@productbuilding/core"
import {
  type LookFailed,
  type Preview,
  PreviewId,
  PreviewState,
  type PreviewStoreError
} from "@productbuilding/preview"
import { DateTime, Effect, Option, Schema } from "effect"

/** A tool cannot do what was asked. `message` is told to the model: what was found, and what to try. */
export class McpToolFailed extends Schema.TaggedError<McpToolFailed>()("McpToolFailed", { message: Schema.String }) {}

const databaseFailed = new McpToolFailed({ message: "The server's database failed. Try again in a moment." })

/** In words for a model. What a database says goes to the log and nowhere else. */
export const asToolFailed = <A, R>(
  effect: Effect.Effect<
    A,
    CodeHostError | LookFailed | McpToolFailed | OperationLogError | OutboxError | PreviewDeskError | PreviewStoreError,
    R
  >
): Effect.Effect<A, McpToolFailed, R> =>
  Effect.catch(effect, (error) => {
    switch (error._tag) {
      case "McpToolFailed":
        return Effect.fail(error)
      case "CodeHostError":
        return Effect.fail(new McpToolFailed({ message: describeCodeHostError(error) }))
      case "LookFailed":
      case "PreviewDeskError":
        return Effect.fail(new McpToolFailed({ message: error.message }))
      default:
        return Effect.andThen(Effect.logError("A tool of the MCP server failed", error), Effect.fail(databaseFailed))
    }
  })

/** Only repositories that this server looks after, whatever else its credentials could read. */
export const makeRegistered = Effect.map(
  ProjectRegistry,
  (registry) =>
    (repository: string): Effect.Effect<RepositoryName, McpToolFailed> =>
      Option.match(registry.find(repository), {
        onSome: (project) => Effect.succeed(project.repository),
        onNone: () =>
          Effect.fail(
            new McpToolFailed({
              message: `This server does not look after ${repository}. It looks after: ${registry.all.map((one) => one.repository).join(", ") || "no repository"}.`
            })
          )
      })
)

/** Which preview, as every tool takes it. */
export const previewReference = Schema.String.check(
  Schema.isPattern(/^[^/\s#]+\/[^/\s#]+#[1-9][0-9]*$/, { expected: "owner/repo#12" })
).annotate({ description: "The pull request, as owner/repo#12." })

export const previewIdOf = (reference: string) => PreviewId.make(reference.toLowerCase())

/** Where a tool takes a repository. */
export const repository = RepositoryName.annotate({ description: "The repository, as owner/repo." })

/** How many of what a tool lists. */
export const limit = (fallback: number, most: number) =>
  Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most })).annotate({
      description: `How many at most, up to ${most}. Default: ${fallback}.`
    })
  )

/** One preview in a list. */
export const PreviewLine = Schema.Struct({
  preview: Schema.String.annotate({ description: "owner/repo#12, as other tools take it" }),
  title: Schema.String,
  state: PreviewState,
  url: Schema.String.annotate({ description: "Where it answers once it is ready" }),
  commit: Schema.String.annotate({ description: "The commit that is being deployed or was deployed last" })
})

/** One preview whole. */
export const PreviewDetail = Schema.Struct({
  ...PreviewLine.fields,
  pullRequestUrl: Schema.String,
  author: Schema.String,
  branch: Schema.String,
  runningCommit: Schema.NullOr(Schema.String).annotate({
    description: "The commit that answers at the URL now: an older one while a newer is being deployed"
  }),
  failure: Schema.NullOr(
    Schema.Struct({
      stage: Schema.String,
      cause: Schema.String,
      evidence: Schema.String.annotate({ description: "The end of the log that shows it" })
    })
  ),
  stages: Schema.Array(
    Schema.Struct({
      stage: Schema.String,
      seconds: Schema.NullOr(Schema.Finite).annotate({ description: "null while it runs" })
    })
  ),
  note: Schema.NullOr(Schema.String).annotate({ description: "What the repository says to whoever visits it" }),
  updatedAt: Schema.String
})

export const lineOf = (preview: Preview): typeof PreviewLine.Type => ({
  preview: `${preview.repository}#${preview.pullRequest}`,
  title: preview.title,
  state: preview.state,
  url: preview.url,
  commit: preview.sha
})

export const detailOf = (preview: Preview): typeof PreviewDetail.Type => ({
  ...lineOf(preview),
  pullRequestUrl: preview.pullRequestUrl,
  author: preview.author,
  branch: preview.headRef,
  runningCommit: preview.runningSha,
  failure:
    preview.failure === null
      ? null
      : { stage: preview.failure.stage, cause: preview.failure.summary, evidence: preview.failure.evidence },
  stages: preview.stages.map(({ endedAt, stage, startedAt }) => ({
    stage,
    seconds: endedAt === null ? null : (DateTime.toEpochMillis(endedAt) - DateTime.toEpochMillis(startedAt)) / 1000
  })),
  note: preview.note,
  updatedAt: DateTime.formatIso(preview.updatedAt)
})

/** What to say where no preview is. */
export const noPreview = (reference: string) =>
  new McpToolFailed({
    message: `${reference} has no preview. There is one for each open pull request of a registered repository, from a few seconds after it was opened; list_previews shows all.`
  })
