/** Turns of the agent that were asked for on an issue or pull request: one comment that shows how each goes, and its answer. */
import { BudgetWords, recordOf, type Turn, TurnId, type TurnRecord, TurnStore } from "@productbuilding/agent"
import {
  bearsMark,
  CodeHost,
  type CodeHostError,
  type EventRoute,
  hiddenMark,
  makeOnce,
  NeverPossible,
  NotDone,
  type Pace,
  type Priority,
  parseThreadId,
  ResourceLedger,
  type Sink,
  SinkError,
  type StatusSlot,
  sinkErrorOf,
  ThreadId
} from "@productbuilding/core"
import { CommentSink, maxCommentLength } from "@productbuilding/preview"
import { DateTime, Duration, Effect, Option, Schema } from "effect"
import { answersTo } from "./PlanWords.ts"

const prefix = "turn:"
const { sinkName } = CommentSink

const isThreadId = Schema.is(ThreadId)
const isTurnEvent = Schema.is(Schema.Struct({ turn: TurnId, state: Schema.String }))

const priorities: Readonly<Record<string, Priority>> = { waiting: "question", ended: "final" }

/** Each change of a turn that is held on a thread changes its comment. */
export const route: EventRoute = ({ data, lane, subject, type }) =>
  lane === "status" && type === "turn" && isThreadId(subject) && isTurnEvent(data)
    ? [
        {
          lane: "status",
          sink: sinkName,
          key: `${prefix}${data.turn}`,
          thread: subject,
          priority: priorities[data.state] ?? "progress"
        }
      ]
    : []

const marks = { running: "⏳", done: "✅", failed: "⚠️" } as const

/** Text of ours inside of Markdown: shown as it is, never obeyed. */
const plain = (text: string) => text.replace(/[\\`*_{}[\]<>#|~@!]/g, (mark) => `\\${mark}`)

const callList = ({ calls }: TurnRecord): string =>
  calls.length === 0
    ? ""
    : `\n\n<details><summary>${calls.length === 1 ? "1 step" : `${calls.length} steps`}</summary>\n\n${calls
        .map(({ state, summary }) => `- ${marks[state]} ${plain(summary)}`)
        .join("\n")}\n\n</details>`

const warningList = ({ warnings }: TurnRecord): string =>
  Array.from(warnings.values(), (words) => `\n\n⚠️ ${plain(words)}`).join("")

const proposal = ({ approval }: TurnRecord, name: string): string => {
  if (approval === undefined) return ""
  const { budget, calls, expiresAtMs, permission } = approval.entry
  const asked =
    budget === undefined
      ? `✋ **May I do this?**\n\n${calls.map(({ summary }, index) => `${index + 1}. ${plain(summary)}`).join("\n")}`
      : `✋ **May I go on?**\n\n${plain(`${BudgetWords.spentOf(budget)} ${BudgetWords.moreOf(budget)}`)}`
  const until = DateTime.formatIso(DateTime.makeUnsafe(expiresAtMs)).slice(0, 16).replace("T", " ")
  return `${asked}\n\nWhoever has the permission ${permission} here can answer ${answersTo(calls.length, name)} until ${until} UTC, or say what to do instead.`
}

/** The comment's text as the turn is now. `name` is how the agent is mentioned. */
export const renderTurnComment = (turn: Turn, record: TurnRecord, name: string): string => {
  const done = `${callList(record)}${warningList(record)}`
  const body =
    turn.state === "ended"
      ? `${turn.asker.login === null ? "" : `@${turn.asker.login} `}${turn.answer ?? ""}${done}`
      : turn.state === "waiting"
        ? `${proposal(record, name)}${done}`
        : `⏳ ${turn.state === "queued" ? "I come to this when I am through with what was asked before" : (record.doing ?? "Looking at it")} …${done}`
  const text = `${hiddenMark(`${prefix}${turn.id}`)}\n${body}`
  return text.length <= maxCommentLength ? text : `${text.slice(0, maxCommentLength - 60)}\n\n(the rest is too long)`
}

const atOnce: Pace = { quiet: Duration.zero, longestWait: Duration.zero }

const failed = (reason: SinkError["reason"]) => new SinkError({ sink: sinkName, reason })
const notDone = (error: { readonly message: string }) => Effect.fail(failed(new NotDone({ detail: error.message })))

/** Shows turns beside what a sink of the code host shows already. */
export const onto = Effect.fnUntraced(function* (
  sink: Sink,
  options: { readonly name: string }
): Effect.fn.Return<Sink, never, CodeHost | ResourceLedger | TurnStore> {
  const host = yield* CodeHost
  const ledger = yield* ResourceLedger
  const store = yield* TurnStore

  const show = Effect.fn("TurnComments.show")(
    function* (slot: StatusSlot) {
      const turn = yield* store.get(TurnId.make(slot.key.slice(prefix.length)))
      if (!isThreadId(turn.conversation)) {
        return yield* failed(new NeverPossible({ detail: `${turn.conversation} is no thread` }))
      }
      const { number, repository } = parseThreadId(turn.conversation)
      const body = renderTurnComment(turn, recordOf(yield* store.entries(turn.id)), options.name)
      const mark = hiddenMark(slot.key)
      const { how, id } = yield* makeOnce<CodeHostError, never>({
        ownerKey: slot.key,
        kind: "comment",
        subject: turn.conversation,
        isUnsure: ({ reason }) => reason._tag === "Unavailable",
        find: Effect.map(host.comments(repository, number), (comments) =>
          Option.fromUndefinedOr(comments.find((one) => bearsMark(one.body, mark))?.id)
        ),
        make: Effect.map(host.createComment(repository, number, body), (comment) => comment.id)
      }).pipe(Effect.provideService(ResourceLedger, ledger))
      if (how !== "made") yield* host.updateComment(repository, id, body)
      return id
    },
    Effect.catchTags({
      CodeHostError: (error) => Effect.fail(sinkErrorOf(sinkName, error)),
      TurnNotFound: ({ id }) => Effect.fail(failed(new NeverPossible({ detail: `there is no turn ${id}` }))),
      TurnStoreError: notDone,
      ResourceLedgerError: notDone
    })
  )

  const isTurn = ({ key }: StatusSlot) => key.startsWith(prefix)
  return {
    ...sink,
    show: (slot) => (isTurn(slot) ? show(slot) : sink.show(slot)),
    // NOTE: whoever asked something waits for a sign that it was heard.
    pace: (slot) => (isTurn(slot) && slot.reference === null ? atOnce : (sink.pace?.(slot) ?? sink))
  }
})
