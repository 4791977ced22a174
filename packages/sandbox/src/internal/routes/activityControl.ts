/** The control API of what happens around the code. */
import type { ActivityControl } from "../../ActivityControl.ts"
import {
  NewCommitStatus,
  NewDeployment,
  NewDeploymentStatus,
  NewIssue,
  NewRelease,
  NewReview,
  NewReviewComment,
  SandboxActor,
  SandboxEdit
} from "../../GitHubActivity.ts"
import type { SandboxControl } from "../../SandboxControl.ts"
import * as Bodies from "../controlBodies.ts"
import { type Call, json, noContent, numberOf, type Route, route } from "../http.ts"
import { named, withBody } from "./controlRoute.ts"

const repo = "/_sandbox/repos/:owner/:repo"
const number = (call: Call) => numberOf(call, "number")
const id = (call: Call) => numberOf(call, "id")
const param = (call: Call, name: string) => call.params[name] ?? ""

const issueRoutes = (control: SandboxControl): ReadonlyArray<Route> => [
  route("GET", `${repo}/issues`, (call) => json(control.issues(named(call)))),
  withBody("POST", `${repo}/issues`, NewIssue, (call, body) => json(control.openIssue(named(call), body), 201)),
  withBody("PATCH", `${repo}/issues/:number`, SandboxEdit, (call, body) =>
    json(control.editIssue(named(call), number(call), body))
  ),
  withBody("POST", `${repo}/issues/:number/close`, Bodies.CloseIssue, (call, body) =>
    json(control.closeIssue(named(call), number(call), body))
  ),
  withBody("POST", `${repo}/issues/:number/reopen`, SandboxActor, (call, body) =>
    json(control.reopenIssue(named(call), number(call), body))
  ),
  route("GET", `${repo}/issues/:number/comments`, (call) => json(control.comments(named(call), number(call)))),
  withBody("POST", `${repo}/issues/:number/comments`, Bodies.NewComment, (call, body) =>
    json(control.comment(named(call), number(call), body.author ?? "octocat", body.body), 201)
  ),
  withBody("PATCH", `${repo}/comments/:id`, Bodies.EditComment, (call, body) =>
    json(control.editComment(named(call), id(call), body.body, body))
  ),
  withBody("DELETE", `${repo}/comments/:id`, SandboxActor, (call, body) => {
    control.removeComment(named(call), id(call), body)
    return noContent
  }),
  route("GET", `${repo}/labels`, (call) => json(control.labels(named(call)))),
  withBody("POST", `${repo}/labels`, Bodies.AddLabel, (call, body) => json(control.addLabel(named(call), body), 201)),
  withBody("PUT", `${repo}/issues/:number/labels/:name`, SandboxActor, (call, body) =>
    json(control.label(named(call), number(call), param(call, "name"), body))
  ),
  withBody("DELETE", `${repo}/issues/:number/labels/:name`, SandboxActor, (call, body) =>
    json(control.unlabel(named(call), number(call), param(call, "name"), body))
  ),
  withBody("PUT", `${repo}/issues/:number/assignees/:login`, SandboxActor, (call, body) =>
    json(control.assign(named(call), number(call), param(call, "login"), body))
  ),
  withBody("DELETE", `${repo}/issues/:number/assignees/:login`, SandboxActor, (call, body) =>
    json(control.unassign(named(call), number(call), param(call, "login"), body))
  )
]

const reviewRoutes = (control: ActivityControl): ReadonlyArray<Route> => [
  withBody("PATCH", `${repo}/pulls/:number`, SandboxEdit, (call, body) =>
    json(control.editPullRequest(named(call), number(call), body))
  ),
  withBody("PUT", `${repo}/pulls/:number/draft`, Bodies.SetDraft, (call, body) =>
    json(control.setDraft(named(call), number(call), body.draft, body))
  ),
  withBody("PUT", `${repo}/pulls/:number/reviewers/:login`, SandboxActor, (call, body) =>
    json(control.requestReview(named(call), number(call), param(call, "login"), body))
  ),
  withBody("DELETE", `${repo}/pulls/:number/reviewers/:login`, SandboxActor, (call, body) =>
    json(control.removeReviewRequest(named(call), number(call), param(call, "login"), body))
  ),
  route("GET", `${repo}/pulls/:number/reviews`, (call) => json(control.reviews(named(call), number(call)))),
  withBody("POST", `${repo}/pulls/:number/reviews`, NewReview, (call, body) =>
    json(control.submitReview(named(call), number(call), body), 201)
  ),
  withBody("POST", `${repo}/pulls/:number/reviews/:id/dismiss`, SandboxActor, (call, body) =>
    json(control.dismissReview(named(call), number(call), id(call), body))
  ),
  route("GET", `${repo}/pulls/:number/review-comments`, (call) =>
    json(control.reviewComments(named(call), number(call)))
  ),
  withBody("POST", `${repo}/pulls/:number/review-comments`, NewReviewComment, (call, body) =>
    json(control.reviewComment(named(call), number(call), body), 201)
  ),
  withBody("PATCH", `${repo}/review-comments/:id`, Bodies.EditComment, (call, body) =>
    json(control.editReviewComment(named(call), id(call), body.body, body))
  ),
  withBody("DELETE", `${repo}/review-comments/:id`, SandboxActor, (call, body) => {
    control.removeReviewComment(named(call), id(call), body)
    return noContent
  })
]

const checkRoutes = (control: ActivityControl): ReadonlyArray<Route> => [
  route("GET", `${repo}/commits/:ref/check-suites`, (call) =>
    json(control.checkSuites(named(call), param(call, "ref")))
  ),
  withBody("POST", `${repo}/commits/:ref/check-suites`, Bodies.StartCheckSuite, (call, body) =>
    json(control.startCheckSuite(named(call), param(call, "ref"), body), 201)
  ),
  withBody("POST", `${repo}/check-suites/:id/complete`, Bodies.CompleteCheckSuite, (call, body) =>
    json(control.completeCheckSuite(named(call), id(call), body.conclusion))
  ),
  route("GET", `${repo}/commits/:ref/checks`, (call) => json(control.checks(named(call), param(call, "ref")))),
  withBody("POST", `${repo}/commits/:ref/checks`, Bodies.StartCheck, (call, body) =>
    json(control.startCheck(named(call), param(call, "ref"), body), 201)
  ),
  withBody("POST", `${repo}/checks/:id/complete`, Bodies.CompleteCheck, (call, body) =>
    json(control.completeCheck(named(call), id(call), body))
  ),
  route("GET", `${repo}/commits/:ref/statuses`, (call) => json(control.statuses(named(call), param(call, "ref")))),
  withBody("POST", `${repo}/commits/:ref/statuses`, NewCommitStatus, (call, body) =>
    json(control.setStatus(named(call), param(call, "ref"), body), 201)
  )
]

const deploymentRoutes = (control: ActivityControl): ReadonlyArray<Route> => [
  route("GET", `${repo}/deployments`, (call) => json(control.deployments(named(call)))),
  withBody("POST", `${repo}/deployments`, NewDeployment, (call, body) => json(control.deploy(named(call), body), 201)),
  route("GET", `${repo}/deployments/:id/statuses`, (call) => json(control.deploymentStatuses(named(call), id(call)))),
  withBody("POST", `${repo}/deployments/:id/statuses`, NewDeploymentStatus, (call, body) =>
    json(control.setDeploymentStatus(named(call), id(call), body), 201)
  ),
  route("GET", `${repo}/releases`, (call) => json(control.releases(named(call)))),
  withBody("POST", `${repo}/releases`, NewRelease, (call, body) => json(control.publishRelease(named(call), body), 201))
]

export const activityControlRoutes = (control: SandboxControl): ReadonlyArray<Route> => [
  ...issueRoutes(control),
  ...reviewRoutes(control),
  ...checkRoutes(control),
  ...deploymentRoutes(control)
]
