/** The payloads of webhooks about checks, statuses, deployments and releases. */
import type {
  SandboxCheckRun,
  SandboxCheckSuite,
  SandboxCommitStatus,
  SandboxDeployment,
  SandboxDeploymentStatus,
  SandboxRelease
} from "../GitHubActivity.ts"
import { common } from "./events.ts"
import { userJson } from "./json/accounts.ts"
import { checkRunJson, checkSuiteJson } from "./json/checks.ts"
import { commitJson } from "./json/commits.ts"
import { deploymentJson, deploymentStatusJson } from "./json/deployments.ts"
import { releaseJson } from "./json/releases.ts"
import type { Repository, State } from "./state.ts"

/** `check_suite` */
export const checkSuiteEvent = (state: State, repo: Repository, suite: SandboxCheckSuite, action: string) => {
  const { repository, sender } = common(state, repo, repo.owner)
  const { repository: _repository, head_commit, ...json } = checkSuiteJson(state, repo, suite)
  return { action, check_suite: { ...json, head_commit }, repository, sender }
}

/** `check_run`, whose suite has no count of its runs. */
export const checkRunEvent = (state: State, repo: Repository, run: SandboxCheckRun, action: string) => {
  const suite = repo.checkSuites.get(run.suite)
  const json = checkRunJson(state, repo, run)
  if (suite === undefined) return { action, check_run: json, ...common(state, repo, repo.owner) }
  const {
    check_runs_url: _url,
    head_commit: _commit,
    latest_check_runs_count: _count,
    repository: _repository,
    ...simple
  } = checkSuiteJson(state, repo, suite)
  return { action, check_run: { ...json, check_suite: simple }, ...common(state, repo, repo.owner) }
}

/** `status` */
export const statusEvent = (state: State, repo: Repository, status: SandboxCommitStatus) => {
  const api = state.api()
  const commit = repo.commits.get(status.sha)
  const branches = Array.from(repo.branches).flatMap(([name, sha]) =>
    sha === status.sha
      ? [{ name, commit: { sha, url: `${api}/repos/${repo.fullName}/commits/${sha}` }, protected: false }]
      : []
  )
  return {
    id: status.id,
    sha: status.sha,
    name: repo.fullName,
    target_url: status.targetUrl,
    context: status.context,
    description: status.description,
    state: status.state,
    avatar_url: userJson(api, status.author).avatar_url,
    commit: commit === undefined ? null : commitJson(state, repo, commit),
    branches,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    ...common(state, repo, status.author)
  }
}

/** `deployment`. No workflow has asked for it. */
export const deploymentEvent = (state: State, repo: Repository, deployment: SandboxDeployment) => ({
  action: "created",
  deployment: deploymentJson(state, repo, deployment),
  workflow: null,
  workflow_run: null,
  ...common(state, repo, deployment.creator)
})

/** `deployment_status` */
export const deploymentStatusEvent = (
  state: State,
  repo: Repository,
  deployment: SandboxDeployment,
  status: SandboxDeploymentStatus
) => ({
  action: "created",
  deployment_status: deploymentStatusJson(state, repo, deployment, status),
  deployment: deploymentJson(state, repo, deployment),
  workflow: null,
  workflow_run: null,
  check_run: null,
  ...common(state, repo, status.creator)
})

/** `release` */
export const releaseEvent = (state: State, repo: Repository, release: SandboxRelease, action: string) => ({
  action,
  release: releaseJson(state, repo, release),
  ...common(state, repo, release.author)
})
