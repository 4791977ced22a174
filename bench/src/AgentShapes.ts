/** What the agent's benchmark has models say, and what each subject answers with. */

import type { ModelScript, ModelTurn } from "@productbuilding/sandbox"

export const rounds = 20
export const atOnce = 100

export const toolName = "look_up"
export const toolDescription = "Looks one number up."
export const instructions = "You count."

const look = (...numbers: ReadonlyArray<number>): ModelTurn => ({
  toolCalls: numbers.map((number) => ({ name: toolName, arguments: { number } }))
})
const done: ModelTurn = { text: "Done." }

interface Shape {
  readonly name: "plain" | "chain" | "wide"
  readonly calls: number
  readonly tools: number
  readonly says: ModelScript["turns"]
}

/** Turns of different numbers of model calls and tools, so that the cost of each can be told from the other's. */
export const shapes: ReadonlyArray<Shape> = [
  { name: "plain", calls: 1, tools: 0, says: [done] },
  { name: "chain", calls: 5, tools: 4, says: [look(1), look(2), look(3), look(4), done] },
  { name: "wide", calls: 2, tools: 8, says: [look(1, 2, 3, 4, 5, 6, 7, 8), done] }
]

/** What a subject prints. In milliseconds, but for the memory. */
export interface Taken {
  /** One turn after the other, by shape. */
  readonly alone: Readonly<Record<Shape["name"], ReadonlyArray<number>>>
  /** Of each of the turns of the shape `chain` that ran at once. */
  readonly together: ReadonlyArray<number>
  readonly wallMs: number
  readonly peakMiB: number
}
