/** A specialist: a fixed set of tools and the words that tell a model what it is there for. */
import type { AgentTool } from "./AgentTool.ts"

export interface Specialist {
  /** For example `issue-writer`. */
  readonly name: string
  /** When to choose it, for the router: one sentence. */
  readonly chooseWhen: string
  /** What people see while it works, for example `Writing an issue`. */
  readonly doing: string
  readonly instructions: string
  readonly tools: ReadonlyArray<AgentTool>
}
