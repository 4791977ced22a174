/** Where an issue or pull request is mirrored in Slack. */
import type { OutboxError, ThreadId } from "@productbuilding/core"
import { Context, Effect } from "effect"

/** Nowhere, unless a server or a bot provides it. */
export const SlackThreads = Context.Reference<{
  /** `null` until it is shown there. */
  url(thread: ThreadId): Effect.Effect<string | null, OutboxError>
}>("@productbuilding/agent/SlackThreads", { defaultValue: () => ({ url: () => Effect.succeed(null) }) })
