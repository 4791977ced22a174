/** Tools on previews. */
import type { RepositoryName, ThreadId } from "@productbuilding/core"
import { threadId } from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import * as AgentTool from "../AgentTool.ts"
import { ToolFailed } from "../AgentTool.ts"
import { asToolFailed } from "../internal/toolFailure.ts"
import * as Parameters from "../internal/toolParameters.ts"
import { PreviewDesk, PreviewSummary } from "../PreviewDesk.ts"

const encodeSummary = Schema.encodeSync(PreviewSummary)
const one = Schema.Struct({ number: Parameters.number, repository: Parameters.repository })

export const make: Effect.Effect<ReadonlyArray<AgentTool.AgentTool>, never, PreviewDesk> = Effect.gen(function* () {
  const desk = yield* PreviewDesk
  const idOf = (repository: RepositoryName, number: (typeof one.Type)["number"]): ThreadId =>
    threadId(repository, number)

  return [
    AgentTool.make({
      name: "list_previews",
      description: "Lists the previews of the repository that have not been removed, with their states and addresses.",
      parameters: Schema.Struct({ repository: Parameters.repository }),
      effect: "read",
      permission: "read",
      summary: () => "List previews",
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: (_, { repository }) =>
        asToolFailed(
          Effect.map(desk.list(repository), (found) =>
            AgentTool.read(found.map((preview) => ({ ...encodeSummary(preview) })))
          )
        )
    }),
    AgentTool.make({
      name: "read_preview",
      description: "Reads the preview of a pull request: state, address, commit, and why it failed if it did.",
      parameters: one,
      effect: "read",
      permission: "read",
      summary: ({ number }) => `Read the preview of #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { repository }) =>
        asToolFailed(
          Effect.gen(function* () {
            const found = yield* desk.find(idOf(repository, number))
            if (Option.isNone(found)) return yield* new ToolFailed({ message: `#${number} has no preview.` })
            return AgentTool.read({ ...encodeSummary(found.value) })
          })
        )
    }),
    AgentTool.make({
      name: "read_preview_logs",
      description: "Reads the last lines that the service of a preview has written.",
      parameters: Schema.Struct({ ...one.fields, lines: Parameters.limit(100, 500) }),
      effect: "read",
      permission: "read",
      summary: ({ number }) => `Read the log of #${number}'s preview`,
      about: Parameters.targetOf,
      run: ({ lines = 100, number }, { repository }) =>
        asToolFailed(Effect.map(desk.logs(idOf(repository, number), lines), (text) => AgentTool.read({ log: text })))
    }),
    AgentTool.make({
      name: "redeploy_preview",
      description: "Deploys the newest commit of a pull request again, also one whose preview was stopped.",
      parameters: one,
      effect: "change",
      permission: "write",
      summary: ({ number }) => `Redeploy the preview of #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { repository, turn }) =>
        asToolFailed(
          Effect.map(desk.redeploy(idOf(repository, number), turn.asker.name), (decided) => AgentTool.read({ decided }))
        )
    }),
    AgentTool.make({
      name: "stop_preview",
      description: "Removes the preview of a pull request until somebody redeploys it or pushes.",
      parameters: one,
      effect: "destructive",
      permission: "write",
      summary: ({ number }) => `Stop the preview of #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { repository, turn }) =>
        asToolFailed(
          Effect.map(desk.stop(idOf(repository, number), turn.asker.name), (decided) => AgentTool.read({ decided }))
        )
    })
  ]
})
