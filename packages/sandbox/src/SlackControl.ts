/** How a Slack sandbox is steered from within its process. */
import type { Schema } from "effect"
import type { SlackEventFault, SlackRequestFault } from "./SlackFaults.ts"
import type {
  SlackCalls,
  SlackChannel,
  SlackDelivery,
  SlackMessage,
  SlackThreadStatus,
  SlackUser,
  SlackView
} from "./SlackState.ts"

/** A user to add. */
export interface NewSlackUser {
  /** The handle. */
  readonly name: string
  /** Default: the handle. */
  readonly realName?: string
  /** Default `{name}@example.com`. */
  readonly email?: string
  readonly isBot?: boolean
  readonly isAdmin?: boolean
  readonly isRestricted?: boolean
  readonly isUltraRestricted?: boolean
  /** Default `Europe/Vienna`. */
  readonly tz?: string
}

/** A channel to add. */
export interface NewSlackChannel {
  /** Without `#`. */
  readonly name: string
  readonly isPrivate?: boolean
  readonly topic?: string
  /** Ids or names of users. Default: everyone but the bot and guests. */
  readonly members?: ReadonlyArray<string>
}

/** How something is said. */
export interface SlackSaying {
  /** In the thread of this message. */
  readonly threadTs?: string
  /** With `threadTs`: in the channel as well. */
  readonly broadcast?: boolean
  /** The text is as it was typed: `&`, `<` and `>` are escaped first. Default false: as it goes over the wire. */
  readonly typed?: boolean
}

/** What a modal answered when it was submitted. */
export interface SlackSubmission {
  readonly delivery: SlackDelivery
  /** By `block_id`; empty when the modal has closed. */
  readonly errors: Readonly<Record<string, string>>
}

/**
 * The sandbox's own controls: what people do in Slack, done without it. A change has happened when its call returns; its
 * events are then on their way, once the app has said where it listens: a request URL, or a socket that it has opened. Users are named by id or handle, channels by id or name, messages by `ts`.
 *
 * Every method throws `SandboxMissing` when a user, channel, message, button or modal that it names does not exist, and
 * `SandboxRefused` when what it is asked for makes no sense.
 */
export interface SlackControl {
  /** Where its page is. No slash at its end. */
  readonly url: string
  /** The base URL of the Web API: `slackApiUrl` of Slack's SDKs. With a slash at its end, as they want it. */
  readonly apiUrl: string
  /** The workspace and the app, with what the app needs to run. */
  readonly app: {
    readonly teamId: string
    readonly appId: string
    readonly botId: string
    readonly botUserId: string
    readonly botToken: string
    readonly appToken: string
    readonly signingSecret: string
  }
  addUser(user: NewSlackUser): SlackUser
  users(): ReadonlyArray<SlackUser>
  addChannel(channel: NewSlackChannel): SlackChannel
  channels(): ReadonlyArray<SlackChannel>
  /** The conversation of a user with the bot, which this opens if need be. */
  directMessage(user: string): SlackChannel
  /** Lets someone in. Default: the bot. */
  invite(channel: string, user?: string): void
  /** Shows someone out. Default: the bot. */
  kick(channel: string, user?: string): void
  /** Says something as a user, or as another bot. `@handle` becomes a mention. */
  say(user: string, channel: string, text: string, how?: SlackSaying): SlackMessage
  edit(ts: string, text: string): SlackMessage
  /** As a user deletes it: of the first message of an answered thread a tombstone is left. */
  remove(ts: string): void
  react(user: string, ts: string, emoji: string): void
  unreact(user: string, ts: string, emoji: string): void
  /**
   * Clicks a button, or picks `value` in a menu, and waits for the app to acknowledge it. Rejects with `SandboxMissing`
   * when the message shows no such action to the user.
   */
  click(user: string, ts: string, actionId: string, value?: string): Promise<SlackDelivery>
  /** The modals that are open, oldest first. */
  views(): ReadonlyArray<SlackView>
  /**
   * Submits a modal with texts or option values by `action_id`: several for checkboxes, of which an empty list ticks none.
   * What is not named stays as the modal was opened with. Rejects with `SandboxRefused` where Slack would not send it: a
   * field that is not optional is empty, or a text is too long.
   */
  submitView(
    user: string,
    viewId: string,
    values?: Readonly<Record<string, string | ReadonlyArray<string>>>
  ): Promise<SlackSubmission>
  /** Closes a modal without submitting it. What the app was sent of it, if it had asked for that with `notify_on_close`. */
  closeView(user: string, viewId: string): Promise<SlackDelivery | undefined>
  /** Presses the stop button of a session: running streams of the thread end, and `agent_session_stopped` is sent. */
  stopSession(user: string, channel: string, threadTs: string): void
  /** Oldest first, those in threads not; ephemeral ones are among them. */
  messages(channel: string): ReadonlyArray<SlackMessage>
  /** The first message and its answers, oldest first. */
  thread(channel: string, ts: string): ReadonlyArray<SlackMessage>
  threadStatus(channel: string, ts: string): SlackThreadStatus
  /** What the bot's token may do from now on. */
  setScopes(scopes: ReadonlyArray<string>): void
  /**
   * Sends `url_verification` there, and events from then on. Rejects with `SandboxRefused`, and changes nothing, when
   * the challenge does not come back.
   */
  setRequestUrl(url: string): Promise<void>
  /** Where clicks and modals go. Default: the request URL. */
  setInteractivityUrl(url: string): void
  /** From now on everything goes over Socket Mode, as it does before `setRequestUrl`. */
  useSocketMode(): void
  /** Tells every socket to go, with Slack's reason. `warning` announces it; `refresh_requested` also closes the socket. */
  disconnectSockets(reason: "warning" | "refresh_requested" | "link_disabled"): void
  /** How many sockets are open. */
  sockets(): number
  /** Sends an event of your own making. */
  emit(event: Schema.JsonObject & { readonly type: string }): void
  calls(): SlackCalls
  /** Forgets them. */
  clearCalls(): void
  /** Oldest first: every attempt that has ended. */
  deliveries(): ReadonlyArray<SlackDelivery>
  fault(fault: SlackRequestFault): void
  eventFault(fault: SlackEventFault): void
  /** Forgets the faults that are left, and sends the events that `reorder` holds back. */
  clearFaults(): void
  /** Resolves when nothing is on its way, retries included. Sends what `reorder` holds back. */
  settled(): Promise<void>
}
