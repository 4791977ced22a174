/** What a replay comes to. */
import type { TurnFact } from "./Turn.ts"

/** Where the code of today goes another way. It ends the replay: from there on the record says nothing. */
export interface Difference {
  /** The entry's number. */
  readonly number: number
  /** `undefined`: nothing more. */
  readonly recorded: TurnFact | undefined
  /** `undefined`: to ask the model. */
  readonly decided: TurnFact | undefined
}

/**
 * How far it came. `same`: to the record's end, deciding all the same. `open`: as far as the record of a turn goes that has
 * not ended. `cut off`: until something outside ended the turn: its provider, its budget, its time, or a defect. `differs`:
 * to the difference.
 */
export type ReplayEnd = "same" | "open" | "cut off" | "differs"

export interface Replayed {
  readonly end: ReplayEnd
  readonly difference: Difference | undefined
  /** Entries that came out as they are recorded, what came from outside included. */
  readonly agreed: number
  /** Of them, those that the code decided. */
  readonly decisions: number
  /**
   * Model calls for which today's prompt has another digest. No difference by itself: the conversation before the turn is
   * not in its record, and instructions change.
   */
  readonly otherPrompts: ReadonlyArray<number>
}
