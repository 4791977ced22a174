/** Users, channels and messages as Slack writes them. */
import type { SlackMessage, SlackUser } from "../../SlackState.ts"
import { type Channel, isReply, type SlackWorkspace, threadOf } from "./state.ts"
import { compact, type Fields } from "./values.ts"

/** Minutes east of Greenwich are not worth a time zone library; what Slack's field holds is seconds. */
const offsetSeconds = (tz: string, atMs: number): number => {
  const [, sign, hours = "0", minutes = "0"] =
    /GMT([+-])(\d+)(?::(\d+))?/.exec(
      new Intl.DateTimeFormat("en", { timeZone: tz, timeZoneName: "shortOffset" }).format(atMs)
    ) ?? []
  return (sign === "-" ? -60 : 60) * (Number(hours) * 60 + Number(minutes))
}

export const userShape = (state: SlackWorkspace, user: SlackUser): Fields => ({
  id: user.id,
  team_id: state.teamId,
  name: user.name,
  deleted: false,
  color: "4bbe2e",
  real_name: user.realName,
  tz: user.tz,
  tz_label: user.tz,
  tz_offset: offsetSeconds(user.tz, state.now()),
  profile: compact({
    real_name: user.realName,
    real_name_normalized: user.realName,
    display_name: user.name,
    display_name_normalized: user.name,
    email: user.isBot || !state.scopes.has("users:read.email") ? undefined : user.email,
    team: state.teamId,
    bot_id: user.id === state.bot.id ? state.botId : undefined,
    api_app_id: user.id === state.bot.id ? state.appId : undefined
  }),
  is_admin: user.isAdmin,
  is_owner: false,
  is_primary_owner: false,
  is_restricted: user.isRestricted,
  is_ultra_restricted: user.isUltraRestricted,
  is_bot: user.isBot,
  is_app_user: false,
  is_email_confirmed: !user.isBot,
  updated: Math.floor(state.now() / 1000)
})

export const channelShape = (state: SlackWorkspace, channel: Channel): Fields =>
  channel.kind === "im"
    ? {
        id: channel.id,
        created: channel.createdAtSeconds,
        is_im: true,
        is_org_shared: false,
        context_team_id: state.teamId,
        user: channel.creator,
        is_archived: false,
        updated: channel.createdAtSeconds * 1000
      }
    : {
        id: channel.id,
        name: channel.name,
        is_channel: true,
        is_group: false,
        is_im: false,
        is_mpim: false,
        is_private: channel.kind === "private",
        created: channel.createdAtSeconds,
        is_archived: false,
        is_general: false,
        unlinked: 0,
        name_normalized: channel.name,
        is_shared: false,
        is_org_shared: false,
        is_pending_ext_shared: false,
        pending_shared: [],
        context_team_id: state.teamId,
        updated: channel.createdAtSeconds * 1000,
        creator: channel.creator,
        is_ext_shared: false,
        shared_team_ids: [state.teamId],
        is_member: channel.members.has(state.bot.id),
        topic: { value: channel.topic, creator: channel.creator, last_set: channel.createdAtSeconds },
        purpose: { value: "", creator: "", last_set: 0 },
        previous_names: []
      }

const botProfile = (state: SlackWorkspace): Fields => ({
  id: state.botId,
  app_id: state.appId,
  name: state.bot.realName,
  team_id: state.teamId,
  deleted: false,
  updated: 0,
  icons: { image_36: "", image_48: "", image_72: "" }
})

const threadShape = (channel: Channel, message: SlackMessage): Fields => {
  if (message.threadTs === null) return {}
  if (isReply(message)) {
    const parent = channel.messages.get(message.threadTs)
    return compact({ thread_ts: message.threadTs, parent_user_id: parent?.user })
  }
  const replies = threadOf(channel, message.ts).filter((one) => isReply(one) && one.onlyFor === null)
  const by = Array.from(new Set(replies.map(({ user }) => user)))
  return compact({
    thread_ts: message.ts,
    reply_count: replies.length,
    reply_users_count: by.length,
    latest_reply: replies.at(-1)?.ts,
    reply_users: by.slice(0, 5),
    is_locked: false,
    subscribed: false
  })
}

/** A message as the Web API and the events show it. */
export const messageShape = (
  state: SlackWorkspace,
  channel: Channel,
  message: SlackMessage,
  options: { readonly metadata?: boolean; readonly thread?: boolean } = {}
): Fields =>
  compact({
    user: message.user,
    type: "message",
    subtype: message.subtype ?? undefined,
    ts: message.ts,
    bot_id: message.botId ?? undefined,
    app_id: message.botId === state.botId ? state.appId : undefined,
    username: message.username ?? undefined,
    text: message.text,
    team: state.teamId,
    bot_profile: message.botId === state.botId ? botProfile(state) : undefined,
    ...(options.thread === false ? {} : threadShape(channel, message)),
    blocks: message.blocks.length === 0 ? undefined : message.blocks,
    attachments: message.attachments.length === 0 ? undefined : message.attachments,
    edited: message.edited ?? undefined,
    streaming_state: message.streaming ?? undefined,
    reactions:
      message.reactions.length === 0
        ? undefined
        : message.reactions.map((one) => ({ name: one.name, users: one.users, count: one.users.length })),
    metadata: options.metadata === true ? (message.metadata ?? undefined) : undefined
  })
