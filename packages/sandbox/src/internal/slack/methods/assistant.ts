/** `assistant.threads.*`, `agents.sessions.*` and `views.open`. */
import { channelOf, type Methods, mustBeIn, type Parts, SlackRefusal } from "../call.ts"
import type { Channel, SlackWorkspace, ThreadState } from "../state.ts"
import type { Fields } from "../values.ts"
import { checkedView } from "../views.ts"
import { threadIn } from "./chat.ts"

type Session = NonNullable<ThreadState["session"]>

/** https://docs.slack.dev/reference/methods/assistant.threads.setStatus (read 2026-11-21) */
const statusLifeMs = 120_000
const maxLoadingMessages = 10
const maxTitleCharacters = 200

export const sessionStatusOf = (value: string): Session => {
  switch (value) {
    case "active":
    case "processing":
    case "suspended":
    case "closed":
      return value
    default:
      throw new SlackRefusal("invalid_status")
  }
}

export const setSession = (state: SlackWorkspace, channel: Channel, ts: string, session: Session): ThreadState => {
  const thread = state.thread(channel.id, ts)
  thread.session = session
  state.changed({ channel: channel.id })
  return thread
}

const viewShape = (state: SlackWorkspace, id: string, hash: string, view: Fields): Fields => ({
  id,
  team_id: state.teamId,
  app_id: state.appId,
  app_installed_team_id: state.teamId,
  bot_id: state.botId,
  private_metadata: "",
  callback_id: "",
  clear_on_close: false,
  notify_on_close: false,
  external_id: "",
  hash,
  root_view_id: id,
  state: { values: {} },
  ...view
})

export const assistantMethods = ({ state }: Parts): Methods => ({
  "assistant.threads.setStatus": {
    tier: "special",
    scopes: ["assistant:write", "chat:write"],
    handle: (args) => {
      const channel = mustBeIn(state, channelOf(state, args.required("channel_id")))
      const thread = state.thread(channel.id, threadIn(channel, args.required("thread_ts")) ?? "")
      const loading = args.list("loading_messages")
      if (loading.length > maxLoadingMessages) throw new SlackRefusal("invalid_arguments")
      thread.status = args.text("status")
      thread.statusUntilMs = state.now() + statusLifeMs
      thread.loadingMessages = loading
      state.changed({ channel: channel.id })
      return {}
    }
  },
  "agents.sessions.setStatus": {
    tier: "T3",
    scopes: ["chat:write"],
    handle: (args) => {
      const channel = mustBeIn(state, channelOf(state, args.required("channel_id")))
      const ts = threadIn(channel, args.required("thread_ts")) ?? ""
      const session = sessionStatusOf(args.required("status"))
      const isNew = state.thread(channel.id, ts).session === null
      const thread = setSession(state, channel, ts, session)
      if (isNew) thread.title = args.text("title").slice(0, maxTitleCharacters)
      return { status: session, agent_status: session, title: thread.title }
    }
  },
  "agents.sessions.rename": {
    tier: "T3",
    scopes: ["chat:write"],
    handle: (args) => {
      const channel = mustBeIn(state, channelOf(state, args.required("channel_id")))
      const thread = state.thread(channel.id, threadIn(channel, args.required("thread_ts")) ?? "")
      if (thread.session === null) throw new SlackRefusal("session_not_found")
      const title = args.required("title")
      if (title.length > maxTitleCharacters) throw new SlackRefusal("invalid_arguments")
      thread.title = title
      state.changed({ channel: channel.id })
      return { title }
    }
  },
  "views.open": {
    tier: "T4",
    scopes: [],
    handle: (args) => {
      const trigger = state.triggers.get(args.required("trigger_id"))
      if (trigger === undefined) throw new SlackRefusal("invalid_trigger_id")
      if (trigger.used) throw new SlackRefusal("exchanged_trigger_id")
      if (trigger.expiresAtMs < state.now()) throw new SlackRefusal("expired_trigger_id")
      const given = checkedView(args.object("view", "invalid_arguments"))
      trigger.used = true
      const id = state.nextId("V")
      const hash = `${Math.floor(state.now() / 1000)}.${id.slice(-8)}`
      const view = viewShape(state, id, hash, given)
      state.views.set(id, { id, user: trigger.user, hash, view })
      state.changed("everything")
      return { view }
    }
  }
})
