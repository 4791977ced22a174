/**
 * Spans of turns, named and described as OpenTelemetry has it for generative AI:
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/ (read 2026-11-21). Ids and names alone: no word
 * that was said, no argument and no result.
 */
import { Effect } from "effect"
import type { Turn } from "../Turn.ts"

/** One leg of a turn. A trace of its own: it may begin days after what it goes on with. */
export const invokeAgent = ({ conversation, id, leg }: Turn) =>
  Effect.withSpan("invoke_agent ProductBuilder", {
    root: true,
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "ProductBuilder",
      "gen_ai.conversation.id": conversation,
      "productbuilding.turn.id": id,
      "productbuilding.turn.leg": leg
    }
  })

/** Within a leg, once it is known who answers. */
export const answeredBy = (specialist: string): Effect.Effect<void> =>
  Effect.annotateCurrentSpan("productbuilding.specialist", specialist)

/** One run of a tool. `root`: no part of a turn, but a trace of its own. */
export const executeTool =
  (tool: string, callId: string, { root = false }: { readonly root?: boolean } = {}) =>
  <A extends { readonly failed: boolean }, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.useSpan(
      `execute_tool ${tool}`,
      {
        root,
        attributes: {
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": tool,
          "gen_ai.tool.type": "function",
          "gen_ai.tool.call.id": callId
        }
      },
      (span) =>
        self.pipe(
          Effect.tap(({ failed }) => Effect.sync(() => failed && span.attribute("error.type", "tool_failed"))),
          Effect.withParentSpan(span)
        )
    )
