/** Everything outside the loop, as the record has it: the model, the tools, and the code host's word on who may what. */
import { CodeHostError, Unavailable } from "@productbuilding/core"
import { Effect, Layer, Schema, Stream } from "effect"
import { LanguageModel, type Response } from "effect/ai"
import { AgentModel } from "../AgentModel.ts"
import { type AgentTool, ToolFailed } from "../AgentTool.ts"
import { Members, Permission } from "../Members.ts"
import { Specialists } from "../Specialists.ts"
import type { ModelEntry, TurnId } from "../Turn.ts"
import type { ReplayStore } from "./replayStore.ts"

const isPermission = Schema.is(Permission)

/** The refusals that tell what the code host had said. */
const refusedWith = /has the permission "(\w+)" in /
const unknown = /^Whether .* may do this could not be found out: /

const errorOf = (result: Schema.Json): string => {
  if (typeof result !== "object" || result === null || !("error" in result)) return "It failed."
  const { error } = result
  return typeof error === "string" ? error : "It failed."
}

const partsOf = ({ calls, spent, text }: typeof ModelEntry.Type): Array<Response.PartEncoded> => [
  ...(text === "" ? [] : [{ type: "text" as const, text }]),
  ...calls.map(({ id, params, tool }) => ({
    type: "tool-call" as const,
    id,
    name: tool,
    params,
    providerExecuted: false
  })),
  {
    type: "finish" as const,
    reason: calls.length === 0 ? ("stop" as const) : ("tool-calls" as const),
    usage: {
      inputTokens: {
        total: spent.inputTokens,
        uncached: undefined,
        cacheRead: spent.cachedTokens,
        cacheWrite: undefined
      },
      outputTokens: { total: spent.outputTokens, text: undefined, reasoning: undefined }
    },
    response: undefined
  }
]

export const withRecordedAnswers = (store: ReplayStore, specialists: Specialists["Service"], turnId: TurnId) => {
  /** Calls are judged one after the other, so the one that was prepared last is the one whose permission is asked for. */
  let prepared: string | undefined
  let last: typeof ModelEntry.Type | undefined

  const recorded = (tool: AgentTool): AgentTool => ({
    ...tool,
    prepare: (params, place) =>
      Effect.map(tool.prepare(params, place), (call) => {
        prepared = JSON.stringify([tool.name, params])
        return {
          ...call,
          run: ({ ownerKey }) => {
            const result = store.resultOf(ownerKey.slice(`turn:${turnId}:`.length))
            if (result === undefined) return store.differs(undefined)
            return result.failed
              ? Effect.fail(new ToolFailed({ message: errorOf(result.result) }))
              : Effect.succeed({ result: result.result, resources: result.resources })
          }
        }
      })
  })

  const permission = (repository: Parameters<Members["Service"]["permission"]>[0]) => {
    const call = last?.calls.find(({ params, tool }) => JSON.stringify([tool, params]) === prepared)
    const result = call === undefined ? undefined : store.resultOf(call.id)
    const message = result?.failed === true ? errorOf(result.result) : ""
    if (unknown.test(message)) {
      return Effect.fail(
        new CodeHostError({ operation: "permission", repository, reason: new Unavailable({ detail: "then" }) })
      )
    }
    const had = refusedWith.exec(message)?.[1]
    return Effect.succeed(isPermission(had) ? had : "admin")
  }

  const model = LanguageModel.make({
    generateText: () =>
      Effect.map(store.modelAnswer, (entry) => {
        last = entry
        return partsOf(entry)
      }),
    streamText: () => Stream.empty
  })

  const [first, ...others] = specialists.all
  const played = (one: typeof first) => ({ ...one, tools: one.tools.map(recorded) })

  return Layer.mergeAll(
    Layer.effect(LanguageModel.LanguageModel, model),
    Layer.succeed(
      AgentModel,
      AgentModel.of({
        price: () => undefined,
        dearest: () => 0,
        answered: () => ({
          provider: last?.provider ?? "none",
          model: last?.model ?? "none",
          microDollars: last?.spent.microDollars ?? undefined
        })
      })
    ),
    Layer.succeed(Members, Members.of({ permission })),
    Layer.succeed(
      Specialists,
      Specialists.of({ all: [played(first), ...others.map(played)], tools: specialists.tools.map(recorded) })
    )
  )
}
