/** The durable record of turns: what they are resumed from after a crash, and what they are audited by. */
import { Context, type Effect, type Option, Schema } from "effect"
import type { Asked, ConversationId } from "./Conversation.ts"
import { type Turn, type TurnEntry, type TurnFact, TurnId } from "./Turn.ts"

/** No turn has this id. Not retryable. */
export class TurnNotFound extends Schema.TaggedError<TurnNotFound>()("TurnNotFound", { id: TurnId }) {}

/** The turn has ended, or is being stopped: what was to be recorded must not be done any more. Not retryable. */
export class TurnOver extends Schema.TaggedError<TurnOver>()("TurnOver", {
  id: TurnId,
  reason: Schema.Literals(["ended", "stopped"])
}) {}

/** More was recorded meanwhile, so what was to be recorded may not be right any more. Look again. */
export class TurnMoved extends Schema.TaggedError<TurnMoved>()("TurnMoved", { id: TurnId }) {}

/** The database failed. Retryable. */
export class TurnStoreError extends Schema.TaggedError<TurnStoreError>()("TurnStoreError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** What became of a message: it opened a turn, it joined the one that runs, or it had arrived before. */
export interface Received {
  readonly turn: Turn
  readonly receipt: "opened" | "joined" | "known"
}

/** What was said in a conversation before one of its turns. */
export interface History {
  readonly summary: string | undefined
  /** Newest first. */
  readonly turns: ReadonlyArray<Turn>
}

/**
 * Turns and their entries. Each change is told by an event of the turn's operation, in the same transaction: `turn` in
 * the status lane, and when it has ended `answered` in the append lane.
 */
export class TurnStore extends Context.Service<
  TurnStore,
  {
    /**
     * Takes a message up. While a turn of the same asker runs or waits in the conversation the message joins it, and an
     * approval that it waits for is void; otherwise it opens a turn, under the id given. A key that is known changes
     * nothing.
     */
    receive(asked: Asked, id: TurnId): Effect.Effect<Received, TurnStoreError>
    /** The conversation's oldest queued turn, now running, unless another one runs or waits. */
    next(conversation: ConversationId): Effect.Effect<Option.Option<Turn>, TurnStoreError>
    get(id: TurnId): Effect.Effect<Turn, TurnNotFound | TurnStoreError>
    /** In order. */
    entries(id: TurnId): Effect.Effect<ReadonlyArray<TurnEntry>, TurnNotFound | TurnStoreError>
    /**
     * Adds facts. After `Stop` only what had been started may still finish; after `Ended` nothing may be added. A
     * `Started` that is stored is thus a permission to act, and one that is refused a prohibition.
     */
    append(id: TurnId, facts: ReadonlyArray<TurnFact>): Effect.Effect<Turn, TurnNotFound | TurnOver | TurnStoreError>
    /** As `append` of one fact, if the record still has that many entries. */
    appendAfter(
      id: TurnId,
      entries: number,
      fact: TurnFact
    ): Effect.Effect<Turn, TurnMoved | TurnNotFound | TurnOver | TurnStoreError>
    /** Takes a running turn up anew whose leg has ended without it. Changes nothing if it is not that leg's any more. */
    nextLeg(turn: Turn): Effect.Effect<Turn, TurnNotFound | TurnStoreError>
    /** What was said before a turn: the summary of the older, and the ended turns since, newest first. */
    history(id: TurnId): Effect.Effect<History, TurnNotFound | TurnStoreError>
    /** Replaces the conversation's summary, which now covers all up to and with this turn. */
    summarise(upTo: TurnId, summary: string): Effect.Effect<void, TurnNotFound | TurnStoreError>
    /** Newest first. */
    list(options: {
      readonly limit: number
      readonly conversation?: ConversationId
    }): Effect.Effect<ReadonlyArray<Turn>, TurnStoreError>
    /** All that have not ended, oldest first. */
    readonly open: Effect.Effect<ReadonlyArray<Turn>, TurnStoreError>
  }
>()("@productbuilding/agent/TurnStore") {}
