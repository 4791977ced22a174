/** Hooks and their deliveries as GitHub's API describes them. */
import type { SandboxDelivery } from "../../GitHubState.ts"
import type { Hook, Repository } from "../state.ts"
import { installationIdOf } from "./accounts.ts"

export const hookJson = (api: string, repo: Repository, hook: Hook) => {
  const url = `${api}/repos/${repo.fullName}/hooks/${hook.id}`
  const { lastStatus } = hook
  return {
    type: "Repository",
    id: hook.id,
    name: "web",
    active: true,
    events: hook.events,
    config: {
      content_type: "json",
      insecure_ssl: "0",
      url: hook.url,
      ...(hook.secret === "" ? {} : { secret: "********" })
    },
    updated_at: hook.createdAt,
    created_at: hook.createdAt,
    url,
    test_url: `${url}/test`,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    last_response:
      lastStatus === undefined
        ? { code: null, status: "unused", message: null }
        : {
            code: lastStatus,
            status: lastStatus >= 200 && lastStatus < 300 ? "active" : "misconfigured",
            message: null
          }
  }
}

/** An element of `GET …/hooks/{id}/deliveries` */
export const deliveryItemJson = (repo: Repository, delivery: SandboxDelivery) => ({
  id: delivery.id,
  guid: delivery.guid,
  delivered_at: delivery.deliveredAt,
  redelivery: delivery.redelivery,
  duration: delivery.durationSeconds,
  status: delivery.outcome,
  status_code: delivery.status,
  event: delivery.event,
  action: delivery.action,
  installation_id: "installation" in delivery.payload ? installationIdOf(repo.owner) : null,
  repository_id: repo.id,
  throttled_at: null
})

/** `GET …/hooks/{id}/deliveries/{delivery_id}` */
export const deliveryJson = (repo: Repository, delivery: SandboxDelivery) => ({
  ...deliveryItemJson(repo, delivery),
  url: repo.hooks.get(delivery.hookId)?.url ?? "",
  request: { headers: delivery.requestHeaders, payload: delivery.payload },
  response: { headers: delivery.responseHeaders, payload: delivery.responseBody }
})
