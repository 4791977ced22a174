/** Follows what is being done about a preview until it is done. */
import { Event, type OperationId } from "@productbuilding/core"
import type { Preview } from "@productbuilding/preview"
import { duration, shortSha } from "@productbuilding/server/pages/Words"
import { Clock, Console, DateTime, Effect, Ref, Schedule, Schema, Stream, Terminal } from "effect"
import { TerminalCapabilities } from "effect/cli"
import { Sse } from "effect/encoding"
import { CommandFailure } from "./CommandFailure.ts"
import { advance, initial, progressLine } from "./OperationProgress.ts"
import { cut, harmless, palette } from "./Output.ts"
import type { PreviewPath } from "./PreviewReference.ts"
import { Server } from "./Server.ts"

const lost = new CommandFailure({
  kind: "unreachable",
  message: "The connection to the server was lost. What was asked for goes on there."
})

const unreadable = new CommandFailure({
  kind: "wrong",
  message: "The server sends events that this version does not know. Use the command line of the server's version."
})

/** Every event of an operation, once each; a connection that breaks is made again where it broke. */
export const operationEvents = (id: OperationId): Stream.Stream<Event, CommandFailure, Server> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const server = yield* Server
      const last = yield* Ref.make<{ readonly sequence: number; readonly ended: boolean }>({
        sequence: 0,
        ended: false
      })
      const connection = Effect.map(Ref.get(last), ({ sequence }) =>
        server.stream(`/operations/${encodeURIComponent(id)}/stream`, {
          headers: { accept: "text/event-stream", ...(sequence === 0 ? {} : { "last-event-id": String(sequence) }) }
        })
      )
      const unfinished = Effect.flatMap(Ref.get(last), ({ ended }) => (ended ? Effect.void : Effect.fail(lost)))
      return Stream.unwrap(connection).pipe(
        Stream.decodeText(),
        Stream.pipeThroughChannel(Sse.decodeDataSchema(Event)),
        Stream.map(({ data }) => data),
        Stream.tap((event) => Ref.set(last, { sequence: event.sequence, ended: event.type === "end" })),
        Stream.takeUntil((event) => event.type === "end"),
        Stream.concat(Stream.fromEffectDrain(unfinished)),
        Stream.mapError((error) =>
          error instanceof CommandFailure ? error : Schema.isSchemaError(error) ? unreadable : lost
        ),
        Stream.retry(
          Schedule.spaced("1 second").pipe(
            Schedule.setInputType<CommandFailure>(),
            Schedule.while(({ attempt, input }) => input.kind === "unreachable" && attempt <= 30)
          )
        )
      )
    })
  )

const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
const clearLine = "\r\u001b[2K"

/** Prints an operation's progress line by line; on a terminal the running stage counts on below. */
const watchOperation = Effect.fnUntraced(function* (id: OperationId) {
  const terminal = yield* Terminal.Terminal
  const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
  const colors = yield* palette
  const columns = yield* terminal.columns
  // A terminal that is gone can be told nothing any more.
  const display = (text: string) => (canAnimate ? Effect.ignore(terminal.display(text)) : Effect.void)
  const ticks = canAnimate ? Stream.as(Stream.tick("100 millis"), undefined) : Stream.empty
  const ended = yield* Stream.merge(operationEvents(id), ticks, { haltStrategy: "left" }).pipe(
    Stream.runFoldEffect(
      () => initial,
      Effect.fnUntraced(function* (progress, event: Event | undefined) {
        const { lines, progress: next } =
          event === undefined ? { progress, lines: [] } : advance(progress, event, colors)
        if (lines.length > 0) {
          yield* display(clearLine)
          yield* Console.log(lines.join("\n"))
        }
        if (next.running === null) {
          yield* display(clearLine)
        } else {
          const now = yield* Clock.currentTimeMillis
          const frame = spinner[Math.floor(now / 100) % spinner.length] ?? ""
          const line = progressLine(frame, next.running.label, Math.max(0, now - next.running.sinceMs))
          yield* display(clearLine + colors.busy(cut(line, Math.max(20, columns - 1))))
        }
        return next
      })
    ),
    Effect.ensuring(display(clearLine))
  )
  return ended.end
})

/**
 * Watches until nothing is being done any more, following a newer operation that takes over. Fails with `wrong` when the
 * preview ends in another state than the one that was asked for.
 */
export const watchPreview = Effect.fnUntraced(function* (
  { id: _, ...params }: PreviewPath,
  wanted: "ready" | "deleted"
) {
  const server = yield* Server
  const get = server.call((api) => api.previews.get({ params }))
  let preview = yield* get
  let followed: OperationId | null = null
  while (preview.operationId !== null && preview.operationId !== followed) {
    followed = preview.operationId
    const end = yield* watchOperation(followed)
    preview = yield* get
    if (end === "superseded" && preview.operationId !== followed) {
      yield* Console.log(`Superseded; ${shortSha(preview.sha)} took its place.`)
    }
  }
  yield* sayEnd(preview, wanted)
})

const sayEnd = Effect.fnUntraced(function* (preview: Preview, wanted: "ready" | "deleted") {
  const colors = yield* palette
  if (preview.state === wanted) {
    return yield* Console.log(
      wanted === "deleted"
        ? colors.good("Removed: nothing of it is left.")
        : `${colors.good("Ready")} after ${tookOf(preview)}: ${preview.url}`
    )
  }
  const wrong = (message: string) => new CommandFailure({ kind: "wrong", message })
  if (preview.failure !== null) {
    const evidence = harmless(preview.failure.evidence.trimEnd())
    if (evidence !== "")
      yield* Console.error(
        evidence
          .split("\n")
          .map((line) => `  ${line}`)
          .join("\n")
      )
    return yield* wrong(`It failed in ${preview.failure.stage}: ${harmless(preview.failure.summary)}`)
  }
  if (preview.state === "blocked") {
    return yield* wrong(
      `It waits for an approval. Having read the code: \`productbuilding preview approve ${preview.id} --sha ${preview.sha}\`.`
    )
  }
  return yield* wrong(`It ended as ${preview.state}. \`productbuilding preview show ${preview.id}\` tells more.`)
})

const tookOf = ({ stages }: Preview): string => {
  const first = stages[0]?.startedAt
  const last = stages.at(-1)?.endedAt
  return first === undefined || last === undefined || last === null
    ? "a moment"
    : duration(DateTime.toEpochMillis(last) - DateTime.toEpochMillis(first))
}
