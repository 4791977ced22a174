/** Model calls within budgets, each recorded in its turn. */
import { Clock, Duration, Effect, Schema } from "effect"
import { type AiError, LanguageModel, type Prompt, Tool } from "effect/ai"
import { Digest } from "effect/crypto"
import { AgentModel } from "./AgentModel.ts"
import type { AgentTool } from "./AgentTool.ts"
import { Budget, type BudgetUse, TurnBudgetSpent, warnAt } from "./Budget.ts"
import { amountOf } from "./BudgetWords.ts"
import * as ModelAnswers from "./internal/modelAnswers.ts"
import { harmless, visible, withoutSecrets } from "./OutsideText.ts"
import { estimateTokens } from "./Prompting.ts"
import type { ModelEntry, Spent, Turn } from "./Turn.ts"
import type { TurnRecord } from "./TurnRecord.ts"
import { TurnStore } from "./TurnStore.ts"

/** The provider is away or busy. The turn goes on after a while. */
export class ProviderAway extends Schema.TaggedError<ProviderAway>()("ProviderAway", {
  detail: Schema.String,
  retryAfter: Schema.DurationFromMillis
}) {}

/** The model cannot or will not answer, or its answer cannot be used; again would be the same. `message` is for the asker. */
export class ModelRefused extends Schema.TaggedError<ModelRefused>()("ModelRefused", { message: Schema.String }) {}

/** More than any tool takes. */
const maxParamCharacters = 60_000

/** What `LLM_MAX_OUTPUT_TOKENS` is by default: no answer is longer. */
const maxOutputTokens = 16_384

/** Of any text in any language: a reservation is better too large than too small, and is given back. */
const mostTokens = (text: string): number => Math.ceil(new TextEncoder().encode(text).length / 2.5)

/** What a vendor counts of tools besides the prompt. */
const toolsText = (tools: ReadonlyArray<AgentTool>): string =>
  JSON.stringify(tools.map(({ definition, name }) => [name, definition.description, Tool.getJsonSchema(definition)]))

const promptText = (prompt: Prompt.Prompt): string => JSON.stringify(prompt.content)

const fromAiError = (error: AiError.AiError): ProviderAway | ModelRefused =>
  ModelAnswers.isPassing(error)
    ? new ProviderAway({ detail: error.message, retryAfter: error.retryAfter ?? Duration.seconds(15) })
    : new ModelRefused({ message: refusalOf(error.reason) })

const refusalOf = (reason: AiError.AiErrorReason): string =>
  reason._tag === "AuthenticationError" && reason.kind === "MissingKey"
    ? "I have no language model to think with. An operator must set LLM_API_KEY; then ask again."
    : (refusals[reason._tag] ?? "The model did not accept the request.")

const refusals: Partial<Record<AiError.AiError["reason"]["_tag"], string>> = {
  AuthenticationError:
    "The model's provider does not accept our key. An operator must look at LLM_API_KEY; then ask again.",
  QuotaExhaustedError:
    "The account at the model's provider has no credit left. An operator must add some; then ask again.",
  ContentPolicyError: "The model's provider refused this for its content.",
  InvalidOutputError: "The model's answer could not be read. Asking again may help.",
  StructuredOutputError: "The model's answer could not be read. Asking again may help."
}

const isJson = Schema.is(Schema.Json)

export const make = Effect.gen(function* () {
  const budget = yield* Budget
  const digest = yield* Digest.Digest
  const languageModel = yield* LanguageModel.LanguageModel
  const answers = ModelAnswers.make(languageModel)
  const { answered, dearest, price } = yield* AgentModel
  const store = yield* TurnStore

  /** What the turn has used of each of its own limits, those that it was granted more of included. */
  const ownUses = ({ granted, microDollars, modelCalls, tokens, toolCalls }: TurnRecord) => {
    const { turn } = budget.limits
    const all = [
      ["model calls", modelCalls, turn.modelCalls],
      ["tool calls", toolCalls, turn.toolCalls],
      ["tokens", tokens, turn.tokens],
      ["money", microDollars, turn.microDollars]
    ] as const
    return all.flatMap(([unit, spent, more]) => {
      if (more === null) return []
      const own = granted.filter((one) => one.scope === "turn" && one.unit === unit)
      return [{ unit, spent, limit: own.reduce((sum, one) => sum + one.more, more), more }]
    })
  }

  const checkTurn = (record: TurnRecord) => {
    const spent = ownUses(record).find((use) => use.spent >= use.limit)
    return spent === undefined ? Effect.void : new TurnBudgetSpent(spent)
  }

  const warn = (turn: Turn, record: TurnRecord, uses: ReadonlyArray<BudgetUse>) => {
    const warnings = [
      ...uses.map(({ day, key, scope }) => ({
        _tag: "Warned" as const,
        budget: `${scope} ${key}`,
        detail: `More than four fifths of the ${scope}'s budget of ${day} are spent.`
      })),
      ...ownUses(record)
        .filter(({ limit, spent }) => spent >= limit * warnAt)
        .map(({ limit, spent, unit }) => ({
          _tag: "Warned" as const,
          budget: `turn ${unit}`,
          detail: `This request has used ${amountOf(unit, spent)} of ${amountOf(unit, limit)}.`
        }))
    ].filter(({ budget: name }) => !record.warnings.has(name))
    return warnings.length === 0 ? Effect.void : store.append(turn.id, warnings)
  }

  /** Reserves, calls, settles, records. A crash in between repeats the call under the same reservation. */
  const recorded = Effect.fnUntraced(function* <E, R>(
    turn: Turn,
    record: TurnRecord,
    purpose: (typeof ModelEntry.Type)["purpose"],
    prompt: Prompt.Prompt,
    call: Effect.Effect<ModelAnswers.Answer, E, R>,
    tools: ReadonlyArray<AgentTool> = []
  ) {
    yield* checkTurn(record)
    const text = promptText(prompt)
    const reservation = `${turn.id}/${record.modelCalls + 1}`
    const expected = { inputTokens: mostTokens(text + toolsText(tools)), outputTokens: maxOutputTokens }
    const bound = {
      tokens: expected.inputTokens + expected.outputTokens,
      microDollars: price(expected) ?? dearest(expected)
    }
    const warnings = yield* budget.reserve(reservation, turn, bound, record.granted)
    yield* warn(turn, record, warnings)
    const begunMs = yield* Clock.currentTimeMillis
    // NOTE: a call that was interrupted keeps its reservation: the vendor may have counted it.
    const answer = yield* Effect.tapError(call, () => budget.settle(reservation, { tokens: 0, microDollars: 0 }))
    const { inputTokens, outputTokens } = answer.usage
    const { microDollars, model, provider } = answered(answer.parts)
    const tokens = {
      inputTokens: inputTokens.total ?? expected.inputTokens,
      outputTokens: outputTokens.total ?? estimateTokens(answer.text)
    }
    const counted = microDollars ?? dearest(tokens)
    const spent: Spent = {
      ...tokens,
      cachedTokens: inputTokens.cacheRead ?? 0,
      microDollars: microDollars ?? null,
      ...(microDollars === undefined ? { countedMicroDollars: counted } : {})
    }
    yield* budget.settle(reservation, { tokens: tokens.inputTokens + tokens.outputTokens, microDollars: counted })
    yield* store.append(turn.id, [
      {
        _tag: "Model",
        purpose,
        provider,
        model,
        promptDigest: yield* digest.digestHex(Digest.sha256, new TextEncoder().encode(text)),
        text: withoutSecrets(visible(answer.text)),
        calls: answer.calls.map(({ name, params }, index) => ({
          // NOTE: not all vendors' ids are unique over several answers.
          id: `${record.modelCalls + 1}.${index + 1}`,
          tool: name,
          // NOTE: from here on they are what is judged, shown, run and recorded.
          params: isJson(params) ? harmless(params, maxParamCharacters) : null
        })),
        spent,
        durationMs: (yield* Clock.currentTimeMillis) - begunMs
      }
    ])
  })

  return {
    /** Text, or calls of the given tools. `show` is told what is written so far, again and again, and in the end "". */
    work: (
      turn: Turn,
      record: TurnRecord,
      prompt: Prompt.Prompt,
      tools: ReadonlyArray<AgentTool>,
      show?: (written: string) => Effect.Effect<void>
    ) => {
      const request = { prompt, tools }
      const answer = show === undefined ? answers.atOnce(request) : answers.asWritten(request, show)
      return recorded(turn, record, "work", prompt, Effect.mapError(answer, fromAiError), tools)
    },
    /** One of the names, with a confidence. */
    choose: Effect.fnUntraced(function* (
      turn: Turn,
      record: TurnRecord,
      prompt: Prompt.Prompt,
      names: readonly [string, ...ReadonlyArray<string>]
    ) {
      const schema = Schema.Struct({
        specialist: Schema.Literals(names),
        confidence: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
        reason: Schema.String.annotate({ description: "One short sentence." })
      })
      let chosen: typeof schema.Type | undefined
      yield* recorded(
        turn,
        record,
        "route",
        prompt,
        languageModel.generateObject({ prompt, schema, objectName: "route" }).pipe(
          Effect.mapError(fromAiError),
          Effect.map((response) => {
            chosen = response.value
            return { text: JSON.stringify(response.value), calls: [], usage: response.usage, parts: response.content }
          })
        )
      )
      return chosen
    }),
    /** Text without tools. */
    summarise: Effect.fnUntraced(function* (turn: Turn, record: TurnRecord, prompt: Prompt.Prompt) {
      let summary = ""
      yield* recorded(
        turn,
        record,
        "summary",
        prompt,
        languageModel.generateText({ prompt }).pipe(
          Effect.mapError(fromAiError),
          Effect.map((response) => {
            summary = withoutSecrets(visible(response.text))
            return { text: summary, calls: [], usage: response.usage, parts: response.content }
          })
        )
      )
      return summary
    })
  }
})
