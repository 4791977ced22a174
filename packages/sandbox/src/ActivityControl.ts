/** How the life around the code of a sandbox is steered: issues, reviews, checks, deployments and releases. */
import type { Effect } from "effect"
import type {
  NewCommitStatus,
  NewDeployment,
  NewDeploymentStatus,
  NewIssue,
  NewRelease,
  NewReview,
  NewReviewComment,
  SandboxActor,
  SandboxCheckRun,
  SandboxCheckSuite,
  SandboxCloseReason,
  SandboxCommitStatus,
  SandboxConclusion,
  SandboxDeployment,
  SandboxDeploymentStatus,
  SandboxEdit,
  SandboxIssue,
  SandboxLabel,
  SandboxRelease,
  SandboxReview,
  SandboxReviewComment
} from "./GitHubActivity.ts"
import type { SandboxComment, SandboxPullRequest } from "./GitHubState.ts"

/** A label to make. */
export interface NewLabel {
  readonly name: string
  /** Six hexadecimal digits. Default `ededed`. */
  readonly color?: string
  readonly description?: string
}

/** A check to start. */
export interface NewCheck {
  readonly name: string
  /** The slug of the App that runs it. Default `ci`. */
  readonly app?: string
}

/** How a check ends. */
export interface CheckResult {
  readonly conclusion: SandboxConclusion
  readonly title?: string
  readonly summary?: string
}

/**
 * What happens around the code. Where it is not said who does something (`by`), the author of the issue, pull request
 * or comment does it. What changes nothing, such as a label that is there already, sends no webhook.
 *
 * `number` is an issue's or a pull request's alike, unless the method's name or its documentation says otherwise.
 */
export interface ActivityControl {
  openIssue(fullName: string, issue: NewIssue): SandboxIssue
  /** Oldest first, without pull requests. */
  issues(fullName: string): ReadonlyArray<SandboxIssue>
  editIssue(fullName: string, number: number, edit: SandboxEdit): SandboxIssue
  /** Default reason: `completed`. A closed one stays as it is. */
  closeIssue(
    fullName: string,
    number: number,
    options?: SandboxActor & { readonly reason?: SandboxCloseReason }
  ): SandboxIssue
  reopenIssue(fullName: string, number: number, options?: SandboxActor): SandboxIssue
  editComment(fullName: string, commentId: number, body: string, options?: SandboxActor): SandboxComment
  removeComment(fullName: string, commentId: number, options?: SandboxActor): void
  /** Makes a label, or gives the one of that name another colour. */
  addLabel(fullName: string, label: NewLabel): SandboxLabel
  labels(fullName: string): ReadonlyArray<SandboxLabel>
  /** Answers with the names of its labels. A label that the repository does not have is made. */
  label(fullName: string, number: number, name: string, options?: SandboxActor): ReadonlyArray<string>
  unlabel(fullName: string, number: number, name: string, options?: SandboxActor): ReadonlyArray<string>
  /** Answers with all assignees. */
  assign(fullName: string, number: number, login: string, options?: SandboxActor): ReadonlyArray<string>
  unassign(fullName: string, number: number, login: string, options?: SandboxActor): ReadonlyArray<string>

  editPullRequest(fullName: string, number: number, edit: SandboxEdit): SandboxPullRequest
  /** Makes a pull request a draft, or ready for review. */
  setDraft(fullName: string, number: number, draft: boolean, options?: SandboxActor): SandboxPullRequest
  requestReview(fullName: string, number: number, reviewer: string, options?: SandboxActor): SandboxPullRequest
  removeReviewRequest(fullName: string, number: number, reviewer: string, options?: SandboxActor): SandboxPullRequest
  /** Fulfils the request for its author's review, if there is one. */
  submitReview(fullName: string, number: number, review: NewReview): SandboxReview
  /** The repository's owner does it, unless told otherwise. One that only commented cannot be dismissed. */
  dismissReview(fullName: string, number: number, reviewId: number, options?: SandboxActor): SandboxReview
  /** Oldest first. */
  reviews(fullName: string, number: number): ReadonlyArray<SandboxReview>
  /** Comments on a line, in a review of its own, as GitHub does it. */
  reviewComment(fullName: string, number: number, comment: NewReviewComment): SandboxReviewComment
  editReviewComment(fullName: string, commentId: number, body: string, options?: SandboxActor): SandboxReviewComment
  removeReviewComment(fullName: string, commentId: number, options?: SandboxActor): void
  /** Oldest first. */
  reviewComments(fullName: string, number: number): ReadonlyArray<SandboxReviewComment>

  /**
   * Starts an App's suite on a commit, which has one at most. `ref` is a branch, `pull/{n}/head`, a tag of a release or a
   * commit, here and below.
   */
  startCheckSuite(fullName: string, ref: string, options?: { readonly app?: string }): SandboxCheckSuite
  /** Ends a suite that has no run under way. */
  completeCheckSuite(fullName: string, suiteId: number, conclusion: SandboxConclusion): SandboxCheckSuite
  /** Starts a check in the App's suite on that commit, which it starts if need be. */
  startCheck(fullName: string, ref: string, check: NewCheck): SandboxCheckRun
  /** Ends a check; the suite ends with its last one, with the worst of their conclusions. */
  completeCheck(fullName: string, checkId: number, result: CheckResult): SandboxCheckRun
  checkSuites(fullName: string, ref: string): ReadonlyArray<SandboxCheckSuite>
  checks(fullName: string, ref: string): ReadonlyArray<SandboxCheckRun>
  setStatus(fullName: string, ref: string, status: NewCommitStatus): SandboxCommitStatus
  /** Newest first. */
  statuses(fullName: string, ref: string): ReadonlyArray<SandboxCommitStatus>

  deploy(fullName: string, deployment: NewDeployment): SandboxDeployment
  /** Newest first. */
  deployments(fullName: string): ReadonlyArray<SandboxDeployment>
  /** A success makes earlier deployments to that environment inactive, but for `production`, as on GitHub. */
  setDeploymentStatus(fullName: string, deploymentId: number, status: NewDeploymentStatus): SandboxDeploymentStatus
  /** Newest first. */
  deploymentStatuses(fullName: string, deploymentId: number): ReadonlyArray<SandboxDeploymentStatus>
  publishRelease(fullName: string, release: NewRelease): SandboxRelease
  /** Newest first. */
  releases(fullName: string): ReadonlyArray<SandboxRelease>
}

/** What `ActivityControl` does, at a distance. */
export type RemoteActivityControl<E> = {
  readonly [Name in keyof ActivityControl]: ActivityControl[Name] extends (
    ...parameters: infer Parameters
  ) => infer Answer
    ? (...parameters: Parameters) => Effect.Effect<Answer, E>
    : never
}
