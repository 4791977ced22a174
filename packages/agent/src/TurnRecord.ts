/** What a turn's entries add up to. Pure: from the record alone, so that a turn goes on after a crash where it was. */
import { quotesOthers } from "./OutsideText.ts"
import type { ApprovalEntry, Overdraft, Proposed, TurnEntry } from "./Turn.ts"

/** A call that a model proposed, and how far it has come. */
export interface CallState {
  readonly call: Proposed
  readonly started: boolean
}

export interface TurnRecord {
  readonly specialist: string | undefined
  /** Whether the last answer of the working model, and nothing said after it, is what the turn ends with. */
  readonly finalText: string | undefined
  /** Calls of the last answer that have no result yet, in its order. */
  readonly pending: ReadonlyArray<CallState>
  readonly modelCalls: number
  readonly toolCalls: number
  readonly tokens: number
  /** Millionths of a US dollar, as they count against budgets. */
  readonly microDollars: number
  /** One line for each call that has changed something outside, or may have. */
  readonly writes: ReadonlyArray<string>
  /** What the specialist does, for people. */
  readonly doing: string | undefined
  /** Every call that was started, with its line for people. */
  readonly calls: ReadonlyArray<{
    readonly id: string
    readonly summary: string
    readonly state: "running" | "done" | "failed"
  }>
  /** Whether a reading tool has returned what others wrote, or the asker has quoted it. */
  readonly readOutside: boolean
  readonly approval:
    | {
        readonly entry: typeof ApprovalEntry.Type
        /** `void`: more was said after it. */
        readonly verdict: "open" | "approved" | "rejected" | "expired" | "void"
        readonly by: string | undefined
        /** Ids of calls that whoever approved has left out. */
        readonly without: ReadonlyArray<string>
      }
    | undefined
  /** What somebody agreed to that it uses beyond its budgets. */
  readonly granted: ReadonlyArray<Overdraft>
  /** Who wants it to stop. */
  readonly stoppedBy: string | undefined
  readonly ended: boolean
  /** What the asker was warned of, by the budget's name. */
  readonly warnings: ReadonlyMap<string, string>
}

export const recordOf = (entries: ReadonlyArray<TurnEntry>): TurnRecord => {
  let specialist: string | undefined
  let finalText: string | undefined
  let calls: ReadonlyArray<Proposed> = []
  let approval: TurnRecord["approval"]
  let stoppedBy: string | undefined
  let ended = false
  let modelCalls = 0
  let toolCalls = 0
  let tokens = 0
  let microDollars = 0
  let readOutside = false
  const writes: Array<string> = []
  const lines = new Map<string, TurnRecord["calls"][number]>()
  let doing: string | undefined
  const started = new Set<string>()
  const finished = new Set<string>()
  const reading = new Set<string>()
  const warnings = new Map<string, string>()
  const granted: Array<Overdraft> = []

  for (const { fact } of entries) {
    switch (fact._tag) {
      case "Asked":
        readOutside ||= quotesOthers(fact.text)
        break
      case "Routed":
        specialist = fact.specialist
        doing = fact.doing
        break
      case "Model":
        modelCalls += 1
        tokens += fact.spent.inputTokens + fact.spent.outputTokens
        microDollars += fact.spent.microDollars ?? fact.spent.countedMicroDollars ?? 0
        if (fact.purpose === "work") {
          calls = fact.calls
          finalText = fact.calls.length === 0 ? fact.text : undefined
        }
        break
      case "Started":
        toolCalls += started.has(fact.call.id) ? 0 : 1
        if (fact.writes && !started.has(fact.call.id)) writes.push(fact.summary)
        lines.set(fact.call.id, { id: fact.call.id, summary: fact.summary, state: "running" })
        if (!fact.writes) reading.add(fact.call.id)
        started.add(fact.call.id)
        break
      case "Finished":
        finished.add(fact.callId)
        markFinished(lines, fact.callId, fact.failed)
        readOutside ||= reading.has(fact.callId)
        break
      case "Approval":
        approval = { entry: fact, verdict: "open", by: undefined, without: [] }
        break
      case "Decided":
        if (approval?.verdict !== "open" || approval.entry.digest !== fact.digest) break
        approval = { ...approval, verdict: fact.verdict, by: fact.by, without: fact.without ?? [] }
        if (fact.verdict === "approved" && approval.entry.budget !== undefined) granted.push(approval.entry.budget)
        break
      case "Steered":
        readOutside ||= quotesOthers(fact.text)
        finalText = undefined
        if (approval?.verdict === "open") approval = { ...approval, verdict: "void", by: fact.by }
        break
      case "Warned":
        warnings.set(fact.budget, fact.detail)
        break
      case "Stop":
        stoppedBy = fact.by
        break
      case "Ended":
        ended = true
        break
    }
  }
  return {
    specialist,
    finalText,
    pending: calls.filter(({ id }) => !finished.has(id)).map((call) => ({ call, started: started.has(call.id) })),
    modelCalls,
    toolCalls,
    tokens,
    microDollars,
    writes,
    doing,
    calls: Array.from(lines.values()),
    readOutside,
    approval,
    granted,
    stoppedBy,
    ended,
    warnings
  }
}

const markFinished = (lines: Map<string, TurnRecord["calls"][number]>, id: string, failed: boolean) => {
  const line = lines.get(id)
  if (line !== undefined) lines.set(id, { ...line, state: failed ? "failed" : "done" })
}
