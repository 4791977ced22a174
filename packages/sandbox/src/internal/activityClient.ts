/** The controls of what happens around the code, at a distance. */
import { Schema } from "effect"
import type { RemoteActivityControl } from "../ActivityControl.ts"
import {
  SandboxCheckRun,
  SandboxCheckSuite,
  SandboxCommitStatus,
  SandboxDeployment,
  SandboxDeploymentStatus,
  SandboxIssue,
  SandboxLabel,
  SandboxRelease,
  SandboxReview,
  SandboxReviewComment
} from "../GitHubActivity.ts"
import { SandboxComment, SandboxPullRequest } from "../GitHubState.ts"
import type { Wire } from "./wire.ts"

const Names = Schema.Array(Schema.String)

export const repositoryPath = (fullName: string) => `/repos/${fullName.split("/").map(encodeURIComponent).join("/")}`

export const makeActivityClient = <E>({ get, tell, write }: Wire<E>): RemoteActivityControl<E> => {
  const of = repositoryPath
  const issue = (fullName: string, number: number) => `${of(fullName)}/issues/${number}`
  const pull = (fullName: string, number: number) => `${of(fullName)}/pulls/${number}`
  const commit = (fullName: string, ref: string) => `${of(fullName)}/commits/${encodeURIComponent(ref)}`
  const part = encodeURIComponent

  return {
    openIssue: (fullName, body) => write("POST", `${of(fullName)}/issues`, SandboxIssue, { ...body }),
    issues: (fullName) => get(`${of(fullName)}/issues`, Schema.Array(SandboxIssue)),
    editIssue: (fullName, number, edit) => write("PATCH", issue(fullName, number), SandboxIssue, { ...edit }),
    closeIssue: (fullName, number, options) =>
      write("POST", `${issue(fullName, number)}/close`, SandboxIssue, { ...options }),
    reopenIssue: (fullName, number, options) =>
      write("POST", `${issue(fullName, number)}/reopen`, SandboxIssue, { ...options }),
    editComment: (fullName, commentId, body, options) =>
      write("PATCH", `${of(fullName)}/comments/${commentId}`, SandboxComment, { ...options, body }),
    removeComment: (fullName, commentId, options) =>
      tell("DELETE", `${of(fullName)}/comments/${commentId}`, { ...options }),
    addLabel: (fullName, label) => write("POST", `${of(fullName)}/labels`, SandboxLabel, { ...label }),
    labels: (fullName) => get(`${of(fullName)}/labels`, Schema.Array(SandboxLabel)),
    label: (fullName, number, name, options) =>
      write("PUT", `${issue(fullName, number)}/labels/${part(name)}`, Names, { ...options }),
    unlabel: (fullName, number, name, options) =>
      write("DELETE", `${issue(fullName, number)}/labels/${part(name)}`, Names, { ...options }),
    assign: (fullName, number, login, options) =>
      write("PUT", `${issue(fullName, number)}/assignees/${part(login)}`, Names, { ...options }),
    unassign: (fullName, number, login, options) =>
      write("DELETE", `${issue(fullName, number)}/assignees/${part(login)}`, Names, { ...options }),

    editPullRequest: (fullName, number, edit) =>
      write("PATCH", pull(fullName, number), SandboxPullRequest, { ...edit }),
    setDraft: (fullName, number, draft, options) =>
      write("PUT", `${pull(fullName, number)}/draft`, SandboxPullRequest, { ...options, draft }),
    requestReview: (fullName, number, reviewer, options) =>
      write("PUT", `${pull(fullName, number)}/reviewers/${part(reviewer)}`, SandboxPullRequest, { ...options }),
    removeReviewRequest: (fullName, number, reviewer, options) =>
      write("DELETE", `${pull(fullName, number)}/reviewers/${part(reviewer)}`, SandboxPullRequest, { ...options }),
    submitReview: (fullName, number, review) =>
      write("POST", `${pull(fullName, number)}/reviews`, SandboxReview, {
        ...review,
        comments: review.comments?.map((comment) => ({ ...comment }))
      }),
    dismissReview: (fullName, number, reviewId, options) =>
      write("POST", `${pull(fullName, number)}/reviews/${reviewId}/dismiss`, SandboxReview, { ...options }),
    reviews: (fullName, number) => get(`${pull(fullName, number)}/reviews`, Schema.Array(SandboxReview)),
    reviewComment: (fullName, number, comment) =>
      write("POST", `${pull(fullName, number)}/review-comments`, SandboxReviewComment, { ...comment }),
    editReviewComment: (fullName, commentId, body, options) =>
      write("PATCH", `${of(fullName)}/review-comments/${commentId}`, SandboxReviewComment, { ...options, body }),
    removeReviewComment: (fullName, commentId, options) =>
      tell("DELETE", `${of(fullName)}/review-comments/${commentId}`, { ...options }),
    reviewComments: (fullName, number) =>
      get(`${pull(fullName, number)}/review-comments`, Schema.Array(SandboxReviewComment)),

    startCheckSuite: (fullName, ref, options) =>
      write("POST", `${commit(fullName, ref)}/check-suites`, SandboxCheckSuite, { ...options }),
    completeCheckSuite: (fullName, suiteId, conclusion) =>
      write("POST", `${of(fullName)}/check-suites/${suiteId}/complete`, SandboxCheckSuite, { conclusion }),
    startCheck: (fullName, ref, check) =>
      write("POST", `${commit(fullName, ref)}/checks`, SandboxCheckRun, { ...check }),
    completeCheck: (fullName, checkId, result) =>
      write("POST", `${of(fullName)}/checks/${checkId}/complete`, SandboxCheckRun, { ...result }),
    checkSuites: (fullName, ref) => get(`${commit(fullName, ref)}/check-suites`, Schema.Array(SandboxCheckSuite)),
    checks: (fullName, ref) => get(`${commit(fullName, ref)}/checks`, Schema.Array(SandboxCheckRun)),
    setStatus: (fullName, ref, status) =>
      write("POST", `${commit(fullName, ref)}/statuses`, SandboxCommitStatus, { ...status }),
    statuses: (fullName, ref) => get(`${commit(fullName, ref)}/statuses`, Schema.Array(SandboxCommitStatus)),

    deploy: (fullName, deployment) =>
      write("POST", `${of(fullName)}/deployments`, SandboxDeployment, { ...deployment }),
    deployments: (fullName) => get(`${of(fullName)}/deployments`, Schema.Array(SandboxDeployment)),
    setDeploymentStatus: (fullName, deploymentId, status) =>
      write("POST", `${of(fullName)}/deployments/${deploymentId}/statuses`, SandboxDeploymentStatus, { ...status }),
    deploymentStatuses: (fullName, deploymentId) =>
      get(`${of(fullName)}/deployments/${deploymentId}/statuses`, Schema.Array(SandboxDeploymentStatus)),
    publishRelease: (fullName, release) => write("POST", `${of(fullName)}/releases`, SandboxRelease, { ...release }),
    releases: (fullName) => get(`${of(fullName)}/releases`, Schema.Array(SandboxRelease))
  }
}
