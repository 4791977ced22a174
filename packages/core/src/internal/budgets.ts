import type { Budget } from "../Sink.ts"

interface Bucket {
  readonly budget: Budget
  tokens: number
  refilledAt: number
  pausedUntil: number
  spent: number
}

/** How a budget stands. */
export interface BudgetStatus {
  readonly name: string
  /** Calls that could be made now. */
  readonly available: number
  readonly burst: number
  readonly perMinute: number
  /** Calls made since the start. */
  readonly spent: number
  /** Until when the vendor wants no call, in epoch milliseconds; 0 when it does not say so. */
  readonly pausedUntil: number
}

/** Token buckets by name, all times in epoch milliseconds. */
export const makeBudgets = (budgetOf: (name: string) => Budget) => {
  const buckets = new Map<string, Bucket>()

  const bucketOf = (name: string, now: number): Bucket => {
    let bucket = buckets.get(name)
    if (bucket === undefined) {
      const budget = budgetOf(name)
      bucket = { budget, tokens: budget.burst, refilledAt: now, pausedUntil: 0, spent: 0 }
      buckets.set(name, bucket)
    }
    const { burst, perMinute } = bucket.budget
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.refilledAt) * perMinute) / 60_000)
    bucket.refilledAt = now
    return bucket
  }

  /** NOTE: a whole token less a rounding error, else a wake-up that was computed exactly comes a moment too soon for ever. */
  const epsilon = 1e-6

  return {
    /** When a call of each can be made at the earliest: `now` or later. Urgent ones may use what is reserved. */
    availableAt: (names: ReadonlyArray<string>, urgent: boolean, now: number): number => {
      let at = now
      for (const name of names) {
        const { budget, pausedUntil, tokens } = bucketOf(name, now)
        const needed = 1 + (urgent ? 0 : Math.min(budget.reserve ?? 0, budget.burst - 1))
        const missing = needed - tokens
        const refilled = missing <= epsilon ? now : now + Math.ceil((missing * 60_000) / budget.perMinute)
        at = Math.max(at, refilled, pausedUntil)
      }
      return at
    },
    take: (names: ReadonlyArray<string>, now: number): void => {
      for (const name of names) {
        const bucket = bucketOf(name, now)
        bucket.tokens -= 1
        bucket.spent += 1
      }
    },
    /** The vendor says when. What it counts is spent: only the refill since then is ours. */
    pause: (names: ReadonlyArray<string>, until: number, now: number): void => {
      for (const name of names) {
        const bucket = bucketOf(name, now)
        bucket.pausedUntil = Math.max(bucket.pausedUntil, until)
      }
    },
    status: (now: number): ReadonlyArray<BudgetStatus> =>
      Array.from(buckets.keys(), (name) => {
        const { budget, pausedUntil, spent, tokens } = bucketOf(name, now)
        return {
          name,
          available: pausedUntil > now ? 0 : Math.max(0, Math.floor(tokens + epsilon)),
          burst: budget.burst,
          perMinute: budget.perMinute,
          spent,
          pausedUntil: pausedUntil > now ? pausedUntil : 0
        }
      })
  }
}
