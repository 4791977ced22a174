/** Which model works, and what it costs: what a `LanguageModel` does not say of itself. */
import { Context } from "effect"
import type { Response } from "effect/ai"

/** Tokens of a call, estimated before it. */
export interface TokenCount {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Provided beside `LanguageModel`. Money is in millionths of a US dollar. */
export class AgentModel extends Context.Service<
  AgentModel,
  {
    /** The most that a call of the model that is asked first may cost; `undefined` when nobody knows its price. Never a guess. */
    price(count: TokenCount): number | undefined
    /** As `price`, of the dearest model that is known: it counts against budgets of money where a price is not known. */
    dearest(count: TokenCount): number
    /** Which model gave an answer, as another may have stood in, and what it cost. */
    answered(parts: ReadonlyArray<Response.AnyPart>): {
      /** For example `anthropic`. */
      readonly provider: string
      readonly model: string
      readonly microDollars: number | undefined
    }
  }
>()("@productbuilding/agent/AgentModel") {}
