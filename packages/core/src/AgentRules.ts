/** What an agent may do in a project, as far as the project differs from the defaults, which are strict. */
import { Schema } from "effect"
import { RepositoryName } from "./Repository.ts"

export const AgentRules = Schema.Struct({
  /** Repositories that may be written to besides the conversation's own. Default: none. */
  repositories: Schema.optionalKey(Schema.Array(RepositoryName)),
  /** Labels that may be set; `null`: any, which is the default. */
  labels: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.NonEmptyString))),
  /** Writes that one turn may do. Default: 10. */
  maxWritesPerTurn: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  /**
   * From how many writes at once on the plan is shown first; after reading what others wrote, from how many in a turn.
   * Default: 2.
   */
  planFrom: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** Whether guests of the workspace are answered. Default: no. */
  guests: Schema.optionalKey(Schema.Boolean),
  /** Whether anybody is answered in a channel that is shared with another organisation. Default: no. */
  sharedChannels: Schema.optionalKey(Schema.Boolean)
})
export type AgentRules = typeof AgentRules.Type
