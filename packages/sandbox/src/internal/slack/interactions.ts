/** Clicks and modals: what the app is sent, and where it may answer. */
import { randomBytes } from "node:crypto"
import { SandboxMissing, SandboxRefused } from "../../SandboxControl.ts"
import type { SlackSubmission } from "../../SlackControl.ts"
import type { SlackDelivery, SlackMessage, SlackUser } from "../../SlackState.ts"
import { checkedBlocks } from "./blocks.ts"
import { type Parts, SlackRefusal } from "./call.ts"
import { messageShape } from "./shapes.ts"
import { type Channel, plainMessage } from "./state.ts"
import { compact, type Fields, fieldOf, fieldsIn, isFields, parseJson, pathOf, textOf } from "./values.ts"
import { checkedView, type Entered, elementsOf, isMany, optionOf, valuesOf } from "./views.ts"

/** https://docs.slack.dev/interactivity/handling-user-interaction (read 2026-11-21) */
const triggerLifeMs = 3000
const responseUrlLifeMs = 30 * 60_000
const responseUrlUses = 5

const blocksOf = (message: SlackMessage): ReadonlyArray<Fields> => [
  ...message.blocks,
  ...message.attachments.flatMap((one) => fieldsIn(one["blocks"]))
]

export const makeInteractions = ({ deliver, messages, state }: Parts) => {
  const trigger = (user: string) => {
    const id = `${state.nextId("")}.${randomBytes(8).toString("hex")}`
    state.triggers.set(id, { user, expiresAtMs: state.now() + triggerLifeMs, used: false })
    return id
  }

  const person = (user: SlackUser): Fields => ({
    id: user.id,
    username: user.name,
    name: user.name,
    team_id: state.teamId
  })
  const surroundings = (user: SlackUser): Fields => ({
    user: person(user),
    api_app_id: state.appId,
    token: "sandbox",
    team: { id: state.teamId, domain: "sandbox" },
    enterprise: null,
    is_enterprise_install: false,
    trigger_id: trigger(user.id)
  })

  const newResponseUrl = (channel: Channel, message: SlackMessage, user: string) => {
    const id = randomBytes(16).toString("hex")
    const expiresAtMs = state.now() + responseUrlLifeMs
    state.responseUrls.set(id, { channel: channel.id, ts: message.ts, user, expiresAtMs, left: responseUrlUses })
    return `${state.url()}/actions/${state.teamId}/${id}`
  }

  const actionOf = (block: Fields, element: Fields, value: string | undefined): Fields => {
    const type = textOf(element["type"])
    const about = {
      type,
      action_id: element["action_id"],
      block_id: block["block_id"],
      action_ts: state.nextTs()
    }
    if (type === "button") {
      return compact({
        ...about,
        text: element["text"],
        value: element["value"],
        style: element["style"],
        url: element["url"]
      })
    }
    const selected = optionOf(element, value)
    return compact(
      isMany(element)
        ? { ...about, selected_options: [selected] }
        : { ...about, selected_option: selected, placeholder: element["placeholder"] }
    )
  }

  const modalOf = (who: SlackUser, id: string) => {
    const open = state.views.get(id)
    if (open === undefined || open.user !== who.id) throw new SandboxMissing({ what: `modal ${id} of ${who.name}` })
    return open
  }

  return {
    click: async (user: string, ts: string, actionId: string, value?: string): Promise<SlackDelivery> => {
      const who = state.user(user)
      const { channel, message } = state.message(ts)
      const missing = () => new SandboxMissing({ what: `action ${actionId} on message ${ts} for ${who.name}` })
      if (!channel.members.has(who.id) || (message.onlyFor ?? who.id) !== who.id) throw missing()
      const block = blocksOf(message).find((one) =>
        elementsOf(one).some((element) => element["action_id"] === actionId)
      )
      const element = block && elementsOf(block).find((one) => one["action_id"] === actionId)
      if (block === undefined || element === undefined) throw missing()
      const ephemeral = message.onlyFor !== null
      return await deliver.interaction("block_actions", {
        type: "block_actions",
        ...surroundings(who),
        container: compact({
          type: "message",
          message_ts: ts,
          channel_id: channel.id,
          is_ephemeral: ephemeral,
          thread_ts: message.threadTs ?? undefined
        }),
        channel: { id: channel.id, name: channel.kind === "im" ? "directmessage" : channel.name },
        ...(ephemeral ? {} : { message: messageShape(state, channel, message, { metadata: true }) }),
        state: { values: {} },
        response_url: newResponseUrl(channel, message, who.id),
        actions: [actionOf(block, element, value)]
      })
    },
    submitView: async (user: string, viewId: string, values: Entered = {}): Promise<SlackSubmission> => {
      const who = state.user(user)
      const open = modalOf(who, viewId)
      const view = { ...open.view, state: { values: valuesOf(open.view, values) } }
      const payload = { type: "view_submission", ...surroundings(who), view, response_urls: [] }
      const delivery = await deliver.interaction("view_submission", payload)
      const answer = parseJson(delivery.responseBody)
      const action = textOf(fieldOf(answer, "response_action"))
      const errors: Record<string, string> = {}
      if (action === "errors") {
        for (const [block, text] of Object.entries(fieldOf(answer, "errors") ?? {})) errors[block] = textOf(text)
      }
      const next = fieldOf(answer, "view")
      if (action === "update" && isFields(next)) {
        state.views.set(viewId, { ...open, view: { ...open.view, ...checkedView(next) } })
      } else if (delivery.status >= 200 && delivery.status < 300 && action !== "errors") state.views.delete(viewId)
      state.changed("everything")
      return { delivery, errors }
    },
    closeView: async (user: string, viewId: string): Promise<SlackDelivery | undefined> => {
      const who = state.user(user)
      const { view } = modalOf(who, viewId)
      state.views.delete(viewId)
      state.changed("everything")
      if (view["notify_on_close"] !== true) return undefined
      const { trigger_id: _none, ...about } = surroundings(who)
      return await deliver.interaction("view_closed", { type: "view_closed", ...about, view, is_cleared: false })
    },
    stopSession: (user: string, channelName: string, threadTs: string) => {
      const who = state.user(user)
      const channel = state.channel(channelName)
      const thread = state.thread(channel.id, threadTs)
      if (thread.session !== "processing") {
        throw new SandboxRefused({ message: "Only a session that is processing shows a stop button." })
      }
      const streams = Array.from(channel.messages.values()).filter(
        (one) => one.threadTs === threadTs && one.streaming === "in_progress"
      )
      for (const one of streams) messages.change(channel, one, { ...one, streaming: "completed" })
      deliver.event({
        type: "agent_session_stopped",
        channel: channel.id,
        thread_ts: threadTs,
        user: who.id,
        streaming_message_ts: streams.map(({ ts }) => ts),
        event_ts: state.nextTs()
      })
    },
    /** What is posted to a `response_url`. */
    respond: (id: string, body: Fields | undefined): { readonly status: number; readonly text: string } => {
      const target = state.responseUrls.get(id)
      const refuse = (error: string, status = 404) => ({ status, text: JSON.stringify({ ok: false, error }) })
      if (target === undefined) return refuse("invalid_url")
      if (target.expiresAtMs < state.now()) return refuse("expired_url")
      if (target.left === 0) return refuse("used_url")
      if (body === undefined) return refuse("invalid_payload", 400)
      target.left--
      const channel = state.channel(target.channel)
      const original = channel.messages.get(target.ts)
      if (body["delete_original"] === true) {
        if (original !== undefined) messages.remove(channel, original)
        return { status: 200, text: "ok" }
      }
      try {
        const text = textOf(body["text"])
        const blocks = checkedBlocks(fieldsIn(body["blocks"]))
        if (text === "" && blocks.length === 0) return refuse("no_text", 400)
        if (body["replace_original"] === true && original !== undefined) {
          const edited = { user: state.botId, ts: state.nextTs() }
          messages.change(channel, original, { ...original, text, blocks, edited })
          return { status: 200, text: "ok" }
        }
        messages.post(channel, {
          ...plainMessage,
          text,
          blocks,
          ts: state.nextTs(),
          channel: channel.id,
          user: state.bot.id,
          botId: state.botId,
          threadTs: textOf(pathOf(body, "thread_ts")) || null,
          onlyFor: body["response_type"] === "in_channel" ? null : target.user
        })
        return { status: 200, text: "ok" }
      } catch (cause) {
        if (!(cause instanceof SlackRefusal)) throw cause
        return refuse(cause.error, 400)
      }
    }
  }
}

export type Interactions = ReturnType<typeof makeInteractions>
