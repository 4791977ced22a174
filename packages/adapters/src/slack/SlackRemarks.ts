/** What was told in a thread follows what it tells of: an edit edits the message, a deletion deletes it. */
import {
  CodeHost,
  type CodeHostError,
  describeCodeHostError,
  NeverPossible,
  NotDone,
  Outbox,
  type OutboxMessage,
  parseThreadId,
  type RemarkId,
  SinkError,
  type StatusSlot,
  ThreadId
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import { ThreadMessage } from "../github/ThreadDeliveries.ts"
import { callSlack, isGone, placeOf, type SlackClient, sinkName } from "./SlackClient.ts"

const keyPrefix = "remark:"

/** The slot that brings a message of the append lane up to date. */
export const remarkKey = (messageKey: string): string => `${keyPrefix}${messageKey}`

/** Whether a slot is one of `remarkKey`. */
export const isRemarkSlot = ({ key }: Pick<StatusSlot, "key">): boolean => key.startsWith(keyPrefix)

const isThreadId = Schema.is(ThreadId)
const isMessage = Schema.is(ThreadMessage)

const kinds: Readonly<Record<string, RemarkId["kind"]>> = {
  comment: "comment",
  review: "review",
  "review-comment": "line comment"
}

/** What a `ThreadMessage` tells of, where that can change. */
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
 * Reads what a message tells of as it is now, and brings messages that were sent up to date. `render` makes the text of
 * one. A message that somebody deleted in Slack stays deleted.
 */
export const make = Effect.fnUntraced(function* (
  client: SlackClient,
  render: (subject: ThreadId, message: ThreadMessage) => Effect.Effect<string, SinkError>
) {
  const host = yield* CodeHost
  const outbox = yield* Outbox

  const read = Effect.fnUntraced(function* (subject: ThreadId, told: ThreadMessage, id: RemarkId) {
    const { number, repository } = parseThreadId(subject)
    const found = yield* Effect.asSome(host.remark(repository, number, id)).pipe(
      Effect.catchIf(
        ({ reason }) => reason._tag === "NotFound",
        // NOTE: without a permission to read nothing is found either, but then nor is the thread.
        () => Effect.as(host.thread(repository, number), Option.none())
      )
    )
    return Option.map(found, ({ author, dismissed, markdown, url }): ThreadMessage => {
      const verb = dismissed ? `${told.verb} (dismissed)` : told.verb
      return { ...told, author, markdown, url, verb }
    })
  }, Effect.mapError(hostFailed))

  /** What a message tells, as it was told to us unless that is known to have changed. `None`: it was deleted. */
  const current = Effect.fnUntraced(function* (message: OutboxMessage) {
    const { content, key, thread } = message
    if (!isMessage(content) || !isThreadId(thread)) {
      return yield* failed(new NeverPossible({ detail: `${key} is no message of a thread` }))
    }
    const changed = yield* Effect.mapError(outbox.slot(sinkName, remarkKey(key)), ({ message: detail }) =>
      failed(new NotDone({ detail }))
    )
    const id = Option.isNone(changed) ? undefined : remarkIdOf(content.key)
    const told = id === undefined ? Option.some(content) : yield* read(thread, content, id)
    return Option.map(told, (now) => ({ subject: thread, message: now }))
  })

  const unlessGone = (call: () => Promise<unknown>) =>
    Effect.catchIf(
      Effect.asVoid(callSlack(call)),
      ({ reason }) => reason._tag === "NeverPossible" && isGone(reason.detail),
      () => Effect.void
    )

  const show = Effect.fn("SlackRemarks.show")(function* (slot: StatusSlot) {
    const found = yield* Effect.mapError(
      outbox.message(sinkName, slot.key.slice(keyPrefix.length)),
      ({ message: detail }) => failed(new NotDone({ detail }))
    )
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
    const text = yield* render(now.value.subject, now.value.message)
    yield* unlessGone(() => client.chat.update({ channel, ts, text }))
    return reference
  })

  return { current, show }
})
