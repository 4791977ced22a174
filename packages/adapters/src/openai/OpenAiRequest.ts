/** A prompt in the form of OpenAI's Chat Completions. https://developers.openai.com/api/reference/resources/chat */
import { Effect, Option } from "effect"
import { type LanguageModel, OpenAiStructuredOutput, type Prompt } from "effect/ai"
import type OpenAI from "openai"
import type { ModelFailure } from "../models/ModelFailure.ts"
import { fileSource, objectSchema, resultText, toolDefinitions, unreadable } from "../models/PromptParts.ts"

type Message = OpenAI.Chat.ChatCompletionMessageParam
type Content = OpenAI.Chat.ChatCompletionContentPart

const fileContent = (provider: string, part: Prompt.FilePart): Effect.Effect<Content, ModelFailure> => {
  if (!part.mediaType.startsWith("image/")) return Effect.fail(unreadable(provider, part))
  const source = fileSource(part)
  const url = source._tag === "Address" ? source.url : `data:${part.mediaType};base64,${source.base64}`
  return Effect.succeed({ type: "image_url", image_url: { url } })
}

const userMessage = Effect.fnUntraced(function* (provider: string, message: Prompt.UserMessage) {
  const content = yield* Effect.forEach(
    message.content,
    (part): Effect.Effect<Content, ModelFailure> =>
      part.type === "text" ? Effect.succeed({ type: "text", text: part.text }) : fileContent(provider, part)
  )
  const [only] = content
  // NOTE: not every compatible server takes a list of parts where a text will do.
  const isText = content.length === 1 && only?.type === "text"
  return [{ role: "user", content: isText ? only.text : content }] satisfies ReadonlyArray<Message>
})

const assistantMessage = (message: Prompt.AssistantMessage): ReadonlyArray<Message> => {
  const text = message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("")
  const calls = message.content.flatMap((part) =>
    part.type === "tool-call"
      ? [
          {
            id: part.id,
            type: "function" as const,
            function: { name: part.name, arguments: JSON.stringify(part.params ?? {}) }
          }
        ]
      : []
  )
  if (text === "" && calls.length === 0) return []
  return [
    { role: "assistant", content: text === "" ? null : text, ...(calls.length === 0 ? {} : { tool_calls: calls }) }
  ]
}

const toolMessages = (message: Prompt.ToolMessage): ReadonlyArray<Message> =>
  message.content.flatMap((part) =>
    part.type === "tool-result" ? [{ role: "tool", tool_call_id: part.id, content: resultText(part) }] : []
  )

const messagesOf = (provider: string, message: Prompt.Message): Effect.Effect<ReadonlyArray<Message>, ModelFailure> => {
  switch (message.role) {
    case "system":
      return Effect.succeed([{ role: "system", content: message.content }])
    case "user":
      return userMessage(provider, message)
    case "assistant":
      return Effect.succeed(assistantMessage(message))
    case "tool":
      return Effect.succeed(toolMessages(message))
  }
}

// NOTE: of `oneOf` only those tools are in the request, so its mode says the rest.
const choiceOf = (choice: LanguageModel.ProviderOptions["toolChoice"]): OpenAI.Chat.ChatCompletionToolChoiceOption => {
  if (typeof choice === "string") return choice
  if ("tool" in choice) return { type: "function", function: { name: choice.tool } }
  return choice.mode ?? "auto"
}

/** The body of a request. OpenAI caches the beginning of long prompts by itself, so the stable parts come first. */
export const requestOf = Effect.fnUntraced(function* (
  options: LanguageModel.ProviderOptions,
  settings: { readonly provider: string; readonly model: string; readonly maxOutputTokens: number }
) {
  const { maxOutputTokens, model, provider } = settings
  const tools = yield* toolDefinitions(options.tools)
  const object = yield* objectSchema(options, OpenAiStructuredOutput.toCodecOpenAI)
  const messages = yield* Effect.forEach(options.prompt.content, (message) => messagesOf(provider, message))
  return {
    model,
    messages: messages.flat(),
    // NOTE: compatible servers know the older name alone, and OpenAI's newer models the newer alone.
    ...(provider === "openai" ? { max_completion_tokens: maxOutputTokens } : { max_tokens: maxOutputTokens }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ description, name, schema }) => ({
            type: "function" as const,
            function: { name, ...(description === undefined ? {} : { description }), parameters: schema }
          })),
          tool_choice: choiceOf(options.toolChoice)
        }),
    ...Option.match(object, {
      onNone: () => ({}),
      onSome: ({ name, schema }) => ({
        response_format: { type: "json_schema" as const, json_schema: { name, schema, strict: true } }
      })
    })
  }
})
