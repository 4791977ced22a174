/** A prompt in the form of Anthropic's Messages API. https://platform.claude.com/docs/en/api/messages */
import type Anthropic from "@anthropic-ai/sdk"
import { Effect, Option } from "effect"
import { AnthropicStructuredOutput, type LanguageModel, type Prompt } from "effect/ai"
import type { ModelFailure } from "../models/ModelFailure.ts"
import {
  fileSource,
  kept,
  objectSchema,
  resultText,
  type ToolDefinition,
  toolDefinitions,
  unreadable
} from "../models/PromptParts.ts"
import type { TokenInput } from "../models/VendorModel.ts"

type Block = Anthropic.Messages.ContentBlockParam

const cacheControl = { type: "ephemeral" } as const

const imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"] as const

const fileBlock = (part: Prompt.FilePart): Effect.Effect<Block, ModelFailure> => {
  const source = fileSource(part)
  const imageType = imageTypes.find((type) => type === part.mediaType)
  if (imageType !== undefined || (part.mediaType === "image/*" && source._tag === "Address")) {
    return source._tag === "Address"
      ? Effect.succeed({ type: "image", source: { type: "url", url: source.url } })
      : Effect.succeed({
          type: "image",
          source: { type: "base64", media_type: imageType ?? "image/png", data: source.base64 }
        })
  }
  if (part.mediaType !== "application/pdf") return Effect.fail(unreadable("anthropic", part))
  return source._tag === "Address"
    ? Effect.succeed({ type: "document", source: { type: "url", url: source.url } })
    : Effect.succeed({
        type: "document",
        source: { type: "base64", media_type: "application/pdf", data: source.base64 }
      })
}

// NOTE: thinking goes back as it came, with its signature; without one the API refuses it, and does not need it.
const thinkingBlock = (part: Prompt.ReasoningPart): ReadonlyArray<Block> => {
  const data = kept(part, "anthropic", "redacted")
  if (data !== undefined) return [{ type: "redacted_thinking", data }]
  const signature = kept(part, "anthropic", "signature")
  return signature === undefined ? [] : [{ type: "thinking", thinking: part.text, signature }]
}

const blocksOf = (message: Prompt.Message): Effect.Effect<ReadonlyArray<Block>, ModelFailure> => {
  if (message.role === "system") return Effect.succeed([])
  const parts: ReadonlyArray<Prompt.Part> = message.content
  return Effect.map(
    Effect.forEach(parts, (part): Effect.Effect<ReadonlyArray<Block>, ModelFailure> => {
      switch (part.type) {
        case "text":
          // NOTE: the API refuses empty texts.
          return Effect.succeed(part.text.trim() === "" ? [] : [{ type: "text", text: part.text }])
        case "reasoning":
          return Effect.succeed(thinkingBlock(part))
        case "file":
          return Effect.map(fileBlock(part), (block) => [block])
        case "tool-call":
          return Effect.succeed([{ type: "tool_use", id: part.id, name: part.name, input: part.params }])
        case "tool-result":
          return Effect.succeed([
            {
              type: "tool_result",
              tool_use_id: part.id,
              content: resultText(part),
              ...(part.isFailure ? { is_error: true } : {})
            }
          ])
        default:
          return Effect.succeed([])
      }
    }),
    (blocks) => blocks.flat()
  )
}

/** The end of the conversation so far: the next request begins with the same, and reads it from the cache. */
const cached = (block: Block): Block =>
  block.type === "thinking" || block.type === "redacted_thinking" ? block : { ...block, cache_control: cacheControl }

const conversation = Effect.fnUntraced(function* (prompt: Prompt.Prompt) {
  const messages: Array<{ readonly role: "user" | "assistant"; readonly content: Array<Block> }> = []
  for (const message of prompt.content) {
    const blocks = yield* blocksOf(message)
    if (blocks.length === 0) continue
    const role = message.role === "assistant" ? "assistant" : "user"
    const last = messages.at(-1)
    // NOTE: results of tools and what a user says after them are one message to the API.
    if (last?.role === role) last.content.push(...blocks)
    else messages.push({ role, content: [...blocks] })
  }
  const content = messages.at(-1)?.content
  const last = content?.at(-1)
  if (content !== undefined && last !== undefined) content[content.length - 1] = cached(last)
  return messages
})

const systemOf = (prompt: Prompt.Prompt): Array<Anthropic.Messages.TextBlockParam> => {
  const texts = prompt.content.flatMap((message) =>
    message.role === "system" && message.content.trim() !== "" ? [message.content] : []
  )
  return texts.map((text, index) => ({
    type: "text",
    text,
    ...(index === texts.length - 1 ? { cache_control: cacheControl } : {})
  }))
}

const toolsOf = (tools: ReadonlyArray<ToolDefinition>): Array<Anthropic.Messages.Tool> =>
  tools.map(({ description, name, schema }, index) => ({
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: { ...schema, type: "object" },
    ...(index === tools.length - 1 ? { cache_control: cacheControl } : {})
  }))

const choiceOf = (choice: LanguageModel.ProviderOptions["toolChoice"]): Anthropic.Messages.ToolChoice => {
  if (choice === "auto") return { type: "auto" }
  if (choice === "none") return { type: "none" }
  if (choice === "required") return { type: "any" }
  if ("tool" in choice) return { type: "tool", name: choice.tool }
  return { type: choice.mode === "required" ? "any" : "auto" }
}

/** What a count and an answer have in common. Tools, system prompt and conversation are marked for the cache, in this order. */
export const inputOf = Effect.fnUntraced(function* ({ prompt, tools }: TokenInput) {
  const system = systemOf(prompt)
  const definitions = toolsOf(yield* toolDefinitions(tools))
  return {
    messages: yield* conversation(prompt),
    ...(system.length === 0 ? {} : { system }),
    ...(definitions.length === 0 ? {} : { tools: definitions })
  }
})

/** The body of a request for an answer. */
export const requestOf = Effect.fnUntraced(function* (
  options: LanguageModel.ProviderOptions,
  model: string,
  maxOutputTokens: number
) {
  const object = yield* objectSchema(options, AnthropicStructuredOutput.toCodecAnthropic)
  return {
    model,
    max_tokens: maxOutputTokens,
    ...(yield* inputOf(options)),
    ...(options.tools.length === 0 ? {} : { tool_choice: choiceOf(options.toolChoice) }),
    ...Option.match(object, {
      onNone: () => ({}),
      onSome: ({ schema }) => ({ output_config: { format: { type: "json_schema" as const, schema } } })
    })
  }
})
