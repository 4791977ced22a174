/** Slack as a sink: a card for each issue and pull request, and below it what is said there. */
import {
  CodeHost,
  mannerOf,
  NeverPossible,
  NotDone,
  Outbox,
  type OutboxMessage,
  type Pace,
  parseThreadId,
  RepositoryName,
  ResourceLedger,
  repositoryOf,
  type Sink,
  SinkError,
  type StatusSlot,
  silence,
  type ThreadFacts,
  type ThreadId
} from "@productbuilding/core"
import { PreviewId, PreviewStore } from "@productbuilding/preview"
import { Duration, Effect, Option, Schema } from "effect"
import { escapeText } from "./MessageText.ts"
import { mentionedLogins, type People } from "./People.ts"
import { renderCard } from "./SlackCard.ts"
import { callSlack, isGone, placeOf, sinkName } from "./SlackClient.ts"
import { renderDigest, renderPosting } from "./SlackPosting.ts"
import * as SlackRemarks from "./SlackRemarks.ts"
import { type Channels, cardKey, DigestItem, isThreadId, messageKeyOf, type Policies, Posting } from "./SlackRoute.ts"
import { findInChannel, findInThread, metadataOf, searchDepth } from "./SlackSearch.ts"
import type { SlackWorkspace } from "./SlackWorkspace.ts"
import { isSignKey, isTurnKey, placeOfConversation } from "./TurnRoute.ts"
import type { TurnSink } from "./TurnSink.ts"

export { sinkName } from "./SlackClient.ts"
export { type Channels, cardKey, type Policies, routeTo } from "./SlackRoute.ts"

const isPosting = Schema.is(Posting)
const isDigest = Schema.is(Schema.Array(DigestItem))
const isPreviewId = Schema.is(PreviewId)

const failed = (reason: SinkError["reason"]) => new SinkError({ sink: sinkName, reason })
const never = (detail: string) => failed(new NeverPossible({ detail }))

const pace: Pace = { quiet: Duration.seconds(1), longestWait: Duration.seconds(10) }
const atOnce: Pace = { quiet: Duration.zero, longestWait: Duration.zero }

/** Slack's tiers, less a tenth for clocks that differ. https://docs.slack.dev/apis/web-api/rate-limits (read 2026-11-21) */
const budgets = {
  channel: { burst: 3, perMinute: 54, reserve: 1 },
  posts: { burst: 20, perMinute: 180, reserve: 5 },
  updates: { burst: 10, perMinute: 40, reserve: 4 },
  reads: { burst: 10, perMinute: 40 },
  sessions: { burst: 10, perMinute: 45, reserve: 4 },
  reactions: { burst: 10, perMinute: 45, reserve: 4 },
  removals: { burst: 5, perMinute: 18 }
} as const

const isBudget = (name: string): name is keyof typeof budgets => Object.hasOwn(budgets, name)

const isOfPreview = (content: unknown): boolean => isPosting(content) && content.topic.startsWith("preview")

/**
 * The sink of one workspace. A card is rendered from the code host and the preview's row as they are now. Whatever was
 * posted without an answer is found again by its metadata before it is posted again. A card that somebody deleted is
 * posted again at its next change. What the project's policy does not tell the opening of has no card, until something
 * is told of it; what only its preview came to is then told by none.
 */
export const make = Effect.fnUntraced(function* (
  workspace: SlackWorkspace,
  options: {
    readonly channels: Channels
    readonly policies: Policies
    /** Who is who; whom it knows is mentioned. Default: nobody. */
    readonly people?: People
    /** Shows the turns of the agent as well. */
    readonly turns?: TurnSink
  }
): Effect.fn.Return<Sink, never, CodeHost | Outbox | PreviewStore | ResourceLedger> {
  const { channels, people, policies, turns } = options
  const { client } = workspace
  const host = yield* CodeHost
  const ledger = yield* ResourceLedger
  const outbox = yield* Outbox
  const store = yield* PreviewStore

  /** How some logins are shown, who may all be somebody in Slack. */
  const namesOf = Effect.fnUntraced(function* (subject: string, logins: ReadonlyArray<string>) {
    const repository = RepositoryName.make(repositoryOf(subject))
    const userOf = people === undefined ? () => undefined : yield* people.slackOf(repository, logins)
    const nameOf = (login: string) => {
      const user = userOf(login)
      return user === undefined ? escapeText(login) : `<@${user}>`
    }
    return { nameOf, userOf }
  })

  /** Whether a thread that has no card may do without one. */
  const isHidden = Effect.fnUntraced(function* (subject: ThreadId, { author, repository, state }: ThreadFacts) {
    const policy = policies(repository)
    const opened = { topic: "opened", draft: state === "draft", bot: author.endsWith("[bot]") } as const
    if (silence(policy, opened) === undefined && mannerOf(policy, "opened") !== "digest") return false
    const told = yield* outbox.messages(sinkName, subject, { limit: searchDepth })
    return !told.some(({ content, state: now }) => now !== "dropped" && !isOfPreview(content))
  })

  const channelOf = Effect.fnUntraced(function* (subject: string) {
    const name = channels(repositoryOf(subject))
    if (name === undefined) return yield* never(`the project of ${subject} has no Slack channel`)
    return yield* workspace.channelId(name)
  })

  const show = Effect.fn("SlackSink.show")(
    function* (slot: StatusSlot) {
      const subject = slot.thread
      if (!isThreadId(subject)) return yield* never(`${slot.key} names no thread`)
      const { number, repository } = parseThreadId(subject)
      const facts = yield* host.thread(repository, number)
      if (slot.reference === null && (yield* isHidden(subject, facts))) return null
      const preview = isPreviewId(subject) ? yield* store.find(subject) : Option.none()
      const { assignees, author, reviewers, reviews } = facts
      const { nameOf } = yield* namesOf(subject, [
        author,
        ...assignees,
        ...reviewers,
        ...reviews.map(({ login }) => login)
      ])
      const { text, blocks } = renderCard(facts, Option.getOrUndefined(preview), nameOf)
      const metadata = metadataOf(slot.key)
      const update = (channel: string, ts: string) =>
        Effect.as(
          callSlack(() => client.chat.update({ channel, ts, text, blocks, metadata })),
          `${channel}:${ts}`
        )
      const anew = Effect.gen(function* () {
        const channel = yield* channelOf(subject)
        const ownerKey = `slack-${slot.key}`
        const former = yield* ledger.find(ownerKey)
        // NOTE: a claim without an end may have been posted.
        const found = Option.isSome(former) ? yield* findInChannel(client, channel, slot.key) : undefined
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
          ({ reason }) => reason._tag === "NeverPossible" && isGone(reason.detail),
          () => anew
        )
      )
    },
    Effect.catchTags({
      CodeHostError: (error) => Effect.fail(SlackRemarks.hostFailed(error)),
      OutboxError: (error) => Effect.fail(failed(new NotDone({ detail: error.message }))),
      PreviewStoreError: (error) => Effect.fail(failed(new NotDone({ detail: error.message }))),
      ResourceLedgerError: (error) => Effect.fail(failed(new NotDone({ detail: error.message })))
    })
  )

  const notRead = Effect.mapError(({ message }: { readonly message: string }) =>
    failed(new NotDone({ detail: message }))
  )

  /** Below the card of its thread; what has no thread stands in the channel itself. */
  const placeFor = Effect.fnUntraced(function* ({ content, thread }: OutboxMessage) {
    if (!isThreadId(thread)) return { channel: yield* channelOf(thread) }
    const slot = Option.getOrUndefined(yield* notRead(outbox.slot(sinkName, cardKey(thread))))
    if (slot !== undefined && slot.reference !== null) return placeOf(slot.reference)
    if (slot?.version === slot?.sentVersion && isOfPreview(content)) {
      return yield* never("its thread is not shown, by the project's policy")
    }
    return yield* failed(new NotDone({ detail: "the thread's card is not there yet" }))
  })

  const parentOf = Effect.fnUntraced(function* (thread: string, { inReplyTo }: Posting) {
    if (inReplyTo === null) return undefined
    const told = yield* notRead(outbox.messages(sinkName, thread, { limit: searchDepth }))
    const parent = told.find(({ key }) => key === `${thread} ${inReplyTo}`)?.content
    return isPosting(parent) ? parent : undefined
  })

  const textOf = Effect.fnUntraced(function* ({ content, key, thread }: OutboxMessage) {
    if (isDigest(content)) {
      const authors = content.flatMap(({ author }) => author ?? [])
      return renderDigest(content, yield* namesOf(thread, authors))
    }
    if (!isPosting(content)) return yield* never(`${key} is no message of a thread`)
    const parent = yield* parentOf(thread, content)
    const names = yield* namesOf(thread, [content.author ?? [], mentionedLogins(content.markdown)].flat())
    return renderPosting(content, names, {
      parent,
      repository: repositoryOf(thread),
      isInThread: isThreadId(thread)
    })
  })

  const remarks = yield* SlackRemarks.make(client, textOf)

  const send = Effect.fn("SlackSink.send")(function* (message: OutboxMessage) {
    const now = yield* remarks.current(message)
    if (Option.isNone(now)) return yield* never("it was deleted on the code host before it was told")
    const text = yield* textOf(now.value)
    const { channel, ts } = { ts: undefined, ...(yield* placeFor(message)) }
    const post = {
      channel,
      text,
      unfurl_links: false,
      unfurl_media: false,
      metadata: metadataOf(message.key)
    }
    const broadcast = isPosting(message.content) && message.content.broadcast
    const posted = yield* callSlack(() =>
      client.chat.postMessage(
        ts === undefined
          ? post
          : broadcast
            ? { ...post, thread_ts: ts, reply_broadcast: true }
            : { ...post, thread_ts: ts }
      )
    )
    return `${channel}:${posted.ts ?? ""}`
  })

  const find = Effect.fn("SlackSink.find")(function* (message: OutboxMessage) {
    const { channel, ts } = { ts: undefined, ...(yield* placeFor(message)) }
    const found = yield* ts === undefined
      ? findInChannel(client, channel, message.key)
      : findInThread(client, { channel, threadTs: ts }, message.key)
    return Option.map(Option.fromUndefinedOr(found), (at) => `${channel}:${at}`)
  })

  return {
    name: sinkName,
    show: (slot) => {
      if (turns !== undefined && isTurnKey(slot.key)) return turns.show(slot)
      const messageKey = messageKeyOf(slot)
      return messageKey === undefined ? show(slot) : remarks.show(messageKey)
    },
    send: (message) => (turns !== undefined && isTurnKey(message.key) ? turns.send(message) : send(message)),
    find: (message) => (turns !== undefined && isTurnKey(message.key) ? turns.find(message) : find(message)),
    cost: (work) => {
      const thread = work.lane === "status" ? work.slot.thread : work.message.thread
      if (work.lane === "status" && turns !== undefined && isSignKey(work.slot.key)) return turns.signCost(work.slot)
      if (work.lane === "status" && (work.slot.reference !== null || messageKeyOf(work.slot) !== undefined)) {
        return ["updates"]
      }
      if (work.lane === "append" && work.message.state === "sending") return ["reads"]
      const place = placeOfConversation(thread)
      return [`channel ${place === undefined ? repositoryOf(thread) : place.channel}`, "posts"]
    },
    budget: (name) => (isBudget(name) ? budgets[name] : budgets.channel),
    ...pace,
    // NOTE: whoever asked something waits for a sign that it was heard.
    pace: ({ key, reference }) => (isSignKey(key) || (reference === null && isTurnKey(key)) ? atOnce : pace),
    // NOTE: several turns of a thread share its session: the one that ends must not hide the one that begins.
    line: ({ key }) => (isSignKey(key) ? "sign" : undefined)
  }
})
