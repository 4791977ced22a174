/** The controls: what people do in Slack, done without it. */
import { Option, Schema } from "effect"
import { SandboxMissing, SandboxRefused } from "../../SandboxControl.ts"
import type { SlackControl } from "../../SlackControl.ts"
import { SlackEventFault, SlackRequestFault } from "../../SlackFaults.ts"
import type { SlackUser } from "../../SlackState.ts"
import type { Parts } from "./call.ts"
import type { Interactions } from "./interactions.ts"
import { type Channel, isReply, plainMessage, type SlackWorkspace, threadOf, viewChannel } from "./state.ts"
import type { Fields } from "./values.ts"

const decodeFault = Schema.decodeUnknownOption(SlackRequestFault)
const decodeEventFault = Schema.decodeUnknownOption(SlackEventFault)

const refusedFault = (fault: object) =>
  new SandboxRefused({ message: `${JSON.stringify(fault)} is no fault that the sandbox knows.` })

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** The text with `@handle` and `#channel` as Slack's composer sends them. */
const composed = (state: SlackWorkspace, text: string, typed: boolean): string =>
  (typed ? escaped(text).replaceAll(/https?:\/\/[^\s<>]*[^\s<>.,:;!?)]/g, (url) => `<${url}>`) : text)
    .replaceAll(/(^|[\s(])@([a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])/g, (whole, before: string, name: string) => {
      const user = Array.from(state.users.values()).find((one) => one.name === name)
      return user === undefined ? whole : `${before}<@${user.id}>`
    })
    .replaceAll(/(^|[\s(])#([\p{Ll}\p{Lo}\p{N}_-]+)/gu, (whole, before: string, name: string) => {
      const channel = state.findChannel(name)
      return channel === undefined || !typed ? whole : `${before}<#${channel.id}|${channel.name}>`
    })

const plainOf = (text: string) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")

/** What the composer makes of a text: people's messages have blocks too. */
const richText = (state: SlackWorkspace, text: string): Fields => ({
  type: "rich_text",
  block_id: state.nextId("b"),
  elements: [
    {
      type: "rich_text_section",
      elements: text
        .split(/(<@U[A-Z0-9]+>|<https?:[^<>|]+>)/)
        .filter((part) => part !== "")
        .map((part): Fields => {
          const [, user, url] = /^<(?:@(U[A-Z0-9]+)|(https?:.+))>$/.exec(part) ?? []
          if (user !== undefined) return { type: "user", user_id: user }
          return url === undefined ? { type: "text", text: plainOf(part) } : { type: "link", url: plainOf(url) }
        })
    }
  ]
})

const botIdOf = (state: SlackWorkspace, { id }: SlackUser) => (id === state.bot.id ? state.botId : `B${id.slice(1)}`)

/** The controls of one workspace. */
export const makeSlackControl = (parts: Parts, interactions: Interactions): SlackControl => {
  const { deliver, messages, sockets, state } = parts

  const own = (ts: string) => {
    const found = state.message(ts)
    if (found.message.botId === state.botId) {
      throw new SandboxRefused({ message: "The bot's messages are changed through the Web API." })
    }
    return found
  }
  const emojiIn = (emoji: string) => emoji.replaceAll(":", "")
  const userOrBot = (user: string | undefined) => (user === undefined ? state.bot : state.user(user))
  const threadIn = (channel: Channel, ts: string | undefined): string | null => {
    if (ts === undefined) return null
    const found = channel.messages.get(ts)
    if (found === undefined) throw new SandboxMissing({ what: `message ${ts} in ${channel.name}` })
    return isReply(found) ? found.threadTs : found.ts
  }

  return {
    get url() {
      return state.url()
    },
    get apiUrl() {
      return `${state.url()}/api/`
    },
    app: {
      teamId: state.teamId,
      appId: state.appId,
      botId: state.botId,
      botUserId: state.bot.id,
      botToken: state.botToken,
      appToken: state.appToken,
      signingSecret: state.signingSecret
    },
    addUser: state.addUser,
    users: () => Array.from(state.users.values()),
    addChannel: (channel) => viewChannel(state.addChannel(channel)),
    channels: () => Array.from(state.channels.values(), viewChannel),
    directMessage: (user) => viewChannel(state.directOf(user)),
    invite: (channel, user) => void messages.join(state.channel(channel), userOrBot(user).id),
    kick: (channel, user) => void messages.leave(state.channel(channel), userOrBot(user).id),
    say: (user, channelName, text, { broadcast = false, threadTs, typed = false } = {}) => {
      const who = state.user(user)
      const channel = state.channel(channelName)
      if (!channel.members.has(who.id)) {
        throw new SandboxRefused({ message: `${who.name} is not in ${channel.name}. Invite them first.` })
      }
      const wire = composed(state, text, typed)
      if (wire.trim() === "") throw new SandboxRefused({ message: "There is nothing to say." })
      const thread = threadIn(channel, threadTs)
      return messages.post(channel, {
        ...plainMessage,
        ts: state.nextTs(),
        channel: channel.id,
        user: who.id,
        botId: who.isBot ? botIdOf(state, who) : null,
        text: wire,
        blocks: [richText(state, wire)],
        threadTs: thread,
        broadcast: broadcast && thread !== null,
        subtype: broadcast && thread !== null ? "thread_broadcast" : who.isBot ? "bot_message" : null
      })
    },
    edit: (ts, text) => {
      const { channel, message } = own(ts)
      const wire = composed(state, text, false)
      const edited = { user: message.user, ts: state.nextTs() }
      return messages.change(channel, message, { ...message, text: wire, blocks: [richText(state, wire)], edited })
    },
    remove: (ts) => {
      const { channel, message } = own(ts)
      messages.remove(channel, message)
    },
    react: (user, ts, emoji) => {
      const { channel, message } = state.message(ts)
      messages.react(channel, message, state.user(user).id, emojiIn(emoji))
    },
    unreact: (user, ts, emoji) => {
      const { channel, message } = state.message(ts)
      messages.unreact(channel, message, state.user(user).id, emojiIn(emoji))
    },
    click: interactions.click,
    views: () => Array.from(state.views.values()),
    submitView: interactions.submitView,
    closeView: interactions.closeView,
    stopSession: interactions.stopSession,
    messages: (channel) =>
      Array.from(state.channel(channel).messages.values()).filter((one) => !isReply(one) || one.broadcast),
    thread: (channel, ts) => threadOf(state.channel(channel), ts),
    threadStatus: (channel, ts) => {
      const { loadingMessages, session, status, title } = state.thread(state.channel(channel).id, ts)
      return { status, loadingMessages: status === "" ? [] : loadingMessages, session, title }
    },
    setScopes: (scopes) => {
      state.scopes.clear()
      for (const scope of scopes) state.scopes.add(scope)
    },
    setRequestUrl: deliver.setRequestUrl,
    setInteractivityUrl: deliver.setInteractivityUrl,
    useSocketMode: deliver.useSocketMode,
    disconnectSockets: sockets.disconnect,
    sockets: sockets.count,
    emit: deliver.event,
    calls: () => ({
      list: Array.from(state.calls),
      rateLimited: state.calls.filter(({ status }) => status === 429).length,
      early: state.calls.filter(({ early }) => early).length
    }),
    clearCalls: () => {
      state.calls.length = 0
    },
    deliveries: () => Array.from(state.deliveries),
    fault: (fault) => {
      const valid = Option.getOrThrowWith(decodeFault(fault), () => refusedFault(fault))
      state.requestFaults.push({ ...valid, left: valid.times })
    },
    eventFault: (fault) => {
      const valid = Option.getOrThrowWith(decodeEventFault(fault), () => refusedFault(fault))
      state.eventFaults.push({ ...valid, left: valid.times })
    },
    clearFaults: () => {
      state.requestFaults.length = 0
      state.eventFaults.length = 0
      deliver.releaseAll()
    },
    settled: deliver.settled
  }
}
