/** A working model's answer: whole, or read while it is written. */
import { Effect, Stream } from "effect"
import { type AiError, type LanguageModel, type Prompt, Response, type Toolkit } from "effect/ai"
import type { AgentTool, ToolDefinition } from "../AgentTool.ts"

export interface Answer {
  readonly text: string
  readonly calls: ReadonlyArray<{ readonly name: string; readonly params: unknown }>
  readonly parts: ReadonlyArray<Response.AnyPart>
  readonly usage: Response.Usage
}

export interface Request {
  readonly prompt: Prompt.Prompt
  readonly tools: ReadonlyArray<AgentTool>
}

const callsIn = (parts: ReadonlyArray<Response.AnyPart>): Answer["calls"] =>
  parts.flatMap((part) => (part.type === "tool-call" ? { name: part.name, params: part.params } : []))

/** What a vendor does not say counts as it was expected. */
const unknownUsage = new Response.Usage({
  inputTokens: { uncached: undefined, total: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined }
})

const usageIn = (parts: ReadonlyArray<Response.AnyPart>): Response.Usage =>
  parts.find((part) => part.type === "finish")?.usage ?? unknownUsage

/** Failures that pass without anybody changing anything. */
const passing = new Set<AiError.AiError["reason"]["_tag"]>(["RateLimitError", "InternalProviderError", "NetworkError"])

/** Whether the same request may be answered in a while. */
export const isPassing = ({ reason }: AiError.AiError): boolean => passing.has(reason._tag)

/** What the model sees of tools. Calls come back to us unresolved, so nothing runs that was not judged. */
const toolkitOf = (tools: ReadonlyArray<AgentTool>): Toolkit.WithHandler<Record<string, ToolDefinition>> => ({
  tools: Object.fromEntries(tools.map(({ definition, name }) => [name, definition])),
  // NOTE: unreachable: resolution is switched off in every call.
  handle: () => Effect.die(new Error("Tool calls are not resolved here"))
})

export const make = (languageModel: LanguageModel.LanguageModel) => {
  const optionsOf = ({ prompt, tools }: Request) => ({
    prompt,
    toolkit: toolkitOf(tools),
    disableToolCallResolution: true as const,
    toolCallValidation: "deferred" as const
  })

  const atOnce = (request: Request): Effect.Effect<Answer, AiError.AiError> =>
    Effect.map(languageModel.generateText(optionsOf(request)), ({ content, text, toolCalls, usage }) => ({
      text,
      calls: toolCalls.map(({ name, params }) => ({ name, params })),
      usage,
      parts: content
    }))

  /** NOTE: what breaks off in the middle is asked for once more, at once: nobody has to wait for a sentence to be finished. */
  const asWritten = (request: Request, show: (written: string) => Effect.Effect<void>) =>
    Effect.suspend(() => {
      const parts: Array<Response.AnyPart> = []
      let text = ""
      const read = Stream.runForEach(languageModel.streamText(optionsOf(request)), (part) => {
        parts.push(part)
        if (part.type !== "text-delta") return Effect.void
        text += part.delta
        return show(text)
      })
      return read.pipe(
        Effect.map((): Answer => ({ text, calls: callsIn(parts), usage: usageIn(parts), parts })),
        Effect.catchIf(
          (error: AiError.AiError) => parts.length > 0 && isPassing(error),
          () => atOnce(request)
        ),
        Effect.ensuring(show(""))
      )
    })

  return { atOnce, asWritten }
}
