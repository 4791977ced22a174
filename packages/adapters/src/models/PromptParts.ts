/** What the vendors' forms of a prompt have in common. */
import { Effect, Option, Result, Schema } from "effect"
import { AiError, type LanguageModel, type Prompt, type Response, Tool } from "effect/ai"
import * as Base64 from "effect/encoding/Base64"
import { ModelFailure } from "./ModelFailure.ts"

const invalid = (description: string) =>
  new ModelFailure({ reason: new AiError.InvalidUserInputError({ description }) })

/** A file as base64, or the address of one. */
export type FileSource =
  | { readonly _tag: "Bytes"; readonly base64: string }
  | { readonly _tag: "Address"; readonly url: string }

/** A string is base64, a `data:` address or the address of a file. */
export const fileSource = ({ data }: Prompt.FilePart): FileSource => {
  if (data instanceof Uint8Array) return { _tag: "Bytes", base64: Base64.encode(data) }
  const text = data instanceof URL ? data.href : data
  const inline = /^data:[^,]*;base64,(.*)$/s.exec(text)
  if (inline !== null) return { _tag: "Bytes", base64: inline[1] ?? "" }
  return /^https?:/.test(text) ? { _tag: "Address", url: text } : { _tag: "Bytes", base64: text }
}

/** A file that the vendor cannot read. */
export const unreadable = (provider: string, part: Prompt.FilePart): ModelFailure =>
  invalid(`${provider} cannot read files of type ${part.mediaType} here. Give an image, or the text of the file.`)

/** A result as the model reads it. */
export const resultText = (part: Prompt.ToolResultPart): string => {
  if (part.modelOutput !== undefined) {
    return part.modelOutput
      .map((output) => (output.type === "text" ? output.text : `[a file of type ${output.mediaType}]`))
      .join("\n")
  }
  return typeof part.result === "string" ? part.result : (JSON.stringify(part.result) ?? "")
}

/** A tool as every vendor takes it: name, description, and JSON schema of its parameters. */
export interface ToolDefinition {
  readonly name: string
  readonly description: string | undefined
  readonly schema: Record<string, unknown>
}

/** Fails for tools that a vendor runs by itself: they would act outside of our policy. */
export const toolDefinitions = (
  tools: ReadonlyArray<Tool.Any>
): Effect.Effect<ReadonlyArray<ToolDefinition>, ModelFailure> =>
  Effect.forEach(tools, (tool) => {
    if (!Tool.isProviderDefined(tool)) {
      const schema: Record<string, unknown> = { type: "object", ...Tool.getJsonSchema(tool) }
      return Effect.succeed({ name: tool.name, description: Tool.getDescription(tool), schema })
    }
    const description = "tools that the provider runs by itself are not supported"
    return Effect.fail(
      new ModelFailure({ reason: new AiError.ToolConfigurationError({ toolName: tool.name, description }) })
    )
  })

/** The schema of an object that the model is to answer with, if it is to. Fails where the vendor cannot express it. */
export const objectSchema = (
  { responseFormat }: LanguageModel.ProviderOptions,
  transformer: LanguageModel.CodecTransformer
): Effect.Effect<Option.Option<{ readonly name: string; readonly schema: Record<string, unknown> }>, ModelFailure> => {
  if (responseFormat.type === "text") return Effect.succeedNone
  return Effect.try({
    try: () =>
      Option.some({
        // NOTE: vendors take letters, digits, `_` and `-`, and at most 64 of them.
        name: responseFormat.objectName.replace(/[^A-Za-z0-9_-]+/g, "_").slice(0, 64),
        schema: { ...Tool.getJsonSchemaFromSchema(responseFormat.schema, { transformer }) }
      }),
    catch: (cause) =>
      new ModelFailure({
        reason: new AiError.UnsupportedSchemaError({ description: cause instanceof Error ? cause.message : "unknown" })
      })
  })
}

/** Arguments as the model wrote them; none at all are an empty object. */
export const parseArguments = (text: string): Option.Option<unknown> =>
  Result.getSuccess(Result.try(() => Tool.unsafeSecureJsonParse(text.trim() === "" ? "{}" : text)))

/** The model wrote arguments that are no JSON, and did so without having been cut short. */
export const badArguments = (tool: string): ModelFailure =>
  new ModelFailure({
    reason: new AiError.ToolParameterValidationError({
      toolName: tool,
      description: "the arguments are not valid JSON"
    })
  })

/** Counts as a vendor reports them, in `Response`'s form. */
export const usage = (counts: {
  readonly uncached: number | undefined
  readonly cacheRead?: number | undefined
  readonly cacheWrite?: number | undefined
  readonly output: number | undefined
  readonly reasoning?: number | undefined
}): typeof Response.Usage.Encoded => {
  const { cacheRead, cacheWrite, output, reasoning, uncached } = counts
  return {
    inputTokens: {
      uncached,
      total: uncached === undefined ? undefined : uncached + (cacheRead ?? 0) + (cacheWrite ?? 0),
      cacheRead,
      cacheWrite
    },
    outputTokens: {
      total: output,
      reasoning,
      text: output === undefined || reasoning === undefined ? undefined : Math.max(0, output - reasoning)
    }
  }
}

/** A text under a vendor's key in a part's options, as one of its earlier answers left it there. */
export const kept = (part: Prompt.Part, vendor: string, name: string): string | undefined => {
  const values = part.options[vendor]
  return Option.getOrUndefined(Schema.decodeUnknownOption(Kept)(values))?.[name]
}

const Kept = Schema.Record(Schema.String, Schema.String)
