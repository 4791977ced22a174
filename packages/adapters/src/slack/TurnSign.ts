/**
 * The sign in Slack's own way that somebody was heard: the status of the thread's agent session, which has a stop button
 * of Slack's own; where a workspace has no sessions, a reaction on the message that asks.
 */
import { type Turn, type TurnEntry, TurnStore } from "@productbuilding/agent"
import type { SinkError, StatusSlot } from "@productbuilding/core"
import { Effect } from "effect"
import { callSlack } from "./SlackClient.ts"
import type { SlackWorkspace } from "./SlackWorkspace.ts"

/** Where a turn was asked for. */
export interface TurnPlace {
  readonly team: string
  readonly channel: string
  readonly threadTs: string
}

/** What a session can be, as far as we use it. https://docs.slack.dev/reference/methods/agents.sessions.setStatus (read 2026-11-21) */
type SessionStatus = "active" | "processing" | "suspended"

/**
 * Refusals that concern one place; every other one concerns the app or the workspace, as for an app that is not declared an
 * agent, and is not asked for again before a restart. https://docs.slack.dev/ai/agent-sessions (read 2026-11-21)
 */
const ofThePlace = new Set([
  "channel_not_found",
  "invalid_arguments",
  "invalid_thread_ts",
  "is_archived",
  "message_not_found",
  "method_not_supported_for_channel_type",
  "not_in_channel",
  "thread_not_found",
  "too_many_emoji",
  "too_many_reactions"
])

/** NOTE: never `x`, which stops what it is put on. */
const endings: Readonly<Record<NonNullable<Turn["outcome"]>, string>> = {
  answered: "white_check_mark",
  asked: "question",
  refused: "no_entry_sign",
  failed: "warning",
  stopped: "octagonal_sign"
}
const looking = "eyes"

/** Of a session that is created; of one that is there it stays as it was. At most 200 characters. */
const titleOf = ({ text }: Turn): string => text.replace(/\s+/g, " ").trim().slice(0, 80)

/** The message that a turn was opened by, where it is one of this channel. */
const askedAt = ({ channel, team }: TurnPlace, entries: ReadonlyArray<TurnEntry>): string | undefined => {
  const prefix = `slack:${team}:${channel}:`
  const key = entries.flatMap(({ fact }) => (fact._tag === "Asked" ? (fact.message ?? "") : []))[0] ?? ""
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined
}

const isRefused = ({ reason }: SinkError): boolean => reason._tag === "NeverPossible"
const refusedAs = ({ reason }: SinkError): string => (reason._tag === "NeverPossible" ? reason.detail : "")
const isGeneral = (error: SinkError): boolean => isRefused(error) && !ofThePlace.has(refusedAs(error))

/** Signs of one workspace. Which way it has is found out with the first sign, and holds until the process ends. */
export const make = Effect.fnUntraced(function* ({ client }: SlackWorkspace) {
  const store = yield* TurnStore
  let hasSessions = true
  let hasReactions = true

  /** Work goes on as it is shown already: nothing has to be asked of Slack. */
  const isShown = ({ priority, reference }: StatusSlot): boolean =>
    priority === "progress" &&
    (reference?.startsWith("session processing ") === true || reference?.startsWith(`reaction ${looking} `) === true)

  const byReaction = ({ reference }: StatusSlot): boolean => !hasSessions || reference?.startsWith("reaction ") === true

  /** A session is its whole thread's, in which several people may have asked. */
  const sessionOf = Effect.fnUntraced(function* ({ conversation }: Turn) {
    const open = (yield* store.open).filter((turn) => turn.conversation === conversation)
    const states = new Set(open.map(({ state }) => state))
    const status: SessionStatus =
      states.size === 0 ? "active" : states.has("waiting") && !states.has("running") ? "suspended" : "processing"
    return status
  })

  const react = Effect.fnUntraced(
    function* (turn: Turn, { channel }: TurnPlace, timestamp: string) {
      const name = turn.outcome === null ? looking : endings[turn.outcome]
      const unless = (harmless: string, call: () => Promise<unknown>) =>
        Effect.catchIf(
          Effect.asVoid(callSlack(call)),
          (error) => refusedAs(error) === harmless,
          () => Effect.void
        )
      if (name !== looking) {
        yield* unless("no_reaction", () => client.reactions.remove({ channel, timestamp, name: looking }))
      }
      yield* unless("already_reacted", () => client.reactions.add({ channel, timestamp, name }))
      return `reaction ${name} ${channel}:${timestamp}`
    },
    Effect.catchIf(isRefused, (error) =>
      Effect.sync(() => {
        if (isGeneral(error)) hasReactions = false
        return null
      })
    )
  )

  const session = Effect.fnUntraced(function* (turn: Turn, { channel, threadTs }: TurnPlace) {
    const status = yield* sessionOf(turn)
    yield* callSlack(() =>
      client.agents.sessions.setStatus({ channel_id: channel, thread_ts: threadTs, status, title: titleOf(turn) })
    )
    return `session ${status} ${channel}:${threadTs}`
  })

  return {
    /** The budgets that it takes to show it: what is shown already takes none. */
    cost: (slot: StatusSlot): ReadonlyArray<string> => {
      if (isShown(slot)) return []
      if (!byReaction(slot)) return ["sessions"]
      if (!hasReactions) return []
      return slot.priority === "final" ? ["reactions", "removals"] : ["reactions"]
    },
    /** Answers how it is shown and where, `null` where it cannot be: the turn's message is there all the same. */
    show: Effect.fnUntraced(function* (
      slot: StatusSlot,
      turn: Turn,
      place: TurnPlace,
      entries: ReadonlyArray<TurnEntry>
    ) {
      if (isShown(slot)) return slot.reference
      const at = askedAt(place, entries)
      const otherwise = Effect.suspend(() =>
        hasReactions && at !== undefined ? react(turn, place, at) : Effect.succeed(null)
      )
      if (byReaction(slot)) return yield* otherwise
      return yield* session(turn, place).pipe(
        Effect.catchTag("SinkError", (error) => {
          if (!isRefused(error)) return Effect.fail(error)
          if (isGeneral(error)) hasSessions = false
          return otherwise
        })
      )
    })
  }
})
