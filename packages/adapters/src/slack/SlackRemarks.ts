/** What was told in a thread follows what it tells of: an edit edits the message, a deletion deletes it. */
import {
  CodeHost,
  type CodeHostError,
  describeCodeHostError,
  NeverPossible,
  NotDone,
  Outbox,
  OutboxMessage,
  parseThreadId,
  type RemarkId,
  SinkError,
  type ThreadId
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import { callSlack, isGone, placeOf, type SlackClient, sinkName } from "./SlackClient.ts"
import { isThreadId, Posting, remarkKey } from "./SlackRoute.ts"

const isPosting = Schema.is(Posting)

const kinds: Readonly<Record<string, RemarkId["kind"]>> = {
  comment: "comment",
  review: "review",
  "review-comment": "line comment"
}

/** What a message tells of, where that can change. */
const remarkIdOf = (key: string): RemarkId | undefined => {
  const [name = "", id = ""] = key.split(":")
  const kind = kinds[name]
  return kind === undefined ? undefined : { kind, id }
}

const failed = (reason: SinkError["reason"]) => new SinkError({ sink: sinkName, reason })

/** What a failure of the code host means to a message that needs it. Nothing was sent. */
export const hostFailed = (error: CodeHostError): SinkError =>
  error.reason._tag === "RateLimited" || error.reason._tag === "Unavailable"
    ? failed(new NotDone({ detail: describeCodeHostError(error) }))
    : failed(new NeverPossible({ detail: describeCodeHostError(error) }))

/**
 * Reads what a message tells of as it is now, and brings messages that were sent up to date. `textOf` renders one. A message
 * that somebody deleted in Slack stays deleted.
 */
export const make = Effect.fnUntraced(function* (
  client: SlackClient,
  textOf: (message: OutboxMessage) => Effect.Effect<string, SinkError>
) {
  const host = yield* CodeHost
  const outbox = yield* Outbox

  const notRead = Effect.mapError(({ message: detail }: { readonly message: string }) =>
    failed(new NotDone({ detail }))
  )

  const read = Effect.fnUntraced(function* (subject: ThreadId, told: Posting, id: RemarkId) {
    const { number, repository } = parseThreadId(subject)
    const found = yield* Effect.asSome(host.remark(repository, number, id)).pipe(
      Effect.catchIf(
        ({ reason }) => reason._tag === "NotFound",
        // NOTE: without a permission to read nothing is found either, but then nor is the thread.
        () => Effect.as(host.thread(repository, number), Option.none())
      )
    )
    return Option.map(found, ({ author, dismissed, markdown, url }): Posting => {
      const verb = dismissed ? `${told.verb} (dismissed)` : told.verb
      return { ...told, author, markdown, url, verb }
    })
  }, Effect.mapError(hostFailed))

  /** A message with what it tells of, as that was told to us unless it is known to have changed. `None`: it was deleted. */
  const current = Effect.fnUntraced(function* (message: OutboxMessage) {
    const { content, key, thread } = message
    if (!isPosting(content) || !isThreadId(thread)) return Option.some(message)
    const id = remarkIdOf(content.key)
    if (id === undefined || Option.isNone(yield* notRead(outbox.slot(sinkName, remarkKey(key))))) {
      return Option.some(message)
    }
    return Option.map(yield* read(thread, content, id), (now) => new OutboxMessage({ ...message, content: now }))
  })

  const unlessGone = (call: () => Promise<unknown>) =>
    Effect.catchIf(
      Effect.asVoid(callSlack(call)),
      ({ reason }) => reason._tag === "NeverPossible" && isGone(reason.detail),
      () => Effect.void
    )

  const show = Effect.fn("SlackRemarks.show")(function* (messageKey: string) {
    const found = yield* notRead(outbox.message(sinkName, messageKey))
    // NOTE: one that waits is read when it is sent.
    if (Option.isNone(found) || found.value.state === "waiting" || found.value.state === "dropped") return null
    const { reference, state } = found.value
    if (state === "sending" || reference === null) {
      return yield* failed(new NotDone({ detail: "it is being sent" }))
    }
    const { channel, ts } = placeOf(reference)
    const now = yield* current(found.value)
    if (Option.isNone(now)) {
      yield* unlessGone(() => client.chat.delete({ channel, ts }))
      return null
    }
    const text = yield* textOf(now.value)
    yield* unlessGone(() => client.chat.update({ channel, ts, text }))
    return reference
  })

  return { current, show }
})
