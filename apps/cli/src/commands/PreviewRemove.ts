/** `preview rm` */
import { Console, Effect } from "effect"
import { Prompt, TerminalCapabilities } from "effect/cli"
import { CommandFailure } from "../CommandFailure.ts"
import { hint } from "../Output.ts"
import { previewPath } from "../PreviewReference.ts"
import { Server } from "../Server.ts"
import { watchPreview } from "../WatchPreview.ts"

/** Removes what runs, after a question. */
export const previewRemove = Effect.fnUntraced(function* (options: {
  readonly preview: string
  readonly yes: boolean
  readonly wait: boolean
}) {
  const server = yield* Server
  const { id, ...params } = yield* previewPath(options.preview)
  if (!options.yes) {
    const { canPrompt } = yield* TerminalCapabilities.TerminalCapabilities
    if (!canPrompt) {
      return yield* new CommandFailure({
        kind: "usage",
        message: `Removing ${id} deletes its containers and data. Pass --yes to do so without being asked.`
      })
    }
    const sure = yield* Prompt.run(
      Prompt.Confirm({ message: `Remove ${id} with its containers, networks, volumes and images?` })
    )
    if (!sure) return yield* hint("Nothing was removed.")
  }
  const decision = yield* server.call((api) => api.previews.remove({ params }))
  yield* Console.log(`${id}: ${decision.reason}`)
  if (options.wait && decision.outcome !== "ignored") yield* watchPreview({ id, ...params }, "deleted")
})
