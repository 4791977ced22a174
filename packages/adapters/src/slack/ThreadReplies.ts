/** What people write below a card becomes an event of its thread, and so a comment on the issue or pull request. */
import {
  Decision,
  type DeliveryHandler,
  DeliveryHandlingFailed,
  OperationLog,
  Outbox,
  ThreadReply
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import { sinkName } from "./SlackClient.ts"
import { isBot, isOwn, messageEvents, messageOf } from "./SlackMessage.ts"
import { toMarkdown } from "./SlackToMarkdown.ts"
import type { SlackWorkspace } from "./SlackWorkspace.ts"
import type { UserMap } from "./UserMap.ts"

const ignored = (reason: string, subject?: string) =>
  Option.some(new Decision({ outcome: "ignored", reason, ...(subject === undefined ? {} : { subject }) }))

const encodeReply = Schema.encodeEffect(ThreadReply)

/** Everyone whom a text mentions. */
const mentioned = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/<@([UW][A-Z0-9]+)(?:\|[^>]*)?>/g), ([, id = ""]) => id)

/**
 * The handler of replies below cards. Stays in Slack: what bots write, what begins with `(aside)`, what is said to us,
 * and what is not below a card. Whom `users` knows is mentioned on GitHub when somebody mentions them here. An edit or a deletion of a reply is not followed.
 */
export const make = Effect.fnUntraced(function* (
  workspace: SlackWorkspace,
  users: UserMap
): Effect.fn.Return<DeliveryHandler, never, OperationLog | Outbox> {
  const log = yield* OperationLog
  const outbox = yield* Outbox
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
        const { channel, team, text, threadTs, ts, user } = message
        const identity = yield* workspace.identity
        if (isOwn(message, identity) || isBot(message) || user === null) return ignored("A bot said it")
        if (threadTs === null) return ignored("It is not in a thread")
        const slot = yield* outbox.slotAt(sinkName, `${channel}:${threadTs}`)
        if (Option.isNone(slot)) return ignored("Its thread is not that of an issue or pull request")
        const subject = slot.value.thread
        if (message.deleted || message.edited) return ignored("A comment stays as it was first written", subject)
        if (/^\s*\(aside\)/i.test(text)) return ignored("It was said as an aside", subject)
        if (message.mentions.includes(identity.botUserId)) return ignored("It was said to the bot", subject)
        const names = new Map<string, string>()
        for (const id of mentioned(text)) {
          const login = users.gitHubOf(id)
          names.set(id, login === undefined ? yield* workspace.userName(id) : `@${login}`)
        }
        const markdown = toMarkdown(text, { user: (id) => names.get(id), channel: () => undefined })
        const reply = { key: `slack:${team}:${channel}:${ts}`, author: yield* workspace.userName(user), markdown }
        yield* log.append({
          operationId: null,
          subject,
          lane: "append",
          type: "replied",
          data: yield* encodeReply(reply)
        })
        return Option.some(new Decision({ outcome: "accepted", reason: "It becomes a comment", subject }))
      },
      Effect.mapError(
        (cause) => new DeliveryHandlingFailed({ message: "The reply could not be taken over.", retryable: true, cause })
      )
    )
  }
})
