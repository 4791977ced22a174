/** A tool: what a model or an MCP client is shown of it, what the asker needs to be allowed, and what it does. */
import type { RepositoryName, ThreadId } from "@productbuilding/core"
import { Effect, Schema, SchemaIssue } from "effect"
import { Tool } from "effect/ai"
import type { Asker } from "./Conversation.ts"
import type { Permission } from "./Members.ts"
import { oneLine } from "./OutsideText.ts"

const maxSummaryCharacters = 500

/**
 * What running it means. `read`: nothing changes. `note`: it adds something that is seen at once and easily undone, as an
 * issue or a comment does. `change`: it sets other things in motion. `destructive`: it ends or removes something.
 */
export type ToolEffect = "read" | "note" | "change" | "destructive"

/** A tool cannot do what was asked. `message` is told to the model, and by it to the asker. */
export class ToolFailed extends Schema.TaggedError<ToolFailed>()("ToolFailed", { message: Schema.String }) {}

/** Where a tool is asked for. A turn is one. */
export interface ToolPlace {
  /** That the place belongs to, `null` if it belongs to none. */
  readonly repository: RepositoryName | null
}

/** One call, about to run. */
export interface ToolCall {
  /** In whose name it runs. */
  readonly asker: Pick<Asker, "name" | "login">
  /** What the asker has said themselves: what is written for them mentions only whom this names. */
  readonly words: string
  readonly repository: RepositoryName
  /** Unique to this call: whatever it makes outside is made under this key, so that running it again finds it. */
  readonly ownerKey: string
}

/** What a run gave: the result, and the owner keys of what it made outside. */
export interface ToolOutcome<A = Schema.Json> {
  readonly result: A
  readonly resources: ReadonlyArray<string>
}

/** A call whose parameters are understood. */
export interface PreparedCall {
  /** As the parameters name it, else the place's. */
  readonly repository: RepositoryName | null
  /** The issue or pull request that would be changed. */
  readonly target: ThreadId | null
  /** Labels that would be set. */
  readonly labels: ReadonlyArray<string>
  /** One line for whoever has to agree, without markup. */
  readonly summary: string
  /** The result is as the definition's `successSchema` encodes it. */
  run(call: ToolCall): Effect.Effect<ToolOutcome, ToolFailed>
}

/** Parameters and results of every tool: read and written without any service. */
type Codec = Schema.Codec<unknown, unknown>

/** What a model or an MCP client is shown. */
export type ToolDefinition = Tool.Tool<
  string,
  {
    readonly parameters: Codec
    readonly success: Codec
    readonly failure: typeof ToolFailed
    readonly failureMode: "error"
  }
>

export interface AgentTool {
  readonly name: string
  readonly effect: ToolEffect
  /** The least that the asker needs in the repository. */
  readonly permission: Permission
  /** Name, title, description, parameters, result, and hints on what running it means. */
  readonly definition: ToolDefinition
  /** Fails with what is wrong with the parameters, in words that help to mend them. */
  prepare(params: Schema.Json, place: ToolPlace): Effect.Effect<PreparedCall, ToolFailed>
}

/** A tool with typed parameters and a typed result. Its `run` is called once more after a crash in the middle of it. */
export const make = <P extends Codec, S extends Codec>(options: {
  readonly name: string
  /** For people, for example `Read a file`. */
  readonly title: string
  /** When to use it and what it does, for the model. */
  readonly description: string
  readonly parameters: P
  /** The result: an object, as MCP wants one. What others wrote should say so in its description. */
  readonly success: S
  readonly effect: ToolEffect
  readonly permission: Permission
  /** Where its effect does not say it. By default only a `read` is idempotent, and every tool meets an open world. */
  readonly hints?: { readonly idempotent?: boolean; readonly openWorld?: boolean }
  readonly summary: (params: P["Type"]) => string
  readonly about?: (
    params: P["Type"],
    place: ToolPlace
  ) => {
    readonly repository?: RepositoryName | null
    readonly target?: ThreadId | null
    readonly labels?: ReadonlyArray<string>
  }
  readonly run: (params: P["Type"], call: ToolCall) => Effect.Effect<ToolOutcome<S["Type"]>, ToolFailed>
}): AgentTool => {
  const decode = Schema.decodeUnknownEffect(options.parameters)
  const encode = Schema.encodeEffect(Schema.toCodecJson(options.success))
  const { idempotent = options.effect === "read", openWorld = true } = options.hints ?? {}
  return {
    name: options.name,
    effect: options.effect,
    permission: options.permission,
    definition: Tool.make(options.name, {
      description: options.description,
      parameters: options.parameters,
      success: options.success,
      failure: ToolFailed
    })
      .annotate(Tool.Title, options.title)
      .annotate(Tool.Readonly, options.effect === "read")
      .annotate(Tool.Destructive, options.effect === "destructive")
      .annotate(Tool.Idempotent, idempotent)
      .annotate(Tool.OpenWorld, openWorld),
    prepare: (params, place) =>
      decode(params).pipe(
        Effect.mapError(
          (error) =>
            new ToolFailed({ message: `The parameters of ${options.name} are wrong: ${formatIssue(error.issue)}` })
        ),
        Effect.map((decoded) => {
          const about = options.about?.(decoded, place) ?? {}
          return {
            repository: about.repository ?? place.repository,
            target: about.target ?? null,
            labels: about.labels ?? [],
            summary: oneLine(options.summary(decoded), maxSummaryCharacters),
            run: (call) =>
              Effect.flatMap(options.run(decoded, call), ({ resources, result }) =>
                // NOTE: a result that its own schema does not fit is a mistake of the tool, and told as any defect is.
                Effect.map(Effect.orDie(encode(result)), (encoded) => ({ result: encoded, resources }))
              )
          }
        })
      )
  }
}

const formatIssue = SchemaIssue.makeFormatterDefault()

/** A result without anything made outside. */
export const read = <A>(result: A): ToolOutcome<A> => ({ result, resources: [] })
