/** What Anthropic answers, in `Response`'s form. https://platform.claude.com/docs/en/build-with-claude/streaming */
import { Effect, Option, Predicate, Schema } from "effect"
import type { Response } from "effect/ai"
import { type ModelFailure, malformed, network } from "../models/ModelFailure.ts"
import { badArguments, parseArguments, usage } from "../models/PromptParts.ts"

const Count = Schema.optional(Schema.NullOr(Schema.Int))

const Usage = Schema.Struct({
  input_tokens: Count,
  cache_creation_input_tokens: Count,
  cache_read_input_tokens: Count,
  output_tokens: Count,
  output_tokens_details: Schema.optional(Schema.NullOr(Schema.Struct({ thinking_tokens: Count })))
})
type Usage = typeof Usage.Type

/** Blocks of other types belong to tools that Anthropic runs by itself, for which we never ask. */
const Block = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }),
  Schema.Struct({ type: Schema.Literal("thinking"), thinking: Schema.String, signature: Schema.String }),
  Schema.Struct({ type: Schema.Literal("redacted_thinking"), data: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("tool_use"),
    id: Schema.String,
    name: Schema.String,
    input: Schema.Unknown
  })
])

const Message = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  content: Schema.Array(Block),
  stop_reason: Schema.NullOr(Schema.String),
  usage: Usage
})

const Event = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("message_start"),
    message: Schema.Struct({ id: Schema.String, model: Schema.String, usage: Usage })
  }),
  Schema.Struct({ type: Schema.Literal("content_block_start"), index: Schema.Int, content_block: Block }),
  Schema.Struct({
    type: Schema.Literal("content_block_delta"),
    index: Schema.Int,
    delta: Schema.Union([
      Schema.Struct({ type: Schema.Literal("text_delta"), text: Schema.String }),
      Schema.Struct({ type: Schema.Literal("thinking_delta"), thinking: Schema.String }),
      Schema.Struct({ type: Schema.Literal("signature_delta"), signature: Schema.String }),
      Schema.Struct({ type: Schema.Literal("input_json_delta"), partial_json: Schema.String }),
      Schema.Struct({ type: Schema.Literal("citations_delta") })
    ])
  }),
  Schema.Struct({ type: Schema.Literal("content_block_stop"), index: Schema.Int }),
  Schema.Struct({
    type: Schema.Literal("message_delta"),
    delta: Schema.Struct({ stop_reason: Schema.NullOr(Schema.String) }),
    usage: Usage
  }),
  Schema.Struct({ type: Schema.Literal("message_stop") })
])
type Event = typeof Event.Type

const reasons: Readonly<Record<string, Response.FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  pause_turn: "pause",
  refusal: "content-filter"
}

const usageOf = (tokens: Usage) =>
  usage({
    uncached: tokens.input_tokens ?? undefined,
    cacheRead: tokens.cache_read_input_tokens ?? undefined,
    cacheWrite: tokens.cache_creation_input_tokens ?? undefined,
    output: tokens.output_tokens ?? undefined,
    reasoning: tokens.output_tokens_details?.thinking_tokens ?? undefined
  })

const finish = (stopReason: string | null, tokens: Usage): Response.FinishPartEncoded => ({
  type: "finish",
  reason: stopReason === null ? "unknown" : (reasons[stopReason] ?? "other"),
  usage: usageOf(tokens)
})

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

const keep = (name: string, value: string) => ({ metadata: { anthropic: { [name]: value } } })

const notOfForm = (error: Schema.SchemaError) => malformed(`not a message of Anthropic's form: ${error.message}`)

/** A whole answer. */
export const partsOf = (body: unknown): Effect.Effect<Array<Response.PartEncoded>, ModelFailure> =>
  Effect.mapBoth(Schema.decodeUnknownEffect(Message)(body), {
    onFailure: notOfForm,
    onSuccess: (message) => [
      start(message),
      ...message.content.map((block): Response.PartEncoded => {
        switch (block.type) {
          case "text":
            return { type: "text", text: block.text }
          case "thinking":
            return { type: "reasoning", text: block.thinking, ...keep("signature", block.signature) }
          case "redacted_thinking":
            return { type: "reasoning", text: "", ...keep("redacted", block.data) }
          case "tool_use":
            return { type: "tool-call", id: block.id, name: block.name, params: block.input }
        }
      }),
      finish(message.stop_reason, message.usage)
    ]
  })

interface OpenBlock {
  readonly type: (typeof Block.Type)["type"]
  readonly id: string
  readonly name: string
  readonly json: string
}

/** What has been read of a stream so far. */
export interface Reading {
  readonly blocks: ReadonlyMap<number, OpenBlock>
  readonly usage: Usage
  /** Tools whose arguments are no JSON: right where the answer was cut short, and else not. */
  readonly broken: ReadonlyArray<string>
  readonly stopped: boolean
}

export const unread: Reading = { blocks: new Map(), usage: {}, broken: [], stopped: false }

type Parts = ReadonlyArray<Response.StreamPartEncoded>

const opened = (block: typeof Block.Type, index: number): { readonly open: OpenBlock; readonly parts: Parts } => {
  const id = block.type === "tool_use" ? block.id : String(index)
  const open = { type: block.type, id, name: block.type === "tool_use" ? block.name : "", json: "" }
  switch (block.type) {
    case "text": {
      const first: Parts = block.text === "" ? [] : [{ type: "text-delta", id, delta: block.text }]
      return { open, parts: [{ type: "text-start", id }, ...first] }
    }
    case "thinking":
      return { open, parts: [{ type: "reasoning-start", id }] }
    case "redacted_thinking":
      return { open, parts: [{ type: "reasoning-start", id, ...keep("redacted", block.data) }] }
    case "tool_use":
      return { open, parts: [{ type: "tool-params-start", id, name: block.name }] }
  }
}

const closed = (block: OpenBlock): { readonly parts: Parts; readonly broken: ReadonlyArray<string> } => {
  const { id, name } = block
  if (block.type === "text") return { parts: [{ type: "text-end", id }], broken: [] }
  if (block.type !== "tool_use") return { parts: [{ type: "reasoning-end", id }], broken: [] }
  return Option.match(parseArguments(block.json), {
    onNone: () => ({ parts: [{ type: "tool-params-end", id }], broken: [name] }),
    onSome: (params) => ({
      parts: [
        { type: "tool-params-end", id },
        { type: "tool-call", id, name, params }
      ],
      broken: []
    })
  })
}

const merged = (before: Usage, now: Usage): Usage => ({
  input_tokens: now.input_tokens ?? before.input_tokens,
  cache_creation_input_tokens: now.cache_creation_input_tokens ?? before.cache_creation_input_tokens,
  cache_read_input_tokens: now.cache_read_input_tokens ?? before.cache_read_input_tokens,
  output_tokens: now.output_tokens ?? before.output_tokens,
  output_tokens_details: now.output_tokens_details ?? before.output_tokens_details
})

const deltaParts = (block: OpenBlock, delta: Extract<Event, { type: "content_block_delta" }>["delta"]): Parts => {
  const { id } = block
  switch (delta.type) {
    case "text_delta":
      return [{ type: "text-delta", id, delta: delta.text }]
    case "thinking_delta":
      return [{ type: "reasoning-delta", id, delta: delta.thinking }]
    case "signature_delta":
      return [{ type: "reasoning-delta", id, delta: "", ...keep("signature", delta.signature) }]
    case "input_json_delta":
      return [{ type: "tool-params-delta", id, delta: delta.partial_json }]
    case "citations_delta":
      return []
  }
}

const withBlock = (reading: Reading, index: number, block: OpenBlock): Reading => ({
  ...reading,
  blocks: new Map(reading.blocks).set(index, block)
})

const step = (reading: Reading, event: Event): Effect.Effect<readonly [Reading, Parts], ModelFailure> => {
  switch (event.type) {
    case "message_start":
      return Effect.succeed([{ ...reading, usage: event.message.usage }, [start(event.message)]])
    case "content_block_start": {
      const { open, parts } = opened(event.content_block, event.index)
      return Effect.succeed([withBlock(reading, event.index, open), parts])
    }
    case "content_block_delta": {
      const block = reading.blocks.get(event.index)
      if (block === undefined) return Effect.fail(malformed(`a delta of block ${event.index}, which has not begun`))
      const parts = deltaParts(block, event.delta)
      if (event.delta.type !== "input_json_delta") return Effect.succeed([reading, parts])
      return Effect.succeed([
        withBlock(reading, event.index, { ...block, json: block.json + event.delta.partial_json }),
        parts
      ])
    }
    case "content_block_stop": {
      const block = reading.blocks.get(event.index)
      if (block === undefined) return Effect.fail(malformed(`the end of block ${event.index}, which has not begun`))
      const { broken, parts } = closed(block)
      return Effect.succeed([{ ...reading, broken: [...reading.broken, ...broken] }, parts])
    }
    case "message_delta": {
      const tokens = merged(reading.usage, event.usage)
      const end = finish(event.delta.stop_reason, tokens)
      const [broken] = reading.broken
      if (broken !== undefined && end.reason !== "length") return Effect.fail(badArguments(broken))
      return Effect.succeed([{ ...reading, usage: tokens, stopped: true }, [end]])
    }
    case "message_stop":
      return Effect.succeed([reading, []])
  }
}

const known = new Set<string>(Event.members.map(({ fields }) => fields.type.literal))

/** One event of a stream. Types that are not known are passed over, as Anthropic asks. */
export const read = (reading: Reading, body: unknown): Effect.Effect<readonly [Reading, Parts], ModelFailure> => {
  if (Predicate.hasProperty(body, "type") && typeof body.type === "string" && !known.has(body.type)) {
    return Effect.succeed([reading, []])
  }
  return Effect.flatMap(Effect.mapError(Schema.decodeUnknownEffect(Event)(body), notOfForm), (event) =>
    step(reading, event)
  )
}

/** A stream that ends without its finish has broken off. */
export const ended = ({ stopped }: Reading): Effect.Effect<Parts, ModelFailure> =>
  stopped ? Effect.succeed([]) : Effect.fail(network("the answer broke off"))
