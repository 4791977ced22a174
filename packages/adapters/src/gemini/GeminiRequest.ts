/** A prompt in the form of the Gemini API. https://ai.google.dev/api/generate-content */
import {
  type Content,
  type FunctionCallingConfig,
  FunctionCallingConfigMode,
  type GenerateContentConfig,
  type Part
} from "@google/genai"
import { Effect, Option } from "effect"
import { AnthropicStructuredOutput, type LanguageModel, type Prompt } from "effect/ai"
import type { ModelFailure } from "../models/ModelFailure.ts"
import { fileSource, kept, objectSchema, resultText, toolDefinitions, unreadable } from "../models/PromptParts.ts"

const filePart = (part: Prompt.FilePart): Effect.Effect<Part, ModelFailure> => {
  if (!/^(image|audio|video|text)\/|^application\/pdf$/.test(part.mediaType)) {
    return Effect.fail(unreadable("gemini", part))
  }
  const source = fileSource(part)
  return source._tag === "Address"
    ? Effect.succeed({ fileData: { fileUri: source.url, mimeType: part.mediaType } })
    : Effect.succeed({ inlineData: { data: source.base64, mimeType: part.mediaType } })
}

/** Gemini's signature of what it thought goes back with the part that it came with, or the API refuses the call. */
const signature = (part: Prompt.Part) => {
  const thoughtSignature = kept(part, "gemini", "thoughtSignature")
  return thoughtSignature === undefined ? {} : { thoughtSignature }
}

const record = (params: unknown): Record<string, unknown> =>
  typeof params === "object" && params !== null && !Array.isArray(params) ? { ...params } : {}

const partsOf = (message: Exclude<Prompt.Message, Prompt.SystemMessage>) => {
  const parts: ReadonlyArray<Prompt.Part> = message.content
  return Effect.map(
    Effect.forEach(parts, (part): Effect.Effect<ReadonlyArray<Part>, ModelFailure> => {
      switch (part.type) {
        case "text":
          return Effect.succeed(part.text === "" ? [] : [{ text: part.text, ...signature(part) }])
        case "file":
          return Effect.map(filePart(part), (file) => [file])
        case "tool-call":
          return Effect.succeed([
            { functionCall: { id: part.id, name: part.name, args: record(part.params) }, ...signature(part) }
          ])
        case "tool-result":
          return Effect.succeed([
            {
              functionResponse: {
                id: part.id,
                name: part.name,
                response: part.isFailure ? { error: resultText(part) } : { output: resultText(part) }
              }
            }
          ])
        default:
          return Effect.succeed([])
      }
    }),
    (made) => made.flat()
  )
}

/** What a count and an answer have in common. Gemini caches the beginning of long prompts by itself. */
export const contentsOf = Effect.fnUntraced(function* (prompt: Prompt.Prompt) {
  const contents: Array<Content> = []
  for (const message of prompt.content) {
    if (message.role === "system") continue
    const parts = yield* partsOf(message)
    if (parts.length === 0) continue
    const role = message.role === "assistant" ? "model" : "user"
    const last = contents.at(-1)
    if (last?.role === role) last.parts?.push(...parts)
    else contents.push({ role, parts: [...parts] })
  }
  return contents
})

const choiceOf = (choice: LanguageModel.ProviderOptions["toolChoice"]): FunctionCallingConfig => {
  if (choice === "none") return { mode: FunctionCallingConfigMode.NONE }
  if (choice === "required") return { mode: FunctionCallingConfigMode.ANY }
  if (choice === "auto") return { mode: FunctionCallingConfigMode.AUTO }
  if ("tool" in choice) return { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: [choice.tool] }
  return { mode: choice.mode === "required" ? FunctionCallingConfigMode.ANY : FunctionCallingConfigMode.AUTO }
}

/** The request beside its contents. */
export const configOf = Effect.fnUntraced(function* (
  options: LanguageModel.ProviderOptions,
  maxOutputTokens: number
): Effect.fn.Return<GenerateContentConfig, ModelFailure> {
  const tools = yield* toolDefinitions(options.tools)
  // NOTE: Gemini takes the same subset of JSON Schema as Anthropic, and a little more.
  const object = yield* objectSchema(options, AnthropicStructuredOutput.toCodecAnthropic)
  const system = options.prompt.content.flatMap((message) => (message.role === "system" ? [message.content] : []))
  return {
    maxOutputTokens,
    // NOTE: it would ask again by itself, each time for money.
    automaticContinuation: false,
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map((text) => ({ text })) } }),
    ...(tools.length === 0
      ? {}
      : {
          tools: [
            {
              functionDeclarations: tools.map(({ description, name, schema }) => ({
                name,
                ...(description === undefined ? {} : { description }),
                parametersJsonSchema: schema
              }))
            }
          ],
          toolConfig: { functionCallingConfig: choiceOf(options.toolChoice) }
        }),
    ...Option.match(object, {
      onNone: () => ({}),
      onSome: ({ schema }) => ({ responseMimeType: "application/json", responseJsonSchema: schema })
    })
  }
})
