/** What people and tools do around the code of a sandbox: issues, reviews, checks, deployments and releases. */
import { Schema } from "effect"

const text = Schema.optionalKey(Schema.String)

/** A label of a repository. Names are compared in any case. */
export const SandboxLabel = Schema.Struct({
  id: Schema.Int,
  name: Schema.String,
  /** Six hexadecimal digits. */
  color: Schema.String,
  description: Schema.String
})
export type SandboxLabel = typeof SandboxLabel.Type

/** Why an issue was closed. */
export const SandboxCloseReason = Schema.Literals(["completed", "not_planned", "duplicate"])
export type SandboxCloseReason = typeof SandboxCloseReason.Type

/** An issue that is no pull request. Both are numbered together. */
export const SandboxIssue = Schema.Struct({
  id: Schema.Int,
  number: Schema.Int,
  title: Schema.String,
  body: Schema.String,
  author: Schema.String,
  state: Schema.Literals(["open", "closed"]),
  /** `null` until it is closed for the first time. */
  stateReason: Schema.NullOr(Schema.Literals([...SandboxCloseReason.literals, "reopened"])),
  labels: Schema.Array(Schema.String),
  assignees: Schema.Array(Schema.String),
  closedBy: Schema.NullOr(Schema.String),
  closedAt: Schema.NullOr(Schema.String),
  createdAt: Schema.String,
  updatedAt: Schema.String
})
export type SandboxIssue = typeof SandboxIssue.Type

/** An issue to open. */
export const NewIssue = Schema.Struct({
  title: Schema.String,
  body: text,
  /** Default `octocat`. */
  author: text,
  labels: Schema.optionalKey(Schema.Array(Schema.String)),
  assignees: Schema.optionalKey(Schema.Array(Schema.String))
})
export type NewIssue = typeof NewIssue.Type

/** Who does it. */
export const SandboxActor = Schema.Struct({ by: text })
export type SandboxActor = typeof SandboxActor.Type

/** What becomes of an issue's or a pull request's text. */
export const SandboxEdit = Schema.Struct({ title: text, body: text, by: text })
export type SandboxEdit = typeof SandboxEdit.Type

/** What a review comes to. */
export const SandboxVerdict = Schema.Literals(["approved", "changes_requested", "commented"])
export type SandboxVerdict = typeof SandboxVerdict.Type

/** A review of a pull request. */
export const SandboxReview = Schema.Struct({
  id: Schema.Int,
  pull: Schema.Int,
  author: Schema.String,
  body: Schema.String,
  state: Schema.Literals([...SandboxVerdict.literals, "dismissed"]),
  /** The head that was reviewed. */
  commitSha: Schema.String,
  submittedAt: Schema.String,
  updatedAt: Schema.String
})
export type SandboxReview = typeof SandboxReview.Type

const side = Schema.Literals(["LEFT", "RIGHT"])

/** A comment on a line of a pull request. */
export const SandboxReviewComment = Schema.Struct({
  id: Schema.Int,
  pull: Schema.Int,
  review: Schema.Int,
  author: Schema.String,
  body: Schema.String,
  path: Schema.String,
  line: Schema.Int,
  side,
  diffHunk: Schema.String,
  commitSha: Schema.String,
  /** The comment that began the thread; `null` for that one. */
  inReplyTo: Schema.NullOr(Schema.Int),
  createdAt: Schema.String,
  updatedAt: Schema.String
})
export type SandboxReviewComment = typeof SandboxReviewComment.Type

/** A comment on a line. */
export const NewReviewComment = Schema.Struct({
  /** Default: the repository's owner; of a comment within a review its author. */
  author: text,
  body: Schema.String,
  /** Not needed for a reply, which is where its thread is. */
  path: text,
  /** Default 1. */
  line: Schema.optionalKey(Schema.Int),
  /** Default `RIGHT`: the pull request's side. */
  side: Schema.optionalKey(side),
  /** Default: the line as it stands in the head. */
  diffHunk: text,
  /** The comment that it answers. */
  inReplyTo: Schema.optionalKey(Schema.Int)
})
export type NewReviewComment = typeof NewReviewComment.Type

/** A review to submit. */
export const NewReview = Schema.Struct({
  /** Default `commented`. */
  state: Schema.optionalKey(SandboxVerdict),
  /** Default: the repository's owner. */
  author: text,
  body: text,
  comments: Schema.optionalKey(Schema.Array(NewReviewComment))
})
export type NewReview = typeof NewReview.Type

/** How a check ends. */
export const SandboxConclusion = Schema.Literals([
  "success",
  "failure",
  "neutral",
  "cancelled",
  "skipped",
  "timed_out",
  "action_required"
])
export type SandboxConclusion = typeof SandboxConclusion.Type

/** The checks that one App runs on one commit. */
export const SandboxCheckSuite = Schema.Struct({
  id: Schema.Int,
  headSha: Schema.String,
  headBranch: Schema.NullOr(Schema.String),
  /** The slug of the App. */
  app: Schema.String,
  status: Schema.Literals(["queued", "in_progress", "completed"]),
  conclusion: Schema.NullOr(SandboxConclusion),
  createdAt: Schema.String,
  updatedAt: Schema.String
})
export type SandboxCheckSuite = typeof SandboxCheckSuite.Type

/** One check of a suite. */
export const SandboxCheckRun = Schema.Struct({
  id: Schema.Int,
  suite: Schema.Int,
  name: Schema.String,
  headSha: Schema.String,
  status: Schema.Literals(["in_progress", "completed"]),
  conclusion: Schema.NullOr(SandboxConclusion),
  title: Schema.NullOr(Schema.String),
  summary: Schema.NullOr(Schema.String),
  startedAt: Schema.String,
  completedAt: Schema.NullOr(Schema.String)
})
export type SandboxCheckRun = typeof SandboxCheckRun.Type

/** A status of a commit, the older kind of check. */
export const SandboxCommitStatus = Schema.Struct({
  id: Schema.Int,
  sha: Schema.String,
  context: Schema.String,
  state: Schema.Literals(["error", "failure", "pending", "success"]),
  description: Schema.NullOr(Schema.String),
  targetUrl: Schema.NullOr(Schema.String),
  author: Schema.String,
  createdAt: Schema.String
})
export type SandboxCommitStatus = typeof SandboxCommitStatus.Type

/** A status to set. */
export const NewCommitStatus = Schema.Struct({
  state: SandboxCommitStatus.fields.state,
  /** Default `default`, as on GitHub. */
  context: text,
  description: text,
  targetUrl: text,
  /** Default `octocat`. */
  author: text
})
export type NewCommitStatus = typeof NewCommitStatus.Type

/** A deployment that was asked for. */
export const SandboxDeployment = Schema.Struct({
  id: Schema.Int,
  sha: Schema.String,
  ref: Schema.String,
  task: Schema.String,
  environment: Schema.String,
  description: Schema.NullOr(Schema.String),
  creator: Schema.String,
  createdAt: Schema.String,
  updatedAt: Schema.String
})
export type SandboxDeployment = typeof SandboxDeployment.Type

/** A deployment to ask for. */
export const NewDeployment = Schema.Struct({
  ref: Schema.String,
  /** Default `deploy`. */
  task: text,
  /** Default `production`. */
  environment: text,
  description: text,
  /** Default `octocat`. */
  creator: text
})
export type NewDeployment = typeof NewDeployment.Type

/** How far a deployment is. */
export const SandboxDeploymentStatus = Schema.Struct({
  id: Schema.Int,
  deployment: Schema.Int,
  state: Schema.Literals(["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]),
  description: Schema.String,
  /** Empty where there is none. */
  environmentUrl: Schema.String,
  /** Empty where there is none. */
  logUrl: Schema.String,
  creator: Schema.String,
  createdAt: Schema.String
})
export type SandboxDeploymentStatus = typeof SandboxDeploymentStatus.Type

/** A step of a deployment. */
export const NewDeploymentStatus = Schema.Struct({
  state: SandboxDeploymentStatus.fields.state,
  description: text,
  environmentUrl: text,
  logUrl: text,
  /** Whether a success makes earlier deployments to the environment inactive. Default true. */
  autoInactive: Schema.optionalKey(Schema.Boolean),
  /** Default: the deployment's. */
  creator: text
})
export type NewDeploymentStatus = typeof NewDeploymentStatus.Type

/** A published release. */
export const SandboxRelease = Schema.Struct({
  id: Schema.Int,
  tag: Schema.String,
  name: Schema.NullOr(Schema.String),
  body: Schema.String,
  author: Schema.String,
  target: Schema.String,
  /** The commit of its tag. */
  sha: Schema.String,
  prerelease: Schema.Boolean,
  createdAt: Schema.String,
  publishedAt: Schema.String
})
export type SandboxRelease = typeof SandboxRelease.Type

/** A release to publish. */
export const NewRelease = Schema.Struct({
  tag: Schema.String,
  name: text,
  body: text,
  /** Default `octocat`. */
  author: text,
  /** The branch or commit that is tagged. Default `main`. */
  target: text,
  prerelease: Schema.optionalKey(Schema.Boolean)
})
export type NewRelease = typeof NewRelease.Type
