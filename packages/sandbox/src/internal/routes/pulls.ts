/** What can be changed of pull requests. */
import type { SandboxPullRequest } from "../../GitHubState.ts"
import {
  type Call,
  field,
  invalid,
  json,
  loginOf,
  numberOf,
  optionalText,
  Refusal,
  type Route,
  repositoryOf,
  route,
  textsOf
} from "../http.ts"
import { userJson } from "../json/accounts.ts"
import { pullJson, pullSimpleJson } from "../json/pulls.ts"
import type { Parts } from "../parts.ts"
import type { Pulls } from "../pulls.ts"
import type { Repository } from "../state.ts"

/** Closes it or opens it again; a merged one stays closed. */
export const setPullState = (
  pulls: Pulls,
  repo: Repository,
  pull: SandboxPullRequest,
  wanted: "open" | "closed",
  by: string
): SandboxPullRequest => {
  if (wanted === "closed") return pulls.close(repo, pull, { by })
  if (pull.mergedAt !== null) {
    const message = "state cannot be changed. The pull request cannot be reopened."
    throw new Refusal(invalid({ resource: "PullRequest", code: "invalid", field: "state", message }))
  }
  return pulls.reopen(repo, pull, by)
}

export const pullRoutes = ({ issues, pulls, state }: Parts): ReadonlyArray<Route> => {
  const found = (call: Call) => {
    const repo = repositoryOf(state, call)
    return { repo, pull: state.pull(repo, numberOf(call, "number")) }
  }
  const reviewersOf = (call: Call) => textsOf(field(call.body, "reviewers")) ?? []

  return [
    route("PATCH", "/repos/:owner/:repo/pulls/:number", (call) => {
      const { pull, repo } = found(call)
      const wanted = optionalText(call, "state")
      if (wanted !== undefined && wanted !== "open" && wanted !== "closed") {
        return invalid({ resource: "PullRequest", code: "invalid", field: "state" })
      }
      const title = optionalText(call, "title")
      if (title?.trim() === "") return invalid({ resource: "PullRequest", code: "missing_field", field: "title" })
      if (wanted !== undefined) setPullState(pulls, repo, pull, wanted, loginOf(call))
      const to = { title, body: optionalText(call, "body") }
      issues.edit(repo, state.pull(repo, pull.number), to, loginOf(call))
      return json(pullJson(state, repo, state.pull(repo, pull.number)))
    }),
    route("GET", "/repos/:owner/:repo/pulls/:number/requested_reviewers", (call) => {
      const { pull } = found(call)
      return json({ users: pull.requestedReviewers.map((login) => userJson(state.api(), login)), teams: [] })
    }),
    route("POST", "/repos/:owner/:repo/pulls/:number/requested_reviewers", (call) => {
      const { pull, repo } = found(call)
      for (const login of reviewersOf(call)) {
        pulls.requestReview(repo, state.pull(repo, pull.number), login, loginOf(call))
      }
      return json(pullSimpleJson(state, repo, state.pull(repo, pull.number)), 201)
    }),
    route("DELETE", "/repos/:owner/:repo/pulls/:number/requested_reviewers", (call) => {
      const { pull, repo } = found(call)
      for (const login of reviewersOf(call)) {
        pulls.removeReviewRequest(repo, state.pull(repo, pull.number), login, loginOf(call))
      }
      return json(pullSimpleJson(state, repo, state.pull(repo, pull.number)))
    })
  ]
}
