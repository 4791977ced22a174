/** What turns mean to Slack: which slots and messages there are for them, and how they are called. Pure. */
import { ConversationId, type Turn, TurnId, TurnOutcome } from "@productbuilding/agent"
import type { EventRoute, OutboxEntry, Priority } from "@productbuilding/core"
import { Schema } from "effect"
import { sinkName } from "./SlackClient.ts"

const messagePrefix = "turn:"

/** Of the slot that shows in Slack's own way that somebody works on it. */
export const signPrefix = "sign:"

/** Whether a slot or a message is one of a turn. */
export const isTurnKey = (key: string): boolean => key.startsWith(messagePrefix) || isSignKey(key)

/** Whether a slot is the sign of a turn, rather than its message. */
export const isSignKey = (key: string): boolean => key.startsWith(signPrefix)

/** The turn that such a slot shows. */
export const turnOfKey = (key: string): TurnId => TurnId.make(key.slice(key.indexOf(":") + 1))

/** The conversation that a message in a thread, or one that could begin a thread, belongs to. */
export const conversationOf = (place: {
  readonly team: string
  readonly channel: string
  readonly threadTs: string
}): ConversationId => ConversationId.make(`slack:${place.team}:${place.channel}:${place.threadTs}`)

/** Inverse of `conversationOf`; `undefined` for what is held elsewhere. */
export const placeOfConversation = (
  conversation: string
): { readonly team: string; readonly channel: string; readonly threadTs: string } | undefined => {
  const [kind, team = "", channel = "", threadTs = "", ...rest] = conversation.split(":")
  return kind === "slack" && threadTs !== "" && rest.length === 0 ? { team, channel, threadTs } : undefined
}

/** The change of a turn's message alone, while it runs. */
export const progressOf = ({ conversation, id }: Pick<Turn, "conversation" | "id">): OutboxEntry => ({
  lane: "status",
  sink: sinkName,
  key: `${messagePrefix}${id}`,
  thread: conversation,
  priority: "progress"
})

const TurnEvent = Schema.Struct({ turn: TurnId, state: Schema.String })
/** What a message with what a turn says is made of. */
export const AnsweredEvent = Schema.Struct({
  turn: TurnId,
  outcome: TurnOutcome,
  text: Schema.String,
  options: Schema.Array(Schema.String)
})
const isTurnEvent = Schema.is(TurnEvent)
const isAnswered = Schema.is(AnsweredEvent)

const priorities: Readonly<Record<string, Priority>> = { waiting: "question", ended: "final" }

/** Each change of a turn changes its sign and its message; its end is said in a message of its own, since an edit notifies nobody. */
export const route: EventRoute = ({ data, lane, subject, type }) => {
  if (placeOfConversation(subject) === undefined) return []
  if (lane === "status" && type === "turn" && isTurnEvent(data)) {
    const priority = priorities[data.state] ?? "progress"
    return [signPrefix, messagePrefix].map((prefix) => ({
      lane: "status",
      sink: sinkName,
      key: `${prefix}${data.turn}`,
      thread: subject,
      priority
    }))
  }
  if (lane === "append" && type === "answered" && isAnswered(data)) {
    return [
      {
        lane: "append",
        sink: sinkName,
        key: `${messagePrefix}${data.turn}:answer`,
        thread: subject,
        priority: data.outcome === "asked" ? "question" : "final",
        content: data
      }
    ]
  }
  return []
}
