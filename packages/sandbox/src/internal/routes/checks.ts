/** Check suites, check runs and statuses of commits. */
import type { SandboxCheckRun } from "../../GitHubActivity.ts"
import {
  type Call,
  failure,
  invalid,
  json,
  loginOf,
  notFound,
  optionalText,
  page,
  Refusal,
  type Route,
  repositoryOf,
  requiredText,
  route
} from "../http.ts"
import { checkRunJson, checkSuiteJson, combinedStatusJson, statusJson } from "../json/checks.ts"
import type { Parts } from "../parts.ts"
import { resolveRef } from "../state.ts"

const isState = (state: string): state is "error" | "failure" | "pending" | "success" =>
  ["error", "failure", "pending", "success"].includes(state)

/** Of a check that ran again the newest alone, unless all are asked for. */
const latestOf = (runs: ReadonlyArray<SandboxCheckRun>) =>
  runs.filter(
    (run, index) => !runs.slice(index + 1).some(({ name, suite }) => name === run.name && suite === run.suite)
  )

export const checkRoutes = ({ checks, state }: Parts): ReadonlyArray<Route> => {
  const found = (call: Call, name = "ref") => {
    const repo = repositoryOf(state, call)
    const ref = call.params[name] ?? ""
    const commit = resolveRef(repo, ref)
    if (commit === undefined) throw new Refusal(failure(422, `No commit found for SHA: ${ref}`))
    return { repo, commit }
  }

  return [
    route("GET", "/repos/:owner/:repo/commits/:ref/check-suites", (call) => {
      const { commit, repo } = found(call)
      const suites = checks.suites(repo, commit)
      return page(
        state,
        call,
        suites,
        (suite) => checkSuiteJson(state, repo, suite),
        (check_suites) => ({ total_count: suites.length, check_suites })
      )
    }),
    route("GET", "/repos/:owner/:repo/commits/:ref/check-runs", (call) => {
      const { commit, repo } = found(call)
      const name = call.query.get("check_name")
      const status = call.query.get("status")
      const all = checks.runs(repo, commit)
      const runs = (call.query.get("filter") === "all" ? all : latestOf(all))
        .filter((run) => name === null || run.name === name)
        .filter((run) => status === null || run.status === status)
      return page(
        state,
        call,
        runs,
        (run) => checkRunJson(state, repo, run),
        (check_runs) => ({ total_count: runs.length, check_runs })
      )
    }),
    route("GET", "/repos/:owner/:repo/check-runs/:id", (call) => {
      const repo = repositoryOf(state, call)
      const run = repo.checkRuns.get(Number(call.params["id"]))
      return run === undefined ? notFound : json(checkRunJson(state, repo, run))
    }),
    route("GET", "/repos/:owner/:repo/check-suites/:id", (call) => {
      const repo = repositoryOf(state, call)
      const suite = repo.checkSuites.get(Number(call.params["id"]))
      return suite === undefined ? notFound : json(checkSuiteJson(state, repo, suite))
    }),
    route("POST", "/repos/:owner/:repo/statuses/:sha", (call) => {
      const { commit, repo } = found(call, "sha")
      const wanted = requiredText(call, "state")
      if (!isState(wanted)) return invalid({ resource: "Status", code: "custom", field: "state" })
      const [context, description, targetUrl] = ["context", "description", "target_url"].map((name) =>
        optionalText(call, name)
      )
      const status = checks.setStatus(repo, commit, {
        state: wanted,
        author: loginOf(call),
        ...(context === undefined ? {} : { context }),
        ...(description === undefined ? {} : { description }),
        ...(targetUrl === undefined ? {} : { targetUrl })
      })
      return json(statusJson(state, repo, status), 201)
    }),
    route("GET", "/repos/:owner/:repo/commits/:ref/statuses", (call) => {
      const { commit, repo } = found(call)
      return page(state, call, checks.statuses(repo, commit), (status) => statusJson(state, repo, status))
    }),
    route("GET", "/repos/:owner/:repo/commits/:ref/status", (call) => {
      const { commit, repo } = found(call)
      return json(combinedStatusJson(state, repo, commit.sha, checks.statuses(repo, commit)))
    })
  ]
}
