/** The tool that hands issues to a coding agent. */
import { threadId } from "@productbuilding/core"
import { Effect, Schema } from "effect"
import * as AgentTool from "../AgentTool.ts"
import { Delegate } from "../Delegate.ts"
import { asToolFailed } from "../internal/toolFailure.ts"
import { outgoing } from "../Outgoing.ts"
import * as Parameters from "../ToolParameters.ts"

export const make: Effect.Effect<ReadonlyArray<AgentTool.AgentTool>, never, Delegate> = Effect.map(
  Delegate,
  (delegate) => [
    AgentTool.make({
      name: "delegate_issue",
      title: "Hand an issue to the coding agent",
      description: "Hands an open issue to the project's coding agent, who will open a pull request for it.",
      parameters: Schema.Struct({
        number: Parameters.number,
        instructions: Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(10_000)).annotate({
          description: "What the coding agent should know besides the issue's text. Markdown."
        }),
        repository: Parameters.repository
      }),
      success: Schema.Struct({ to: Schema.String, url: Schema.String }),
      effect: "change",
      permission: "write",
      summary: ({ instructions, number }) =>
        `Hand #${number} to the coding agent: "${Parameters.excerpt(instructions)}"`,
      about: Parameters.targetOf,
      run: ({ instructions, number }, { asker, ownerKey, repository, words }) =>
        asToolFailed(
          Effect.map(
            delegate.handOver({
              issue: threadId(repository, number),
              instructions: outgoing(instructions, words),
              requester: asker.login ?? asker.name,
              ownerKey
            }),
            ({ to, url }) => ({ result: { to, url }, resources: [ownerKey] })
          )
        )
    })
  ]
)
