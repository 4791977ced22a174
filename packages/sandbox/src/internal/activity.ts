/** The controls of what happens around the code. */
import type { ActivityControl } from "../ActivityControl.ts"
import type { SandboxPullRequest } from "../GitHubState.ts"
import { type Checks, commitOf } from "./checks.ts"
import { type Comments, commentOf } from "./comments.ts"
import { type Deployments, deploymentOf, deploymentStatusesOf } from "./deployments.ts"
import type { Issues } from "./issues.ts"
import type { Pulls } from "./pulls.ts"
import { type Reviews, reviewCommentOf, reviewOf } from "./reviews.ts"
import type { Repository, State } from "./state.ts"
import { issueOf } from "./threads.ts"

/** What the controls and the routes both do. */
export interface Doings {
  readonly state: State
  readonly comments: Comments
  readonly issues: Issues
  readonly pulls: Pulls
  readonly reviews: Reviews
  readonly checks: Checks
  readonly deployments: Deployments
}

export const makeActivityControl = (doings: Doings): ActivityControl => {
  const { checks, comments, deployments, issues, pulls, reviews, state } = doings
  const { repository } = state

  const withPull = <A>(fullName: string, number: number, use: (repo: Repository, pull: SandboxPullRequest) => A): A => {
    const repo = repository(fullName)
    return use(repo, state.pull(repo, number))
  }

  return {
    openIssue: (fullName, issue) => issues.open(repository(fullName), issue),
    issues: (fullName) => Array.from(repository(fullName).issues.values()),
    editIssue: (fullName, number, { by, ...to }) => {
      const repo = repository(fullName)
      issues.edit(repo, issueOf(repo, number), to, by)
      return issueOf(repo, number)
    },
    closeIssue: (fullName, number, options) => {
      const repo = repository(fullName)
      return issues.close(repo, issueOf(repo, number), options?.reason, options?.by)
    },
    reopenIssue: (fullName, number, options) => {
      const repo = repository(fullName)
      return issues.reopen(repo, issueOf(repo, number), options?.by)
    },
    editComment: (fullName, commentId, body, options) => {
      const repo = repository(fullName)
      const comment = commentOf(repo, commentId)
      return body === comment.body ? comment : comments.edit(repo, comment, options?.by ?? comment.author, body)
    },
    removeComment: (fullName, commentId, options) => {
      const repo = repository(fullName)
      const comment = commentOf(repo, commentId)
      comments.remove(repo, comment, options?.by ?? comment.author)
    },
    addLabel: (fullName, label) => issues.addLabel(repository(fullName), label),
    labels: (fullName) => Array.from(repository(fullName).labels.values()),
    label: (fullName, number, name, options) => issues.label(repository(fullName), number, name, options?.by),
    unlabel: (fullName, number, name, options) => issues.unlabel(repository(fullName), number, name, options?.by),
    assign: (fullName, number, login, options) => issues.assign(repository(fullName), number, login, options?.by),
    unassign: (fullName, number, login, options) => issues.unassign(repository(fullName), number, login, options?.by),

    editPullRequest: (fullName, number, { by, ...to }) =>
      withPull(fullName, number, (repo, pull) => {
        issues.edit(repo, pull, to, by)
        return state.pull(repo, number)
      }),
    setDraft: (fullName, number, draft, options) =>
      withPull(fullName, number, (repo, pull) => pulls.setDraft(repo, pull, draft, options?.by)),
    requestReview: (fullName, number, reviewer, options) =>
      withPull(fullName, number, (repo, pull) => pulls.requestReview(repo, pull, reviewer, options?.by)),
    removeReviewRequest: (fullName, number, reviewer, options) =>
      withPull(fullName, number, (repo, pull) => pulls.removeReviewRequest(repo, pull, reviewer, options?.by)),
    submitReview: (fullName, number, review) =>
      withPull(fullName, number, (repo, pull) => reviews.submit(repo, pull, review)),
    dismissReview: (fullName, number, reviewId, options) =>
      withPull(fullName, number, (repo) =>
        reviews.dismiss(repo, reviewOf(repo, number, reviewId), options?.by ?? repo.owner)
      ),
    reviews: (fullName, number) =>
      withPull(fullName, number, (repo) => Array.from(repo.reviews.values()).filter(({ pull }) => pull === number)),
    reviewComment: (fullName, number, comment) =>
      withPull(fullName, number, (repo, pull) => reviews.comment(repo, pull, comment)),
    editReviewComment: (fullName, commentId, body, options) => {
      const repo = repository(fullName)
      const comment = reviewCommentOf(repo, commentId)
      return reviews.editComment(repo, comment, body, options?.by ?? comment.author)
    },
    removeReviewComment: (fullName, commentId, options) => {
      const repo = repository(fullName)
      const comment = reviewCommentOf(repo, commentId)
      reviews.removeComment(repo, comment, options?.by ?? comment.author)
    },
    reviewComments: (fullName, number) =>
      withPull(fullName, number, (repo) =>
        Array.from(repo.reviewComments.values()).filter(({ pull }) => pull === number)
      ),

    startCheckSuite: (fullName, ref, options) => {
      const repo = repository(fullName)
      return checks.startSuite(repo, commitOf(repo, ref), options?.app ?? "ci")
    },
    completeCheckSuite: (fullName, suiteId, conclusion) =>
      checks.completeSuite(repository(fullName), suiteId, conclusion),
    startCheck: (fullName, ref, check) => {
      const repo = repository(fullName)
      return checks.start(repo, commitOf(repo, ref), check)
    },
    completeCheck: (fullName, checkId, result) => checks.complete(repository(fullName), checkId, result),
    checkSuites: (fullName, ref) => {
      const repo = repository(fullName)
      return checks.suites(repo, commitOf(repo, ref))
    },
    checks: (fullName, ref) => {
      const repo = repository(fullName)
      return checks.runs(repo, commitOf(repo, ref))
    },
    setStatus: (fullName, ref, status) => {
      const repo = repository(fullName)
      return checks.setStatus(repo, commitOf(repo, ref), status)
    },
    statuses: (fullName, ref) => {
      const repo = repository(fullName)
      return checks.statuses(repo, commitOf(repo, ref))
    },

    deploy: (fullName, deployment) => deployments.create(repository(fullName), deployment),
    deployments: (fullName) => Array.from(repository(fullName).deployments.values()).toReversed(),
    setDeploymentStatus: (fullName, deploymentId, status) =>
      deployments.setStatus(repository(fullName), deploymentId, status),
    deploymentStatuses: (fullName, deploymentId) => {
      const repo = repository(fullName)
      return deploymentStatusesOf(repo, deploymentOf(repo, deploymentId).id)
    },
    publishRelease: (fullName, release) => deployments.release(repository(fullName), release),
    releases: (fullName) => Array.from(repository(fullName).releases.values()).toReversed()
  }
}
