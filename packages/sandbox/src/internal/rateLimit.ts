/** The primary rate limits as the headers show them. They are counted, never enforced: a fault makes them bite. */
import type { State } from "./state.ts"

/** https://docs.github.com/en/rest/search/search#rate-limit (read 2026-11-21) */
const limits = {
  core: { limit: 5000, windowSeconds: 3600 },
  search: { limit: 30, windowSeconds: 60 },
  code_search: { limit: 10, windowSeconds: 60 }
} as const
type Resource = keyof typeof limits

const resourceOf = (path: string): Resource =>
  path === "/search/code" ? "code_search" : path.startsWith("/search/") ? "search" : "core"

export const makeRateLimit = (state: State) => {
  const usage = {
    core: { used: 0, resetSeconds: 0 },
    search: { used: 0, resetSeconds: 0 },
    code_search: { used: 0, resetSeconds: 0 }
  }

  const current = (resource: Resource) => {
    const nowSeconds = Math.floor(state.nowMs() / 1000)
    const { limit, windowSeconds } = limits[resource]
    const its = usage[resource]
    if (nowSeconds >= its.resetSeconds) Object.assign(its, { used: 0, resetSeconds: nowSeconds + windowSeconds })
    const { resetSeconds, used } = its
    return { limit, remaining: Math.max(1, limit - used), reset: resetSeconds, used: Math.min(used, limit - 1) }
  }

  const headers = (
    resource: Resource,
    { remaining, reset, used }: { readonly remaining: number; readonly reset: number; readonly used: number }
  ) => ({
    "x-ratelimit-limit": String(limits[resource].limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(reset),
    "x-ratelimit-used": String(used),
    "x-ratelimit-resource": resource
  })

  return {
    current,
    /** Counts a request. */
    take: (path: string) => {
      const resource = resourceOf(path)
      current(resource)
      usage[resource].used += 1
    },
    headers: (path: string) => headers(resourceOf(path), current(resourceOf(path))),
    /** As if nothing were left until then. */
    exhaustedHeaders: (path: string, resetInSeconds: number) => {
      const resource = resourceOf(path)
      const reset = Math.ceil(state.nowMs() / 1000) + resetInSeconds
      return headers(resource, { remaining: 0, used: limits[resource].limit, reset })
    }
  }
}

export type RateLimit = ReturnType<typeof makeRateLimit>
