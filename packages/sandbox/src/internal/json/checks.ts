/** Check suites, check runs and statuses of commits as GitHub's API describes them. */
import type { SandboxCheckRun, SandboxCheckSuite, SandboxCommitStatus } from "../../GitHubActivity.ts"
import { noCommit, type Repository, type State } from "../state.ts"
import { epoch, idOf, nodeId, userJson, webOf } from "./accounts.ts"
import { simpleCommitJson } from "./commits.ts"
import { repositoryJson } from "./repositories.ts"

const appOf = (state: State, repo: Repository, slug: string) => {
  const api = state.api()
  const id = slug === state.app.slug ? state.app.id : idOf(`app ${slug}`)
  return {
    id,
    client_id: `Iv1.${id}`,
    slug,
    node_id: nodeId("App", id),
    owner: userJson(api, repo.owner),
    name: slug,
    description: "An App of the sandbox",
    external_url: webOf(api),
    html_url: `${webOf(api)}/apps/${slug}`,
    created_at: epoch,
    updated_at: epoch,
    permissions: { checks: "write", metadata: "read" },
    events: ["check_run", "check_suite"]
  }
}

/** The open pull requests with that head, as far as they come from a branch of the repository itself. */
const pullsOf = (state: State, repo: Repository, headSha: string) => {
  const url = `${state.api()}/repos/${repo.fullName}`
  const its = { id: repo.id, url, name: repo.name }
  return Array.from(repo.pulls.values())
    .filter((pull) => pull.state === "open" && pull.headSha === headSha && pull.headRepository === repo.fullName)
    .map((pull) => ({
      id: pull.id,
      number: pull.number,
      url: `${url}/pulls/${pull.number}`,
      head: { ref: pull.headRef, sha: pull.headSha, repo: its },
      base: { ref: pull.baseRef, sha: pull.baseSha, repo: its }
    }))
}

/** An element of `GET /repos/{owner}/{repo}/commits/{ref}/check-suites`, and `check_suite` in webhooks. */
export const checkSuiteJson = (state: State, repo: Repository, suite: SandboxCheckSuite) => {
  const url = `${state.api()}/repos/${repo.fullName}/check-suites/${suite.id}`
  const commit = repo.commits.get(suite.headSha)
  return {
    id: suite.id,
    node_id: nodeId("CheckSuite", suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status: suite.status,
    conclusion: suite.conclusion,
    url,
    before: commit?.parents[0] ?? noCommit,
    after: suite.headSha,
    pull_requests: pullsOf(state, repo, suite.headSha),
    app: appOf(state, repo, suite.app),
    created_at: suite.createdAt,
    updated_at: suite.updatedAt,
    latest_check_runs_count: Array.from(repo.checkRuns.values()).filter((run) => run.suite === suite.id).length,
    check_runs_url: `${url}/check-runs`,
    head_commit: commit === undefined ? null : simpleCommitJson(commit),
    repository: repositoryJson(state.api(), repo)
  }
}

/** An element of `GET /repos/{owner}/{repo}/commits/{ref}/check-runs` */
export const checkRunJson = (state: State, repo: Repository, run: SandboxCheckRun) => {
  const url = `${state.api()}/repos/${repo.fullName}/check-runs/${run.id}`
  const html = `${webOf(state.api())}/${repo.fullName}/runs/${run.id}`
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId("CheckRun", run.id),
    head_sha: run.headSha,
    external_id: "",
    url,
    html_url: html,
    details_url: html,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: null,
      annotations_count: 0,
      annotations_url: `${url}/annotations`
    },
    check_suite: { id: run.suite },
    app: appOf(state, repo, repo.checkSuites.get(run.suite)?.app ?? state.app.slug),
    pull_requests: pullsOf(state, repo, run.headSha)
  }
}

const simpleStatusJson = (state: State, repo: Repository, status: SandboxCommitStatus) => ({
  url: `${state.api()}/repos/${repo.fullName}/statuses/${status.sha}`,
  avatar_url: userJson(state.api(), status.author).avatar_url,
  id: status.id,
  node_id: nodeId("StatusContext", status.id),
  state: status.state,
  description: status.description,
  target_url: status.targetUrl,
  context: status.context,
  created_at: status.createdAt,
  updated_at: status.createdAt
})

/** An element of `GET /repos/{owner}/{repo}/commits/{ref}/statuses` */
export const statusJson = (state: State, repo: Repository, status: SandboxCommitStatus) => ({
  ...simpleStatusJson(state, repo, status),
  creator: userJson(state.api(), status.author)
})

/** `GET /repos/{owner}/{repo}/commits/{ref}/status`: what the newest status of each context comes to. */
export const combinedStatusJson = (
  state: State,
  repo: Repository,
  sha: string,
  newestFirst: ReadonlyArray<SandboxCommitStatus>
) => {
  const latest = newestFirst.filter(
    ({ context }, index) => newestFirst.findIndex((one) => one.context === context) === index
  )
  const some = (...states: ReadonlyArray<string>) => latest.some((one) => states.includes(one.state))
  const url = `${state.api()}/repos/${repo.fullName}/commits/${sha}`
  return {
    state: some("failure", "error") ? "failure" : latest.length === 0 || some("pending") ? "pending" : "success",
    statuses: latest.map((one) => simpleStatusJson(state, repo, one)),
    sha,
    total_count: latest.length,
    repository: repositoryJson(state.api(), repo),
    commit_url: url,
    url: `${url}/status`
  }
}
