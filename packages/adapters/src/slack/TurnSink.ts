/** Turns of the agent that were asked for in Slack: one message that shows how each goes, and one with what it says. */
import { recordOf, type Turn, TurnDrafts, type TurnRecord, TurnStore } from "@productbuilding/agent"
import {
  makeOnce,
  NeverPossible,
  NotDone,
  type OutboxMessage,
  ResourceLedger,
  SinkError,
  type StatusSlot
} from "@productbuilding/core"
import { Effect, Option, Schedule, Schema } from "effect"
import { callSlack, placeOf, sinkName } from "./SlackClient.ts"
import { findInThread, metadataOf } from "./SlackSearch.ts"
import type { SlackWorkspace } from "./SlackWorkspace.ts"
import { renderAnswer, renderTurn, type TurnMessage } from "./TurnMessage.ts"
import { AnsweredEvent, isSignKey, placeOfConversation, turnOfKey } from "./TurnRoute.ts"
import * as TurnSign from "./TurnSign.ts"

const decodeAnswered = Schema.decodeUnknownOption(AnsweredEvent)

const failed = (reason: SinkError["reason"]) => new SinkError({ sink: sinkName, reason })
const notDone = (error: { readonly message: string }) => Effect.fail(failed(new NotDone({ detail: error.message })))

/** NOTE: a message whose answer was lost may be on its way still. */
const lookAgain = Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 1 }))

/** What a Slack sink needs to show turns. Whatever was posted without an answer is found again by its metadata. */
export const make = Effect.fnUntraced(function* (
  workspace: SlackWorkspace,
  options: {
    readonly userOf: (login: string) => string | undefined
    /** Where links such as `#12` of a repository lead, for example `https://github.com/acme/shop`. */
    readonly linkBase: (repository: string) => string
  }
) {
  const { client } = workspace
  const ledger = yield* ResourceLedger
  const drafts = yield* TurnDrafts
  const store = yield* TurnStore
  const sign = yield* TurnSign.make(workspace)
  let folds = true

  const placeIn = (turn: Turn) =>
    Effect.mapError(Effect.fromNullishOr(placeOfConversation(turn.conversation)), () =>
      failed(new NeverPossible({ detail: `${turn.conversation} is no place in Slack` }))
    )

  const find = (place: { readonly channel: string; readonly threadTs: string }, key: string) =>
    Effect.map(findInThread(client, place, key), (ts) =>
      Option.map(Option.fromUndefinedOr(ts), (at) => `${place.channel}:${at}`)
    )

  /** With its steps folded, unless the workspace has shown that it knows no such block. */
  const shown = <A>(
    turn: Turn,
    record: TurnRecord,
    call: (message: TurnMessage) => Effect.Effect<A, SinkError>
  ): Effect.Effect<A, SinkError> =>
    Effect.flatMap(drafts.get(turn.id), (draft) =>
      Effect.suspend(() => call(renderTurn(turn, record, { folded: folds, draft }))).pipe(
        Effect.catchIf(
          ({ reason }) => folds && reason._tag === "NeverPossible" && reason.detail.startsWith("invalid_blocks"),
          () => {
            folds = false
            return call(renderTurn(turn, record, { folded: false, draft }))
          }
        )
      )
    )

  const show = Effect.fn("TurnSink.show")(
    function* (slot: StatusSlot) {
      const turn = yield* store.get(turnOfKey(slot.key))
      const place = yield* placeIn(turn)
      const entries = yield* store.entries(turn.id)
      if (isSignKey(slot.key)) return yield* sign.show(slot, turn, place, entries)
      const record = recordOf(entries)
      const metadata = metadataOf(slot.key)
      const post = shown(turn, record, ({ blocks, text }) =>
        Effect.map(
          callSlack(() =>
            client.chat.postMessage({
              channel: place.channel,
              thread_ts: place.threadTs,
              text,
              blocks,
              metadata,
              unfurl_links: false,
              unfurl_media: false
            })
          ),
          ({ ts = "" }) => `${place.channel}:${ts}`
        )
      )
      const { how, id } =
        slot.reference === null
          ? yield* makeOnce({
              ownerKey: `slack-${slot.key}`,
              kind: "slack-message",
              subject: turn.conversation,
              find: find(place, slot.key),
              make: post,
              isUnsure: ({ reason }) => reason._tag === "Ambiguous",
              lookAgain
            }).pipe(Effect.provideService(ResourceLedger, ledger))
          : { how: "known", id: slot.reference }
      if (how !== "made") {
        const { channel, ts } = placeOf(id)
        yield* shown(turn, record, ({ blocks, text }) =>
          callSlack(() => client.chat.update({ channel, ts, text, blocks, metadata }))
        )
      }
      return id
    },
    Effect.catchTags({
      TurnNotFound: ({ id }) => Effect.fail(failed(new NeverPossible({ detail: `there is no turn ${id}` }))),
      TurnStoreError: notDone,
      ResourceLedgerError: notDone
    })
  )

  const contentOf = Effect.fnUntraced(function* ({ content, key }: OutboxMessage) {
    const answered = decodeAnswered(content)
    if (Option.isNone(answered)) return yield* failed(new NeverPossible({ detail: `${key} is no answer of a turn` }))
    return answered.value
  })

  const send = Effect.fn("TurnSink.send")(
    function* (message: OutboxMessage) {
      const answered = yield* contentOf(message)
      const turn = yield* store.get(answered.turn)
      const { channel, threadTs } = yield* placeIn(turn)
      const { blocks, text } = renderAnswer({
        asker: turn.asker,
        user: /^slack:[^:]+:([UW][A-Z0-9]+)$/.exec(turn.asker.id)?.[1],
        markdown: answered.text,
        options: answered.options,
        linkBase: turn.repository === null ? undefined : options.linkBase(turn.repository),
        mention: options.userOf
      })
      const posted = yield* callSlack(() =>
        client.chat.postMessage({
          channel,
          thread_ts: threadTs,
          text,
          ...(blocks.length === 0 ? {} : { blocks }),
          metadata: metadataOf(message.key),
          unfurl_links: false,
          unfurl_media: false
        })
      )
      return `${channel}:${posted.ts ?? ""}`
    },
    Effect.catchTags({
      TurnNotFound: ({ id }) => Effect.fail(failed(new NeverPossible({ detail: `there is no turn ${id}` }))),
      TurnStoreError: notDone
    })
  )

  return {
    show,
    send,
    /** What a sign costs, by the names of budgets. */
    signCost: sign.cost,
    find: Effect.fn("TurnSink.find")(
      function* (message: OutboxMessage) {
        const { turn: id } = yield* contentOf(message)
        return yield* find(yield* placeIn(yield* store.get(id)), message.key)
      },
      Effect.catchTags({
        TurnNotFound: ({ id }) => Effect.fail(failed(new NeverPossible({ detail: `there is no turn ${id}` }))),
        TurnStoreError: notDone
      })
    )
  }
})

/** What `make` makes. */
export type TurnSink = Effect.Success<ReturnType<typeof make>>
