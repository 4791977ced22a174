/** Checks of the language model: which one answers, whether it takes our key, and whether its price is known. */
import { dearest, priceOf } from "@productbuilding/adapters/models/ModelPrices"
import { type ModelSettings, settingsConfig, type VendorSettings } from "@productbuilding/adapters/models/ModelSettings"
import { look } from "@productbuilding/adapters/models/ModelSight"
import { Config, Effect, Option } from "effect"
import type { HttpClient } from "effect/http"
import { describeConfigError } from "../ConfigMessage.ts"
import { type Check, error, ok, type Seen, warn } from "./Finding.ts"

const said = (name: string, seen: Seen): Check<never> => ({ name, look: Effect.succeed([seen]) })

const host = (url: string): string => (URL.canParse(url) ? new URL(url).host : "an address")

const called = ({ baseUrl, model, provider }: VendorSettings): string =>
  `${model} of ${provider}${baseUrl === undefined ? "" : ` at ${host(baseUrl)}`}`

const access = (settings: VendorSettings, prefix: string) =>
  Effect.map(look(settings), (sight): Seen => {
    const name = called(settings)
    switch (sight._tag) {
      case "ready":
        return ok(`${name} takes the key and is there.`)
      case "key refused":
        return error(
          `${settings.provider} does not accept the key, so the agent cannot think.`,
          `Set ${prefix}_API_KEY to a key of that provider which may use ${settings.model}.`
        )
      case "model unknown":
        return error(
          `${settings.provider} has no model ${settings.model}.`,
          `Set ${prefix}_MODEL to one that the key may use, as the provider names it.`
        )
      case "not told":
        return warn(
          `${name} answers, but does not tell whether it has the model.`,
          "Ask the agent something; `productbuilding agent list` shows how it went."
        )
      case "away":
        return warn(
          sight.status === undefined ? `${name} does not answer.` : `${name} answers ${sight.status}.`,
          `The agent waits for it. If it stays so, look at ${prefix}_BASE_URL, the network, and the provider's status page.`
        )
    }
  })

const price = (settings: VendorSettings, prefix: string): Seen =>
  Option.match(priceOf(settings), {
    onNone: () =>
      warn(
        `The price of ${called(settings)} is not known: budgets of money count $${dearest.input} and $${dearest.output} for a million tokens, as of the dearest model.`,
        `Set ${prefix}_PRICE to what you pay for a million tokens in and out, for example 2/10, or 0/0 for a model of your own.`
      ),
    onSome: ({ input, output }) => ok(`A million tokens cost $${input} in and $${output} out.`)
  })

const checksOf = (name: string, settings: VendorSettings, prefix: string): Check<HttpClient.HttpClient> => ({
  name,
  look: Effect.map(access(settings, prefix), (seen) => [seen, price(settings, prefix)])
})

const ofSettings = ({ fallback, primary }: ModelSettings): ReadonlyArray<Check<HttpClient.HttpClient>> => [
  checksOf("Model", primary, "LLM"),
  ...Option.toArray(Option.map(fallback, (second) => checksOf("Model fallback", second, "LLM_FALLBACK")))
]

/** Nothing where neither a model nor Slack, in which it would be asked, is configured. */
export const modelChecks: Effect.Effect<ReadonlyArray<Check<HttpClient.HttpClient>>> = Effect.gen(function* () {
  const read = yield* Effect.result(settingsConfig)
  if (read._tag === "Failure") {
    const { failure } = read
    const found = failure._tag === "ConfigError" ? describeConfigError(failure) : failure.message
    return [said("Model", error(found, "Correct the variable that it names."))]
  }
  if (Option.isSome(read.success)) return ofSettings(read.success.value)
  const slack = yield* Effect.option(Config.NonEmptyString("SLACK_BOT_TOKEN"))
  return Option.isNone(slack)
    ? []
    : [
        said(
          "Model",
          warn(
            "No language model is configured, so the agent answers every mention in Slack with that.",
            "Set LLM_API_KEY, and for another provider than anthropic LLM_PROVIDER and LLM_MODEL."
          )
        )
      ]
})
