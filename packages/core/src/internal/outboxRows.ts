/** The rows of the outbox's tables. */
import { Schema } from "effect"
import { OutboxMessage, type OutboxWork, StatusSlot } from "../Outbox.ts"

export const SlotRow = Schema.Struct(StatusSlot.fields).pipe(
  Schema.encodeKeys({ key: "slot_key", sentVersion: "sent_version", changedAt: "changed_at", notBefore: "not_before" })
)

const messageKeys = {
  key: "message_key",
  notBefore: "not_before",
  retryAt: "retry_at",
  createdAt: "created_at",
  settledAt: "settled_at"
} as const

export const MessageRow = Schema.Struct({ ...OutboxMessage.fields, content: Schema.fromJsonString(Schema.Json) }).pipe(
  Schema.encodeKeys(messageKeys)
)

const { sequence: _, ...unnumbered } = OutboxMessage.fields

export const NewMessageRow = Schema.Struct({ ...unnumbered, content: Schema.fromJsonString(Schema.Json) }).pipe(
  Schema.encodeKeys(messageKeys)
)

export const Listing = Schema.Struct({ sink: Schema.String, limit: Schema.Int })

/** More rows than a table has. */
export const everything = Number.MAX_SAFE_INTEGER

export const works = (
  slots: ReadonlyArray<typeof SlotRow.Type>,
  messages: ReadonlyArray<typeof MessageRow.Type>
): ReadonlyArray<OutboxWork> => [
  ...slots.map((row): OutboxWork => ({ lane: "status", slot: new StatusSlot(row) })),
  ...messages.map((row): OutboxWork => ({ lane: "append", message: new OutboxMessage(row) }))
]

export const CountRow = Schema.Struct({
  sink: Schema.String,
  slotsWaiting: Schema.Int,
  messagesWaiting: Schema.Int,
  messagesSent: Schema.Int,
  messagesDropped: Schema.Int
})
