/**
 * What people say in a chat thread and belongs on its issue or pull request, as it is said there now, and which replies
 * share a comment: those that one person says in a row become one, as long as that has not been sent.
 */
import { Context, type Effect, type Option, Schema } from "effect"
import { ThreadId } from "./Thread.ts"

/** One reply as its newest version left it. */
export class Reply extends Schema.Class<Reply>("@productbuilding/core/Reply")({
  /** The same saying always has the same key, also when it was edited. */
  key: Schema.String,
  subject: ThreadId,
  /** Tells people apart. */
  authorId: Schema.String,
  /** What people call the author. */
  author: Schema.String,
  markdown: Schema.String,
  /** The order in the thread, compared as text. */
  saidAt: Schema.String,
  /** Grows with each edit, compared as text. */
  revision: Schema.String,
  /** `aside`: stays in the chat. `deleted`: for ever, and without its text. */
  state: Schema.Literals(["public", "aside", "deleted"])
}) {}

/** The data of an event `replied`: what became of a reply, and the comments that may look different now. */
export const ThreadReply = Schema.Struct({
  key: Schema.String,
  author: Schema.String,
  markdown: Schema.String,
  state: Reply.fields.state,
  /** `growing`: what its author says next becomes part of it, unless it is sent or somebody else speaks before. */
  comments: Schema.Array(Schema.Struct({ key: Schema.String, growing: Schema.Boolean }))
})
export type ThreadReply = typeof ThreadReply.Type

/** The database failed. Retryable. */
export class ThreadRepliesError extends Schema.TaggedError<ThreadRepliesError>()("ThreadRepliesError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** `changed`: an event `replied` tells of it. `unchanged`: known, or older than what is known. */
export type ReplyReceipt = "changed" | "unchanged"

/**
 * The replies. Versions may come twice and in any order: the newest counts, and a deletion counts more than any, also
 * when it comes first. Every adapter passes `ThreadRepliesTest.suite`.
 */
export class ThreadReplies extends Context.Service<
  ThreadReplies,
  {
    /** Stores a version and, in the same transaction, the event that tells of it. */
    put(reply: Reply): Effect.Effect<ReplyReceipt, ThreadRepliesError>
    /** The reply was deleted, be it known or not. */
    remove(key: string): Effect.Effect<ReplyReceipt, ThreadRepliesError>
    find(key: string): Effect.Effect<Option.Option<Reply>, ThreadRepliesError>
    /** What a comment consists of, in order; nothing when all of it was taken back. */
    comment(key: string): Effect.Effect<ReadonlyArray<Reply>, ThreadRepliesError>
    /** As `comment`; from now on no further reply becomes part of it. */
    seal(key: string): Effect.Effect<ReadonlyArray<Reply>, ThreadRepliesError>
  }
>()("@productbuilding/core/ThreadReplies") {}
