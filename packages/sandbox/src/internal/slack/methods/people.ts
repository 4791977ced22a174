/** `auth.test`, `apps.connections.open`, `users.*` and `reactions.*`. */
import { channelOf, type Methods, messageOf, mustBeIn, type Parts, pageOf, SlackRefusal } from "../call.ts"
import { messageShape, userShape } from "../shapes.ts"
import { permalinkOf } from "./chat.ts"

/** https://docs.slack.dev/reference/methods/reactions.add (read 2026-11-21) */
const maxKindsOfReactions = 50

export const peopleMethods = ({ messages, sockets, state }: Parts): Methods => {
  const reactTo = (channel: string, timestamp: string) => {
    const where = channelOf(state, channel)
    return { where, message: messageOf(where, timestamp) }
  }
  const nameIn = (value: string) => {
    const name = value.replaceAll(":", "")
    if (!/^[a-z0-9_+'-]+$/.test(name)) throw new SlackRefusal("invalid_name")
    return name
  }

  return {
    "auth.test": {
      tier: "special",
      scopes: [],
      handle: () => ({
        url: `${state.url()}/`,
        team: state.teamName,
        user: state.bot.name,
        team_id: state.teamId,
        user_id: state.bot.id,
        bot_id: state.botId,
        is_enterprise_install: false
      })
    },
    "apps.connections.open": {
      tier: "T1",
      scopes: [],
      token: "app",
      handle: () => ({ url: sockets.newUrl() })
    },
    "users.info": {
      tier: "T4",
      scopes: ["users:read"],
      handle: (args) => {
        const user = state.users.get(args.required("user"))
        if (user === undefined) throw new SlackRefusal("user_not_found")
        return { user: userShape(state, user) }
      }
    },
    "users.list": {
      tier: "T2",
      scopes: ["users:read"],
      handle: (args) => {
        const page = pageOf(args, Array.from(state.users.values()), 1000)
        return {
          members: page.items.map((one) => userShape(state, one)),
          cache_ts: Math.floor(state.now() / 1000),
          response_metadata: { next_cursor: page.next }
        }
      }
    },
    "users.lookupByEmail": {
      tier: "T3",
      scopes: ["users:read.email"],
      handle: (args) => {
        const email = args.required("email").toLowerCase()
        const user = Array.from(state.users.values()).find((one) => !one.isBot && one.email.toLowerCase() === email)
        if (user === undefined) throw new SlackRefusal("users_not_found")
        return { user: userShape(state, user) }
      }
    },
    "reactions.add": {
      tier: "T3",
      scopes: ["reactions:write"],
      handle: (args) => {
        const name = nameIn(args.required("name"))
        const { message, where } = reactTo(args.required("channel"), args.required("timestamp"))
        mustBeIn(state, where)
        const known = message.reactions.some((one) => one.name === name)
        if (!known && message.reactions.length >= maxKindsOfReactions) throw new SlackRefusal("too_many_emoji")
        if (!messages.react(where, message, state.bot.id, name)) throw new SlackRefusal("already_reacted")
        return {}
      }
    },
    "reactions.remove": {
      tier: "T2",
      scopes: ["reactions:write"],
      handle: (args) => {
        const name = nameIn(args.required("name"))
        const { message, where } = reactTo(args.required("channel"), args.required("timestamp"))
        if (!messages.unreact(where, message, state.bot.id, name)) throw new SlackRefusal("no_reaction")
        return {}
      }
    },
    "reactions.get": {
      tier: "T3",
      scopes: ["reactions:read"],
      handle: (args) => {
        const { message, where } = reactTo(args.required("channel"), args.required("timestamp"))
        const shape = messageShape(state, where, message, { thread: false })
        return {
          type: "message",
          channel: where.id,
          message: { ...shape, permalink: permalinkOf(state, message) }
        }
      }
    }
  }
}
