/** The output of a preview's processes: a file of bounded size that outlives us. */
import { closeSync, copyFileSync, existsSync, ftruncateSync, openSync, readSync, rmSync, statSync } from "node:fs"
import { Effect, Schedule, Stream } from "effect"

/** A file of this size becomes the older half; twice as much is kept at most, and what a burst adds between two looks. */
const maxBytes = 2_500_000

const chunkBytes = 64 * 1024

/** Where the older half of a log lies. */
export const olderOf = (file: string): string => `${file}.1`

/**
 * Makes room in a log that processes append to. They keep it open, so it is copied and emptied; what they write between
 * the two is lost.
 */
export const rotate = (file: string): void => {
  if (!existsSync(file) || statSync(file).size <= maxBytes) return
  copyFileSync(file, olderOf(file))
  const handle = openSync(file, "r+")
  ftruncateSync(handle, 0)
  closeSync(handle)
}

/** Removes both halves. */
export const removeLog = (file: string): void => {
  rmSync(file, { force: true })
  rmSync(olderOf(file), { force: true })
}

/** The bytes of a file from a position on; none when it is missing. */
const readFrom = (file: string, position: number): Uint8Array => {
  if (!existsSync(file)) return new Uint8Array()
  const handle = openSync(file, "r")
  const chunks: Array<Uint8Array> = []
  for (let at = position; ; ) {
    const chunk = new Uint8Array(chunkBytes)
    const count = readSync(handle, chunk, 0, chunkBytes, at)
    if (count === 0) break
    chunks.push(chunk.subarray(0, count))
    at += count
  }
  closeSync(handle)
  return Buffer.concat(chunks)
}

const linesOf = (bytes: Uint8Array): ReadonlyArray<string> => {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/)
  if (lines.at(-1) === "") lines.pop()
  return lines
}

/**
 * The last `tail` lines, oldest first. With `follow` it goes on with what is appended, until the file is removed or the
 * stream is interrupted; a log that is missing has no lines.
 */
export const readLog = (
  file: string,
  { follow, tail }: { readonly tail: number; readonly follow: boolean }
): Stream.Stream<string> =>
  Stream.unwrap(
    Effect.sync(() => {
      const bytes = readFrom(file, 0)
      const recent = linesOf(bytes)
      const past = recent.length < tail ? [...linesOf(readFrom(olderOf(file), 0)), ...recent] : recent
      // NOTE: `slice(-0)` would be everything.
      const shown = Stream.fromIterable(tail <= 0 ? [] : past.slice(-tail))
      if (!follow || !existsSync(file)) return shown
      let position = bytes.length
      const appended = Stream.fromEffectSchedule(
        Effect.sync(() => {
          // NOTE: it was emptied meanwhile, so all that is in it is new.
          if (existsSync(file) && statSync(file).size < position) position = 0
          const next = readFrom(file, position)
          position += next.length
          return next
        }),
        Schedule.spaced("200 millis")
      )
      return Stream.concat(
        shown,
        appended.pipe(
          Stream.takeWhile((next) => next.length > 0 || existsSync(file)),
          Stream.decodeText(),
          Stream.splitLines
        )
      )
    })
  )
