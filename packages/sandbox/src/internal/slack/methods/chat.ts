/** `chat.*`, without streams. */
import type { SlackMessage } from "../../../SlackState.ts"
import { checkedBlocks } from "../blocks.ts"
import { type Args, channelOf, type Methods, messageOf, mustBeIn, type Parts, SlackRefusal } from "../call.ts"
import { messageShape } from "../shapes.ts"
import { type Channel, isReply, plainMessage, type SlackWorkspace } from "../state.ts"
import { type Fields, fieldsIn, isFields, textOf } from "../values.ts"

/** https://docs.slack.dev/reference/methods/chat.update and chat.postMessage (read 2026-11-21) */
const maxPostedCharacters = 40_000
const maxUpdatedCharacters = 4000
export const maxMarkdownCharacters = 12_000

export const metadataIn = (args: Args): Fields | null => {
  const metadata = args.object("metadata", "invalid_metadata_format")
  if (metadata === undefined || Object.keys(metadata).length === 0) return null
  if (textOf(metadata["event_type"]) === "" || !isFields(metadata["event_payload"])) {
    throw new SlackRefusal("invalid_metadata_schema")
  }
  return metadata
}

const contentIn = (args: Args): Pick<SlackMessage, "text" | "blocks" | "attachments"> => {
  const markdown = args.text("markdown_text")
  const blocks = checkedBlocks(args.objects("blocks", "invalid_blocks_format"))
  const attachments = args
    .objects("attachments", "invalid_attachments")
    .map((one) => (one["blocks"] === undefined ? one : { ...one, blocks: checkedBlocks(fieldsIn(one["blocks"])) }))
  if (markdown !== "") {
    if (args.has("text") || blocks.length > 0) throw new SlackRefusal("markdown_text_conflict")
    if (markdown.length > maxMarkdownCharacters) throw new SlackRefusal("msg_too_long")
    return { text: markdown, attachments, blocks: checkedBlocks([{ type: "markdown", text: markdown }]) }
  }
  const text = args.text("text")
  if (text.trim() === "" && blocks.length === 0 && attachments.length === 0) throw new SlackRefusal("no_text")
  return { text, blocks, attachments }
}

/** The first message of the thread that an argument names, even by one of its answers. */
export const threadIn = (channel: Channel, ts: string): string | null => {
  if (ts === "") return null
  const found = messageOf(channel, ts, "thread_not_found")
  return isReply(found) ? found.threadTs : found.ts
}

/** What a bot may post. */
export const postable = (state: SlackWorkspace, args: Args): Channel => {
  const name = args.required("channel")
  // NOTE: as in Slack a user's id stands for the conversation with them here, and nowhere else.
  if (name !== state.bot.id && state.users.has(name)) return state.directOf(name)
  const channel = channelOf(state, name)
  return channel.kind === "public" && state.scopes.has("chat:write.public") ? channel : mustBeIn(state, channel)
}

const usernameIn = (state: SlackWorkspace, args: Args): Pick<SlackMessage, "username" | "subtype"> => {
  const username = args.text("username")
  if (username === "" || !state.scopes.has("chat:write.customize")) return { username: null, subtype: null }
  return { username, subtype: "bot_message" }
}

/** The bot's message that an argument names, and whether it may be changed now. */
const ownMessage = (state: SlackWorkspace, channel: Channel, args: Args, refusal: string): SlackMessage => {
  const found = messageOf(channel, args.required("ts"))
  if (found.botId !== state.botId || found.subtype === "tombstone") throw new SlackRefusal(refusal)
  return found
}

export const chatMethods = ({ messages, state }: Parts): Methods => ({
  "chat.postMessage": {
    tier: "post",
    scopes: ["chat:write"],
    handle: (args) => {
      const channel = postable(state, args)
      const content = contentIn(args)
      const threadTs = threadIn(channel, args.text("thread_ts"))
      const broadcast = threadTs !== null && args.flag("reply_broadcast")
      const named = usernameIn(state, args)
      const message = messages.post(channel, {
        ...plainMessage,
        ...content,
        ...named,
        text: content.text.slice(0, maxPostedCharacters),
        ts: state.nextTs(),
        channel: channel.id,
        user: state.bot.id,
        botId: state.botId,
        threadTs,
        broadcast,
        subtype: broadcast ? "thread_broadcast" : named.subtype,
        metadata: metadataIn(args)
      })
      const truncated = content.text.length > maxPostedCharacters
      return {
        channel: channel.id,
        ts: message.ts,
        message: messageShape(state, channel, message, { metadata: true }),
        ...(truncated ? { warning: "message_truncated", response_metadata: { warnings: ["message_truncated"] } } : {})
      }
    }
  },
  "chat.update": {
    tier: "T3",
    scopes: ["chat:write"],
    handle: (args) => {
      const channel = channelOf(state, args.required("channel"))
      const found = ownMessage(state, channel, args, "cant_update_message")
      if (found.streaming === "in_progress") throw new SlackRefusal("streaming_state_conflict")
      if (state.now() - Number(found.ts) * 1000 > state.editWindowMs) throw new SlackRefusal("edit_window_closed")
      if (args.text("text").length > maxUpdatedCharacters) throw new SlackRefusal("msg_too_long")
      const content = contentIn(args)
      const kept = (name: "blocks" | "attachments") =>
        args.has(name) || args.has("text") ? content[name] : found[name]
      const next = messages.change(channel, found, {
        ...found,
        ...content,
        text: content.text === "" ? found.text : content.text,
        blocks: args.has("markdown_text") ? content.blocks : kept("blocks"),
        attachments: kept("attachments"),
        metadata: args.has("metadata") ? metadataIn(args) : found.metadata,
        // NOTE: Slack marks as edited what is shown by its text.
        edited: content.blocks.length > 0 ? found.edited : { user: state.botId, ts: state.nextTs() }
      })
      const {
        streaming_state: _state,
        ts: _ts,
        ...message
      } = messageShape(state, channel, next, { metadata: true, thread: false })
      return { channel: channel.id, ts: next.ts, text: next.text, message }
    }
  },
  "chat.delete": {
    tier: "T3",
    scopes: ["chat:write"],
    handle: (args) => {
      const channel = channelOf(state, args.required("channel"))
      const found = ownMessage(state, channel, args, "cant_delete_message")
      messages.remove(channel, found)
      return { channel: channel.id, ts: found.ts }
    }
  },
  "chat.postEphemeral": {
    tier: "T4",
    scopes: ["chat:write"],
    handle: (args) => {
      const channel = postable(state, args)
      const user = args.required("user")
      if (!channel.members.has(user)) throw new SlackRefusal("user_not_in_channel")
      const message = messages.post(channel, {
        ...plainMessage,
        ...contentIn(args),
        ...usernameIn(state, args),
        ts: state.nextTs(),
        channel: channel.id,
        user: state.bot.id,
        botId: state.botId,
        threadTs: threadIn(channel, args.text("thread_ts")),
        onlyFor: user
      })
      return { message_ts: message.ts }
    }
  },
  "chat.getPermalink": {
    tier: "special",
    scopes: [],
    handle: (args) => {
      const channel = channelOf(state, args.required("channel"))
      const found = messageOf(channel, args.required("message_ts"))
      return { channel: channel.id, permalink: permalinkOf(state, found) }
    }
  },
  "chat.unfurl": {
    tier: "T3",
    scopes: ["links:write"],
    handle: (args) => {
      const channel = channelOf(state, args.required("channel"))
      const found = messageOf(channel, args.required("ts"), "cannot_unfurl_message")
      const unfurls = args.object("unfurls", "invalid_unfurls_format")
      if (unfurls === undefined) throw new SlackRefusal("missing_unfurls")
      const attachments = Object.entries(unfurls).flatMap(([url, content]) => {
        if (!isFields(content)) throw new SlackRefusal("invalid_unfurls_format")
        const blocks = checkedBlocks(fieldsIn(content["blocks"]))
        return [{ ...content, ...(blocks.length > 0 ? { blocks } : {}), from_url: url, is_app_unfurl: true }]
      })
      messages.change(channel, found, { ...found, attachments: [...found.attachments, ...attachments] })
      return {}
    }
  }
})

/** Where the sandbox's page shows a message. */
export const permalinkOf = (state: SlackWorkspace, { channel, threadTs, ts }: SlackMessage): string =>
  `${state.url()}/archives/${channel}/p${ts.replace(".", "")}${
    threadTs === null || threadTs === ts ? "" : `?thread_ts=${threadTs}&cid=${channel}`
  }`
