/** The code host as a sink: one comment that always shows a preview as it is, and comments of what people say elsewhere. */
import {
  type Budget,
  CodeHost,
  type EventRoute,
  NeverPossible,
  NotDone,
  type OutboxMessage,
  type Pace,
  type Priority,
  ResourceLedger,
  type Sink,
  SinkError,
  type StatusSlot,
  sinkErrorOf,
  type ThreadReplies,
  ThreadReply
} from "@productbuilding/core"
import { Duration, Effect, Schema } from "effect"
import { type Preview, PreviewId } from "./Preview.ts"
import { isPreviewComment, renderPreviewComment } from "./PreviewComment.ts"
import { PreviewStore } from "./PreviewStore.ts"
import * as ReplyComments from "./ReplyComments.ts"
import { isGrowing, isReplySlot, lineOf, replySlots } from "./ReplyComments.ts"

/** The sink's name in the outbox. */
export const sinkName = "code-host"

const keyPrefix = "preview:"

const isPreviewId = Schema.is(PreviewId)

const ownerKey = (id: PreviewId) => `comment:${id}`

const priorities: Partial<Record<Preview["state"], Priority>> = {
  ready: "final",
  failed: "final",
  deleted: "final",
  blocked: "question"
}

const State = Schema.Struct({ state: Schema.String })

/** Only these are worth a write: a deployment costs four edits at most, whatever its number of steps. */
const isWorthTelling = (type: string) => type === "state" || type === "facts"

const isReply = Schema.is(ThreadReply)

/** Each change of a preview's state or facts changes its comment; each of a reply in a chat, the comment that shows it. */
export const route: EventRoute = ({ data, lane, subject, type }) => {
  if (type === "replied" && isReply(data)) return replySlots(sinkName, subject, data)
  if (lane !== "status" || !isWorthTelling(type) || !isPreviewId(subject) || !Schema.is(State)(data)) return []
  const found = Object.entries(priorities).find(([state]) => state === data.state)
  return [
    {
      lane: "status",
      sink: sinkName,
      key: `${keyPrefix}${subject}`,
      thread: subject,
      priority: found?.[1] ?? "progress"
    }
  ]
}

/**
 * Three fifths of what GitHub allows for content: 80 writes a minute and 500 an hour. Agents need the rest.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api (read 2026-11-21)
 */
const budgets = {
  minute: { burst: 20, perMinute: 28, reserve: 5 },
  hour: { burst: 180, perMinute: 2, reserve: 60 }
} as const

/** Each write needs one of both. */
export const budgetOf = (name: string): Budget => (name === "minute" ? budgets.minute : budgets.hour)

const failed = (reason: SinkError["reason"]) => new SinkError({ sink: sinkName, reason })

export interface CommentSinkOptions {
  /** How long what one person says in a chat is gathered into one comment after the last, at most four times as long. Default 15 seconds. */
  readonly replyWindow?: Duration.Input
}

const pace: Pace = { quiet: Duration.seconds(1), longestWait: Duration.seconds(10) }

/**
 * The sink of previews' comments, and of replies in chats: see `ReplyComments`. The body is a pure rendering of the row, so a lost edit heals at the next. Never makes
 * a second comment: before it makes one it looks for its marker, also after an answer that did not arrive. A comment
 * that somebody deleted is made again, unless the preview is gone.
 */
export const make = Effect.fnUntraced(function* (
  options: CommentSinkOptions = {}
): Effect.fn.Return<Sink, never, CodeHost | PreviewStore | ResourceLedger | ThreadReplies> {
  const quiet = Duration.fromInputUnsafe(options.replyWindow ?? "15 seconds")
  const gathering: Pace = { quiet, longestWait: Duration.times(quiet, 4) }
  const showReplies = yield* ReplyComments.make(sinkName)
  const host = yield* CodeHost
  const ledger = yield* ResourceLedger
  const store = yield* PreviewStore

  const find = Effect.fnUntraced(function* (preview: Preview) {
    const comments = yield* host.comments(preview.repository, preview.pullRequest)
    return comments.find((comment) => isPreviewComment(comment.body, preview.id))?.id
  })

  const create = Effect.fnUntraced(function* (preview: Preview, body: string) {
    yield* ledger.claim({ ownerKey: ownerKey(preview.id), kind: "comment", subject: preview.id })
    const comment = yield* host.createComment(preview.repository, preview.pullRequest, body)
    yield* ledger.live(ownerKey(preview.id), comment.id)
    return comment.id
  })

  const edit = (preview: Preview, commentId: string, body: string) =>
    Effect.as(host.updateComment(preview.repository, commentId, body), commentId)

  const show = Effect.fn("CommentSink.show")(
    function* (slot: StatusSlot) {
      const id = slot.key.slice(keyPrefix.length)
      if (!isPreviewId(id)) return yield* failed(new NeverPossible({ detail: `${slot.key} names no preview` }))
      const preview = yield* store.get(id)
      if (preview.pullRequestUrl === "") return null
      const body = renderPreviewComment(preview)
      const isGone = preview.state === "deleted" || preview.state === "closing"
      const anew = Effect.gen(function* () {
        const found = yield* find(preview)
        if (found !== undefined) return yield* edit(preview, found, body)
        return isGone ? null : yield* create(preview, body)
      })
      if (slot.reference === null) return yield* anew
      return yield* edit(preview, slot.reference, body).pipe(
        Effect.catchIf(
          (error) => error.reason._tag === "NotFound",
          () => anew
        )
      )
    },
    Effect.catchTags({
      CodeHostError: (error) => Effect.fail(sinkErrorOf(sinkName, error)),
      PreviewNotFound: ({ id }) => Effect.fail(failed(new NeverPossible({ detail: `there is no preview ${id}` }))),
      PreviewStoreError: (error) => Effect.fail(failed(new NotDone({ detail: error.message }))),
      ResourceLedgerError: (error) => Effect.fail(failed(new NotDone({ detail: error.message })))
    })
  )

  /** It is told of states alone: nothing of it comes in the append lane. */
  const noMessage = ({ key }: OutboxMessage) =>
    Effect.fail(failed(new NeverPossible({ detail: `${key} is no message for the code host` })))

  return {
    name: sinkName,
    show: (slot) =>
      isReplySlot(slot)
        ? Effect.catchTag(showReplies(slot), "CodeHostError", (error) => Effect.fail(sinkErrorOf(sinkName, error)))
        : show(slot),
    send: noMessage,
    find: noMessage,
    cost: () => ["minute", "hour"],
    budget: budgetOf,
    ...pace,
    pace: (slot) => (isReplySlot(slot) && isGrowing(slot) ? gathering : pace),
    line: lineOf
  }
})
