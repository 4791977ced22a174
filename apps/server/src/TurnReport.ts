/** Turns and budgets of the agent as the API tells them. */
import { BudgetScope } from "@productbuilding/agent/Budget"
import { Turn, TurnEntry } from "@productbuilding/agent/Turn"
import { Resource } from "@productbuilding/core"
import { Schema } from "effect"

/** No agent runs on this server. `message` says which variable to set. */
export class AgentMissing extends Schema.TaggedError<AgentMissing>()(
  "AgentMissing",
  { message: Schema.String },
  { httpApiStatus: 503 }
) {
  static readonly here = new AgentMissing({
    message:
      "No agent runs on this server: there is neither a model to think with nor a Slack to be asked in. Set LLM_API_KEY (and, for another provider than Anthropic, LLM_PROVIDER and LLM_MODEL), or SLACK_BOT_TOKEN, and restart the server."
  })
}

/** What one turn has used. Money in millionths of a US dollar. */
export const TurnSums = Schema.Struct({
  modelCalls: Schema.Int,
  toolCalls: Schema.Int,
  inputTokens: Schema.Int,
  /** Of the input, what came from the provider's cache. */
  cachedTokens: Schema.Int,
  outputTokens: Schema.Int,
  microDollars: Schema.Int,
  /** Model calls whose price nobody knows: they are not in `microDollars`. */
  unpriced: Schema.Int
})

/** One turn in a list. */
export const TurnSummary = Schema.Struct({
  turn: Turn,
  /** What its specialist does, for example `Writing an issue`; `null` until one is chosen. */
  doing: Schema.NullOr(Schema.String),
  /** One line for each call that has changed something outside, or may have. */
  writes: Schema.Array(Schema.String),
  sums: TurnSums,
  /** The answer as HTML that is safe to show, for those who asked with `html=true`. */
  answerHtml: Schema.optionalKey(Schema.String)
})

/** One turn whole: its record, whether that is as it was written, and what came of it. */
export const TurnDetail = Schema.Struct({
  turn: Turn,
  entries: Schema.Array(TurnEntry),
  chain: Schema.Struct({
    whole: Schema.Boolean,
    /** The first entry that is changed, missing or out of place. */
    brokenAt: Schema.NullOr(Schema.Int)
  }),
  sums: TurnSums,
  /** What it made outside, as the ledger has it now. */
  resources: Schema.Array(Resource),
  /** The model's texts in the entries as HTML that is safe to show, for those who asked with `html=true`. */
  htmls: Schema.optionalKey(Schema.Array(Schema.Struct({ entry: Schema.Int, html: Schema.String })))
})

const DailyLimit = Schema.Struct({
  /** `null`: none. */
  tokens: Schema.NullOr(Schema.Int),
  /** In millionths of a US dollar. `null`: none. */
  microDollars: Schema.NullOr(Schema.Int)
})

/** How much of today's budget of one scope is spent, reservations included. */
export const SpendingReport = Schema.Struct({
  scope: BudgetScope,
  key: Schema.String,
  /** In UTC, for example `2026-11-21`. */
  day: Schema.String,
  spent: Schema.Struct({ tokens: Schema.Int, microDollars: Schema.Int }),
  limit: DailyLimit
})

/** All limits, and what is spent of those of today, the fullest first. */
export const AgentBudgets = Schema.Struct({
  turn: Schema.Struct({
    modelCalls: Schema.Int,
    toolCalls: Schema.Int,
    tokens: Schema.Int,
    microDollars: Schema.NullOr(Schema.Int)
  }),
  daily: Schema.Record(BudgetScope, DailyLimit),
  today: Schema.Array(SpendingReport)
})
