/**
 * The agent's tools over MCP: their very definitions, run without a turn. No conversation is there that a repository could
 * belong to, so it is named, or the only one that the server looks after. Of a caller nothing is known but that they may use
 * the API.
 */
import {
  type AgentTool,
  executeTool,
  PreviewList,
  policyOf,
  refusedLabel,
  Specialists,
  ToolFailed
} from "@productbuilding/agent"
import { ProjectRegistry } from "@productbuilding/core"
import { Context, Effect, Layer, Option, Order, Schema } from "effect"
import { McpSchema, McpServer, Tool } from "effect/ai"
import { SecureRandom } from "effect/crypto"
import * as Progress from "./Progress.ts"
import * as WaitForPreview from "./WaitForPreview.ts"

/** Whom everything names that was asked for here. */
const asker = { name: "mcp", login: null }

/** Changes that the API makes too. Every other one is made on the code host, in the server's own name. */
const changesOfTheApi = ["redeploy_preview", "stop_preview"]

const isJson = Schema.is(Schema.Json)
const decodePreviews = Schema.decodeUnknownEffect(PreviewList)

const lastChangeFirst = Order.mapInput(
  Order.flip(Order.String),
  ({ updatedAt }: { readonly updatedAt: string }) => updatedAt
)

/** As a client is shown it. */
const shown = Effect.fnUntraced(
  function* ({ definition, name }: AgentTool) {
    const { annotations } = definition
    return new McpSchema.Tool({
      name,
      description: definition.description,
      inputSchema: yield* Schema.decodeUnknownEffect(McpSchema.ToolJson)(Tool.getJsonSchema(definition)),
      outputSchema: Tool.getJsonSchemaFromSchema(definition.successSchema),
      annotations: {
        ...Option.match(Context.getOption(annotations, Tool.Title), {
          onNone: () => ({}),
          onSome: (title) => ({ title })
        }),
        readOnlyHint: Context.get(annotations, Tool.Readonly),
        destructiveHint: Context.get(annotations, Tool.Destructive),
        idempotentHint: Context.get(annotations, Tool.Idempotent),
        openWorldHint: Context.get(annotations, Tool.OpenWorld)
      }
    })
  },
  // NOTE: a tool whose parameters are no object is a mistake in the code, which no client can come to.
  Effect.orDie
)

const succeeded = (result: Schema.Json) =>
  new McpSchema.CallToolResult({
    isError: false,
    structuredContent: result,
    content: [{ type: "text", text: JSON.stringify(result) }]
  })

/** Told to the model, which can mend what it asked for. */
const failedWith = (text: string) => new McpSchema.CallToolResult({ isError: true, content: [{ type: "text", text }] })

/** What an operator decides. */
export interface McpSettings {
  /** Whether callers may change issues and pull requests, and hand them over. */
  readonly writes: boolean
}

/**
 * Registers them: those that read, the API's own changes to previews, `wait_for_preview`, and with `writes` the agent's
 * changes to issues as well.
 */
export const registration = ({ writes }: McpSettings) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const server = yield* McpServer.McpServer
      const { all, find } = yield* ProjectRegistry
      const random = yield* SecureRandom.SecureRandom
      const { tools } = yield* Specialists
      const progress = yield* Progress.make
      const services = yield* Effect.context<never>()

      const known = all.map(({ repository }) => repository).join(", ") || "no repository"
      const only = all.length === 1 ? all[0] : undefined

      /** Only repositories that this server looks after, whatever else its credentials could read. */
      const registered = (repository: string | null) => {
        if (repository === null) {
          return new ToolFailed({ message: `Name a repository, as owner/name. This server looks after: ${known}.` })
        }
        return Effect.mapError(
          Effect.fromOption(find(repository)),
          () => new ToolFailed({ message: `This server does not look after ${repository}. It looks after: ${known}.` })
        )
      }

      const answer = Effect.fnUntraced(function* (tool: AgentTool, payload: unknown, ownerKey: string) {
        const params = isJson(payload) ? payload : {}
        const call = yield* tool.prepare(params, { repository: only?.repository ?? null })
        const runIn = ({ repository }: { readonly repository: NonNullable<typeof call.repository> }) =>
          Effect.map(call.run({ asker, words: "", repository, ownerKey }), ({ result }) => result)
        if (call.repository === null && tool.name === "list_previews") {
          // NOTE: the tool has encoded it by this very schema.
          const lists = yield* Effect.forEach(all, (one) => Effect.flatMap(runIn(one), decodePreviews)).pipe(
            Effect.catchTag("SchemaError", Effect.die)
          )
          return { previews: lists.flatMap(({ previews }) => previews).toSorted(lastChangeFirst) }
        }
        const project = yield* registered(call.repository)
        const no = refusedLabel(policyOf(project.agent), call.labels)
        if (no !== undefined) return yield* new ToolFailed({ message: no })
        if (tool.effect !== "read")
          yield* Effect.logInfo(`Asked for over MCP in ${project.repository}: ${call.summary}`)
        return yield* runIn(project)
      })

      const handle = (tool: AgentTool) =>
        Effect.fnUntraced(function* (payload: unknown) {
          const id = yield* random.uuidV7()
          const { result } = yield* answer(tool, payload, `mcp:${id}`).pipe(
            Effect.map((result) => ({ failed: false, result: succeeded(result) })),
            Effect.catchTag("ToolFailed", ({ message }) =>
              Effect.succeed({ failed: true, result: failedWith(message) })
            ),
            Effect.catchDefect((defect) =>
              Effect.as(Effect.logError(`A defect in the tool ${tool.name}, called over MCP`, defect), {
                failed: true,
                result: failedWith("The server itself made a mistake here. Its log has the details for the operator.")
              })
            ),
            Effect.provideServiceEffect(Progress.Progress, progress),
            executeTool(tool.name, id, { root: true })
          )
          return result
        })

      const isOffered = ({ effect, name }: AgentTool) => writes || effect === "read" || changesOfTheApi.includes(name)
      for (const tool of [...tools.filter(isOffered), yield* WaitForPreview.make]) {
        yield* server.addTool({
          tool: yield* shown(tool),
          annotations: tool.definition.annotations,
          services,
          handle: handle(tool)
        })
      }
    })
  )
