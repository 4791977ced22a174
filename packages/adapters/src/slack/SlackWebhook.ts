/**
 * What Slack sends us in our words, whichever way it comes: by request, or over a socket.
 * https://docs.slack.dev/apis/events-api and https://docs.slack.dev/interactivity (read 2026-11-21)
 */
import { DeliveryId, type IncomingDelivery } from "@productbuilding/core"
import { Option, Schema } from "effect"
import { saidSubtypes } from "./SlackMessage.ts"

/** Far above what Slack sends: messages have at most 40,000 characters, and 50 blocks. In bytes. */
export const maxPayloadBytes = 4 * 1024 * 1024

/**
 * `challenge`: answer 200 with it. `delivery`: store it, then answer 200. `malformed`: neither an event nor an interaction,
 * which sending it again will not change.
 */
export type Incoming =
  | { readonly kind: "challenge"; readonly challenge: string }
  | { readonly kind: "delivery"; readonly incoming: IncomingDelivery }
  | { readonly kind: "malformed" }

/**
 * Reads a body whose signature was verified: the JSON of an event, or the form of an interaction, of which the JSON in
 * `payload` is what is stored. Headers are not asked: a retry is for us the first time when the one before it was lost.
 *
 * One thing that people do has one id, however many requests it comes in:
 * - `slack:{team}:{channel}:{ts}`: a message. `message` and `app_mention` of one message share it, so whoever handles one
 *   of these events has to handle both.
 * - `…:edited:{event ts}`: a message as somebody has edited it. The time of the edit itself has whole seconds, in which two
 *   may fall. The `app_mention` of an edit is `…:mentioned:{edited ts}`. A change that left the text alone, as an unfurled
 *   link does, is `…:changed:{event ts}`.
 * - `…:deleted:{deleted ts}`: a message that was deleted, or replaced by a tombstone.
 * - `slack:interaction:{trigger id}`: a click or a modal.
 * - `slack:app_rate_limited:{team}:{minute}`: events that Slack has left out.
 * - `slack:{event id}`: any other event.
 */
export const incomingEvent = (body: Uint8Array): Incoming => {
  const text = Option.getOrUndefined(decodeText(body))
  if (text === undefined) return malformed
  const form = !text.trimStart().startsWith("{")
  const json = form ? new URLSearchParams(text).get("payload") : text
  const payload = json === null ? Option.none() : parseJson(json)
  if (json === null || Option.isNone(payload)) return malformed
  const known = knownOf(payload.value)
  if (known === undefined) return malformed
  if (known.kind === "challenge") return known
  const { event, id } = known
  const stored = form ? new TextEncoder().encode(json) : body
  return {
    kind: "delivery",
    incoming: { id: DeliveryId.make(`slack:${id}`), source: "slack", event, body: stored }
  }
}

/** As `incomingEvent`, for a payload that came over a socket, in an envelope. */
export const incomingPayload = (payload: unknown): Incoming =>
  incomingEvent(new TextEncoder().encode(JSON.stringify(payload) ?? ""))

const malformed: Incoming = { kind: "malformed" }

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const decodeText = Option.liftThrowable((body: Uint8Array) => utf8.decode(body))
const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const Text = Schema.NonEmptyString
const Loose = Schema.optionalKey(Schema.NullOr(Schema.String))
const Edited = Schema.optionalKey(Schema.NullOr(Schema.Struct({ ts: Text })))

const Challenge = Schema.Struct({ type: Schema.Literal("url_verification"), challenge: Text })
const RateLimited = Schema.Struct({
  type: Schema.Literal("app_rate_limited"),
  team_id: Text,
  minute_rate_limited: Schema.Int
})
const EventCallback = Schema.Struct({
  type: Schema.Literal("event_callback"),
  team_id: Text,
  event_id: Text,
  event: Schema.Struct({ type: Text, subtype: Loose })
})
const Said = Schema.Struct({ event: Schema.Struct({ channel: Text, ts: Text, edited: Edited }) })
const Changed = Schema.Struct({
  event: Schema.Struct({
    channel: Text,
    ts: Text,
    message: Schema.Struct({ ts: Text, subtype: Loose, text: Loose }),
    previous_message: Schema.optionalKey(Schema.NullOr(Schema.Struct({ text: Loose })))
  })
})
const Deleted = Schema.Struct({ event: Schema.Struct({ channel: Text, deleted_ts: Text }) })
const Interaction = Schema.Struct({
  type: Text,
  trigger_id: Loose,
  user: Schema.optionalKey(Schema.Struct({ id: Text })),
  view: Schema.optionalKey(Schema.NullOr(Schema.Struct({ id: Text, hash: Text }))),
  actions: Schema.optionalKey(Schema.Array(Schema.Struct({ action_id: Text, action_ts: Text })))
})

const decodeChallenge = Schema.decodeUnknownOption(Challenge)
const decodeRateLimited = Schema.decodeUnknownOption(RateLimited)
const decodeCallback = Schema.decodeUnknownOption(EventCallback)
const decodeSaid = Schema.decodeUnknownOption(Said)
const decodeChanged = Schema.decodeUnknownOption(Changed)
const decodeDeleted = Schema.decodeUnknownOption(Deleted)
const decodeInteraction = Schema.decodeUnknownOption(Interaction)

interface Known {
  readonly kind: "known"
  readonly event: string
  /** Without `slack:`. */
  readonly id: string
}

const knownOf = (payload: unknown): Known | Extract<Incoming, { readonly kind: "challenge" }> | undefined => {
  const callback = decodeCallback(payload)
  if (Option.isSome(callback)) {
    const { event, event_id, team_id } = callback.value
    return { kind: "known", ...eventOf(event, team_id, payload, event_id) }
  }
  const challenge = decodeChallenge(payload)
  if (Option.isSome(challenge)) return { kind: "challenge", challenge: challenge.value.challenge }
  const limited = decodeRateLimited(payload)
  if (Option.isSome(limited)) {
    const { minute_rate_limited, team_id, type } = limited.value
    return { kind: "known", event: type, id: `${type}:${team_id}:${minute_rate_limited}` }
  }
  const interaction = decodeInteraction(payload)
  if (Option.isNone(interaction)) return undefined
  const id = interactionId(interaction.value)
  return id === undefined ? undefined : { kind: "known", event: interaction.value.type, id: `interaction:${id}` }
}

const eventOf = (
  { subtype, type }: (typeof EventCallback.Type)["event"],
  team: string,
  payload: unknown,
  eventId: string
): { readonly event: string; readonly id: string } => {
  const other = { event: type, id: eventId }
  if (type === "message" && subtype === "message_changed") {
    const changed = decodeChanged(payload)
    if (Option.isNone(changed)) return { ...other, event: subtype }
    const { channel, message, previous_message: before, ts } = changed.value.event
    const id = `${team}:${channel}:${message.ts}`
    if (message.subtype === "tombstone") return { event: subtype, id: `${id}:deleted:${message.ts}` }
    const same = before !== undefined && before !== null && (before.text ?? "") === (message.text ?? "")
    return { event: subtype, id: `${id}:${same ? "changed" : "edited"}:${ts}` }
  }
  if (type === "message" && subtype === "message_deleted") {
    const deleted = decodeDeleted(payload)
    if (Option.isNone(deleted)) return { ...other, event: subtype }
    const { channel, deleted_ts: ts } = deleted.value.event
    return { event: subtype, id: `${team}:${channel}:${ts}:deleted:${ts}` }
  }
  // NOTE: a notice is no message: that of an answer, `message_replied`, bears the `ts` of the thread's first message.
  const readable = type === "app_mention" || (type === "message" && (subtype == null || saidSubtypes.has(subtype)))
  const said = readable ? decodeSaid(payload) : Option.none()
  if (Option.isNone(said)) return other
  const { channel, edited, ts } = said.value.event
  const id = `${team}:${channel}:${ts}`
  return { event: type, id: edited === undefined || edited === null ? id : `${id}:mentioned:${edited.ts}` }
}

const interactionId = ({ actions, trigger_id, type, user, view }: typeof Interaction.Type): string | undefined => {
  if (typeof trigger_id === "string" && trigger_id !== "") return trigger_id
  const action = actions?.[0]
  if (action !== undefined) return `${action.action_ts}:${user?.id ?? ""}:${action.action_id}`
  return view === undefined || view === null ? undefined : `${type}:${view.id}:${view.hash}`
}
