/** What a Slack sandbox remembers. */
import { DateTime } from "effect"
import { SandboxMissing, SandboxRefused } from "../../SandboxControl.ts"
import type { NewSlackChannel, NewSlackUser } from "../../SlackControl.ts"
import type { SlackEventFault, SlackRequestFault } from "../../SlackFaults.ts"
import type { SlackCall, SlackChannel, SlackDelivery, SlackMessage, SlackUser, SlackView } from "../../SlackState.ts"
import type { Left } from "../state.ts"

/** A channel with its messages, by `ts`; ephemeral ones are among them. */
export interface Channel extends Omit<SlackChannel, "members"> {
  readonly members: Set<string>
  readonly messages: Map<string, SlackMessage>
}

/** What the bot shows in a thread. */
export interface ThreadState {
  status: string
  statusUntilMs: number
  loadingMessages: ReadonlyArray<string>
  session: "active" | "processing" | "suspended" | "closed" | null
  title: string
}

/** Of a user's click: for `views.open`, once and soon. */
export interface Trigger {
  readonly user: string
  readonly expiresAtMs: number
  used: boolean
}

/** Where the answer to a click may go. */
export interface ResponseUrl {
  readonly channel: string
  readonly ts: string
  readonly user: string
  readonly expiresAtMs: number
  left: number
}

export interface SlackOptions {
  readonly url: () => string
  readonly now: () => number
  readonly teamName: string
  readonly botName: string
  readonly botToken: string
  readonly appToken: string
  readonly signingSecret: string
  readonly scopes: ReadonlyArray<string>
  readonly enforceRateLimits: boolean
  readonly retryDelaysMs: ReadonlyArray<number>
  readonly ackDeadlineMs: number
  readonly eventsPerHour: number
  readonly editWindowMs: number
  readonly streamIdleMs: number
}

/** Something that the page should show anew. */
export type Change = { readonly channel: string } | "everything"

const timeZone = "Europe/Vienna"

/** An empty workspace with the bot in it. */
export const makeSlackState = (options: SlackOptions) => {
  const users = new Map<string, SlackUser>()
  const channels = new Map<string, Channel>()
  const threads = new Map<string, ThreadState>()
  const views = new Map<string, SlackView>()
  const triggers = new Map<string, Trigger>()
  const responseUrls = new Map<string, ResponseUrl>()
  const calls: Array<SlackCall> = []
  const deliveries: Array<SlackDelivery> = []
  const requestFaults: Array<Left<SlackRequestFault>> = []
  const eventFaults: Array<Left<SlackEventFault>> = []
  const watchers = new Set<(change: Change) => void>()
  let lastId = 0
  let lastMicros = 0

  const nextId = (prefix: string) => `${prefix}0${(++lastId).toString(36).toUpperCase().padStart(9, "0")}`

  const nextTs = () => {
    lastMicros = Math.max(options.now() * 1000, lastMicros + 1)
    return `${Math.floor(lastMicros / 1e6)}.${String(Math.floor(lastMicros) % 1e6).padStart(6, "0")}`
  }

  const changed = (change: Change) => {
    for (const watcher of watchers) watcher(change)
  }

  const addUser = (user: NewSlackUser): SlackUser => {
    if (!/^[a-z0-9][a-z0-9._-]{0,79}$/.test(user.name)) {
      throw new SandboxRefused({ message: `“${user.name}” is no handle: small letters, digits, dots, dashes.` })
    }
    if (Array.from(users.values()).some(({ name }) => name === user.name)) {
      throw new SandboxRefused({ message: `There is a user ${user.name} already.` })
    }
    const added = {
      id: nextId("U"),
      name: user.name,
      realName: user.realName ?? user.name,
      email: user.email ?? `${user.name}@example.com`,
      isBot: user.isBot ?? false,
      isAdmin: user.isAdmin ?? false,
      isRestricted: user.isRestricted ?? user.isUltraRestricted ?? false,
      isUltraRestricted: user.isUltraRestricted ?? false,
      tz: user.tz ?? timeZone
    }
    users.set(added.id, added)
    changed("everything")
    return added
  }

  const user = (name: string): SlackUser => {
    const wanted = name.replace(/^@/, "")
    const found = users.get(wanted) ?? Array.from(users.values()).find((one) => one.name === wanted)
    if (found === undefined) throw new SandboxMissing({ what: `user ${name}` })
    return found
  }

  const findChannel = (name: string): Channel | undefined => {
    const wanted = name.replace(/^#/, "")
    return channels.get(wanted) ?? Array.from(channels.values()).find((one) => one.kind !== "im" && one.name === wanted)
  }

  const channel = (name: string): Channel => {
    const found = findChannel(name)
    if (found === undefined) throw new SandboxMissing({ what: `channel ${name}` })
    return found
  }

  const putChannel = (about: Pick<Channel, "id" | "name" | "kind" | "topic" | "creator" | "members">): Channel => {
    const added = { ...about, createdAtSeconds: Math.floor(options.now() / 1000), messages: new Map() }
    channels.set(added.id, added)
    changed("everything")
    return added
  }

  const teamId = nextId("T")
  const appId = nextId("A")
  const botId = nextId("B")
  const bot = addUser({ name: options.botName, isBot: true })

  const addChannel = ({ isPrivate = false, members, name, topic = "" }: NewSlackChannel, creator?: string): Channel => {
    if (!/^[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u.test(name)) {
      throw new SandboxRefused({ message: `“${name}” is no name of a channel: small letters, digits, - and _.` })
    }
    if (findChannel(name) !== undefined) throw new SandboxRefused({ message: `There is a channel ${name} already.` })
    const everyone = Array.from(users.values()).filter((one) => !one.isBot && !one.isRestricted)
    return putChannel({
      id: nextId("C"),
      name,
      topic,
      kind: isPrivate ? "private" : "public",
      members: new Set(members?.map((one) => user(one).id) ?? everyone.map(({ id }) => id)),
      creator: creator ?? everyone[0]?.id ?? bot.id
    })
  }

  /** The conversation of a user with the bot. */
  const directOf = (userId: string): Channel => {
    const { id, name } = user(userId)
    const found = Array.from(channels.values()).find((one) => one.kind === "im" && one.members.has(id))
    if (found !== undefined) return found
    const members = new Set([id, bot.id])
    return putChannel({ id: nextId("D"), name, kind: "im", topic: "", creator: id, members })
  }

  /** The message of a `ts`, wherever it is. */
  const message = (ts: string): { readonly channel: Channel; readonly message: SlackMessage } => {
    for (const one of channels.values()) {
      const found = one.messages.get(ts)
      if (found !== undefined) return { channel: one, message: found }
    }
    throw new SandboxMissing({ what: `message ${ts}` })
  }

  const put = (where: Channel, next: SlackMessage): SlackMessage => {
    where.messages.set(next.ts, next)
    changed({ channel: where.id })
    return next
  }

  const thread = (channelId: string, ts: string): ThreadState => {
    const key = `${channelId}:${ts}`
    const found = threads.get(key)
    if (found !== undefined) {
      if (found.statusUntilMs <= options.now()) found.status = ""
      return found
    }
    const made: ThreadState = { status: "", statusUntilMs: 0, loadingMessages: [], session: null, title: "" }
    threads.set(key, made)
    return made
  }

  return {
    ...options,
    teamId,
    appId,
    botId,
    bot,
    scopes: new Set(options.scopes),
    users,
    channels,
    views,
    triggers,
    responseUrls,
    calls,
    deliveries,
    requestFaults,
    eventFaults,
    watchers,
    nextId,
    nextTs,
    changed,
    addUser,
    user,
    addChannel,
    findChannel,
    channel,
    directOf,
    message,
    put,
    thread
  }
}

/** Everything behind the controls and the methods. */
export type SlackWorkspace = ReturnType<typeof makeSlackState>

export const nowMs = () => DateTime.toEpochMillis(DateTime.nowUnsafe())

/** What the controls show of a channel. */
export const viewChannel = ({ messages: _messages, members, ...about }: Channel): SlackChannel => ({
  ...about,
  members: Array.from(members)
})

/** The first message of a thread and its answers, oldest first; ephemeral ones only where wanted. */
export const threadOf = (channel: Channel, ts: string): ReadonlyArray<SlackMessage> =>
  Array.from(channel.messages.values()).filter((one) => one.ts === ts || one.threadTs === ts)

export const isReply = ({ threadTs, ts }: SlackMessage) => threadTs !== null && threadTs !== ts

/** What a message has unless it is said otherwise. */
export const plainMessage = {
  botId: null,
  username: null,
  subtype: null,
  text: "",
  threadTs: null,
  broadcast: false,
  blocks: [],
  attachments: [],
  metadata: null,
  edited: null,
  reactions: [],
  streaming: null,
  onlyFor: null
} satisfies Partial<SlackMessage>
