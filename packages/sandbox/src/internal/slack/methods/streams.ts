/** `chat.startStream`, `chat.appendStream` and `chat.stopStream`. */
import type { SlackMessage } from "../../../SlackState.ts"
import { checkedBlocks } from "../blocks.ts"
import { type Args, channelOf, type Methods, messageOf, type Parts, SlackRefusal } from "../call.ts"
import { messageShape } from "../shapes.ts"
import { type Channel, plainMessage } from "../state.ts"
import { type Fields, fieldsIn, listOf, textOf } from "../values.ts"
import { sessionStatusOf, setSession } from "./assistant.ts"
import { maxMarkdownCharacters, metadataIn, postable, threadIn } from "./chat.ts"

interface Streamed {
  readonly text: string
  readonly blocks: ReadonlyArray<Fields>
}

/** A task is one block, which later chunks with its id replace. */
const withTask = (blocks: ReadonlyArray<Fields>, chunk: Fields): ReadonlyArray<Fields> => {
  const { type: _type, ...about } = chunk
  const id = textOf(chunk["id"])
  if (id === "" || textOf(chunk["title"]) === "") throw new SlackRefusal("invalid_chunks")
  const task = { type: "task_card", block_id: `task-${id}`, ...about, task_id: id }
  const known = blocks.some((one) => one["block_id"] === task.block_id)
  return known
    ? blocks.map((one) => (one["block_id"] === task.block_id ? { ...one, ...task } : one))
    : [...blocks, task]
}

const withPlan = (blocks: ReadonlyArray<Fields>, chunk: Fields): ReadonlyArray<Fields> => [
  { type: "plan", block_id: "plan", title: textOf(chunk["title"]) },
  ...blocks.filter((one) => one["type"] !== "plan")
]

const withText = ({ blocks, text }: Streamed, more: string): Streamed => {
  const last = blocks.at(-1)
  if (last?.["type"] !== "markdown") {
    return {
      text: text + more,
      blocks: [...blocks, { type: "markdown", block_id: `text-${blocks.length}`, text: more }]
    }
  }
  return { text: text + more, blocks: [...blocks.slice(0, -1), { ...last, text: textOf(last["text"]) + more }] }
}

const withChunk = (streamed: Streamed, chunk: Fields): Streamed => {
  switch (chunk["type"]) {
    case "markdown_text":
      return withText(streamed, textOf(chunk["text"]))
    case "task_update":
      return { ...streamed, blocks: withTask(streamed.blocks, chunk) }
    case "plan_update":
      return { ...streamed, blocks: withPlan(streamed.blocks, chunk) }
    case "blocks":
      return { ...streamed, blocks: [...streamed.blocks, ...checkedBlocks(fieldsIn(chunk["blocks"]))] }
    default:
      throw new SlackRefusal("invalid_chunks")
  }
}

const grown = (before: Streamed, args: Args, required: boolean): Streamed => {
  const chunks = args.objects("chunks", "invalid_chunks")
  const markdown = args.text("markdown_text")
  if (markdown !== "" && chunks.length > 0) throw new SlackRefusal("markdown_text_conflict")
  if (required && markdown === "" && chunks.length === 0) throw new SlackRefusal("no_text")
  const letters = markdown.length + chunks.reduce((sum, one) => sum + textOf(one["text"]).length, 0)
  if (letters > maxMarkdownCharacters) throw new SlackRefusal("msg_too_long")
  return chunks.reduce(withChunk, markdown === "" ? before : withText(before, markdown))
}

export const streamMethods = ({ messages, state }: Parts): Methods => {
  const lastTouchedMs = new Map<string, number>()

  const streaming = (args: Args): { readonly channel: Channel; readonly found: SlackMessage } => {
    const channel = channelOf(state, args.required("channel"))
    const found = messageOf(channel, args.required("ts"))
    if (found.botId !== state.botId) throw new SlackRefusal("message_not_owned_by_app")
    const idle = state.now() - (lastTouchedMs.get(found.ts) ?? 0) > state.streamIdleMs
    if (found.streaming !== "in_progress" || idle) {
      if (found.streaming === "in_progress") messages.change(channel, found, { ...found, streaming: "completed" })
      throw new SlackRefusal("message_not_in_streaming_state")
    }
    return { channel, found }
  }

  return {
    "chat.startStream": {
      tier: "T2",
      scopes: ["chat:write"],
      handle: (args) => {
        const channel = postable(state, args)
        const threadTs = threadIn(channel, args.required("thread_ts"))
        if (channel.kind !== "im") {
          if (!args.has("recipient_team_id")) throw new SlackRefusal("missing_recipient_team_id")
          if (!args.has("recipient_user_id")) throw new SlackRefusal("missing_recipient_user_id")
        }
        const mode = args.text("task_display_mode")
        if (!["", "timeline", "plan", "dense"].includes(mode)) throw new SlackRefusal("invalid_arguments")
        const content = grown({ text: "", blocks: [] }, args, false)
        const ts = state.nextTs()
        lastTouchedMs.set(ts, state.now())
        messages.post(channel, {
          ...plainMessage,
          ...content,
          ts,
          channel: channel.id,
          user: state.bot.id,
          botId: state.botId,
          threadTs,
          streaming: "in_progress"
        })
        return { channel: channel.id, ts }
      }
    },
    "chat.appendStream": {
      tier: "T4",
      scopes: ["chat:write"],
      handle: (args) => {
        const { channel, found } = streaming(args)
        // NOTE: without an event: what an app hears of a stream is its beginning and its end.
        state.put(channel, { ...found, ...grown(found, args, true) })
        lastTouchedMs.set(found.ts, state.now())
        return { channel: channel.id, ts: found.ts }
      }
    },
    "chat.stopStream": {
      tier: "T2",
      scopes: ["chat:write"],
      handle: (args) => {
        const { channel, found } = streaming(args)
        const session = args.has("session_status") ? sessionStatusOf(args.text("session_status")) : undefined
        const content = grown(found, args, false)
        const added = checkedBlocks(args.objects("blocks", "invalid_blocks_format"))
        if (content.text === "" && listOf([...content.blocks, ...added]).length === 0) throw new SlackRefusal("no_text")
        const metadata = args.has("metadata") ? metadataIn(args) : found.metadata
        const done = { ...found, text: content.text, blocks: [...content.blocks, ...added], metadata }
        const next = messages.change(channel, found, { ...done, streaming: "completed" })
        if (found.threadTs !== null) {
          state.thread(channel.id, found.threadTs).status = ""
          if (session !== undefined) setSession(state, channel, found.threadTs, session)
        }
        return { channel: channel.id, ts: next.ts, message: messageShape(state, channel, next, { metadata: true }) }
      }
    }
  }
}
