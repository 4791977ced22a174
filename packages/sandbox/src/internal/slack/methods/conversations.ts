/** `conversations.*`. */
import type { SlackMessage } from "../../../SlackState.ts"
import {
  type Args,
  channelOf,
  type Methods,
  messageOf,
  mustBeIn,
  mustHave,
  type Parts,
  pageOf,
  SlackRefusal
} from "../call.ts"
import { channelShape, messageShape } from "../shapes.ts"
import { type Channel, isReply, type SlackWorkspace, threadOf } from "../state.ts"

const kindScope = (family: string, channel: Channel) =>
  channel.kind === "im" ? `im:${family}` : channel.kind === "private" ? `groups:${family}` : `channels:${family}`

const kinds = ["public_channel", "private_channel", "im", "mpim"]

const kindName = { public: "public_channel", private: "private_channel", im: "im" } as const

/** A scope that depends on the kind of channel, which is looked at first. */
const anyKind = (family: string) => [`channels:${family}`, `groups:${family}`, `im:${family}`]

const within = (args: Args, messages: ReadonlyArray<SlackMessage>) => {
  const oldest = Number(args.text("oldest") || "0")
  const latest = Number(args.text("latest") || "Infinity")
  if (Number.isNaN(oldest)) throw new SlackRefusal("invalid_ts_oldest")
  if (Number.isNaN(latest)) throw new SlackRefusal("invalid_ts_latest")
  const inclusive = args.flag("inclusive")
  return messages.filter(({ ts }) => {
    const at = Number(ts)
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest
  })
}

const shown = (state: SlackWorkspace, args: Args, channel: Channel, messages: ReadonlyArray<SlackMessage>) => {
  const options = { metadata: args.flag("include_all_metadata") }
  return messages.map((one) => messageShape(state, channel, one, options))
}

const withCursor = (next: string) => (next === "" ? {} : { response_metadata: { next_cursor: next } })

export const conversationMethods = ({ messages, state }: Parts): Methods => {
  const readable = (args: Args): Channel => {
    const channel = mustBeIn(state, channelOf(state, args.required("channel")))
    mustHave(state, [kindScope("history", channel)])
    return channel
  }

  return {
    "conversations.list": {
      tier: "T2",
      scopes: anyKind("read"),
      handle: (args) => {
        const types = (args.text("types") || "public_channel").split(",").map((one) => one.trim())
        if (types.some((one) => !kinds.includes(one))) throw new SlackRefusal("invalid_types")
        const visible = Array.from(state.channels.values()).filter(
          (one) => types.includes(kindName[one.kind]) && (one.kind === "public" || one.members.has(state.bot.id))
        )
        const page = pageOf(args, visible, 100)
        const channels = page.items.map((one) =>
          one.kind === "im" ? channelShape(state, one) : { ...channelShape(state, one), num_members: one.members.size }
        )
        return { channels, response_metadata: { next_cursor: page.next } }
      }
    },
    "conversations.info": {
      tier: "T3",
      scopes: anyKind("read"),
      handle: (args) => {
        const channel = channelOf(state, args.required("channel"))
        mustHave(state, [kindScope("read", channel)])
        const members = args.flag("include_num_members") ? { num_members: channel.members.size } : {}
        return { channel: { ...channelShape(state, channel), ...members } }
      }
    },
    "conversations.join": {
      tier: "T3",
      scopes: ["channels:join"],
      handle: (args) => {
        const channel = channelOf(state, args.required("channel"))
        if (channel.kind !== "public") throw new SlackRefusal("method_not_supported_for_channel_type")
        const isNew = messages.join(channel, state.bot.id)
        return {
          channel: channelShape(state, channel),
          ...(isNew ? {} : { warning: "already_in_channel", response_metadata: { warnings: ["already_in_channel"] } })
        }
      }
    },
    "conversations.open": {
      tier: "T3",
      scopes: ["im:write"],
      handle: (args) => {
        const [user = "", ...others] = args.list("users")
        if (others.length > 0) throw new SlackRefusal("method_not_supported_for_channel_type")
        if (!state.users.has(user)) throw new SlackRefusal("user_not_found")
        return { channel: { id: state.directOf(user).id } }
      }
    },
    "conversations.members": {
      tier: "T4",
      scopes: anyKind("read"),
      handle: (args) => {
        const channel = channelOf(state, args.required("channel"))
        mustHave(state, [kindScope("read", channel)])
        const page = pageOf(args, Array.from(channel.members), 100)
        return { members: page.items, response_metadata: { next_cursor: page.next } }
      }
    },
    "conversations.history": {
      tier: "T3",
      scopes: anyKind("history"),
      handle: (args) => {
        const channel = readable(args)
        const newestFirst = Array.from(channel.messages.values())
          .filter((one) => one.onlyFor === null && (!isReply(one) || one.broadcast))
          .toReversed()
        const page = pageOf(args, within(args, newestFirst), 100, 999)
        return {
          messages: shown(state, args, channel, page.items),
          has_more: page.more,
          pin_count: 0,
          ...withCursor(page.next)
        }
      }
    },
    "conversations.replies": {
      tier: "T3",
      scopes: anyKind("history"),
      handle: (args) => {
        const channel = readable(args)
        const asked = messageOf(channel, args.required("ts"), "thread_not_found")
        const ts = asked.threadTs ?? asked.ts
        const [parent, ...replies] = threadOf(channel, ts).filter((one) => one.onlyFor === null)
        const page = pageOf(args, within(args, replies), 1000)
        // NOTE: as in Slack the first message is on every page, whatever the page is asked for.
        const all = parent === undefined ? page.items : [parent, ...page.items]
        return { messages: shown(state, args, channel, all), has_more: page.more, ...withCursor(page.next) }
      }
    },
    "conversations.create": {
      tier: "T2",
      scopes: ["channels:manage", "groups:write"],
      handle: (args) => {
        const name = args.text("name")
        const isPrivate = args.flag("is_private")
        mustHave(state, [isPrivate ? "groups:write" : "channels:manage"])
        if (name === "") throw new SlackRefusal("invalid_name_required")
        if (name.length > 80) throw new SlackRefusal("invalid_name_maxlength")
        if (!/^[\p{Ll}\p{Lo}\p{N}_-]+$/u.test(name)) throw new SlackRefusal("invalid_name_specials")
        if (state.findChannel(name) !== undefined) throw new SlackRefusal("name_taken")
        const channel = state.addChannel({ name, isPrivate, members: [state.bot.id] }, state.bot.id)
        return { channel: channelShape(state, channel) }
      }
    },
    "conversations.invite": {
      tier: "T3",
      scopes: ["channels:manage", "channels:write.invites", "groups:write", "groups:write.invites"],
      handle: (args) => {
        const channel = mustBeIn(state, channelOf(state, args.required("channel")))
        const users = args.list("users")
        if (users.length === 0) throw new SlackRefusal("no_user")
        const refuse = (user: string, error: string) =>
          new SlackRefusal(error, { errors: [{ user, ok: false, error }] })
        for (const user of users) {
          if (!state.users.has(user)) throw refuse(user, "user_not_found")
          if (user === state.bot.id) throw refuse(user, "cant_invite_self")
          if (channel.members.has(user)) throw refuse(user, "already_in_channel")
        }
        for (const user of users) messages.join(channel, user, state.bot.id)
        return { channel: channelShape(state, channel) }
      }
    }
  }
}
