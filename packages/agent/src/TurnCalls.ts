/** Tool calls that a model proposed: judged, run once, and recorded; or shown to somebody first. */
import {
  type CodeHostError,
  describeCodeHostError,
  parseThreadId,
  sameRepository,
  type ThreadId
} from "@productbuilding/core"
import { Clock, Duration, Effect, Schema } from "effect"
import { Digest } from "effect/crypto"
import { type Circumstances, judge, type Verdict } from "./AgentPolicy.ts"
import { AgentSettings } from "./AgentSettings.ts"
import type { AgentTool, PreparedCall, ToolOutcome } from "./AgentTool.ts"
import { ToolFailed } from "./AgentTool.ts"
import { threadOf } from "./Conversation.ts"
import { executeTool } from "./internal/turnSpans.ts"
import { includes, Members, type Permission } from "./Members.ts"
import { harmless, ownWords } from "./OutsideText.ts"
import type { Specialist } from "./Specialist.ts"
import { type ApprovalEntry, Proposed, type Turn, type TurnFact } from "./Turn.ts"
import { recordOf, type TurnRecord } from "./TurnRecord.ts"
import { TurnStore } from "./TurnStore.ts"

type Needed = (typeof ApprovalEntry.Type)["permission"]

interface Judged {
  readonly call: Proposed
  readonly tool: AgentTool
  readonly prepared: PreparedCall
  readonly verdict: Verdict
}

const encodeCalls = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Proposed)))

/** Numbers with the repository that is named beside them, if one is: `acme/shop#12`, `#12`, `…/pull/12`, `issue 12`. */
const threadName =
  /(?:\b([\w-]+\/[\w.-]+?))?(?:#|\/(?:issues|pull)\/)(\d+)\b|\b(?:issue|ticket|bug|pr|pull(?: request)?)s? #?(\d+)\b/gi

/** Threads that the asker has chosen: the conversation's own, and the call's if their own words name it. */
const threadsOf = (turn: Turn, { target }: PreparedCall): ReadonlyArray<ThreadId> => {
  const own = [turn.about, threadOf(turn.conversation)].flatMap((one) => one ?? [])
  if (target === null) return own
  const { number, repository } = parseThreadId(target)
  const isNamed = Array.from(ownWords(turn.text).matchAll(threadName)).some(
    ([, named = turn.repository ?? "", first, second]) =>
      Number(first ?? second) === number && sameRepository(named, repository)
  )
  return isNamed ? [...own, target] : own
}

const refused = (callId: string, message: string): TurnFact => ({
  _tag: "Finished",
  callId,
  result: { error: message },
  failed: true,
  resources: [],
  durationMs: 0
})

const mostOf = (left: Needed, right: Needed): Needed => (includes(left, right) ? left : right)

export const make = Effect.gen(function* () {
  const { approvalTime, policy: policyOf } = yield* AgentSettings
  const digest = yield* Digest.Digest
  const members = yield* Members
  const store = yield* TurnStore

  const permissionIn = (turn: Turn, prepared: PreparedCall): Effect.Effect<Permission, CodeHostError> =>
    turn.asker.login === null || prepared.repository === null
      ? Effect.succeed("none")
      : members.permission(prepared.repository, turn.asker.login)

  const judgeOne = Effect.fnUntraced(function* (
    turn: Turn,
    tool: AgentTool,
    prepared: PreparedCall,
    counts: Pick<Circumstances, "writesDone" | "writesTogether" | "readOutside" | "threads">
  ) {
    const circumstances: Circumstances = {
      policy: policyOf(turn.repository),
      repository: turn.repository,
      asker: turn.asker,
      permission: tool.effect === "read" ? "read" : yield* permissionIn(turn, prepared),
      ...counts
    }
    return judge(tool, prepared, circumstances)
  })

  /** `Started` is the permission to act: it is refused once somebody wants the turn to stop. */
  const run = Effect.fnUntraced(function* (turn: Turn, tool: AgentTool, prepared: PreparedCall, call: Proposed) {
    const begunMs = yield* Clock.currentTimeMillis
    const { repository } = prepared
    yield* store.append(turn.id, [{ _tag: "Started", call, summary: prepared.summary, writes: tool.effect !== "read" }])
    const attempt: Effect.Effect<ToolOutcome, ToolFailed> =
      repository === null
        ? Effect.fail(new ToolFailed({ message: "No repository belongs to this place. Name one, as owner/name." }))
        : prepared.run({
            asker: turn.asker,
            words: ownWords(turn.text),
            repository,
            ownerKey: `turn:${turn.id}:${call.id}`
          })
    const outcome = yield* attempt.pipe(
      Effect.map(({ resources, result }) => ({ result, resources, failed: false })),
      Effect.catchTag("ToolFailed", ({ message }) =>
        Effect.succeed({ result: { error: message }, resources: [], failed: true })
      ),
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError(`A defect in the tool ${tool.name}`, defect), {
          result: { error: "The server itself made a mistake here. Its log has the details for the operator." },
          resources: [],
          failed: true
        })
      ),
      executeTool(tool.name, call.id)
    )
    yield* store.append(turn.id, [
      {
        _tag: "Finished",
        callId: call.id,
        result: harmless(outcome.result),
        failed: outcome.failed,
        resources: outcome.resources,
        durationMs: (yield* Clock.currentTimeMillis) - begunMs
      }
    ])
  })

  /** Whether what the model is told of the conversation holds more than this asker's own words and answers to them. */
  const heardOthers = Effect.fnUntraced(function* (turn: Turn) {
    const { summary, turns } = yield* store.history(turn.id)
    if (summary !== undefined || turns.some(({ asker }) => asker.id !== turn.asker.id)) return true
    const records = yield* Effect.forEach(turns, ({ id }) => Effect.map(store.entries(id), recordOf))
    return records.some(({ readOutside }) => readOutside)
  })

  const approvalOf = Effect.fnUntraced(function* (turn: Turn, asks: ReadonlyArray<Judged>) {
    const text = `${turn.id}\n${encodeCalls(asks.map(({ call }) => call))}`
    const permission = asks.reduce<Needed>(
      (most, { verdict }) => (verdict.kind === "ask" ? mostOf(most, verdict.permission) : most),
      "triage"
    )
    return {
      _tag: "Approval" as const,
      digest: yield* digest.digestHex(Digest.sha256, new TextEncoder().encode(text)),
      calls: asks.map(({ call, prepared }) => ({ id: call.id, summary: prepared.summary })),
      permission,
      repositories: Array.from(new Set(asks.flatMap(({ prepared }) => prepared.repository ?? []))),
      expiresAtMs: (yield* Clock.currentTimeMillis) + Duration.toMillis(approvalTime)
    }
  })

  /** Why a call that needs consent does not have it; `undefined` when nobody was asked yet. */
  const withheld = ({ approval }: TurnRecord, call: Proposed): string | undefined => {
    if (approval === undefined || !approval.entry.calls.some(({ id }) => id === call.id)) return undefined
    switch (approval.verdict) {
      case "rejected":
        return `${approval.by ?? "Somebody"} said no. Do not try it again; ask what is wanted instead.`
      case "expired":
        return "Nobody agreed in time, so it was not done."
      case "void":
        return "More was said after this was proposed, so it was not done. Propose anew what is wanted now."
      case "approved":
        return approval.without.includes(call.id)
          ? `${approval.by ?? "Somebody"} left this out of the plan. Do not try it again.`
          : undefined
      case "open":
        return undefined
    }
  }

  const consented = ({ approval }: TurnRecord, call: Proposed): boolean =>
    approval?.verdict === "approved" &&
    approval.entry.calls.some(({ id }) => id === call.id) &&
    !approval.without.includes(call.id)

  /**
   * Brings pending calls to a result, in the model's order: `settled` when none is left, `waiting` when somebody has to
   * agree first. Those that need no consent run before anybody is asked.
   */
  const settle = Effect.fn("TurnCalls.settle")(function* (turn: Turn, record: TurnRecord, specialist: Specialist) {
    const toolOf = (name: string) => specialist.tools.find((tool) => tool.name === name)
    const isWrite = (name: string) => {
      const tool = toolOf(name)
      return tool !== undefined && tool.effect !== "read"
    }
    const writesTogether = record.pending.filter(({ call }) => isWrite(call.tool)).length
    const readOutside = record.readOutside || (writesTogether > 0 && (yield* heardOthers(turn)))
    const asks: Array<Judged> = []
    let writesDone = record.writes.length
    for (const { call, started } of record.pending) {
      const tool = toolOf(call.tool)
      if (tool === undefined) {
        const names = specialist.tools.map(({ name }) => name).join(", ")
        yield* store.append(turn.id, [refused(call.id, `There is no tool ${call.tool} here. There are: ${names}.`)])
        continue
      }
      const understood = yield* Effect.result(tool.prepare(call.params, turn))
      if (understood._tag === "Failure") {
        yield* store.append(turn.id, [refused(call.id, understood.failure.message)])
        continue
      }
      const prepared = understood.success
      if (started) {
        yield* run(turn, tool, prepared, call)
        continue
      }
      const no = withheld(record, call)
      if (no !== undefined) {
        yield* store.append(turn.id, [refused(call.id, no)])
        continue
      }
      const judged = yield* Effect.result(
        judgeOne(turn, tool, prepared, {
          // NOTE: nobody is asked to agree to more than may be done then.
          writesDone: writesDone + asks.length,
          writesTogether,
          readOutside,
          threads: threadsOf(turn, prepared)
        })
      )
      if (judged._tag === "Failure") {
        yield* store.append(turn.id, [
          refused(
            call.id,
            `Whether ${turn.asker.name} may do this could not be found out: ${describeCodeHostError(judged.failure)}`
          )
        ])
        continue
      }
      const verdict = judged.success
      if (verdict.kind === "deny") {
        yield* store.append(turn.id, [refused(call.id, verdict.reason)])
      } else if (verdict.kind === "allow" || consented(record, call)) {
        yield* run(turn, tool, prepared, call)
        if (tool.effect !== "read") writesDone += 1
      } else {
        asks.push({ call, tool, prepared, verdict })
      }
    }
    if (asks.length === 0) return "settled" as const
    yield* store.append(turn.id, [yield* approvalOf(turn, asks)])
    return "waiting" as const
  })

  return { settle }
})
