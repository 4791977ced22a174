/** What events mean to Slack, by the policy of their project. Pure. */
import {
  type Event,
  type EventRoute,
  type NotificationPolicy,
  type OutboxEntry,
  type Priority,
  quietUntil,
  repositoryOf,
  type StatusSlot,
  type Telling,
  type ThreadId,
  ThreadId as ThreadIdSchema,
  ThreadMessage,
  type Topic,
  tell
} from "@productbuilding/core"
import { EventMessage } from "@productbuilding/preview"
import { Option, Schema } from "effect"
import { sinkName } from "./SlackClient.ts"

/** The channel of each project, by name or id; without one nothing of it is told. */
export type Channels = (repository: string) => string | undefined

/** What is told of each project. */
export type Policies = (repository: string) => NotificationPolicy

/** A message of a subject, as the outbox holds it. */
export const Posting = Schema.Struct({ ...ThreadMessage.fields, broadcast: Schema.Boolean })
export type Posting = typeof Posting.Type

/** What the outbox gathers for a digest: enough for a line with a link. */
export const DigestItem = Schema.Struct({
  key: Schema.String,
  subject: Schema.String,
  author: Schema.NullOr(Schema.String),
  verb: Schema.String,
  url: Schema.NullOr(Schema.String),
  title: Schema.NullOr(Schema.String)
})
export type DigestItem = typeof DigestItem.Type

export const isThreadId = Schema.is(ThreadIdSchema)

const isRemark = Schema.is(Schema.Struct({ key: Schema.String }))

/** What a card shows something of. */
const onCards = new Set(["thread", "checks", "state", "facts"])

/** How the keys of cards begin. */
export const cardPrefix = "card:"

/** The slot of a thread's card. */
export const cardKey = (thread: ThreadId): string => `${cardPrefix}${thread}`

const remarkPrefix = "remark:"

/** The slot that brings a message of the append lane up to date. */
export const remarkKey = (messageKey: string): string => `${remarkPrefix}${messageKey}`

/** The message that a slot of `remarkKey` brings up to date; `undefined` for any other slot. */
export const messageKeyOf = ({ key }: Pick<StatusSlot, "key">): string | undefined =>
  key.startsWith(remarkPrefix) ? key.slice(remarkPrefix.length) : undefined

const finals = new Set<Topic>([
  "closed",
  "merged",
  "deployed",
  "deploymentFailed",
  "released",
  "previewReady",
  "previewFailed"
])

const priorityOf = (message: ThreadMessage): Priority =>
  message.topic === "previewBlocked" ? "question" : finals.has(message.topic) ? "final" : "normal"

const cardPriority = ({ data, type }: Event, message: ThreadMessage | undefined): Priority => {
  if (type === "said") return "normal"
  if (message !== undefined) return priorityOf(message)
  const isOver = Schema.is(Schema.Struct({ state: Schema.Literal("deleted") }))(data)
  return type === "state" ? (isOver ? "final" : "progress") : "normal"
}

/** Until when a card that is not there yet is held: it is news to the channel, while its edits are news to nobody. */
const cardHeldUntil = (policy: NotificationPolicy, { at }: Event, telling: Telling | undefined) =>
  telling?._tag === "Now" ? null : (quietUntil(policy, at) ?? null)

/**
 * Each change of a thread or its preview changes the card; what is said there is said below it, and what is said of a
 * release or a deployment in the channel. What it is held for or gathered in is in the entry: a policy that changes later
 * changes nothing of it. What was told follows what it tells of, whatever the policy.
 */
export const routeTo =
  (channels: Channels, policies: Policies): EventRoute =>
  (event) => {
    const { at, data, subject, type } = event
    const repository = repositoryOf(subject)
    if (channels(repository) === undefined) return []
    if (type === "remark" && isRemark(data)) {
      const key = remarkKey(`${subject} ${data.key}`)
      return [{ lane: "status", sink: sinkName, key, thread: subject, priority: "normal" }]
    }
    const policy = policies(repository)
    const message = Option.getOrUndefined(EventMessage.messageOf(event))
    const telling = message === undefined ? undefined : tell(policy, message, at)
    const isTold = telling?._tag === "Now" || telling?._tag === "Held"
    const entries: Array<OutboxEntry> = []
    if (isThreadId(subject) && (onCards.has(type) || isTold)) {
      entries.push({
        lane: "status",
        sink: sinkName,
        key: cardKey(subject),
        thread: subject,
        priority: cardPriority(event, message),
        notBefore: cardHeldUntil(policy, event, telling)
      })
    }
    if (message === undefined || telling === undefined || telling._tag === "Never") return entries
    const common = { lane: "append", sink: sinkName, priority: priorityOf(message) } as const
    const key = `${subject} ${message.key}`
    if (telling._tag === "Digest") {
      const { author, title, url, verb } = message
      entries.push({
        ...common,
        key: `digest ${repository} ${telling.at.toJSON()}`,
        thread: repository,
        notBefore: telling.at,
        item: { key, subject, author, verb, url, title }
      })
      return entries
    }
    // NOTE: that something was opened is told by its card.
    if (message.topic === "opened") return entries
    entries.push({
      ...common,
      key,
      thread: subject,
      content: { ...message, broadcast: telling.broadcast },
      notBefore: telling._tag === "Held" ? telling.until : null
    })
    return entries
  }
