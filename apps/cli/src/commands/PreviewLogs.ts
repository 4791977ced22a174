/** `preview logs` */
import { Console, Effect, Option, Stream } from "effect"
import { harmless, hint } from "../Output.ts"
import { previewPath } from "../PreviewReference.ts"
import { Server, unknownPreview } from "../Server.ts"

/** Prints log lines as they come, without the escape sequences that would command the terminal. */
export const previewLogs = Effect.fnUntraced(function* (options: {
  readonly preview: string
  readonly tail: number
  readonly follow: boolean
  readonly service: Option.Option<string>
}) {
  const server = yield* Server
  const { id, owner, pr, repo } = yield* previewPath(options.preview)
  const printed = yield* server
    .stream(`/previews/${owner}/${repo}/${pr}/logs`, {
      notFound: unknownPreview(id),
      query: {
        tail: String(options.tail),
        follow: String(options.follow),
        ...Option.match(options.service, { onNone: () => ({}), onSome: (service) => ({ service }) })
      }
    })
    .pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runFoldEffect(
        () => 0,
        (count, line) => Effect.as(Console.log(harmless(line)), count + 1)
      )
    )
  if (printed === 0) yield* hint(`${id} has printed nothing. \`productbuilding preview show ${id}\` shows its state.`)
})
