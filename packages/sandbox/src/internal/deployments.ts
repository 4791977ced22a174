/** What the API and the controls both do to deployments and releases: the change and its webhook. */
import type {
  NewDeployment,
  NewDeploymentStatus,
  NewRelease,
  SandboxDeployment,
  SandboxDeploymentStatus,
  SandboxRelease
} from "../GitHubActivity.ts"
import { SandboxMissing, SandboxRefused } from "../SandboxControl.ts"
import { deploymentEvent, deploymentStatusEvent, releaseEvent } from "./activityEvents.ts"
import { commitOf } from "./checks.ts"
import { defaultBranch, type Repository, type State } from "./state.ts"
import type { Webhooks } from "./webhooks.ts"

export const deploymentOf = (repo: Repository, id: number): SandboxDeployment => {
  const found = repo.deployments.get(id)
  if (found === undefined) throw new SandboxMissing({ what: `deployment ${id} of ${repo.fullName}` })
  return found
}

/** Newest first. */
export const deploymentStatusesOf = (repo: Repository, id: number): ReadonlyArray<SandboxDeploymentStatus> =>
  Array.from(repo.deploymentStatuses.values())
    .filter(({ deployment }) => deployment === id)
    .toReversed()

export const makeDeployments = (state: State, webhooks: Webhooks) => {
  const setStatus = (repo: Repository, before: SandboxDeployment, options: NewDeploymentStatus) => {
    const at = state.now()
    const deployment = { ...before, updatedAt: at }
    repo.deployments.set(deployment.id, deployment)
    const status: SandboxDeploymentStatus = {
      id: state.nextId(),
      deployment: deployment.id,
      state: options.state,
      description: options.description ?? "",
      environmentUrl: options.environmentUrl ?? "",
      logUrl: options.logUrl ?? "",
      creator: options.creator ?? deployment.creator,
      createdAt: at
    }
    repo.deploymentStatuses.set(status.id, status)
    webhooks.emit(repo, "deployment_status", "created", deploymentStatusEvent(state, repo, deployment, status))
    return status
  }

  /** What `auto_inactive` does, in the words of GitHub's description, `@octokit/openapi` 23.0.2 (read 2026-11-21). */
  const retire = (repo: Repository, by: SandboxDeployment) => {
    if (by.environment === "production") return
    const earlier = Array.from(repo.deployments.values()).filter(
      ({ environment, id }) => environment === by.environment && id < by.id
    )
    for (const one of earlier) {
      if (deploymentStatusesOf(repo, one.id)[0]?.state === "success") setStatus(repo, one, { state: "inactive" })
    }
  }

  return {
    create: (repo: Repository, options: NewDeployment): SandboxDeployment => {
      const { sha } = commitOf(repo, options.ref)
      const at = state.now()
      const deployment: SandboxDeployment = {
        id: state.nextId(),
        sha,
        ref: options.ref,
        task: options.task ?? "deploy",
        environment: options.environment ?? "production",
        description: options.description ?? null,
        creator: options.creator ?? "octocat",
        createdAt: at,
        updatedAt: at
      }
      repo.deployments.set(deployment.id, deployment)
      webhooks.emit(repo, "deployment", "created", deploymentEvent(state, repo, deployment))
      return deployment
    },
    setStatus: (repo: Repository, id: number, options: NewDeploymentStatus): SandboxDeploymentStatus => {
      const deployment = deploymentOf(repo, id)
      const status = setStatus(repo, deployment, options)
      if (options.state === "success" && options.autoInactive !== false) retire(repo, deployment)
      return status
    },
    release: (repo: Repository, options: NewRelease): SandboxRelease => {
      const target = options.target ?? defaultBranch
      if (Array.from(repo.releases.values()).some(({ tag }) => tag === options.tag)) {
        throw new SandboxRefused({ message: `${repo.fullName} has a release of ${options.tag}.` })
      }
      const { at: createdAt, sha } = commitOf(repo, target)
      const release: SandboxRelease = {
        id: state.nextId(),
        tag: options.tag,
        name: options.name ?? null,
        body: options.body ?? "",
        author: options.author ?? "octocat",
        target,
        sha,
        prerelease: options.prerelease ?? false,
        createdAt,
        publishedAt: state.now()
      }
      repo.releases.set(release.id, release)
      for (const action of ["created", "published", release.prerelease ? "prereleased" : "released"]) {
        webhooks.emit(repo, "release", action, releaseEvent(state, repo, release, action))
      }
      return release
    }
  }
}

export type Deployments = ReturnType<typeof makeDeployments>
