/** Comments on the code host that show what people say in a chat thread, as it is said there now. */
import {
  CodeHost,
  NeverPossible,
  NotDone,
  type OutboxEntry,
  parseThreadId,
  type Reply,
  ResourceLedger,
  SinkError,
  type StatusSlot,
  ThreadId,
  ThreadReplies,
  type ThreadReply
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import { maxCommentLength } from "./PreviewComment.ts"

const keyPrefix = "replies:"

const isThreadId = Schema.is(ThreadId)

/** Whether a slot shows such a comment. */
export const isReplySlot = ({ key }: StatusSlot): boolean => key.startsWith(keyPrefix)

/** Comments of a thread are made in the order of what they say, for they cannot be moved. */
export const lineOf = (slot: StatusSlot): string | undefined =>
  isReplySlot(slot) && slot.reference === null ? keyPrefix : undefined

/** Whether its author may be about to say more that becomes part of it. */
export const isGrowing = ({ priority, reference }: StatusSlot): boolean => priority === "progress" && reference === null

/** The slots of the comments that a reply has changed. */
export const replySlots = (sink: string, thread: string, { comments }: ThreadReply): ReadonlyArray<OutboxEntry> =>
  comments.map(({ growing, key }) => ({
    lane: "status",
    sink,
    key: `${keyPrefix}${key}`,
    thread,
    priority: growing ? "progress" : "normal"
  }))

/** By which a comment of ours is found again. */
const markerOf = (key: string): string => `<!-- productbuilding:message:${key.replaceAll("--", "- -")} -->`

const cutNotice = "\n\n(the rest is too long for a comment)"

/** Replies of one person below their name. Never longer than `maxCommentLength`. */
export const renderReplies = (key: string, replies: ReadonlyArray<Reply>): string => {
  const name = (replies[0]?.author ?? "").replace(/[\\`*_<>@[\]]/g, "")
  const said = replies.map(({ markdown }) => markdown).join("\n\n")
  const body = `${markerOf(key)}\n**${name}** in chat:\n\n${said}`
  return body.length <= maxCommentLength ? body : body.slice(0, maxCommentLength - cutNotice.length) + cutNotice
}

/**
 * Shows the slots of `replySlots`: makes a comment, edits it, or deletes it when all of it was taken back. Never makes a
 * second one: one that may have been made is looked for first. One that somebody deleted on the code host is made again when what it says changes.
 */
export const make = Effect.fnUntraced(function* (sink: string) {
  const host = yield* CodeHost
  const ledger = yield* ResourceLedger
  const replies = yield* ThreadReplies

  const notYet = (detail: string) => new SinkError({ sink, reason: new NotDone({ detail }) })

  /** The comment as far as we know: there, or perhaps there. */
  const find = Effect.fnUntraced(function* (slot: StatusSlot, key: string, thread: ThreadId) {
    const former = Option.getOrUndefined(yield* ledger.find(slot.key))
    if (former?.state === "live") return former.externalId ?? undefined
    if (former?.state !== "pending") return undefined
    const { number, repository } = parseThreadId(thread)
    const comments = yield* host.comments(repository, number)
    const found = comments.find(({ body }) => body.trimStart().startsWith(markerOf(key)))
    if (found !== undefined) yield* ledger.live(slot.key, found.id)
    return found?.id
  })

  /** Brings a comment to what is said now. `undefined`: there is no such comment. */
  const renew = Effect.fnUntraced(
    function* (slot: StatusSlot, key: string, thread: ThreadId, commentId: string) {
      const { repository } = parseThreadId(thread)
      const said = yield* replies.comment(key)
      if (said.length > 0) {
        yield* host.updateComment(repository, commentId, renderReplies(key, said))
        return commentId
      }
      yield* host.deleteComment(repository, commentId)
      yield* ledger.removed(slot.key)
      return null
    },
    Effect.catchIf(
      (error) => error._tag === "CodeHostError" && error.reason._tag === "NotFound",
      () => Effect.void
    )
  )

  const create = Effect.fnUntraced(function* (slot: StatusSlot, key: string, thread: ThreadId) {
    const said = yield* replies.seal(key)
    if (said.length === 0) {
      yield* ledger.removed(slot.key)
      return null
    }
    const { number, repository } = parseThreadId(thread)
    yield* ledger.claim({ ownerKey: slot.key, kind: "comment", subject: thread })
    const { id } = yield* host.createComment(repository, number, renderReplies(key, said))
    yield* ledger.live(slot.key, id)
    return id
  })

  return Effect.fn("ReplyComments.show")(
    function* (slot: StatusSlot) {
      const key = slot.key.slice(keyPrefix.length)
      const { thread } = slot
      if (!isThreadId(thread)) {
        return yield* new SinkError({ sink, reason: new NeverPossible({ detail: `${thread} is no thread` }) })
      }
      const commentId = yield* find(slot, key, thread)
      const renewed = commentId === undefined ? undefined : yield* renew(slot, key, thread, commentId)
      return renewed === undefined ? yield* create(slot, key, thread) : renewed
    },
    Effect.catchTags({
      ResourceLedgerError: ({ message }) => Effect.fail(notYet(message)),
      ThreadRepliesError: ({ message }) => Effect.fail(notYet(message))
    })
  )
})
