/** Deployments as GitHub's API describes them. */
import type { SandboxDeployment, SandboxDeploymentStatus } from "../../GitHubActivity.ts"
import type { Repository, State } from "../state.ts"
import { nodeId, userJson } from "./accounts.ts"

const urlOf = (state: State, repo: Repository, deployment: SandboxDeployment) =>
  `${state.api()}/repos/${repo.fullName}/deployments/${deployment.id}`

/** `GET /repos/{owner}/{repo}/deployments/{id}`, and `deployment` in webhooks. */
export const deploymentJson = (state: State, repo: Repository, deployment: SandboxDeployment) => {
  const url = urlOf(state, repo, deployment)
  return {
    url,
    id: deployment.id,
    node_id: nodeId("Deployment", deployment.id),
    task: deployment.task,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    statuses_url: `${url}/statuses`,
    repository_url: `${state.api()}/repos/${repo.fullName}`,
    creator: userJson(state.api(), deployment.creator),
    sha: deployment.sha,
    ref: deployment.ref,
    payload: {},
    transient_environment: false,
    production_environment: deployment.environment === "production",
    performed_via_github_app: null
  }
}

/** `GET /repos/{owner}/{repo}/deployments/{id}/statuses/{status_id}`, and `deployment_status` in webhooks. */
export const deploymentStatusJson = (
  state: State,
  repo: Repository,
  deployment: SandboxDeployment,
  status: SandboxDeploymentStatus
) => {
  const url = urlOf(state, repo, deployment)
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId("DeploymentStatus", status.id),
    state: status.state,
    creator: userJson(state.api(), status.creator),
    description: status.description,
    environment: deployment.environment,
    target_url: status.logUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: `${state.api()}/repos/${repo.fullName}`,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: null
  }
}
