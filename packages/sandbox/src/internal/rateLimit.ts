/** The primary rate limit as the headers show it. It is counted, never enforced: a fault makes it bite. */
import type { State } from "./state.ts"

const limit = 5000
const windowSeconds = 3600

export const makeRateLimit = (state: State) => {
  let used = 0
  let resetSeconds = 0

  const current = () => {
    const nowSeconds = Math.floor(state.nowMs() / 1000)
    if (nowSeconds >= resetSeconds) {
      resetSeconds = nowSeconds + windowSeconds
      used = 0
    }
    return { limit, remaining: Math.max(1, limit - used), reset: resetSeconds, used: Math.min(used, limit - 1) }
  }

  const headers = (resource: { readonly remaining: number; readonly reset: number; readonly used: number }) => ({
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(resource.remaining),
    "x-ratelimit-reset": String(resource.reset),
    "x-ratelimit-used": String(resource.used),
    "x-ratelimit-resource": "core"
  })

  return {
    current,
    /** Counts a request. */
    take: () => {
      current()
      used += 1
    },
    headers: () => headers(current()),
    /** As if nothing were left until then. */
    exhaustedHeaders: (resetInSeconds: number) =>
      headers({ remaining: 0, used: limit, reset: Math.ceil(state.nowMs() / 1000) + resetInSeconds })
  }
}

export type RateLimit = ReturnType<typeof makeRateLimit>
