/** Rate limits: a bucket for each method, and one for each channel that is posted to. */
import { type Method, tiers } from "./call.ts"

interface Bucket {
  tokens: number
  atMs: number
}

interface Rate {
  /** How many may come at once. */
  readonly burst: number
  readonly perSecond: number
}

/**
 * What Slack says is “1 per second per channel, with short bursts”, and a limit of the whole workspace that it does not
 * disclose. The numbers of bursts are ours. https://docs.slack.dev/apis/web-api/rate-limits (read 2026-11-21)
 */
const perChannel: Rate = { burst: 5, perSecond: 1 }
const perWorkspace: Rate = { burst: 60, perSecond: 5 }
const smallestBurst = 5

const rateOf = (tier: Method["tier"]): Rate | undefined =>
  tier === "special"
    ? undefined
    : tier === "post"
      ? perWorkspace
      : { burst: Math.max(smallestBurst, tiers[tier]), perSecond: tiers[tier] / 60 }

export const makeLimits = (now: () => number, enforced: boolean) => {
  const buckets = new Map<string, Bucket>()
  const closedUntilMs = new Map<string, number>()

  const bucketOf = (key: string, { burst, perSecond }: Rate): Bucket => {
    const atMs = now()
    const bucket = buckets.get(key) ?? { tokens: burst, atMs }
    bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, (atMs - bucket.atMs) / 1000) * perSecond)
    bucket.atMs = atMs
    buckets.set(key, bucket)
    return bucket
  }

  const keyOf = (method: string, tier: Method["tier"], channel: string) =>
    tier === "post" ? `${method}:${channel}` : method

  return {
    /** Whether a call comes before the `Retry-After` of an earlier answer has passed. */
    isEarly: (method: string, tier: Method["tier"], channel: string): boolean =>
      [method, keyOf(method, tier, channel)].some((key) => now() < (closedUntilMs.get(key) ?? 0)),
    /** Remembers that a fault has sent a `Retry-After` for the whole method. */
    close: (method: string, seconds: number) => void closedUntilMs.set(method, now() + seconds * 1000),
    /** Counts a call. Seconds to wait where it is one too many. */
    take: (method: string, tier: Method["tier"], channel: string): number | undefined => {
      const rate = rateOf(tier)
      if (!enforced || rate === undefined) return undefined
      const limits: ReadonlyArray<readonly [string, Rate]> =
        tier === "post"
          ? [
              [method, rate],
              [keyOf(method, tier, channel), perChannel]
            ]
          : [[method, rate]]
      const drawn = limits.map(([key, one]) => ({ key, one, bucket: bucketOf(key, one) }))
      const empty = drawn.find(({ bucket }) => bucket.tokens < 1)
      if (empty === undefined) {
        for (const { bucket } of drawn) bucket.tokens -= 1
        return undefined
      }
      const seconds = Math.max(1, Math.ceil((1 - empty.bucket.tokens) / empty.one.perSecond))
      closedUntilMs.set(empty.key, now() + seconds * 1000)
      return seconds
    }
  }
}
