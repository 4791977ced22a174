/** What we need of a code host, in our words. `adapters/github` is the first of them. */
import { Context, Duration, type Effect, type Option, Schema, type Stream } from "effect"
import { CommitSha, PullRequestNumber, RepositoryName } from "./Repository.ts"
import type { ThreadFacts } from "./Thread.ts"

/** A pull request as it is now, not as an event once told. */
export class PullRequest extends Schema.Class<PullRequest>("@productbuilding/core/PullRequest")({
  repository: RepositoryName,
  number: PullRequestNumber,
  state: Schema.Literals(["open", "closed"]),
  merged: Schema.Boolean,
  draft: Schema.Boolean,
  title: Schema.String,
  author: Schema.String,
  headSha: CommitSha,
  headRef: Schema.String,
  baseRef: Schema.String,
  /** Its head lies in another repository than its base, or in one that was deleted. */
  fromFork: Schema.Boolean,
  url: Schema.String
}) {}

/** A comment on an issue or a pull request. */
export class Comment extends Schema.Class<Comment>("@productbuilding/core/Comment")({
  id: Schema.String,
  author: Schema.String,
  body: Schema.String,
  url: Schema.String
}) {}

/** Which of the things that people write it is. */
export const RemarkId = Schema.Struct({
  /** `line comment`: on a line of a pull request. */
  kind: Schema.Literals(["comment", "review", "line comment"]),
  id: Schema.String
})
export type RemarkId = typeof RemarkId.Type

/** What somebody has written, as it is now. */
export class Remark extends Schema.Class<Remark>("@productbuilding/core/Remark")({
  author: Schema.String,
  markdown: Schema.String,
  url: Schema.String,
  /** A review whose verdict counts no more. */
  dismissed: Schema.Boolean
}) {}

/** The object does not exist, or the credentials may not see it. Not retryable. */
export class NotFound extends Schema.TaggedClass<NotFound>()("NotFound", {}) {}
/** The credentials are missing, wrong, or lack a permission. Not retryable until an operator changes them. */
export class Denied extends Schema.TaggedClass<Denied>()("Denied", { status: Schema.Int, detail: Schema.String }) {}
/** A limit is spent. Try again after `retryAfter` and not before. */
export class RateLimited extends Schema.TaggedClass<RateLimited>()("RateLimited", {
  retryAfter: Schema.DurationFromMillis
}) {}
/** No answer, or a 5xx. Retryable; a write may have happened. */
export class Unavailable extends Schema.TaggedClass<Unavailable>()("Unavailable", { detail: Schema.String }) {}
/** The host refused the request as wrong, or answered what we cannot read. Not retryable. */
export class Rejected extends Schema.TaggedClass<Rejected>()("Rejected", {
  status: Schema.Int,
  detail: Schema.String
}) {}

/** A call to the code host failed. `cause` is the vendor's error; never show it to users. */
export class CodeHostError extends Schema.TaggedError<CodeHostError>()("CodeHostError", {
  operation: Schema.String,
  repository: Schema.String,
  reason: Schema.Union([NotFound, Denied, RateLimited, Unavailable, Rejected]),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** What went wrong and what to do, in one sentence for people. Holds no payload and no secret. */
export const describeCodeHostError = (error: CodeHostError): string => {
  const where = `${error.operation} on ${error.repository}`
  switch (error.reason._tag) {
    case "NotFound":
      return `The code host has nothing at ${where}. Check that it exists and that the token or App may read it.`
    case "Denied":
      return `The code host refused ${where} (${error.reason.status}: ${error.reason.detail}). Check the token's or App's permissions.`
    case "RateLimited":
      return `The code host's rate limit is spent for ${where}; it may be asked again in ${Duration.format(error.reason.retryAfter)}.`
    case "Unavailable":
      return `The code host did not answer ${where} (${error.reason.detail}).`
    case "Rejected":
      return `The code host rejected ${where} (${error.reason.status}: ${error.reason.detail}).`
  }
}

/** Whether the same call may succeed later without anybody changing anything. */
export const isRetryable = (error: CodeHostError): boolean =>
  error.reason._tag === "RateLimited" || error.reason._tag === "Unavailable"

/**
 * A code host. Every adapter passes `CodeHostTest.suite`. Reads are retried inside, with the host's own waits;
 * writes only when the host says that nothing was written.
 */
export class CodeHost extends Context.Service<
  CodeHost,
  {
    pullRequest(repository: RepositoryName, number: PullRequestNumber): Effect.Effect<PullRequest, CodeHostError>
    /** An issue or a pull request: they share their numbers. */
    thread(repository: RepositoryName, number: PullRequestNumber): Effect.Effect<ThreadFacts, CodeHostError>
    /** All open ones, every page. */
    openPullRequests(repository: RepositoryName): Effect.Effect<ReadonlyArray<PullRequest>, CodeHostError>
    /** The gzipped tar of one commit, with a single top folder. Streamed, never held whole. */
    archive(repository: RepositoryName, sha: CommitSha): Stream.Stream<Uint8Array, CodeHostError>
    /** All comments of an issue or pull request, oldest first, every page. */
    comments(
      repository: RepositoryName,
      number: PullRequestNumber
    ): Effect.Effect<ReadonlyArray<Comment>, CodeHostError>
    /** Not idempotent: after `Unavailable` look for your marker before you send again. */
    createComment(
      repository: RepositoryName,
      number: PullRequestNumber,
      body: string
    ): Effect.Effect<Comment, CodeHostError>
    updateComment(repository: RepositoryName, commentId: string, body: string): Effect.Effect<Comment, CodeHostError>
    /** `NotFound` when it is gone already. */
    deleteComment(repository: RepositoryName, commentId: string): Effect.Effect<void, CodeHostError>
    /** What somebody has written on an issue or pull request; `NotFound` once it was deleted. */
    remark(
      repository: RepositoryName,
      number: PullRequestNumber,
      remark: RemarkId
    ): Effect.Effect<Remark, CodeHostError>
    /** The addresses that an account shows: that of its profile, and of its newest commit here. */
    emailsOf(repository: RepositoryName, login: string): Effect.Effect<ReadonlyArray<string>, CodeHostError>
    /** The account to which the host ascribes the commits of an address here. */
    loginOf(repository: RepositoryName, email: string): Effect.Effect<Option.Option<string>, CodeHostError>
  }
>()("@productbuilding/core/CodeHost") {}
