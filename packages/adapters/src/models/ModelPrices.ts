/** What tokens cost, as data. A model that is not listed has no price, which is not a price of zero. */
import { Option, Record } from "effect"
import type { Response } from "effect/ai"

/** US dollars for a million tokens, which is also millionths of a dollar for one. */
export interface TokenPrices {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  /** For the cache of five minutes that we ask for; what a vendor writes without a charge costs what input costs. */
  readonly cacheWrite: number
}

/** One model's price: it may be another for the whole of a request whose prompt is long. */
export interface ModelPrice extends TokenPrices {
  readonly long?: TokenPrices & { readonly abovePromptTokens: number }
}

const price = (input: number, output: number, cacheRead: number, cacheWrite = input): TokenPrices => ({
  input,
  output,
  cacheRead,
  cacheWrite
})

const long = (abovePromptTokens: number, prices: TokenPrices) => ({ long: { abovePromptTokens, ...prices } })

/** https://platform.claude.com/docs/en/about-claude/pricing (as of 2026-11) */
const anthropic: Record.ReadonlyRecord<string, ModelPrice> = {
  "claude-fable-5-1": price(10, 50, 0.25, 12.5),
  "claude-fable-5": price(10, 50, 1, 12.5),
  "claude-opus-5-5": price(4, 20, 0.2, 5),
  "claude-opus-5": price(5, 25, 0.5, 6.25),
  "claude-opus-4-8": price(5, 25, 0.5, 6.25),
  "claude-opus-4-7": price(5, 25, 0.5, 6.25),
  "claude-opus-4-6": price(5, 25, 0.5, 6.25),
  "claude-opus-4-5": price(5, 25, 0.5, 6.25),
  "claude-sonnet-5-5": price(2, 10, 0.1, 2.5),
  "claude-sonnet-5": price(2, 10, 0.2, 2.5),
  "claude-sonnet-4-6": price(3, 15, 0.3, 3.75),
  "claude-sonnet-4-5": price(3, 15, 0.3, 3.75),
  "claude-haiku-5-5": { ...price(0.1, 0.5, 0.01, 0.125), ...long(100_000, price(0.5, 2.5, 0.05, 0.625)) },
  "claude-haiku-4-5": price(1, 5, 0.1, 1.25)
}

/** https://developers.openai.com/api/docs/pricing, standard processing (as of 2026-11) */
const openai: Record.ReadonlyRecord<string, ModelPrice> = {
  "gpt-6.1-sol": { ...price(2, 10, 0.1, 2.5), ...long(272_000, price(4, 15, 0.2, 5)) },
  "gpt-6-sol": { ...price(2, 10, 0.2, 2.5), ...long(272_000, price(4, 15, 0.4, 5)) },
  "gpt-6-luna": { ...price(0.1, 0.5, 0.01, 0.125), ...long(272_000, price(0.2, 0.75, 0.02, 0.25)) },
  "gpt-5": price(1.25, 10, 0.125),
  "gpt-5-mini": price(0.25, 2, 0.025),
  "gpt-5-nano": price(0.05, 0.4, 0.005),
  "gpt-4.1": price(2, 8, 0.5),
  "gpt-4.1-mini": price(0.4, 1.6, 0.1),
  "gpt-4o": price(2.5, 10, 1.25),
  "gpt-4o-mini": price(0.15, 0.6, 0.075)
}

/** https://ai.google.dev/gemini-api/docs/pricing, paid tier, text (as of 2026-11) */
const gemini: Record.ReadonlyRecord<string, ModelPrice> = {
  // NOTE: half of this until the end of 2026. Of two prices we take the dearer, so that no budget is overrun.
  "gemini-3.8-flash": price(1.5, 7.5, 0.15),
  "gemini-2.5-pro": { ...price(1.25, 10, 0.125), ...long(200_000, price(2.5, 15, 0.25)) },
  "gemini-2.5-flash": price(0.3, 2.5, 0.03),
  "gemini-2.5-flash-lite": price(0.1, 0.4, 0.01)
}

const prices: Record.ReadonlyRecord<string, ModelPrice> = {
  ...Record.mapKeys(anthropic, (model) => `anthropic/${model}`),
  ...Record.mapKeys(openai, (model) => `openai/${model}`),
  ...Record.mapKeys(gemini, (model) => `gemini/${model}`)
}

/**
 * The most that a call may cost before its answer is known, in millionths of a US dollar: all of its input is written to the
 * cache, which costs more than to read it.
 */
export const mostOf = (
  { long, ...short }: ModelPrice,
  count: { readonly inputTokens: number; readonly outputTokens: number }
): number => {
  const tokens = long !== undefined && count.inputTokens > long.abovePromptTokens ? long : short
  return Math.ceil(count.inputTokens * Math.max(tokens.input, tokens.cacheWrite) + count.outputTokens * tokens.output)
}

/** The dearest of all, by each kind of token. */
export const dearest: TokenPrices = Object.values(prices)
  .flatMap(({ long, ...short }) => (long === undefined ? [short] : [short, long]))
  .reduce((most, one) => ({
    input: Math.max(most.input, one.input),
    output: Math.max(most.output, one.output),
    cacheRead: Math.max(most.cacheRead, one.cacheRead),
    cacheWrite: Math.max(most.cacheWrite, one.cacheWrite)
  }))

/** Of a model or of a dated snapshot of it, for example `gpt-5-2025-08-07`. None where `openaicompat` is the provider. */
export const listedPrice = (provider: string, model: string): Option.Option<ModelPrice> => {
  const name = model.replace(/^models\//, "")
  const undated = name.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, "")
  return Option.orElse(Record.get(prices, `${provider}/${name}`), () => Record.get(prices, `${provider}/${undated}`))
}

/** As the operator says, else as it is listed. */
export const priceOf = (settings: {
  readonly provider: string
  readonly model: string
  readonly price?: ModelPrice
}): Option.Option<ModelPrice> =>
  settings.price === undefined ? listedPrice(settings.provider, settings.model) : Option.some(settings.price)

/** By what an operator pays, for a million tokens: what is not said of caches costs what fresh tokens cost, or a quarter more. */
export const priceOfOperator = (input: number, output: number, cacheRead = input): ModelPrice =>
  price(input, output, cacheRead, input * 1.25)

/**
 * What an answer cost, in millionths of a US dollar, rounded up. None where the price is unknown, or where the
 * provider did not say how many tokens it used.
 */
export const costOf = (price: Option.Option<ModelPrice>, usage: Response.Usage): Option.Option<number> => {
  const { cacheRead = 0, cacheWrite = 0, total, uncached } = usage.inputTokens
  const output = usage.outputTokens.total
  if (Option.isNone(price) || total === undefined || output === undefined) return Option.none()
  const { long } = price.value
  const tokens = long !== undefined && total > long.abovePromptTokens ? long : price.value
  const fresh = uncached ?? Math.max(0, total - cacheRead - cacheWrite)
  const cost =
    fresh * tokens.input + cacheRead * tokens.cacheRead + cacheWrite * tokens.cacheWrite + output * tokens.output
  // NOTE: decimal prices are inexact in binary, and a cost of 3 must not be rounded up to 4.
  return Option.some(Math.ceil(Number(cost.toFixed(6))))
}
