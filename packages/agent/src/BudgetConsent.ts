/** A turn whose budget is spent: somebody is asked for more, and what becomes of it if nobody agrees. */
import { Clock, Duration, Effect, Schema } from "effect"
import { Digest } from "effect/crypto"
import { AgentSettings } from "./AgentSettings.ts"
import { Budget, type BudgetExceeded, type BudgetLimits, type TurnBudgetSpent } from "./Budget.ts"
import { insteadOf, spentOf } from "./BudgetWords.ts"
import { type ApprovalEntry, Overdraft, type Turn } from "./Turn.ts"
import type { TurnRecord } from "./TurnRecord.ts"

/** A turn that needs more than this is better asked for in parts. */
const mostGrants = 3

/** What one turn may cost where no limit says it: a dollar, as `AGENT_MAX_CENTS` is by default. */
const turnMicroDollars = 1_000_000

const encodeOverdraft = Schema.encodeSync(Schema.fromJsonString(Overdraft))

/** Of a day's budget as much as one turn may use, and enough to go on at all. */
const overdraftOf = (error: TurnBudgetSpent | BudgetExceeded, { turn }: BudgetLimits): Overdraft => {
  const { limit, spent, unit } = error
  if (error._tag === "TurnBudgetSpent") {
    return { scope: "turn", key: "", day: null, unit, spent, limit, more: error.more }
  }
  const { day, key, needed, scope } = error
  const allotment = unit === "tokens" ? turn.tokens : (turn.microDollars ?? turnMicroDollars)
  return { scope, key, day, unit, spent, limit, more: Math.max(needed, allotment) }
}

/** Why a turn cannot go on that nobody gave more to, for the asker; `undefined` if it can. */
export const withheld = ({ approval }: TurnRecord): string | undefined => {
  const budget = approval?.entry.budget
  if (approval === undefined || budget === undefined) return undefined
  switch (approval.verdict) {
    case "rejected":
      return `${spentOf(budget)} ${approval.by ?? "Somebody"} did not agree to more. ${insteadOf(budget)}`
    case "expired":
      return `${spentOf(budget)} Nobody agreed to more in time. ${insteadOf(budget)}`
    case "open":
    case "approved":
    case "void":
      return undefined
  }
}

export const make = Effect.gen(function* () {
  const { approvalTime } = yield* AgentSettings
  const { limits } = yield* Budget
  const digest = yield* Digest.Digest

  /**
   * `undefined` when there is nobody to ask, or was often enough. After `entries` entries: when it is asked for again, as
   * after something more was said, that is another question.
   */
  const approvalOf = Effect.fnUntraced(function* (
    turn: Turn,
    record: TurnRecord,
    entries: number,
    error: TurnBudgetSpent | BudgetExceeded
  ) {
    const budget = overdraftOf(error, limits)
    if (turn.repository === null || record.granted.length >= mostGrants || budget.more <= 0) return undefined
    const text = `${turn.id}\n${entries}\n${encodeOverdraft(budget)}`
    const approval: typeof ApprovalEntry.Type = {
      _tag: "Approval",
      digest: yield* digest.digestHex(Digest.sha256, new TextEncoder().encode(text)),
      calls: [],
      permission: budget.scope === "turn" ? "write" : "admin",
      budget,
      expiresAtMs: (yield* Clock.currentTimeMillis) + Duration.toMillis(approvalTime)
    }
    return approval
  })

  return { approvalOf }
})
