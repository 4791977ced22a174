/** Finds messages of ours again by the key in their metadata: what was posted may have been posted although no answer came. */
import { Effect } from "effect"
import { callSlack, type SlackClient } from "./SlackClient.ts"

/** Opaque to everybody else, who can read it as well. */
const eventType = "productbuilding_message"

/** What marks a message of ours, so that it can be found again by its key. */
export const metadataOf = (key: string) => ({ event_type: eventType, event_payload: { key } })

/** How many messages are asked for at once; of a channel no more are looked through. */
export const searchDepth = 200

const carries = (key: string) => (message: { readonly metadata?: { readonly event_payload?: object } }) => {
  const payload = message.metadata?.event_payload
  return payload !== undefined && Reflect.get(payload, "key") === key
}

/** The `ts` of the message with that key among the newest of a channel, those in threads not. */
export const findInChannel = Effect.fnUntraced(function* (client: SlackClient, channel: string, key: string) {
  const { messages = [] } = yield* callSlack(() =>
    client.conversations.history({ channel, limit: searchDepth, include_all_metadata: true })
  )
  return messages.find(carries(key))?.ts
})

/** The `ts` of the message with that key in a thread, all of which is looked through. */
export const findInThread = Effect.fnUntraced(function* (
  client: SlackClient,
  { channel, threadTs }: { readonly channel: string; readonly threadTs: string },
  key: string
) {
  let cursor: string | undefined
  do {
    const page = yield* callSlack(() =>
      client.conversations.replies({
        channel,
        ts: threadTs,
        limit: searchDepth,
        include_all_metadata: true,
        ...(cursor === undefined ? {} : { cursor })
      })
    )
    const found = page.messages?.find(carries(key))?.ts
    if (found !== undefined) return found
    const next = page.response_metadata?.next_cursor
    cursor = next === "" ? undefined : next
  } while (cursor !== undefined)
  return undefined
})
