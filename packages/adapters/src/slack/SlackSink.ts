/** Slack as a sink: a card for each issue and pull request, and below it what is said there. */
import {
  CodeHost,
  describeCodeHostError,
  type EventRoute,
  NeverPossible,
  NotDone,
  Outbox,
  type OutboxMessage,
  type Priority,
  parseThreadId,
  ResourceLedger,
  type Sink,
  SinkError,
  type StatusSlot,
  ThreadId
} from "@productbuilding/core"
import { PreviewId, PreviewStore } from "@productbuilding/preview"
import { Duration, Effect, Option, Schema } from "effect"
import { ThreadMessage } from "../github/ThreadDeliveries.ts"
import { escapeText, link, maxMessageText, truncate } from "./MessageText.ts"
import { fromMarkdown } from "./Mrkdwn.ts"
import { renderCard } from "./SlackCard.ts"
import { callSlack, sinkName } from "./SlackClient.ts"
import type { SlackWorkspace } from "./SlackWorkspace.ts"

export { sinkName } from "./SlackClient.ts"

const keyPrefix = "card:"

/** The slot of a thread's card. */
export const cardKey = (thread: ThreadId): string => `${keyPrefix}${thread}`

/** Opaque to everybody else: what is posted can be found again by it. */
const eventType = "productbuilding_message"

const isThreadId = Schema.is(ThreadId)
const isMessage = Schema.is(ThreadMessage)
const isPreviewId = Schema.is(PreviewId)

const failed = (reason: SinkError["reason"]) => new SinkError({ sink: sinkName, reason })
const never = (detail: string) => failed(new NeverPossible({ detail }))

/** Where a card is, as the outbox keeps it. */
export const placeOf = (reference: string): { readonly channel: string; readonly ts: string } => {
  const [channel = "", ts = ""] = reference.split(":")
  return { channel, ts }
}

/** The channel of each project, by name or id; without one its threads are not shown. */
export type Channels = (repository: string) => string | undefined

const finals = new Set(["ready", "failed", "deleted", "blocked"])

const priorityOf = (type: string, data: Schema.Json): Priority =>
  type === "state" && Schema.is(Schema.Struct({ state: Schema.String }))(data)
    ? finals.has(data.state)
      ? "final"
      : "progress"
    : "normal"

/** Each change of a thread or its preview changes the card; what is said there is said below it. */
export const routeTo =
  (channels: Channels): EventRoute =>
  ({ data, lane, subject, type }) => {
    if (!isThreadId(subject) || channels(parseThreadId(subject).repository) === undefined) return []
    if (lane === "status" && (type === "thread" || type === "state" || type === "facts")) {
      return [
        { lane: "status", sink: sinkName, key: cardKey(subject), thread: subject, priority: priorityOf(type, data) }
      ]
    }
    if (lane !== "append" || type !== "said" || !isMessage(data)) return []
    return [
      {
        lane: "append",
        sink: sinkName,
        key: `${subject} ${data.key}`,
        thread: subject,
        priority: "normal",
        content: data
      }
    ]
  }

/** Slack's tiers, less a tenth for clocks that differ. https://docs.slack.dev/apis/web-api/rate-limits (read 2026-11-21) */
const budgets = {
  channel: { burst: 3, perMinute: 54, reserve: 1 },
  posts: { burst: 20, perMinute: 180, reserve: 5 },
  updates: { burst: 10, perMinute: 40, reserve: 4 },
  reads: { burst: 10, perMinute: 40 }
} as const

/** Slack's words for a message that somebody deleted, or whose channel is no more. */
const gone = new Set(["message_not_found", "channel_not_found"])

/** How far back a card is looked for when its post was not answered. */
const searchDepth = 200

/**
 * The sink of one workspace. A card is rendered from the code host and the preview's row as they are now. Whatever was
 * posted without an answer is found again by its metadata before it is posted again. A card that somebody deleted is
 * posted again at its next change.
 */
export const make = Effect.fnUntraced(function* (
  workspace: SlackWorkspace,
  options: {
    readonly channels: Channels
    /** The Slack user of a GitHub login, who is then mentioned. */
    readonly userOf?: (login: string) => string | undefined
  }
): Effect.fn.Return<Sink, never, CodeHost | Outbox | PreviewStore | ResourceLedger> {
  const { channels } = options
  const { client } = workspace
  const host = yield* CodeHost
  const ledger = yield* ResourceLedger
  const outbox = yield* Outbox
  const store = yield* PreviewStore
  const userOf = options.userOf ?? (() => undefined)

  const nameOf = (login: string) => {
    const user = userOf(login)
    return user === undefined ? escapeText(login) : `<@${user}>`
  }

  const metadataOf = (key: string) => ({ event_type: eventType, event_payload: { key } })

  const carries = (key: string) => (message: { readonly metadata?: { readonly event_payload?: object } }) => {
    const payload = message.metadata?.event_payload
    return payload !== undefined && Reflect.get(payload, "key") === key
  }

  const cardOf = Effect.fnUntraced(function* (subject: ThreadId) {
    const { number, repository } = parseThreadId(subject)
    const facts = yield* host.thread(repository, number)
    const preview = isPreviewId(subject) ? yield* store.find(subject) : Option.none()
    return renderCard(facts, Option.getOrUndefined(preview), nameOf)
  })

  const findCard = Effect.fnUntraced(function* (channel: string, key: string) {
    const { messages = [] } = yield* callSlack(() =>
      client.conversations.history({ channel, limit: searchDepth, include_all_metadata: true })
    )
    return messages.find(carries(key))?.ts
  })

  const show = Effect.fn("SlackSink.show")(
    function* (slot: StatusSlot) {
      const subject = slot.key.slice(keyPrefix.length)
      if (!isThreadId(subject)) return yield* never(`${slot.key} names no thread`)
      const { text, blocks } = yield* cardOf(subject)
      const metadata = metadataOf(slot.key)
      const update = (channel: string, ts: string) =>
        Effect.as(
          callSlack(() => client.chat.update({ channel, ts, text, blocks, metadata })),
          `${channel}:${ts}`
        )
      const anew = Effect.gen(function* () {
        const name = channels(parseThreadId(subject).repository)
        if (name === undefined) return yield* never(`the project of ${subject} has no Slack channel`)
        const channel = yield* workspace.channelId(name)
        const ownerKey = `slack-${slot.key}`
        const former = yield* ledger.find(ownerKey)
        // NOTE: a claim without an end may have been posted.
        const found = Option.isSome(former) ? yield* findCard(channel, slot.key) : undefined
        if (found !== undefined) {
          const reference = yield* update(channel, found)
          yield* ledger.live(ownerKey, reference)
          return reference
        }
        yield* ledger.claim({ ownerKey, kind: "slack-message", subject })
        const posted = yield* callSlack(() =>
          client.chat.postMessage({ channel, text, blocks, metadata, unfurl_links: false, unfurl_media: false })
        )
        const reference = `${posted.channel ?? channel}:${posted.ts ?? ""}`
        yield* ledger.live(ownerKey, reference)
        return reference
      })
      if (slot.reference === null) return yield* anew
      const { channel, ts } = placeOf(slot.reference)
      return yield* update(channel, ts).pipe(
        Effect.catchIf(
          ({ reason }) => reason._tag === "NeverPossible" && gone.has(reason.detail),
          () => anew
        )
      )
    },
    Effect.catchTags({
      CodeHostError: (error) =>
        Effect.fail(
          error.reason._tag === "RateLimited" || error.reason._tag === "Unavailable"
            ? failed(new NotDone({ detail: describeCodeHostError(error) }))
            : never(describeCodeHostError(error))
        ),
      PreviewStoreError: (error) => Effect.fail(failed(new NotDone({ detail: error.message }))),
      ResourceLedgerError: (error) => Effect.fail(failed(new NotDone({ detail: error.message })))
    })
  )

  const cardPlace = Effect.fnUntraced(function* (message: OutboxMessage) {
    if (!isThreadId(message.thread)) return yield* never(`${message.thread} is no thread`)
    const slot = yield* outbox
      .slot(sinkName, cardKey(message.thread))
      .pipe(Effect.mapError((error) => failed(new NotDone({ detail: error.message }))))
    const reference = Option.getOrNull(slot)?.reference ?? null
    if (reference === null) return yield* failed(new NotDone({ detail: "the thread's card is not there yet" }))
    return placeOf(reference)
  })

  const send = Effect.fn("SlackSink.send")(function* (message: OutboxMessage) {
    if (!isMessage(message.content)) return yield* never(`${message.key} is no message of a thread`)
    const { author, markdown, url, verb } = message.content
    const { channel, ts } = yield* cardPlace(message)
    const { repository } = parseThreadId(ThreadId.make(message.thread))
    const head = `*${nameOf(author)}* ${link(url, verb)}`
    const body = fromMarkdown(markdown, { linkBase: new URL(`/${repository}`, url).href, mention: userOf })
    const text = truncate(body === "" ? head : `${head}\n${body}`, maxMessageText, { url, label: "read all" })
    const posted = yield* callSlack(() =>
      client.chat.postMessage({
        channel,
        thread_ts: ts,
        text,
        unfurl_links: false,
        unfurl_media: false,
        metadata: metadataOf(message.key)
      })
    )
    return `${channel}:${posted.ts ?? ""}`
  })

  const find = Effect.fn("SlackSink.find")(function* (message: OutboxMessage) {
    const { channel, ts } = yield* cardPlace(message)
    let cursor: string | undefined
    do {
      const page = yield* callSlack(() =>
        client.conversations.replies({
          channel,
          ts,
          limit: searchDepth,
          include_all_metadata: true,
          ...(cursor === undefined ? {} : { cursor })
        })
      )
      const found = page.messages?.find(carries(message.key))?.ts
      if (found !== undefined) return Option.some(`${channel}:${found}`)
      cursor = page.response_metadata?.next_cursor === "" ? undefined : page.response_metadata?.next_cursor
    } while (cursor !== undefined)
    return Option.none<string>()
  })

  return {
    name: sinkName,
    show,
    send,
    find,
    cost: (work) => {
      const thread = work.lane === "status" ? work.slot.thread : work.message.thread
      if (work.lane === "status" && work.slot.reference !== null) return ["updates"]
      if (work.lane === "append" && work.message.state === "sending") return ["reads"]
      return [`channel ${thread.split("#")[0]}`, "posts"]
    },
    budget: (name) =>
      name === "updates"
        ? budgets.updates
        : name === "reads"
          ? budgets.reads
          : name === "posts"
            ? budgets.posts
            : budgets.channel,
    quiet: Duration.seconds(1),
    longestWait: Duration.seconds(10)
  }
})
