/** Stored payloads of Slack, decoded into our words. https://docs.slack.dev/reference/events/message (read 2026-11-21) */
import { Option, Schema } from "effect"

/** A message as it was said, edited or deleted. */
export interface SlackMessage {
  /** The workspace that our app was told by. */
  readonly team: string
  readonly channel: string
  /** Which message of the channel it is: the same after an edit, and of one that is deleted. */
  readonly ts: string
  /** The first message of the thread that it answers in. `null` for that one itself, and for any outside of threads. */
  readonly threadTs: string | null
  /** Who wrote it. `null` for a bot without a user. */
  readonly user: string | null
  /** The bot that posted it; `null` for people, and for what an app posts in a person's name. */
  readonly botId: string | null
  /** The app that posted it, as far as Slack says. */
  readonly appId: string | null
  /** As Slack escapes it, with `<…>` for links and mentions. Of a deleted one: as it was before, empty when not known. */
  readonly text: string
  /** Whether this is what became of it by an edit, rather than its first version. */
  readonly edited: boolean
  /** Grows with each edit, compared as text. */
  readonly revision: string
  readonly deleted: boolean
  /** Ids of the users it mentions, each once, in their order. */
  readonly mentions: ReadonlyArray<string>
  /** Said to the bot alone, in their direct conversation, where nobody has to be mentioned. */
  readonly isDirect: boolean
}

/** Who we are, by `auth.test` and `bots.info`. */
export interface OwnIdentity {
  readonly botUserId: string
  readonly botId: string
  readonly appId: string
}

/** What somebody did to a button or a menu of one of our messages or modals. */
export interface SlackAction {
  readonly user: string
  /** `null` in a modal. */
  readonly channel: string | null
  /** `null` in a modal. */
  readonly messageTs: string | null
  readonly actionId: string
  /** Of a button its value, of a menu the value that was picked first. `null` when there is none. */
  readonly value: string | null
  /** Opens a modal within three seconds of the click. */
  readonly triggerId: string | null
  /** Answers for thirty minutes. A secret of the click: whoever has it can post. */
  readonly responseUrl: string | null
}

/** The events that `messageOf` reads. A handler takes all of them, for which of two comes first is chance. */
export const messageEvents = ["message", "app_mention", "message_changed", "message_deleted"] as const

/**
 * Subtypes of what somebody has said; a plain message has none. The others, to which Slack adds, are notices, and changes.
 * https://docs.slack.dev/reference/events/message (read 2026-11-21)
 */
export const saidSubtypes: ReadonlySet<string> = new Set([
  "bot_message",
  "file_share",
  "me_message",
  "thread_broadcast"
])

/**
 * The message that a stored event is about, the same from `message` and from `app_mention`; `None` when it is about none
 * that anybody has said: joins and other notices of Slack's, and changes that left the text alone, such as unfurled links.
 * A tombstone, which stays of a deleted message that had answers, is a deletion.
 */
export const messageOf = (payload: unknown): Option.Option<SlackMessage> =>
  Option.flatMap(decodeCallback(payload), ({ event, team_id: team }) => {
    const place = { team, channel: event.channel, isDirect: isDirect(event) }
    if (event.subtype === "message_changed") {
      const { message, previous_message: before } = event
      if (message === undefined || message === null) return Option.none()
      if (message.subtype === "tombstone") {
        return said(message.ts, before ?? message, { ...place, edited: false, deleted: true })
      }
      const same = before !== undefined && before !== null && (before.text ?? "") === (message.text ?? "")
      // NOTE: the time of an edit has whole seconds, that of its event is of its own.
      const change = { ...place, edited: true, deleted: false, revision: event.ts ?? "" }
      return same ? Option.none() : said(message.ts, message, change)
    }
    if (event.subtype === "message_deleted") {
      const change = { ...place, edited: false, deleted: true }
      return said(event.deleted_ts, event.previous_message ?? {}, change)
    }
    return said(event.ts, event, {
      ...place,
      edited: event.edited !== undefined && event.edited !== null,
      deleted: false
    })
  })

/** Whether we have posted a message ourselves, be it as the bot, by the app's id, or as the bot's user. */
export const isOwn = (message: SlackMessage, { appId, botId, botUserId }: OwnIdentity): boolean =>
  message.botId === botId || message.appId === appId || message.user === botUserId

/**
 * Whether any bot has posted a message, we among them. What an app posts in a person's name looks like that person's.
 * Whoever answers bots can end up in a conversation of machines that nobody ends.
 */
export const isBot = ({ appId, botId }: SlackMessage): boolean => botId !== null || appId !== null

/** What was done, by a stored `block_actions` payload; `None` for any other. Slack sends one action at a time. */
export const actionOf = (payload: unknown): Option.Option<SlackAction> =>
  Option.flatMap(decodeActions(payload), ({ actions: [action], channel, container, message, ...click }) =>
    action === undefined
      ? Option.none()
      : Option.some({
          user: click.user.id,
          channel: channel?.id ?? container?.channel_id ?? null,
          messageTs: message?.ts ?? container?.message_ts ?? null,
          actionId: action.action_id,
          value:
            action.value ?? action.selected_option?.value ?? action.selected_options?.[0]?.value ?? pickedOf(action),
          triggerId: click.trigger_id ?? null,
          responseUrl: click.response_url ?? null
        })
  )

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const Loose = maybe(Schema.String)

const Message = {
  ts: Loose,
  thread_ts: Loose,
  subtype: Loose,
  user: Loose,
  bot_id: Loose,
  app_id: Loose,
  bot_profile: maybe(Schema.Struct({ app_id: Loose })),
  text: Loose,
  edited: maybe(Schema.Struct({ ts: Schema.String }))
}
const MessageFields = Schema.Struct(Message)

const MessageEvent = Schema.Struct({
  ...Message,
  type: Schema.Literals(["message", "app_mention"]),
  channel: Schema.NonEmptyString,
  channel_type: Loose,
  deleted_ts: Loose,
  message: maybe(MessageFields),
  previous_message: maybe(MessageFields)
})

const EventCallback = Schema.Struct({
  type: Schema.Literal("event_callback"),
  team_id: Schema.NonEmptyString,
  event: MessageEvent
})

const Picked = Schema.Struct({ value: Schema.String })
const Action = Schema.Struct({
  action_id: Schema.String,
  value: Loose,
  selected_option: maybe(Picked),
  selected_options: maybe(Schema.Array(Picked)),
  selected_user: Loose,
  selected_conversation: Loose,
  selected_channel: Loose,
  selected_date: Loose
})
const BlockActions = Schema.Struct({
  type: Schema.Literal("block_actions"),
  user: Schema.Struct({ id: Schema.NonEmptyString }),
  channel: maybe(Schema.Struct({ id: Schema.String })),
  container: maybe(Schema.Struct({ channel_id: Loose, message_ts: Loose })),
  message: maybe(Schema.Struct({ ts: Schema.String })),
  actions: Schema.Array(Action),
  trigger_id: Loose,
  response_url: Loose
})

const decodeCallback = Schema.decodeUnknownOption(EventCallback)
const decodeActions = Schema.decodeUnknownOption(BlockActions)

/** Slack's direct conversations, whose ids begin so, have two members; `app_mention` does not bear their type. */
const isDirect = ({ channel, channel_type }: typeof MessageEvent.Type): boolean =>
  channel_type === "im" || channel.startsWith("D")

const said = (
  ts: string | null | undefined,
  message: typeof MessageFields.Type,
  about: Pick<SlackMessage, "team" | "channel" | "edited" | "deleted" | "isDirect"> & { readonly revision?: string }
): Option.Option<SlackMessage> => {
  const { subtype, text, thread_ts: threadTs } = message
  if (ts === undefined || ts === null || ts === "") return Option.none()
  if (subtype !== undefined && subtype !== null && !saidSubtypes.has(subtype)) return Option.none()
  return Option.some({
    team: about.team,
    channel: about.channel,
    ts,
    threadTs: threadTs === ts ? null : (threadTs ?? null),
    user: message.user ?? null,
    botId: message.bot_id ?? null,
    appId: message.app_id ?? message.bot_profile?.app_id ?? null,
    text: text ?? "",
    edited: about.edited,
    revision: about.revision ?? message.edited?.ts ?? ts,
    deleted: about.deleted,
    mentions: mentionsOf(text ?? ""),
    isDirect: about.isDirect
  })
}

/** `<@U012AB3CD>`, and with the name as old messages have it. What people type is escaped, so this is no text of theirs. */
const mentionsOf = (text: string): ReadonlyArray<string> =>
  Array.from(new Set(Array.from(text.matchAll(/<@([UW][A-Z0-9]+)(?:\|[^>]*)?>/g), ([, id = ""]) => id)))

const pickedOf = (action: typeof Action.Type): string | null =>
  action.selected_user ?? action.selected_conversation ?? action.selected_channel ?? action.selected_date ?? null
