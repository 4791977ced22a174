/** One preview environment: a pull request's running release, or why there is none. */
import { CommitSha, DomainName, OperationId, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { Schema } from "effect"

/** `owner/name#number`, for example `acme/shop#12`. The owner and name are in lower case, so that it is unique. */
export const PreviewId = Schema.String.check(
  Schema.isPattern(/^[^/\s#]+\/[^/\s#]+#[1-9][0-9]*$/, { expected: "owner/name#number, for example acme/shop#12" })
).pipe(Schema.brand("PreviewId"))
export type PreviewId = typeof PreviewId.Type

/** The id of a pull request's preview. */
export const previewId = (repository: RepositoryName, number: PullRequestNumber): PreviewId =>
  PreviewId.make(`${repository.toLowerCase()}#${number}`)

/** The repository (in lower case) and pull request that an id names. */
export const parsePreviewId = (
  id: PreviewId
): {
  readonly repository: RepositoryName
  readonly pullRequest: PullRequestNumber
} => {
  const at = id.lastIndexOf("#")
  return {
    repository: RepositoryName.make(id.slice(0, at)),
    pullRequest: PullRequestNumber.make(Number(id.slice(at + 1)))
  }
}

/**
 * The name under which a runtime keeps everything of one preview: `pb-{slug}-pr-{n}`. With Docker it is the Compose
 * project. At most 63 characters of `a-z0-9-`.
 */
export const EnvironmentName = Schema.String.check(
  Schema.isPattern(/^pb-[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?-pr-[1-9][0-9]*$/)
).pipe(Schema.brand("EnvironmentName"))
export type EnvironmentName = typeof EnvironmentName.Type

/** The stages of a deployment, in order. */
export const Stage = Schema.Literals([
  "fetch",
  "contract",
  "compose",
  "build",
  "start",
  "migrate",
  "readiness",
  "post-deploy"
])
export type Stage = typeof Stage.Type

/**
 * `pending → building → deploying → ready`, from each of them `failed`; `blocked` waits for an approval; `closing`
 * removes what there is; `deleted` has nothing left.
 */
export const PreviewState = Schema.Literals([
  "pending",
  "building",
  "deploying",
  "ready",
  "failed",
  "blocked",
  "closing",
  "deleted"
])
export type PreviewState = typeof PreviewState.Type

/** Why a deployment or a teardown failed. */
export class PreviewFailure extends Schema.Class<PreviewFailure>("@productbuilding/preview/PreviewFailure")({
  stage: Schema.Union([Stage, Schema.Literal("teardown")]),
  /** The cause in plain words, and what to do. Markdown-safe single line or few lines. */
  summary: Schema.String,
  /** The end of the log that shows it, or one line a mistake. May be empty. */
  evidence: Schema.String
}) {}

/** When a stage ran. */
export class StageTiming extends Schema.Class<StageTiming>("@productbuilding/preview/StageTiming")({
  stage: Stage,
  startedAt: Schema.DateTimeUtcFromMillis,
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis)
}) {}

/** The durable truth about one preview. */
export class Preview extends Schema.Class<Preview>("@productbuilding/preview/Preview")({
  id: PreviewId,
  /** As the code host spells it. */
  repository: RepositoryName,
  pullRequest: PullRequestNumber,
  title: Schema.String,
  author: Schema.String,
  headRef: Schema.String,
  /** Its code comes from another repository: it gets no secrets, and by default waits for an approval. */
  fromFork: Schema.Boolean,
  pullRequestUrl: Schema.String,
  environment: EnvironmentName,
  host: DomainName,
  url: Schema.String,
  state: PreviewState,
  /** The commit that is being deployed or was deployed last. */
  sha: CommitSha,
  /** The commit that answers at the URL now; an older one while a newer is being deployed. */
  runningSha: Schema.NullOr(CommitSha),
  /** The deployment or teardown that may change this row; any other is superseded. */
  operationId: Schema.NullOr(OperationId),
  /** A fork's commit that an operator allowed. */
  approvedSha: Schema.NullOr(CommitSha),
  /** The commit whose preview an operator removed; it stays away until a push, a reopening or a redeploy. */
  removedSha: Schema.NullOr(CommitSha),
  failure: Schema.NullOr(PreviewFailure),
  stages: Schema.Array(StageTiming),
  /** The contract's `user_facing_note`. */
  note: Schema.NullOr(Schema.String),
  createdAt: Schema.DateTimeUtcFromMillis,
  updatedAt: Schema.DateTimeUtcFromMillis,
  /** Grows by one with every change. */
  version: Schema.Int
}) {}
