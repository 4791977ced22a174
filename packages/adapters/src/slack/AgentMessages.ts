/** What people say to the agent in Slack: mentions, direct messages, and clicks on its buttons. */
import { type Asked, Asker, TurnId, type TurnStore, type Turns } from "@productbuilding/agent"
import {
  Decision,
  type DeliveryHandler,
  DeliveryHandlingFailed,
  Outbox,
  ProjectRegistry,
  parseThreadId,
  type RepositoryName,
  ThreadId
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import * as PlanChanges from "./PlanChanges.ts"
import { planChangeOf } from "./PlanModal.ts"
import { callSlack, sinkName } from "./SlackClient.ts"
import { actionOf, isBot, isOwn, messageEvents, messageOf, type SlackMessage } from "./SlackMessage.ts"
import type { Channels } from "./SlackSink.ts"
import { toMarkdown } from "./SlackToMarkdown.ts"
import type { SlackWorkspace } from "./SlackWorkspace.ts"
import { actionIds } from "./TurnMessage.ts"
import { conversationOf, isTurnKey, signPrefix, turnOfKey } from "./TurnRoute.ts"

const decided = (outcome: Decision["outcome"], reason: string, subject?: string) =>
  Option.some(new Decision({ outcome, reason, ...(subject === undefined ? {} : { subject }) }))

const failed = (cause: unknown) =>
  new DeliveryHandlingFailed({ message: "The agent could not take this up.", retryable: true, cause })

const isThreadId = Schema.is(ThreadId)

/** Envelope fields that say whether another organisation reads along. https://docs.slack.dev/apis/events-api (read 2026-11-21) */
const Envelope = Schema.Struct({ is_ext_shared_channel: Schema.optionalKey(Schema.NullOr(Schema.Boolean)) })
const isShared = (payload: unknown): boolean =>
  Option.exists(Schema.decodeUnknownOption(Envelope)(payload), (envelope) => envelope.is_ext_shared_channel === true)

const Click = Schema.Struct({
  team: Schema.optionalKey(Schema.NullOr(Schema.Struct({ id: Schema.String }))),
  message: Schema.optionalKey(
    Schema.NullOr(Schema.Struct({ ts: Schema.String, thread_ts: Schema.optionalKey(Schema.NullOr(Schema.String)) }))
  )
})
const decodeClick = Schema.decodeUnknownOption(Click)

/** https://docs.slack.dev/reference/events/reaction_added (read 2026-11-21) */
const Reaction = Schema.Struct({
  team_id: Schema.String,
  event: Schema.Struct({
    user: Schema.String,
    reaction: Schema.String,
    item: Schema.Struct({ channel: Schema.String, ts: Schema.String })
  })
})
const decodeReaction = Schema.decodeUnknownOption(Reaction)

/** https://docs.slack.dev/reference/events/agent_session_stopped (read 2026-11-21) */
const SessionStopped = Schema.Struct({
  team_id: Schema.String,
  event: Schema.Struct({ channel: Schema.String, thread_ts: Schema.String, user: Schema.String })
})
const decodeSessionStopped = Schema.decodeUnknownOption(SessionStopped)

/** How many signs are looked through for one of a thread. */
const signDepth = 500

/** Buttons of ours other than those that say something. */
const ownButtons: ReadonlySet<string> = new Set([actionIds.approve, actionIds.change, actionIds.reject, actionIds.stop])

/** The reaction that stops what it is put on. */
const stopReaction = "x"

/** Said alone, they stop whatever runs in the thread. */
const stopWords = new Set(["stop", "halt", "cancel", "abort"])

export interface AgentMessagesOptions {
  readonly workspace: SlackWorkspace
  readonly turns: Turns["Service"]
  readonly store: TurnStore["Service"]
  /**
   * The login on the code host that an operator has said somebody has. Decides what they may do: an address, which they could
   * have chosen themselves, is not enough.
   */
  loginOf(user: string): Effect.Effect<string | undefined>
  /** The channel of each project: a conversation in it is about that project. */
  readonly channels: Channels
}

/** The handlers of messages, clicks, modals, reactions and of the stop button of a session. */
export const make = Effect.fnUntraced(function* ({
  channels,
  loginOf,
  store,
  turns,
  workspace
}: AgentMessagesOptions): Effect.fn.Return<ReadonlyArray<DeliveryHandler>, never, Outbox | ProjectRegistry> {
  const outbox = yield* Outbox
  const registry = yield* ProjectRegistry

  const askerOf = Effect.fnUntraced(function* (team: string, user: string, sharedChannel: boolean) {
    const { guest, name } = yield* workspace.user(user)
    return new Asker({ id: `slack:${team}:${user}`, name, login: (yield* loginOf(user)) ?? null, guest, sharedChannel })
  })

  const repositoryOf = Effect.fnUntraced(function* (channel: string) {
    for (const { repository } of registry.all) {
      const name = channels(repository)
      if (name === undefined) continue
      // NOTE: where the project's channel is not to be had, this is another one.
      const id = yield* Effect.catchReason(
        workspace.channelId(name),
        "SinkError",
        "NeverPossible",
        () => Effect.undefined
      )
      if (id === channel) return repository
    }
    return null
  })

  /** The issue or pull request whose card a thread hangs on, and the repository of the place. */
  const placeOf = Effect.fnUntraced(function* (channel: string, threadTs: string) {
    const slot = yield* outbox.slotAt(sinkName, `${channel}:${threadTs}`)
    const about = Option.isSome(slot) && isThreadId(slot.value.thread) ? slot.value.thread : null
    const repository: RepositoryName | null =
      about === null
        ? yield* repositoryOf(channel)
        : Option.match(registry.find(parseThreadId(about).repository), {
            onNone: () => null,
            onSome: (project) => project.repository
          })
    return { about, repository }
  })

  /** What was said to the bot, without calling it. */
  const plain = Effect.fnUntraced(function* ({ mentions, text }: SlackMessage, botUserId: string) {
    const names = new Map<string, string>()
    for (const id of mentions) {
      if (id === botUserId) continue
      const login = yield* loginOf(id)
      names.set(id, login === undefined ? yield* workspace.userName(id) : `@${login}`)
    }
    const said = text.replaceAll(new RegExp(`<@${botUserId}(?:\\|[^>]*)?>`, "g"), "")
    return toMarkdown(said, { user: (id) => names.get(id), channel: () => undefined }).trim()
  })

  const tell = ({ channel, threadTs, user }: PlanChanges.HintPlace, text: string) =>
    callSlack(() => workspace.client.chat.postEphemeral({ channel, user, thread_ts: threadTs, text })).pipe(
      // NOTE: a hint to whoever clicked; what counts is in the decision.
      Effect.catchTag("SinkError", (error) => Effect.logWarning("A hint could not be shown", error.reason)),
      Effect.asVoid
    )

  const plans = PlanChanges.make({ workspace, turns, store, askerOf, placeOf, tell })

  const messages: DeliveryHandler = {
    source: "slack",
    events: [...messageEvents],
    order: (payload) =>
      Option.getOrUndefined(
        Option.map(messageOf(payload), ({ channel, threadTs, ts }) => `${channel} ${threadTs ?? ts}`)
      ),
    handle: Effect.fnUntraced(function* (_delivery, payload) {
      const found = messageOf(payload)
      if (Option.isNone(found)) return Option.none()
      const message = found.value
      const identity = yield* workspace.identity
      const { channel, team, threadTs, ts, user } = message
      if (isOwn(message, identity) || isBot(message) || user === null) return Option.none()
      if (!message.isDirect && !message.mentions.includes(identity.botUserId)) return Option.none()
      // NOTE: an edit or a deletion does not undo what the message has led to; who wants that says stop.
      if (message.edited || message.deleted) return decided("ignored", "What was asked before stays asked")
      const conversation = conversationOf({ team, channel, threadTs: threadTs ?? ts })
      const text = yield* plain(message, identity.botUserId)
      if (stopWords.has(text.toLowerCase().replace(/[.!]+$/, ""))) {
        const stopped = yield* turns.stopAll(conversation, yield* workspace.userName(user))
        return decided(stopped.length > 0 ? "accepted" : "unchanged", `Stopped ${stopped.length} turns`, conversation)
      }
      const asker = yield* askerOf(team, user, isShared(payload))
      const asked: Asked = {
        conversation,
        key: `slack:${team}:${channel}:${ts}`,
        asker,
        ...(yield* placeOf(channel, threadTs ?? ts)),
        text: text === "" ? "(nothing but the mention)" : text
      }
      const { receipt, turn } = yield* turns.say(asked)
      const words = { opened: "The agent works on it", joined: "It joins the turn that runs", known: "It was known" }
      return decided(receipt === "known" ? "unchanged" : "accepted", `${words[receipt]}: turn ${turn.id}`, conversation)
    }, Effect.mapError(failed))
  }

  const clicks: DeliveryHandler = {
    source: "slack",
    events: ["block_actions"],
    handle: Effect.fnUntraced(function* (delivery, payload) {
      const found = actionOf(payload)
      if (Option.isNone(found)) return Option.none()
      const { actionId, channel, messageTs, triggerId, user, value } = found.value
      const isSaying = actionId.startsWith(actionIds.say)
      if (!(isSaying || ownButtons.has(actionId)) || value === null || channel === null || messageTs === null)
        return Option.none()
      const click = Option.getOrUndefined(decodeClick(payload))
      const team = click?.team?.id ?? ""
      const threadTs = click?.message?.thread_ts ?? messageTs
      const conversation = conversationOf({ team, channel, threadTs })
      const [id = "", digest = ""] = value.split(" ")
      const turnId = TurnId.make(id)
      if (actionId === actionIds.stop) {
        const name = yield* workspace.userName(user)
        yield* turns.stop(turnId, name)
        return decided("accepted", `${name} stopped the turn ${id}`, conversation)
      }
      const where = { channel, threadTs, user }
      if (actionId === actionIds.change) {
        const shared = isShared(payload)
        return Option.some(yield* plans.open({ ...where, turn: turnId, digest, triggerId, shared }))
      }
      const asker = yield* askerOf(team, user, isShared(payload))
      if (isSaying) {
        const { turn } = yield* turns.say({
          conversation,
          key: delivery.id,
          asker,
          ...(yield* placeOf(channel, threadTs)),
          text: value
        })
        return decided("accepted", `The agent works on it: turn ${turn.id}`, conversation)
      }
      const approve = actionId === actionIds.approve
      return yield* turns.decide(turnId, { digest, approve, by: asker }).pipe(
        Effect.as(decided("accepted", `${asker.name} ${approve ? "approved" : "rejected"} it`, conversation)),
        Effect.catchTag("DecisionRefused", ({ message }) =>
          Effect.as(tell(where, message), decided("ignored", message, conversation))
        )
      )
    }, Effect.mapError(failed))
  }

  const modals: DeliveryHandler = {
    source: "slack",
    events: ["view_submission"],
    handle: Effect.fnUntraced(function* ({ id }, payload) {
      const change = planChangeOf(payload)
      if (Option.isNone(change)) return Option.none()
      return Option.some(yield* plans.take(id, change.value, isShared(payload)))
    }, Effect.mapError(failed))
  }

  const reactions: DeliveryHandler = {
    source: "slack",
    events: ["reaction_added"],
    handle: Effect.fnUntraced(function* (_delivery, payload) {
      const found = decodeReaction(payload)
      if (Option.isNone(found) || found.value.event.reaction !== stopReaction) return Option.none()
      const { event, team_id: team } = found.value
      const { item, user } = event
      if (user === (yield* workspace.identity).botUserId) return Option.none()
      const slot = yield* outbox.slotAt(sinkName, `${item.channel}:${item.ts}`)
      const name = yield* workspace.userName(user)
      if (Option.isSome(slot) && isTurnKey(slot.value.key)) {
        yield* turns.stop(turnOfKey(slot.value.key), name)
        return decided("accepted", `${name} stopped it`, slot.value.thread)
      }
      const conversation = conversationOf({ team, channel: item.channel, threadTs: item.ts })
      const stopped = yield* turns.stopAll(conversation, name)
      return stopped.length === 0 ? Option.none() : decided("accepted", `${name} stopped it`, conversation)
    }, Effect.mapError(failed))
  }

  const sessions: DeliveryHandler = {
    source: "slack",
    events: ["agent_session_stopped"],
    handle: Effect.fnUntraced(function* (_delivery, payload) {
      const found = decodeSessionStopped(payload)
      if (Option.isNone(found)) return Option.none()
      const { event, team_id: team } = found.value
      const conversation = conversationOf({ team, channel: event.channel, threadTs: event.thread_ts })
      const name = yield* workspace.userName(event.user)
      const stopped = yield* turns.stopAll(conversation, name)
      if (stopped.length > 0) return decided("accepted", `${name} stopped ${stopped.length} turns`, conversation)
      // NOTE: Slack shows it as processing until we say otherwise, so what we have said last did not get there.
      const signs = yield* outbox.slots(sinkName, { limit: signDepth, prefix: signPrefix })
      const sign = signs.find(({ thread }) => thread === conversation)
      if (sign === undefined) return decided("ignored", "Nothing of ours runs there", conversation)
      const { key, sink, thread } = sign
      yield* outbox.put([{ lane: "status", sink, key, thread, priority: "final" }])
      return decided("unchanged", "Nothing ran any more: its status is shown anew", conversation)
    }, Effect.mapError(failed))
  }

  return [messages, clicks, modals, reactions, sessions]
})
