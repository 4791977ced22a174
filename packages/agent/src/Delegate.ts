/** Whoever writes the code: a coding agent that is assigned or mentioned on the issue. */
import type { CodeHostError, ResourceLedgerError, ThreadId } from "@productbuilding/core"
import { Context, type Effect, Schema } from "effect"

/** The project has no coding agent. Not retryable until an operator names one. */
export class NoDelegate extends Schema.TaggedError<NoDelegate>()("NoDelegate", { repository: Schema.String }) {}

/** Every adapter passes `DelegateTest.suite`. */
export class Delegate extends Context.Service<
  Delegate,
  {
    /**
     * Hands an issue over. The same `ownerKey` hands it over once, however often it is called. Answers with who has it
     * now and where that can be seen. Calls with the same key must not overlap.
     */
    handOver(request: {
      readonly issue: ThreadId
      readonly instructions: string
      readonly requester: string
      readonly ownerKey: string
    }): Effect.Effect<{ readonly to: string; readonly url: string }, NoDelegate | CodeHostError | ResourceLedgerError>
  }
>()("@productbuilding/agent/Delegate") {}
