/** What people and the bot both do to messages: the change, and the events that it causes. */
import type { SlackMessage } from "../../SlackState.ts"
import type { Deliver } from "./deliver.ts"
import { messageShape } from "./shapes.ts"
import { type Channel, isReply, type SlackWorkspace, threadOf } from "./state.ts"
import { compact, type Fields } from "./values.ts"

const channelTypes = { public: "channel", private: "group", im: "im" } as const
const historyScopes = { public: "channels:history", private: "groups:history", im: "im:history" } as const

/** What stands where the first message of an answered thread was. */
const tombstone = "This message was deleted."

export const makeMessages = (state: SlackWorkspace, deliver: Deliver) => {
  const hears = (channel: Channel) => channel.members.has(state.bot.id) && state.scopes.has(historyScopes[channel.kind])
  const shape = (channel: Channel, message: SlackMessage) =>
    messageShape(state, channel, message, { metadata: true, thread: false })
  const place = (channel: Channel) => ({ channel: channel.id, channel_type: channelTypes[channel.kind] })

  const tellPosted = (channel: Channel, message: SlackMessage) => {
    const parent = isReply(message) ? channel.messages.get(message.threadTs ?? "") : undefined
    const event = compact({
      ...shape(channel, message),
      thread_ts: isReply(message) ? (message.threadTs ?? undefined) : undefined,
      parent_user_id: parent?.user,
      event_ts: message.ts
    })
    if (hears(channel)) deliver.event({ ...event, ...place(channel) })
    // NOTE: another bot's mention counts as well, which is how two bots come to talk to each other without end.
    const mentioned = message.botId !== state.botId && message.text.includes(`<@${state.bot.id}>`)
    if (!mentioned || channel.kind === "im" || !channel.members.has(state.bot.id)) return
    if (state.scopes.has("app_mentions:read")) {
      deliver.event({ ...event, type: "app_mention", channel: channel.id })
    }
  }

  const tellChanged = (channel: Channel, message: SlackMessage, previous: SlackMessage) => {
    if (!hears(channel)) return
    const ts = state.nextTs()
    const threaded = (one: SlackMessage): Fields => messageShape(state, channel, one, { metadata: true })
    deliver.event({
      type: "message",
      subtype: "message_changed",
      message: threaded(message),
      previous_message: threaded(previous),
      hidden: true,
      ts,
      event_ts: ts,
      ...place(channel)
    })
  }

  const post = (channel: Channel, message: SlackMessage): SlackMessage => {
    state.put(channel, message)
    if (isReply(message)) {
      const parent = channel.messages.get(message.threadTs ?? "")
      if (parent !== undefined && parent.threadTs === null) state.put(channel, { ...parent, threadTs: parent.ts })
    }
    if (message.botId === state.botId && message.threadTs !== null && message.streaming !== "in_progress") {
      state.thread(channel.id, message.threadTs).status = ""
    }
    if (message.onlyFor === null) tellPosted(channel, message)
    return message
  }

  const change = (channel: Channel, previous: SlackMessage, next: SlackMessage): SlackMessage => {
    state.put(channel, next)
    tellChanged(channel, next, previous)
    return next
  }

  const remove = (channel: Channel, message: SlackMessage) => {
    const answered = !isReply(message) && threadOf(channel, message.ts).length > 1
    if (answered) {
      const { ts, threadTs, user } = message
      const gone = {
        ...message,
        user,
        ts,
        threadTs,
        text: tombstone,
        subtype: "tombstone",
        blocks: [],
        attachments: []
      }
      return void change(channel, message, { ...gone, reactions: [], metadata: null })
    }
    channel.messages.delete(message.ts)
    state.changed({ channel: channel.id })
    const parent = isReply(message) ? channel.messages.get(message.threadTs ?? "") : undefined
    if (parent !== undefined && threadOf(channel, parent.ts).length === 1) {
      state.put(channel, { ...parent, threadTs: null })
    }
    if (!hears(channel) || message.onlyFor !== null) return
    const ts = state.nextTs()
    deliver.event({
      type: "message",
      subtype: "message_deleted",
      hidden: true,
      deleted_ts: message.ts,
      previous_message: shape(channel, message),
      ts,
      event_ts: ts,
      ...place(channel)
    })
  }

  const tellReaction = (type: string, channel: Channel, message: SlackMessage, user: string, reaction: string) => {
    if (!channel.members.has(state.bot.id) || !state.scopes.has("reactions:read")) return
    const item = { type: "message", channel: channel.id, ts: message.ts }
    deliver.event({ type, user, reaction, item, item_user: message.user, event_ts: state.nextTs() })
  }

  const has = (message: SlackMessage, user: string, name: string) =>
    message.reactions.some((one) => one.name === name && one.users.includes(user))

  return {
    post,
    change,
    remove,
    /** Whether it was not there before. */
    react: (channel: Channel, message: SlackMessage, user: string, name: string): boolean => {
      if (has(message, user, name)) return false
      const known = message.reactions.some((one) => one.name === name)
      const reactions = known
        ? message.reactions.map((one) => (one.name === name ? { name, users: [...one.users, user] } : one))
        : [...message.reactions, { name, users: [user] }]
      state.put(channel, { ...message, reactions })
      tellReaction("reaction_added", channel, message, user, name)
      return true
    },
    /** Whether it was there. */
    unreact: (channel: Channel, message: SlackMessage, user: string, name: string): boolean => {
      if (!has(message, user, name)) return false
      const reactions = message.reactions
        .map((one) => (one.name === name ? { name, users: one.users.filter((by) => by !== user) } : one))
        .filter((one) => one.users.length > 0)
      state.put(channel, { ...message, reactions })
      tellReaction("reaction_removed", channel, message, user, name)
      return true
    },
    /** Whether they were outside before. */
    join: (channel: Channel, user: string, inviter?: string): boolean => {
      if (channel.members.has(user)) return false
      channel.members.add(user)
      state.changed({ channel: channel.id })
      if (channel.members.has(state.bot.id)) {
        const event = { type: "member_joined_channel", user, channel: channel.id, team: state.teamId, inviter }
        deliver.event(
          compact({ ...event, channel_type: channel.kind === "private" ? "G" : "C", event_ts: state.nextTs() })
        )
      }
      return true
    },
    /** Whether they were inside before. */
    leave: (channel: Channel, user: string): boolean => {
      const told = channel.members.has(state.bot.id)
      if (!channel.members.delete(user)) return false
      state.changed({ channel: channel.id })
      const event_ts = state.nextTs()
      if (user === state.bot.id) deliver.event({ type: "channel_left", channel: channel.id, event_ts })
      else if (told) {
        deliver.event({ type: "member_left_channel", user, channel: channel.id, team: state.teamId, event_ts })
      }
      return true
    }
  }
}

export type Messages = ReturnType<typeof makeMessages>
