/** A tool as the agent runs it: what the model sees, what the asker needs to be allowed, and what it does. */
import type { RepositoryName, ThreadId } from "@productbuilding/core"
import { Effect, Schema, SchemaIssue } from "effect"
import { Tool } from "effect/ai"
import type { Permission } from "./Members.ts"
import { oneLine } from "./OutsideText.ts"
import type { Turn } from "./Turn.ts"

const maxSummaryCharacters = 500

/**
 * What running it means. `read`: nothing changes. `note`: it adds something that is seen at once and easily undone, as an
 * issue or a comment does. `change`: it sets other things in motion. `destructive`: it ends or removes something.
 */
export type ToolEffect = "read" | "note" | "change" | "destructive"

/** A tool cannot do what was asked. `message` is told to the model, and by it to the asker. */
export class ToolFailed extends Schema.TaggedError<ToolFailed>()("ToolFailed", { message: Schema.String }) {}

/** One call, about to run. */
export interface ToolCall {
  readonly turn: Turn
  readonly repository: RepositoryName
  /** Unique to this call: whatever it makes outside is made under this key, so that running it again finds it. */
  readonly ownerKey: string
}

/** What a run gave: the result for the model, and the owner keys of what it made outside. */
export interface ToolOutcome {
  readonly result: Schema.Json
  readonly resources: ReadonlyArray<string>
}

/** A call whose parameters are understood. */
export interface PreparedCall {
  /** As the parameters name it, else the conversation's. */
  readonly repository: RepositoryName | null
  /** The issue or pull request that would be changed. */
  readonly target: ThreadId | null
  /** Labels that would be set. */
  readonly labels: ReadonlyArray<string>
  /** One line for whoever has to agree, without markup. */
  readonly summary: string
  run(call: ToolCall): Effect.Effect<ToolOutcome, ToolFailed>
}

/** Parameters of every tool: read and written without any service. */
type Params = Schema.Codec<unknown, unknown>

/** What a model or an MCP client is shown. */
export type ToolDefinition = Tool.Tool<
  string,
  {
    readonly parameters: Params
    readonly success: typeof Schema.Json
    readonly failure: Schema.Never
    readonly failureMode: "error"
  }
>

export interface AgentTool {
  readonly name: string
  readonly effect: ToolEffect
  /** The least that the asker needs in the repository. */
  readonly permission: Permission
  /** Name, description and parameters for the model. */
  readonly definition: ToolDefinition
  /** Fails with what is wrong with the parameters, in words that help to mend them. */
  prepare(params: Schema.Json, turn: Turn): Effect.Effect<PreparedCall, ToolFailed>
}

/** A tool with typed parameters. Its `run` is called once more after a crash in the middle of it. */
export const make = <P extends Params>(options: {
  readonly name: string
  /** When to use it and what it does, for the model. */
  readonly description: string
  readonly parameters: P
  readonly effect: ToolEffect
  readonly permission: Permission
  readonly summary: (params: P["Type"]) => string
  readonly about?: (
    params: P["Type"],
    turn: Turn
  ) => {
    readonly repository?: RepositoryName | null
    readonly target?: ThreadId | null
    readonly labels?: ReadonlyArray<string>
  }
  readonly run: (params: P["Type"], call: ToolCall) => Effect.Effect<ToolOutcome, ToolFailed>
}): AgentTool => {
  const decode = Schema.decodeUnknownEffect(options.parameters)
  return {
    name: options.name,
    effect: options.effect,
    permission: options.permission,
    definition: Tool.make(options.name, {
      description: options.description,
      parameters: options.parameters,
      success: Schema.Json
    })
      .annotate(Tool.Readonly, options.effect === "read")
      .annotate(Tool.Destructive, options.effect === "destructive"),
    prepare: (params, turn) =>
      decode(params).pipe(
        Effect.mapError(
          (error) =>
            new ToolFailed({ message: `The parameters of ${options.name} are wrong: ${formatIssue(error.issue)}` })
        ),
        Effect.map((decoded) => {
          const about = options.about?.(decoded, turn) ?? {}
          return {
            repository: about.repository ?? turn.repository,
            target: about.target ?? null,
            labels: about.labels ?? [],
            summary: oneLine(options.summary(decoded), maxSummaryCharacters),
            run: (call) => options.run(decoded, call)
          }
        })
      )
  }
}

const formatIssue = SchemaIssue.makeFormatterDefault()

/** A result without anything made outside. */
export const read = (result: Schema.Json): ToolOutcome => ({ result, resources: [] })
