/** Everybody that a message can be routed to, with their tools. */
import type { CodeHost, ResourceLedger } from "@productbuilding/core"
import { Context, Effect, Layer } from "effect"
import type { AgentTool } from "./AgentTool.ts"
import type { Code } from "./Code.ts"
import type { Delegate } from "./Delegate.ts"
import type { Issues } from "./Issues.ts"
import type { PreviewDesk } from "./PreviewDesk.ts"
import type { Specialist } from "./Specialist.ts"
import { closer } from "./specialists/Closer.ts"
import { commenter } from "./specialists/Commenter.ts"
import { implementer } from "./specialists/Implementer.ts"
import { issueWriter } from "./specialists/IssueWriter.ts"
import { previewKeeper } from "./specialists/PreviewKeeper.ts"
import { researcher } from "./specialists/Researcher.ts"
import { status } from "./specialists/Status.ts"
import * as CodeTools from "./tools/CodeTools.ts"
import * as DelegateTools from "./tools/DelegateTools.ts"
import * as IssueTools from "./tools/IssueTools.ts"
import * as PreviewTools from "./tools/PreviewTools.ts"

/** The specialists of a server or a bot. `layer` has all of ours; make your own to have others. */
export class Specialists extends Context.Service<
  Specialists,
  {
    /** Not empty. The first one is taken when a router names none of them. */
    readonly all: readonly [Specialist, ...ReadonlyArray<Specialist>]
    /** Every tool of every specialist, each once. */
    readonly tools: ReadonlyArray<AgentTool>
  }
>()("@productbuilding/agent/Specialists") {}

const descriptions = [status, issueWriter, implementer, researcher, commenter, closer, previewKeeper] as const

/** The seven of this package, on all its tools. */
export const layer: Layer.Layer<
  Specialists,
  never,
  Code | CodeHost | Delegate | Issues | PreviewDesk | ResourceLedger
> = Layer.effect(
  Specialists,
  Effect.gen(function* () {
    const tools = [
      ...(yield* IssueTools.make),
      ...(yield* CodeTools.make),
      ...(yield* PreviewTools.make),
      ...(yield* DelegateTools.make)
    ]
    const withTools = (description: (typeof descriptions)[number]): Specialist => ({
      ...description,
      tools: tools.filter(({ name }) => description.tools.includes(name))
    })
    const [first, ...others] = descriptions
    return Specialists.of({ all: [withTools(first), ...others.map(withTools)], tools })
  })
)
