/** Deployments and releases. */
import { SandboxDeploymentStatus } from "../../GitHubActivity.ts"
import { deploymentOf, deploymentStatusesOf } from "../deployments.ts"
import {
  type Call,
  failure,
  field,
  invalid,
  json,
  loginOf,
  notFound,
  numberOf,
  optionalText,
  page,
  type Route,
  repositoryOf,
  requiredText,
  route
} from "../http.ts"
import { deploymentJson, deploymentStatusJson } from "../json/deployments.ts"
import { releaseJson } from "../json/releases.ts"
import type { Parts } from "../parts.ts"
import { resolveRef } from "../state.ts"

export const deploymentRoutes = ({ deployments, state }: Parts): ReadonlyArray<Route> => {
  const found = (call: Call) => {
    const repo = repositoryOf(state, call)
    return { repo, deployment: deploymentOf(repo, numberOf(call, "number")) }
  }
  const newestReleases = (call: Call) => {
    const repo = repositoryOf(state, call)
    return { repo, releases: Array.from(repo.releases.values()).toReversed() }
  }

  return [
    route("GET", "/repos/:owner/:repo/deployments", (call) => {
      const repo = repositoryOf(state, call)
      const matches = (name: string, value: string) => (call.query.get(name) ?? value) === value
      const listed = Array.from(repo.deployments.values())
        .filter(({ environment, ref, sha, task }) => {
          const wanted = [matches("sha", sha), matches("ref", ref), matches("task", task)]
          return matches("environment", environment) && wanted.every(Boolean)
        })
        .toReversed()
      return page(state, call, listed, (deployment) => deploymentJson(state, repo, deployment))
    }),
    route("POST", "/repos/:owner/:repo/deployments", (call) => {
      const repo = repositoryOf(state, call)
      const ref = requiredText(call, "ref")
      if (resolveRef(repo, ref) === undefined) return failure(422, `No ref found for: ${ref}`)
      const [task, environment, description] = ["task", "environment", "description"].map((name) =>
        optionalText(call, name)
      )
      const deployment = deployments.create(repo, {
        ref,
        creator: loginOf(call),
        ...(task === undefined ? {} : { task }),
        ...(environment === undefined ? {} : { environment }),
        ...(description === undefined ? {} : { description })
      })
      return json(deploymentJson(state, repo, deployment), 201)
    }),
    route("GET", "/repos/:owner/:repo/deployments/:number", (call) => {
      const { deployment, repo } = found(call)
      return json(deploymentJson(state, repo, deployment))
    }),
    route("GET", "/repos/:owner/:repo/deployments/:number/statuses", (call) => {
      const { deployment, repo } = found(call)
      return page(state, call, deploymentStatusesOf(repo, deployment.id), (status) =>
        deploymentStatusJson(state, repo, deployment, status)
      )
    }),
    route("POST", "/repos/:owner/:repo/deployments/:number/statuses", (call) => {
      const { deployment, repo } = found(call)
      const wanted = requiredText(call, "state")
      const known = SandboxDeploymentStatus.fields.state.literals.find((one) => one === wanted)
      if (known === undefined) return invalid({ resource: "DeploymentStatus", code: "custom", field: "state" })
      const status = deployments.setStatus(repo, deployment.id, {
        state: known,
        autoInactive: field(call.body, "auto_inactive") !== false,
        creator: loginOf(call),
        description: optionalText(call, "description") ?? "",
        environmentUrl: optionalText(call, "environment_url") ?? "",
        logUrl: optionalText(call, "log_url") ?? optionalText(call, "target_url") ?? ""
      })
      return json(deploymentStatusJson(state, repo, deployment, status), 201)
    }),
    route("GET", "/repos/:owner/:repo/deployments/:number/statuses/:id", (call) => {
      const { deployment, repo } = found(call)
      const id = numberOf(call, "id")
      const status = deploymentStatusesOf(repo, deployment.id).find((one) => one.id === id)
      return status === undefined ? notFound : json(deploymentStatusJson(state, repo, deployment, status))
    }),
    route("GET", "/repos/:owner/:repo/releases", (call) => {
      const { releases, repo } = newestReleases(call)
      return page(state, call, releases, (release) => releaseJson(state, repo, release))
    }),
    route("GET", "/repos/:owner/:repo/releases/latest", (call) => {
      const { releases, repo } = newestReleases(call)
      const latest = releases.find(({ prerelease }) => !prerelease)
      return latest === undefined ? notFound : json(releaseJson(state, repo, latest))
    }),
    route("GET", "/repos/:owner/:repo/releases/:id", (call) => {
      const { releases, repo } = newestReleases(call)
      const release = releases.find(({ id }) => id === numberOf(call, "id"))
      return release === undefined ? notFound : json(releaseJson(state, repo, release))
    }),
    route("GET", "/repos/:owner/:repo/releases/tags/:tag*", (call) => {
      const { releases, repo } = newestReleases(call)
      const release = releases.find(({ tag }) => tag === call.params["tag"])
      return release === undefined ? notFound : json(releaseJson(state, repo, release))
    })
  ]
}
