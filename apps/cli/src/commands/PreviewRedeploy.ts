/** `preview redeploy` and `preview approve` */
import type { Decision } from "@productbuilding/core"
import { CommitSha } from "@productbuilding/core"
import { Console, Effect, Schema } from "effect"
import { CommandFailure, saidWrong } from "../CommandFailure.ts"
import { hint } from "../Output.ts"
import { type PreviewPath, previewPath } from "../PreviewReference.ts"
import { Server } from "../Server.ts"
import { watchPreview } from "../WatchPreview.ts"

/** Deploys the head of the pull request again. */
export const previewRedeploy = Effect.fnUntraced(function* (options: {
  readonly preview: string
  readonly wait: boolean
}) {
  const server = yield* Server
  const { id, ...params } = yield* previewPath(options.preview)
  const decision = yield* server.call((api) => api.previews.redeploy({ params, payload: {} }))
  yield* report({ id, ...params }, decision, options.wait)
})

/** Lets one commit of a fork run. */
export const previewApprove = Effect.fnUntraced(function* (options: {
  readonly preview: string
  readonly sha: string
  readonly wait: boolean
}) {
  const server = yield* Server
  const { id, ...params } = yield* previewPath(options.preview)
  const approve = yield* Schema.decodeEffect(CommitSha)(options.sha.toLowerCase()).pipe(
    Effect.mapError(
      () =>
        new CommandFailure({
          kind: "usage",
          message: `--sha ${options.sha} is not a full commit id of 40 hexadecimal digits. An approval holds for one commit only, so it must be named whole.`
        })
    )
  )
  const decision = yield* server.call((api) => api.previews.redeploy({ params, payload: { approve } }))
  yield* report({ id, ...params }, decision, options.wait)
})

const report = Effect.fnUntraced(function* (path: PreviewPath, decision: Decision, wait: boolean) {
  yield* Console.log(`${path.id}: ${decision.reason}`)
  if (decision.outcome === "ignored") return yield* saidWrong
  if (wait) return yield* watchPreview(path, "ready")
  yield* hint(`Watch it with --wait, or \`productbuilding preview show ${path.id}\`.`)
})
