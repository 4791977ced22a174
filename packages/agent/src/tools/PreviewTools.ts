/** Tools on previews. */
import { threadId } from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import * as AgentTool from "../AgentTool.ts"
import { ToolFailed } from "../AgentTool.ts"
import { asToolFailed } from "../internal/toolFailure.ts"
import { LogSource, PreviewDesk, PreviewDetail, PreviewList, PreviewState } from "../PreviewDesk.ts"
import * as Parameters from "../ToolParameters.ts"

const one = Schema.Struct({ number: Parameters.number, repository: Parameters.repository })
const Decided = Schema.Struct({ decided: Schema.String.annotate({ description: "What will be done, in a sentence." }) })

const hints = { openWorld: false }

export const make: Effect.Effect<ReadonlyArray<AgentTool.AgentTool>, never, PreviewDesk> = Effect.gen(function* () {
  const desk = yield* PreviewDesk

  return [
    AgentTool.make({
      name: "list_previews",
      title: "List previews",
      description:
        "Lists the previews of open pull requests, last change first, with their states and addresses. A preview is a pull request's code, deployed and running at a URL of its own.",
      parameters: Schema.Struct({
        repository: Parameters.repository,
        state: Schema.optionalKey(PreviewState.annotate({ description: "Only those in this state." }))
      }),
      success: PreviewList,
      effect: "read",
      permission: "read",
      hints,
      summary: () => "List previews",
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ state }, { repository }) =>
        asToolFailed(
          Effect.map(desk.list(repository), (found) =>
            AgentTool.read({ previews: found.filter((preview) => state === undefined || preview.state === state) })
          )
        )
    }),
    AgentTool.make({
      name: "read_preview",
      title: "Read a preview",
      description:
        "Reads the preview of a pull request as it is now: state, URL, commit, how long each stage took, and if it failed the stage, the cause and the end of the log.",
      parameters: one,
      success: Schema.Struct(PreviewDetail.fields),
      effect: "read",
      permission: "read",
      hints,
      summary: ({ number }) => `Read the preview of #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { repository }) =>
        asToolFailed(
          Effect.gen(function* () {
            const found = yield* desk.find(threadId(repository, number))
            if (Option.isSome(found)) return AgentTool.read(found.value)
            return yield* new ToolFailed({
              message: `${repository}#${number} has no preview. There is one for each open pull request of a registered repository, from a few seconds after it was opened; list_previews shows all.`
            })
          })
        )
    }),
    AgentTool.make({
      name: "read_preview_logs",
      title: "Read a preview's log",
      description:
        "Reads the last lines of a preview's log. `application` is what the running app prints; `deployment` is the output of the last deployment's steps (build, start, migrations), also of one that failed.",
      parameters: Schema.Struct({
        ...one.fields,
        source: Schema.optionalKey(LogSource.annotate({ description: "Default: application." })),
        lines: Parameters.limit(100, 2000)
      }),
      success: Schema.Struct({
        log: Schema.String.annotate({ description: `Empty if nothing was printed. ${Parameters.byOthers}` })
      }),
      effect: "read",
      permission: "read",
      hints,
      summary: ({ number }) => `Read the log of #${number}'s preview`,
      about: Parameters.targetOf,
      run: ({ lines = 100, number, source = "application" }, { repository }) =>
        asToolFailed(
          Effect.map(desk.logs(threadId(repository, number), lines, source), (log) => AgentTool.read({ log }))
        )
    }),
    AgentTool.make({
      name: "redeploy_preview",
      title: "Redeploy a preview",
      description:
        "Deploys the newest commit of a pull request again, also one whose preview was stopped. Only for trying the same commit once more: a push is deployed by itself.",
      parameters: one,
      success: Decided,
      effect: "change",
      permission: "write",
      hints,
      summary: ({ number }) => `Redeploy the preview of #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { asker, repository }) =>
        asToolFailed(
          Effect.map(desk.redeploy(threadId(repository, number), asker.name), (decided) => AgentTool.read({ decided }))
        )
    }),
    AgentTool.make({
      name: "stop_preview",
      title: "Stop a preview",
      description:
        "Removes the preview of a pull request with its containers and its data, until somebody redeploys it or pushes. The pull request stays open.",
      parameters: one,
      success: Decided,
      effect: "destructive",
      permission: "write",
      hints: { ...hints, idempotent: true },
      summary: ({ number }) => `Stop the preview of #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { asker, repository }) =>
        asToolFailed(
          Effect.map(desk.stop(threadId(repository, number), asker.name), (decided) => AgentTool.read({ decided }))
        )
    })
  ]
})
