/** The output of a process in a file: its last lines, and what is appended. */
import { type FileHandle, open } from "node:fs/promises"
import { Effect, Schedule, Stream } from "effect"

const chunkBytes = 64 * 1024

const readFrom = async (
  handle: FileHandle,
  position: number
): Promise<{ readonly text: string; readonly position: number }> => {
  const buffer = Buffer.alloc(chunkBytes)
  const { bytesRead } = await handle.read(buffer, 0, chunkBytes, position)
  return { text: buffer.toString("utf8", 0, bytesRead), position: position + bytesRead }
}

/** The last `tail` lines of the first `size` bytes. */
const lastLines = async (handle: FileHandle, size: number, tail: number): Promise<ReadonlyArray<string>> => {
  let text = ""
  let start = size
  while (start > 0 && text.split("\n").length <= tail + 1) {
    const length = Math.min(chunkBytes, start)
    start -= length
    const buffer = Buffer.alloc(length)
    await handle.read(buffer, 0, length, start)
    text = buffer.toString("utf8") + text
  }
  const lines = text.split("\n")
  if (lines.at(-1) === "") lines.pop()
  return tail === 0 ? [] : lines.slice(-tail)
}

/** Lines, oldest first. With `follow` it goes on until it is interrupted; a file that is missing has no lines. */
export const readLog = (
  file: string,
  options: { readonly tail: number; readonly follow: boolean }
): Stream.Stream<string> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const handle = yield* Effect.acquireRelease(
        Effect.promise(() => open(file, "r").catch(() => undefined)),
        (handle) => Effect.promise(async () => handle?.close())
      )
      if (handle === undefined) return Stream.empty
      const { size } = yield* Effect.promise(() => handle.stat())
      const past = Stream.fromIterable(yield* Effect.promise(() => lastLines(handle, size, options.tail)))
      if (!options.follow) return past
      let position = size
      const appended = Stream.fromEffectSchedule(
        Effect.promise(async () => {
          const next = await readFrom(handle, position)
          position = next.position
          return next.text
        }),
        Schedule.spaced("200 millis")
      )
      return Stream.concat(past, Stream.splitLines(appended))
    })
  )
