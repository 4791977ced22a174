/** What people write below a card is a reply of its thread, and so part of a comment on the issue or pull request. */
import {
  Decision,
  type DeliveryHandler,
  DeliveryHandlingFailed,
  Outbox,
  parseThreadId,
  Reply,
  ThreadId,
  ThreadReplies
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import type { People } from "./People.ts"
import { sinkName } from "./SlackClient.ts"
import { isBot, isOwn, messageEvents, messageOf, type SlackMessage } from "./SlackMessage.ts"
import { toMarkdown } from "./SlackToMarkdown.ts"
import type { SlackWorkspace } from "./SlackWorkspace.ts"

const decided = (outcome: Decision["outcome"], reason: string, subject?: string) =>
  Option.some(new Decision({ outcome, reason, ...(subject === undefined ? {} : { subject }) }))

const ignored = (reason: string) => decided("ignored", reason)

const isThreadId = Schema.is(ThreadId)

const keyOf = ({ channel, team, ts }: SlackMessage) => `slack:${team}:${channel}:${ts}`

/** Slack has not said what it was: it may have been a reply of which we have yet to hear. */
const isUnknown = ({ botId, deleted, threadTs, user }: SlackMessage) =>
  deleted && threadTs === null && user === null && botId === null

/**
 * The handler of what is said, edited and deleted below cards. Stays in Slack: what bots write, what begins with
 * `(aside)`, what is said to us, and what is not below a card. An edit can make an aside of a reply, and the other way
 * round. Whom `people` knows is mentioned on GitHub when somebody mentions them here.
 */
export const make = Effect.fnUntraced(function* (
  workspace: SlackWorkspace,
  people: People
): Effect.fn.Return<DeliveryHandler, never, Outbox | ThreadReplies> {
  const outbox = yield* Outbox
  const replies = yield* ThreadReplies

  /** The thread of a message. That of a known reply stays, also when its card was posted anew. */
  const subjectOf = Effect.fnUntraced(function* (message: SlackMessage) {
    const known = yield* replies.find(keyOf(message))
    if (Option.isSome(known)) return known.value.subject
    if (message.threadTs === null) return undefined
    const slot = yield* outbox.slotAt(sinkName, `${message.channel}:${message.threadTs}`)
    return Option.getOrUndefined(
      Option.filter(
        Option.map(slot, ({ thread }) => thread),
        isThreadId
      )
    )
  })

  const markdownOf = Effect.fnUntraced(function* ({ mentions, text }: SlackMessage, subject: ThreadId) {
    const { repository } = parseThreadId(subject)
    const names = new Map<string, string>()
    for (const id of mentions) {
      const login = yield* people.gitHubOf(repository, id)
      names.set(id, login === undefined ? yield* workspace.userName(id) : `@${login}`)
    }
    return toMarkdown(text, { user: (id) => names.get(id), channel: () => undefined })
  })

  return {
    source: "slack",
    events: [...messageEvents],
    order: (payload) =>
      Option.getOrUndefined(
        Option.map(messageOf(payload), ({ channel, threadTs, ts }) => `${channel} ${threadTs ?? ts}`)
      ),
    handle: Effect.fnUntraced(
      function* (_delivery, payload) {
        const found = messageOf(payload)
        if (Option.isNone(found)) return ignored("Nobody said anything")
        const message = found.value
        const key = keyOf(message)
        if (isUnknown(message)) {
          yield* replies.remove(key)
          return ignored("It was deleted, whatever it was")
        }
        const { revision, text, ts, user } = message
        const identity = yield* workspace.identity
        if (isOwn(message, identity) || isBot(message) || user === null) return ignored("A bot said it")
        const subject = yield* subjectOf(message)
        if (subject === undefined) return ignored("It is not in the thread of an issue or pull request")
        if (message.deleted) {
          const receipt = yield* replies.remove(key)
          return receipt === "unchanged"
            ? decided("unchanged", "It was deleted before", subject)
            : decided("accepted", "It was deleted, and so is what it became", subject)
        }
        const aside = /^\s*\(aside\)/i.test(text)
        const toBot = message.mentions.includes(identity.botUserId)
        const receipt = yield* replies.put(
          new Reply({
            key,
            subject,
            authorId: user,
            author: yield* workspace.userName(user),
            markdown: yield* markdownOf(message, subject),
            saidAt: ts,
            revision,
            state: aside || toBot ? "aside" : "public"
          })
        )
        if (receipt === "unchanged") return decided("unchanged", "A version as new is known", subject)
        if (aside) return decided("ignored", "It was said as an aside", subject)
        if (toBot) return decided("ignored", "It was said to the bot", subject)
        return decided("accepted", message.edited ? "Its comment is edited" : "It becomes a comment", subject)
      },
      Effect.mapError(
        (cause) => new DeliveryHandlingFailed({ message: "The reply could not be taken over.", retryable: true, cause })
      )
    )
  }
})
