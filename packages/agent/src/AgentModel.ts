/** Which model works, and what it costs: what a `LanguageModel` does not say of itself. */
import { Context } from "effect"

/** Tokens of one call, as the vendor counted them or as they are estimated before it. */
export interface TokenCount {
  /** All that went in, those from the cache included. */
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

/** Provided beside `LanguageModel`. */
export class AgentModel extends Context.Service<
  AgentModel,
  {
    /** For example `anthropic`. */
    readonly provider: string
    readonly model: string
    /** In millionths of a US dollar; `undefined` when nobody knows the price. Never a guess. */
    price(count: TokenCount): number | undefined
  }
>()("@productbuilding/agent/AgentModel") {}
