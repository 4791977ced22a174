/** What Chat Completions answers, in `Response`'s form. */
import { Effect, Option, Schema } from "effect"
import type { Response } from "effect/ai"
import { type ModelFailure, malformed, network } from "../models/ModelFailure.ts"
import { badArguments, parseArguments, usage } from "../models/PromptParts.ts"

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

const Usage = Schema.Struct({
  prompt_tokens: Schema.Int,
  completion_tokens: Schema.Int,
  prompt_tokens_details: optional(
    Schema.Struct({ cached_tokens: optional(Schema.Int), cache_write_tokens: optional(Schema.Int) })
  ),
  completion_tokens_details: optional(Schema.Struct({ reasoning_tokens: optional(Schema.Int) }))
})

const Completion = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  choices: Schema.NonEmptyArray(
    Schema.Struct({
      finish_reason: optional(Schema.String),
      message: Schema.Struct({
        content: optional(Schema.String),
        refusal: optional(Schema.String),
        tool_calls: optional(
          Schema.Array(
            Schema.Struct({
              id: Schema.String,
              function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
            })
          )
        )
      })
    })
  ),
  usage: optional(Usage)
})

const Chunk = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  choices: Schema.Array(
    Schema.Struct({
      finish_reason: optional(Schema.String),
      delta: Schema.Struct({
        content: optional(Schema.String),
        refusal: optional(Schema.String),
        tool_calls: optional(
          Schema.Array(
            Schema.Struct({
              index: Schema.Int,
              id: optional(Schema.String),
              function: optional(Schema.Struct({ name: optional(Schema.String), arguments: optional(Schema.String) }))
            })
          )
        )
      })
    })
  ),
  usage: optional(Usage)
})
type Chunk = typeof Chunk.Type

const reasons: Readonly<Record<string, Response.FinishReason>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter"
}

// NOTE: `prompt_tokens` has what was read from the cache and written to it in it; effect's parts are apart.
const usageOf = (tokens: typeof Usage.Type | null | undefined) => {
  const cacheRead = tokens?.prompt_tokens_details?.cached_tokens ?? undefined
  const cacheWrite = tokens?.prompt_tokens_details?.cache_write_tokens ?? undefined
  return usage({
    uncached:
      tokens === null || tokens === undefined
        ? undefined
        : Math.max(0, tokens.prompt_tokens - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    cacheRead,
    cacheWrite,
    output: tokens?.completion_tokens,
    reasoning: tokens?.completion_tokens_details?.reasoning_tokens ?? undefined
  })
}

const reasonOf = (reason: string | null | undefined, refused: boolean, called: boolean): Response.FinishReason => {
  if (refused) return "content-filter"
  // NOTE: asked for one tool by name, the API says `stop` after its call.
  if (called && reason === "stop") return "tool-calls"
  return reason === null || reason === undefined ? "unknown" : (reasons[reason] ?? "other")
}

const start = ({
  id,
  model
}: {
  readonly id: string
  readonly model: string
}): Response.ResponseMetadataPartEncoded => ({
  type: "response-metadata",
  id,
  modelId: model
})

const notOfForm = (error: Schema.SchemaError) => malformed(`not of the form of Chat Completions: ${error.message}`)

const argumentsOf = (name: string, text: string, cut: boolean) => {
  const params = parseArguments(text)
  if (Option.isSome(params)) return Effect.succeed(params)
  return cut ? Effect.succeedNone : Effect.fail(badArguments(name))
}

/** A whole answer. A call whose arguments were cut short is left out: the finish says that the answer was. */
export const partsOf = Effect.fnUntraced(function* (body: unknown) {
  const completion = yield* Effect.mapError(Schema.decodeUnknownEffect(Completion)(body), notOfForm)
  const [{ finish_reason, message }] = completion.choices
  const calls = message.tool_calls ?? []
  const reason = reasonOf(finish_reason, (message.refusal ?? "") !== "", calls.length > 0)
  const parts: Array<Response.PartEncoded> = [start(completion)]
  const text = message.content ?? message.refusal ?? ""
  if (text !== "") parts.push({ type: "text", text })
  for (const { function: called, id } of calls) {
    const params = yield* argumentsOf(called.name, called.arguments, reason === "length")
    if (Option.isSome(params)) parts.push({ type: "tool-call", id, name: called.name, params: params.value })
  }
  parts.push({ type: "finish", reason, usage: usageOf(completion.usage) })
  return parts
})

interface OpenCall {
  readonly id: string
  readonly name: string
  readonly json: string
}

/** What has been read of a stream so far. */
export interface Reading {
  readonly started: boolean
  readonly text: boolean
  readonly refused: boolean
  readonly calls: ReadonlyMap<number, OpenCall>
  readonly finishReason: string | undefined
  readonly usage: typeof Usage.Type | null | undefined
}

export const unread: Reading = {
  started: false,
  text: false,
  refused: false,
  calls: new Map(),
  finishReason: undefined,
  usage: undefined
}

type Parts = ReadonlyArray<Response.StreamPartEncoded>

const textId = "text"

type CallDelta = NonNullable<NonNullable<Chunk["choices"][number]["delta"]["tool_calls"]>[number]>

const callOf = (
  calls: Map<number, OpenCall>,
  delta: CallDelta,
  parts: Array<Response.StreamPartEncoded>
): Effect.Effect<void, ModelFailure> => {
  const json = delta.function?.arguments ?? ""
  const before = calls.get(delta.index)
  const id = before?.id ?? delta.id ?? ""
  const name = before?.name ?? delta.function?.name ?? ""
  if (id === "" || name === "") return Effect.fail(malformed("a tool call without an id or a name"))
  if (before === undefined) parts.push({ type: "tool-params-start", id, name })
  if (json !== "") parts.push({ type: "tool-params-delta", id, delta: json })
  calls.set(delta.index, { id, name, json: (before?.json ?? "") + json })
  return Effect.void
}

/** One chunk of a stream. */
export const read = Effect.fnUntraced(function* (reading: Reading, body: unknown) {
  const chunk = yield* Effect.mapError(Schema.decodeUnknownEffect(Chunk)(body), notOfForm)
  const parts: Array<Response.StreamPartEncoded> = reading.started ? [] : [start(chunk)]
  const [choice] = chunk.choices
  const calls = new Map(reading.calls)
  const text = choice?.delta.content ?? choice?.delta.refusal ?? ""
  if (text !== "") {
    if (!reading.text) parts.push({ type: "text-start", id: textId })
    parts.push({ type: "text-delta", id: textId, delta: text })
  }
  for (const delta of choice?.delta.tool_calls ?? []) yield* callOf(calls, delta, parts)
  const next: Reading = {
    started: true,
    text: reading.text || text !== "",
    refused: reading.refused || (choice?.delta.refusal ?? "") !== "",
    calls,
    finishReason: choice?.finish_reason ?? reading.finishReason,
    usage: chunk.usage ?? reading.usage
  }
  const result: readonly [Reading, Parts] = [next, parts]
  return result
})

/** The calls and the finish: both are known only when the stream has ended. */
export const ended = Effect.fnUntraced(function* (reading: Reading): Effect.fn.Return<Parts, ModelFailure> {
  if (reading.finishReason === undefined) return yield* network("the answer broke off")
  const reason = reasonOf(reading.finishReason, reading.refused, reading.calls.size > 0)
  const parts: Array<Response.StreamPartEncoded> = reading.text ? [{ type: "text-end", id: textId }] : []
  for (const { id, json, name } of reading.calls.values()) {
    parts.push({ type: "tool-params-end", id })
    const params = yield* argumentsOf(name, json, reason === "length")
    if (Option.isSome(params)) parts.push({ type: "tool-call", id, name, params: params.value })
  }
  return [...parts, { type: "finish", reason, usage: usageOf(reading.usage) }]
})
