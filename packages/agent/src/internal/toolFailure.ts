import {
  type CodeHostError,
  describeCodeHostError,
  type OutboxError,
  type ResourceLedgerError
} from "@productbuilding/core"
import { Effect } from "effect"
import { ToolFailed } from "../AgentTool.ts"
import type { NoDelegate } from "../Delegate.ts"
import type { PreviewDeskError } from "../PreviewDesk.ts"

/** In words for the model, and for the asker behind it. */
export const asToolFailed = <A, R>(
  effect: Effect.Effect<
    A,
    CodeHostError | NoDelegate | OutboxError | PreviewDeskError | ResourceLedgerError | ToolFailed,
    R
  >
): Effect.Effect<A, ToolFailed, R> =>
  Effect.mapError(effect, (error) => {
    switch (error._tag) {
      case "ToolFailed":
        return error
      case "CodeHostError":
        return new ToolFailed({ message: describeCodeHostError(error) })
      case "NoDelegate":
        return new ToolFailed({
          message: `${error.repository} has no coding agent: an operator names one as delegateMention in the targets file.`
        })
      case "PreviewDeskError":
        return new ToolFailed({ message: error.message })
      case "OutboxError":
      case "ResourceLedgerError":
        return new ToolFailed({ message: "Our own database failed, so nothing was done. Try again in a moment." })
    }
  })
