/** What Gemini answers, in `Response`'s form. https://ai.google.dev/api/generate-content */
import { Effect, Schema } from "effect"
import { AiError, IdGenerator, type Response } from "effect/ai"
import { ModelFailure, malformed, network } from "../models/ModelFailure.ts"
import { badArguments, usage } from "../models/PromptParts.ts"

const Usage = Schema.Struct({
  promptTokenCount: Schema.optional(Schema.Int),
  cachedContentTokenCount: Schema.optional(Schema.Int),
  candidatesTokenCount: Schema.optional(Schema.Int),
  thoughtsTokenCount: Schema.optional(Schema.Int)
})

const Part = Schema.Struct({
  text: Schema.optional(Schema.String),
  thought: Schema.optional(Schema.Boolean),
  thoughtSignature: Schema.optional(Schema.String),
  functionCall: Schema.optional(
    Schema.Struct({
      id: Schema.optional(Schema.String),
      name: Schema.String,
      args: Schema.optional(Schema.Record(Schema.String, Schema.Unknown))
    })
  )
})
type Part = typeof Part.Type

/** One answer, and equally one chunk of a stream. */
const Answer = Schema.Struct({
  responseId: Schema.optional(Schema.String),
  modelVersion: Schema.optional(Schema.String),
  candidates: Schema.optional(
    Schema.Array(
      Schema.Struct({
        content: Schema.optional(Schema.Struct({ parts: Schema.optional(Schema.Array(Part)) })),
        finishReason: Schema.optional(Schema.String)
      })
    )
  ),
  promptFeedback: Schema.optional(Schema.Struct({ blockReason: Schema.optional(Schema.String) })),
  usageMetadata: Schema.optional(Usage)
})
type Answer = typeof Answer.Type

const reasons: Readonly<Record<string, Response.FinishReason>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  CONTINUATION: "pause",
  SAFETY: "content-filter",
  RECITATION: "content-filter",
  BLOCKLIST: "content-filter",
  PROHIBITED_CONTENT: "content-filter",
  SPII: "content-filter",
  LANGUAGE: "other",
  OTHER: "other",
  MALFORMED_RESPONSE: "error"
}

// NOTE: what it thinks is billed as output, and counted apart from it.
const usageOf = (tokens: typeof Usage.Type | undefined) => {
  const { cachedContentTokenCount, candidatesTokenCount, promptTokenCount, thoughtsTokenCount } = tokens ?? {}
  return usage({
    uncached:
      promptTokenCount === undefined ? undefined : Math.max(0, promptTokenCount - (cachedContentTokenCount ?? 0)),
    cacheRead: cachedContentTokenCount,
    output: promptTokenCount === undefined ? undefined : (candidatesTokenCount ?? 0) + (thoughtsTokenCount ?? 0),
    reasoning: thoughtsTokenCount
  })
}

const finish = (reading: Reading): Response.FinishPartEncoded => {
  const reason = reading.finishReason === undefined ? "unknown" : (reasons[reading.finishReason] ?? "other")
  return {
    type: "finish",
    reason: reading.called && reason === "stop" ? "tool-calls" : reason,
    usage: usageOf(reading.usage)
  }
}

const keep = (part: Pick<Part, "thoughtSignature">) =>
  part.thoughtSignature === undefined ? {} : { metadata: { gemini: { thoughtSignature: part.thoughtSignature } } }

const decode = (body: unknown): Effect.Effect<Answer, ModelFailure> =>
  Effect.flatMap(
    Effect.mapError(Schema.decodeUnknownEffect(Answer)(body), (error) =>
      malformed(`not of the form of the Gemini API: ${error.message}`)
    ),
    (answer) => {
      const blocked = answer.promptFeedback?.blockReason
      if (blocked !== undefined && (answer.candidates ?? []).length === 0) {
        const description = `the prompt was blocked (${blocked})`
        return Effect.fail(new ModelFailure({ reason: new AiError.ContentPolicyError({ description }) }))
      }
      const reason = answer.candidates?.[0]?.finishReason
      return reason === "MALFORMED_FUNCTION_CALL" || reason === "UNEXPECTED_TOOL_CALL"
        ? Effect.fail(badArguments("unknown"))
        : Effect.succeed(answer)
    }
  )

const start = ({ modelVersion, responseId }: Answer): Response.ResponseMetadataPartEncoded => ({
  type: "response-metadata",
  ...(responseId === undefined ? {} : { id: responseId }),
  ...(modelVersion === undefined ? {} : { modelId: modelVersion })
})

const newId = Effect.flatMap(IdGenerator.IdGenerator, ({ generateId }) => generateId())

const toolCall = Effect.fnUntraced(function* (part: Part, called: NonNullable<Part["functionCall"]>) {
  // NOTE: of calls without an id we make one up, for the result to refer to.
  const id = called.id ?? (yield* newId)
  return { type: "tool-call" as const, id, name: called.name, params: called.args ?? {}, ...keep(part) }
})

interface OpenBlock {
  readonly type: "text" | "reasoning"
  readonly id: string
  readonly signature: string | undefined
}

/** What has been read of a stream so far. */
export interface Reading {
  readonly started: boolean
  /** The block that is open, with the signature that goes back with it. */
  readonly block: OpenBlock | undefined
  readonly blocks: number
  readonly called: boolean
  readonly finishReason: string | undefined
  readonly usage: typeof Usage.Type | undefined
}

export const unread: Reading = {
  started: false,
  block: undefined,
  blocks: 0,
  called: false,
  finishReason: undefined,
  usage: undefined
}

type Parts = ReadonlyArray<Response.StreamPartEncoded>

const end = (block: OpenBlock | undefined): Parts => {
  if (block === undefined) return []
  const { id, signature: thoughtSignature, type } = block
  return [{ type: type === "text" ? "text-end" : "reasoning-end", id, ...keep({ thoughtSignature }) }]
}

const begin = ({ id, type }: OpenBlock): Response.StreamPartEncoded =>
  type === "text" ? { type: "text-start", id } : { type: "reasoning-start", id }

const delta = ({ id, type }: OpenBlock, text: string): Response.StreamPartEncoded =>
  type === "text" ? { type: "text-delta", id, delta: text } : { type: "reasoning-delta", id, delta: text }

const readPart = Effect.fnUntraced(function* (reading: Reading, part: Part) {
  const { functionCall, text = "" } = part
  if (functionCall !== undefined) {
    const call = yield* toolCall(part, functionCall)
    const { id, name } = call
    const parts: Parts = [
      ...end(reading.block),
      { type: "tool-params-start", id, name },
      { type: "tool-params-delta", id, delta: JSON.stringify(call.params) },
      { type: "tool-params-end", id },
      call
    ]
    const next: Reading = { ...reading, block: undefined, called: true }
    return [next, parts] as const
  }
  const before = reading.block
  const type = part.thought === true ? "reasoning" : "text"
  const signature = part.thoughtSignature
  if (text === "") {
    // NOTE: the signature of a text may come alone, after it.
    const block = before === undefined || signature === undefined ? before : { ...before, signature }
    const next: Reading = { ...reading, block }
    return [next, []] as const
  }
  if (before?.type === type) {
    const block = { ...before, signature: signature ?? before.signature }
    const next: Reading = { ...reading, block }
    return [next, [delta(block, text)]] as const
  }
  const block: OpenBlock = { type, id: String(reading.blocks), signature }
  const next: Reading = { ...reading, block, blocks: reading.blocks + 1 }
  const parts: Parts = [...end(before), begin(block), delta(block, text)]
  return [next, parts] as const
})

/** One chunk of a stream. A tool call comes whole: Gemini does not send its arguments piece by piece. */
export const read = Effect.fnUntraced(function* (before: Reading, body: unknown) {
  const answer = yield* decode(body)
  const candidate = answer.candidates?.[0]
  const parts: Array<Response.StreamPartEncoded> = before.started ? [] : [start(answer)]
  let reading: Reading = {
    ...before,
    started: true,
    finishReason: candidate?.finishReason ?? before.finishReason,
    usage: answer.usageMetadata ?? before.usage
  }
  for (const part of candidate?.content?.parts ?? []) {
    const [next, made] = yield* readPart(reading, part)
    reading = next
    parts.push(...made)
  }
  const result: readonly [Reading, Parts] = [reading, parts]
  return result
})

/** The finish: its usage is complete only when the stream has ended. */
export const ended = (reading: Reading): Effect.Effect<Parts, ModelFailure> =>
  reading.finishReason === undefined
    ? Effect.fail(network("the answer broke off"))
    : Effect.succeed([...end(reading.block), finish(reading)])

/** A whole answer. */
export const partsOf = Effect.fnUntraced(function* (body: unknown) {
  const answer = yield* decode(body)
  const candidate = answer.candidates?.[0]
  if (candidate === undefined) return yield* malformed("an answer without a candidate")
  const parts: Array<Response.PartEncoded> = [start(answer)]
  for (const part of candidate.content?.parts ?? []) {
    if (part.functionCall !== undefined) parts.push(yield* toolCall(part, part.functionCall))
    else if (part.text !== undefined && part.text !== "") {
      parts.push({ type: part.thought === true ? "reasoning" : "text", text: part.text, ...keep(part) })
    }
  }
  const called = parts.some(({ type }) => type === "tool-call")
  parts.push(finish({ ...unread, called, finishReason: candidate.finishReason, usage: answer.usageMetadata }))
  return parts
})
