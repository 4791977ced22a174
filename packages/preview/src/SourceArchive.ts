/** Unpacks a commit's archive: streamed, bounded, and never outside its folder. */
import type { CodeHostError } from "@productbuilding/core"
import { Effect, FileSystem, Path, type PlatformError, Schema, Stream } from "effect"
import { Tar } from "effect/encoding"

/** What an archive may hold. Anything beyond ends the extraction at once. */
export interface ArchiveLimits {
  /** Bytes on the wire. */
  readonly maxCompressedBytes: number
  /** Bytes of all files together. */
  readonly maxBytes: number
  /** Files, folders and links together. */
  readonly maxEntries: number
  /** Characters of one path. */
  readonly maxPathLength: number
}

/** 256 MiB compressed, 1 GiB unpacked, 100,000 entries, paths of 1,024 characters. */
export const defaultLimits: ArchiveLimits = {
  maxCompressedBytes: 256 * 1024 * 1024,
  maxBytes: 1024 * 1024 * 1024,
  maxEntries: 100_000,
  maxPathLength: 1024
}

/** The archive holds what is not allowed. Not retryable: the commit must change. */
export class ArchiveRejected extends Schema.TaggedError<ArchiveRejected>()("ArchiveRejected", {
  /** The entry, where it is one entry's fault. */
  path: Schema.String,
  problem: Schema.String
}) {}

/** The archive is no gzipped tar, or ends early. Fetching it again may help. */
export class ArchiveBroken extends Schema.TaggedError<ArchiveBroken>()("ArchiveBroken", { detail: Schema.String }) {}

/** The disk is full. Retryable once an operator has made room. */
export class DiskFull extends Schema.TaggedError<DiskFull>()("DiskFull", { directory: Schema.String }) {}

const isDiskFull = (error: PlatformError.PlatformError) => {
  const { reason } = error
  return reason._tag !== "BadArgument" && /ENOSPC|EDQUOT/.test(String(reason.cause ?? reason.description ?? ""))
}

/** Counts bytes and fails at the limit, before they are held or written. */
const limitBytes = (limit: number, problem: string) => {
  let bytes = 0
  return <E, R>(stream: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E | ArchiveRejected, R> =>
    Stream.mapEffect(stream, (chunk) => {
      bytes += chunk.length
      return bytes > limit ? Effect.fail(new ArchiveRejected({ path: "", problem })) : Effect.succeed(chunk)
    })
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`

const rejected = (path: string, problem: string) => new ArchiveRejected({ path, problem })

/** The components below the single top folder; none for the top folder itself. */
const componentsOf = Effect.fnUntraced(function* (
  entry: string,
  top: string | undefined,
  limits: ArchiveLimits
): Effect.fn.Return<{ readonly top: string; readonly below: ReadonlyArray<string> }, ArchiveRejected> {
  if (entry.length > limits.maxPathLength) {
    return yield* rejected(entry.slice(0, 100), `the path is longer than ${limits.maxPathLength} characters`)
  }
  if (/[\\\0]/.test(entry)) return yield* rejected(entry, "the path contains a backslash or a NUL")
  if (entry.startsWith("/")) return yield* rejected(entry, "the path is absolute")
  const parts = entry.split("/").filter((part) => part !== "" && part !== ".")
  if (parts.includes("..")) return yield* rejected(entry, "the path leaves the archive")
  const [first, ...below] = parts
  if (first === undefined) return yield* rejected(entry, "the path is empty")
  if (top !== undefined && top !== first)
    return yield* rejected(entry, `the archive has two top folders, ${top} and ${first}`)
  return { top: first, below }
})

/**
 * Follows a link as the kernel would, through every other link of the archive, and fails where that leaves the root.
 * A purely textual check would not see that `a/..` is not where `a` lies when `a` is itself a link.
 */
const checkLink = Effect.fnUntraced(function* (
  link: string,
  links: ReadonlyMap<string, string>
): Effect.fn.Return<void, ArchiveRejected> {
  const target = links.get(link) ?? ""
  const position = link.split("/").slice(0, -1)
  const rest = target.split("/").toReversed()
  let hops = 0
  if (target.startsWith("/")) return yield* rejected(link, `the link points to the absolute path ${target}`)
  while (rest.length > 0) {
    const part = rest.pop() ?? ""
    if (part === "" || part === ".") continue
    if (part === "..") {
      if (position.pop() === undefined) return yield* rejected(link, `the link points out of the archive, to ${target}`)
      continue
    }
    position.push(part)
    const next = links.get(position.join("/"))
    if (next === undefined) continue
    if (++hops > 40) return yield* rejected(link, "the link runs in a circle")
    if (next.startsWith("/")) return yield* rejected(link, `the link leads to the absolute path ${next}`)
    position.pop()
    rest.push(...next.split("/").toReversed())
  }
})

/**
 * Unpacks a gzipped tar with a single top folder, without that folder, into `directory`. Everything happens beside it
 * first and is then renamed, so the folder is either complete or absent; one that exists is complete, and nothing is
 * fetched. Executable bits are kept, owners and times are not. Links are made last, and only those that stay inside.
 */
export const extractArchive = Effect.fn("extractArchive")(
  function* (
    archive: Stream.Stream<Uint8Array, CodeHostError>,
    directory: string,
    limits: ArchiveLimits = defaultLimits
  ): Effect.fn.Return<
    void,
    ArchiveRejected | ArchiveBroken | CodeHostError | PlatformError.PlatformError | Tar.TarError,
    FileSystem.FileSystem | Path.Path
  > {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (yield* fs.exists(directory)) return
    const partial = `${directory}.partial`
    yield* fs.remove(partial, { recursive: true, force: true })
    yield* fs.makeDirectory(partial, { recursive: true })

    const folders = new Set<string>()
    const files = new Set<string>()
    const links = new Map<string, string>()
    let top: string | undefined
    let entries = 0
    let bytes = 0

    const makeFolder = Effect.fnUntraced(function* (parts: ReadonlyArray<string>, entry: string) {
      for (let length = 1; length <= parts.length; length++) {
        const name = parts.slice(0, length).join("/")
        if (links.has(name)) return yield* rejected(entry, `the path leads through the link ${name}`)
        if (files.has(name)) return yield* rejected(entry, `${name} is a file and a folder`)
        folders.add(name)
      }
      yield* fs.makeDirectory(path.join(partial, ...parts), { recursive: true })
    })

    const take = Effect.fnUntraced(function* (
      entry: Tar.Entry<Tar.TarError | ArchiveRejected | ArchiveBroken | CodeHostError>
    ) {
      const { header } = entry
      if (++entries > limits.maxEntries)
        return yield* rejected(header.path, `the archive has more than ${limits.maxEntries} entries`)
      const found = yield* componentsOf(header.path, top, limits)
      top = found.top
      const name = found.below.join("/")
      switch (header.type) {
        case "Directory":
          return yield* makeFolder(found.below, header.path)
        case "Symlink":
          if (folders.has(name) || files.has(name)) return yield* rejected(header.path, "the path occurs twice")
          yield* makeFolder(found.below.slice(0, -1), header.path)
          links.set(name, header.linkTarget ?? "")
          return
        case "File": {
          bytes += header.size
          if (bytes > limits.maxBytes)
            return yield* rejected(header.path, `the archive unpacks to more than ${mebibytes(limits.maxBytes)}`)
          if (folders.has(name) || links.has(name)) return yield* rejected(header.path, "the path occurs twice")
          yield* makeFolder(found.below.slice(0, -1), header.path)
          files.add(name)
          const mode = (header.mode & 0o111) === 0 ? 0o644 : 0o755
          return yield* Stream.run(entry.body, fs.sink(path.join(partial, ...found.below), { mode }))
        }
        default:
          return yield* rejected(header.path, `${header.type} entries are not allowed`)
      }
    })

    yield* gunzip(
      archive.pipe(
        limitBytes(limits.maxCompressedBytes, `the archive is larger than ${mebibytes(limits.maxCompressedBytes)}`)
      )
    ).pipe(
      limitBytes(limits.maxBytes * 2, `the archive unpacks to more than ${mebibytes(limits.maxBytes)}`),
      Stream.pipeThroughChannel(Tar.decode<ArchiveRejected | ArchiveBroken | CodeHostError>()),
      Stream.runForEach(take)
    )
    if (top === undefined) return yield* new ArchiveBroken({ detail: "it is empty" })
    for (const link of links.keys()) yield* checkLink(link, links)
    for (const [link, target] of links) yield* fs.symlink(target, path.join(partial, ...link.split("/")))
    yield* fs.rename(partial, directory)
  },
  (effect, _archive, directory) =>
    Effect.catchTags(effect, {
      TarError: (error) => new ArchiveBroken({ detail: error.message }),
      PlatformError: (error) => Effect.fail(isDiskFull(error) ? new DiskFull({ directory }) : error)
    })
)

/** `DecompressionStream` is the web's own: it streams with back-pressure and needs no module of Node. */
const gunzip = (
  stream: Stream.Stream<Uint8Array, ArchiveRejected | CodeHostError>
): Stream.Stream<Uint8Array, ArchiveRejected | ArchiveBroken | CodeHostError> =>
  Stream.suspend(() => {
    let failure: ArchiveRejected | CodeHostError | undefined
    const source = Stream.toReadableStream(
      stream.pipe(
        // NOTE: the web's streams take no views of shared memory, and a copy of a chunk is the way to say it is none.
        Stream.map((chunk) => new Uint8Array(chunk)),
        Stream.tapError((error) =>
          Effect.sync(() => {
            failure = error
          })
        )
      )
    )
    return Stream.fromReadableStream({
      evaluate: () => source.pipeThrough(new DecompressionStream("gzip")),
      onError: (cause) =>
        failure ?? new ArchiveBroken({ detail: cause instanceof Error ? cause.message : "it is not gzip" })
    })
  })
