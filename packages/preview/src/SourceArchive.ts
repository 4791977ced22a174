/** Unpacks a commit's archive: streamed, bounded, and never outside its folder. */
import { Config, Context, Effect, FileSystem, Layer, Path, PlatformError, Schema, Stream } from "effect"
import { Tar } from "effect/encoding"
import { escapingLink } from "./internal/archiveLinks.ts"
import { gunzip } from "./internal/gunzip.ts"
import { clip } from "./internal/markdown.ts"

/** What an archive may hold. Anything beyond ends the extraction at once. */
export interface ArchiveLimits {
  /** Bytes on the wire. */
  readonly maxCompressedBytes: number
  /** Bytes of all files together. */
  readonly maxBytes: number
  /** Bytes of one file. */
  readonly maxFileBytes: number
  /** Files, folders and links together. */
  readonly maxEntries: number
  /** Bytes of one path or link target. */
  readonly maxPathBytes: number
}

/** 256 MiB compressed, 512 MiB unpacked and as much in one file, 100,000 entries, paths of 1,024 bytes. */
export const defaultLimits: ArchiveLimits = {
  maxCompressedBytes: 256 * 1024 * 1024,
  maxBytes: 512 * 1024 * 1024,
  maxFileBytes: 512 * 1024 * 1024,
  maxEntries: 100_000,
  maxPathBytes: 1024
}

const mebibyte = 1024 * 1024

const bytesConfig = (name: string, fallback: number) =>
  Config.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1024 * 1024 })), name).pipe(
    Config.map((mebibytes) => mebibytes * mebibyte),
    Config.withDefault(fallback)
  )

/** The limits in force; `defaultLimits` where no layer sets others. */
export const ArchiveLimits = Context.Reference<ArchiveLimits>("@productbuilding/preview/ArchiveLimits", {
  defaultValue: () => defaultLimits
})

/**
 * Reads `ARCHIVE_MAX_COMPRESSED_MB` (default 256), `ARCHIVE_MAX_MB` (512), `ARCHIVE_MAX_FILE_MB` (as `ARCHIVE_MAX_MB`),
 * all in MiB, and `ARCHIVE_MAX_ENTRIES` (100000).
 */
export const layerArchiveLimits: Layer.Layer<never, Config.ConfigError> = Layer.effect(
  ArchiveLimits,
  Effect.gen(function* () {
    const maxBytes = yield* bytesConfig("ARCHIVE_MAX_MB", defaultLimits.maxBytes)
    return {
      maxCompressedBytes: yield* bytesConfig("ARCHIVE_MAX_COMPRESSED_MB", defaultLimits.maxCompressedBytes),
      maxBytes,
      maxFileBytes: yield* bytesConfig("ARCHIVE_MAX_FILE_MB", maxBytes),
      maxEntries: yield* Config.schema(
        Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 })),
        "ARCHIVE_MAX_ENTRIES"
      ).pipe(Config.withDefault(defaultLimits.maxEntries)),
      maxPathBytes: defaultLimits.maxPathBytes
    }
  })
)

/** The archive holds what is not allowed, or more than that. Not retryable: the commit must change. */
export class ArchiveRejected extends Schema.TaggedError<ArchiveRejected>()("ArchiveRejected", {
  /** The entry, where it is one entry's fault; clipped. */
  path: Schema.String,
  problem: Schema.String
}) {}

/** The archive is no gzipped tar, or ends early. Fetching it again may help. */
export class ArchiveBroken extends Schema.TaggedError<ArchiveBroken>()("ArchiveBroken", { detail: Schema.String }) {}

/** The disk, its inodes or a quota are used up. Retryable once an operator has made room. */
export class DiskFull extends Schema.TaggedError<DiskFull>()("DiskFull", { directory: Schema.String }) {}

/**
 * Unpacks a gzipped tar with a single top folder, without that folder, into `directory`. Everything happens in
 * `directory + ".partial"` first and is then renamed, so the folder is either complete or absent: one that exists is
 * complete, and the stream is not even run. A failure or an interruption leaves nothing behind. Executable bits are
 * kept, owners and times are not. Of an entry that occurs twice the later one stays, if both are files.
 *
 * Fails with `ArchiveRejected` for everything but files, folders and symbolic links, for paths and links that leave the
 * archive, and beyond the limits (those of `ArchiveLimits` when none are given); with `ArchiveBroken` for what is no
 * gzipped tar or ends early; with `DiskFull`; with `PlatformError` when the disk cannot be written otherwise; and as the
 * stream fails.
 */
export const extractArchive = Effect.fn("extractArchive")(function* <E>(
  archive: Stream.Stream<Uint8Array, E>,
  directory: string,
  limits?: ArchiveLimits
): Effect.fn.Return<
  void,
  ArchiveRejected | ArchiveBroken | DiskFull | PlatformError.PlatformError | E,
  FileSystem.FileSystem | Path.Path
> {
  const fs = yield* FileSystem.FileSystem
  if (yield* fs.exists(directory)) return
  const partial = `${directory}.partial`
  const discard = fs.remove(partial, { recursive: true, force: true })
  const bounds = limits ?? (yield* ArchiveLimits)
  yield* discard
  yield* Effect.andThen(unpack(archive, partial, bounds), fs.rename(partial, directory)).pipe(
    Effect.onError(() => Effect.ignore(discard)),
    Effect.mapError((error) => (isDiskFull(error) ? new DiskFull({ directory }) : error))
  )
})

const isDiskFull = (error: unknown): boolean =>
  PlatformError.isPlatformError(error) &&
  error.reason._tag !== "BadArgument" &&
  /\b(?:ENOSPC|EDQUOT)\b/.test(String(error.reason.cause ?? error.reason.description ?? ""))

const unpack = Effect.fnUntraced(function* <E>(
  archive: Stream.Stream<Uint8Array, E>,
  partial: string,
  limits: ArchiveLimits
): Effect.fn.Return<
  void,
  ArchiveRejected | ArchiveBroken | PlatformError.PlatformError | E,
  FileSystem.FileSystem | Path.Path
> {
  const tree = yield* makeTree(partial, limits)
  yield* archive.pipe(
    atMost(limits.maxCompressedBytes, `the archive is larger than ${mebibytes(limits.maxCompressedBytes)}`),
    gunzip((detail) => new ArchiveBroken({ detail })),
    // NOTE: headers come on top of the files, and each entry is counted; beyond this it can only be padding.
    atMost(limits.maxBytes * 2 + mebibyte, tooLarge(limits)),
    Stream.pipeThroughChannel(Tar.decode<ArchiveRejected | ArchiveBroken | E>()),
    Stream.runForEach((entry) => tree.add(entry)),
    Effect.mapError((error) => (Tar.isTarError(error) ? fromTarError(error) : error))
  )
  yield* tree.finish
})

const fromTarError = ({ kind, message }: Tar.TarError): ArchiveRejected | ArchiveBroken =>
  kind === "Unsupported" ? rejected("", message) : new ArchiveBroken({ detail: message })

const rejected = (path: string, problem: string) => new ArchiveRejected({ path: clip(path, 200), problem })

const mebibytes = (bytes: number) =>
  bytes >= mebibyte ? `${Math.round(bytes / mebibyte)} MiB` : `${Math.ceil(bytes / 1024)} KiB`

const tooLarge = ({ maxBytes }: ArchiveLimits) => `the archive unpacks to more than ${mebibytes(maxBytes)}`

/** Counts bytes and fails at the limit, before they are held or written. */
const atMost =
  (limit: number, problem: string) =>
  <E>(stream: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | ArchiveRejected> =>
    Stream.suspend(() => {
      let bytes = 0
      return Stream.mapEffect(stream, (chunk) => {
        bytes += chunk.length
        return bytes > limit ? Effect.fail(rejected("", problem)) : Effect.succeed(chunk)
      })
    })

const byteLength = (text: string) => new TextEncoder().encode(text).length

/** The components of an entry's path; the first of them is the top folder. */
const componentsOf = (path: string, limits: ArchiveLimits): ReadonlyArray<string> | string => {
  if (byteLength(path) > limits.maxPathBytes) return `the path is longer than ${limits.maxPathBytes} bytes`
  if (/[\\\0]/.test(path)) return "the path contains a backslash or a NUL"
  if (path.startsWith("/")) return "the path is absolute"
  const parts = path.split("/").filter((part) => part !== "" && part !== ".")
  if (parts.includes("..")) return "the path leaves the archive"
  if (parts.some((part) => byteLength(part) > 255)) return "a name in the path is longer than 255 bytes"
  return parts.length === 0 ? "the path is empty" : parts
}

/** A folder that takes entries one after the other. Nothing in it is a link until `finish`, so nothing is written through one. */
const makeTree = Effect.fnUntraced(function* (root: string, limits: ArchiveLimits) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folders = new Set<string>()
  const files = new Set<string>()
  const links = new Map<string, string>()
  let top: string | undefined
  let entries = 0
  let bytes = 0
  yield* fs.makeDirectory(root, { recursive: true })

  const makeFolder = Effect.fnUntraced(function* (parts: ReadonlyArray<string>, entry: string) {
    for (let length = 1; length <= parts.length; length++) {
      const name = parts.slice(0, length).join("/")
      if (folders.has(name)) continue
      if (links.has(name)) return yield* rejected(entry, `the path leads through the link ${name}`)
      if (files.has(name)) return yield* rejected(entry, `${name} is a file and a folder`)
      yield* fs.makeDirectory(path.join(root, ...parts.slice(0, length)))
      folders.add(name)
    }
  })

  const writeFile = Effect.fnUntraced(function* <E>(
    { body, header }: Tar.Entry<E>,
    parts: ReadonlyArray<string>,
    name: string
  ) {
    bytes += header.size
    if (header.size > limits.maxFileBytes) {
      return yield* rejected(header.path, `the file is larger than ${mebibytes(limits.maxFileBytes)}`)
    }
    if (bytes > limits.maxBytes) return yield* rejected(header.path, tooLarge(limits))
    const target = path.join(root, ...parts)
    // NOTE: a file that is opened again would keep its first mode.
    if (files.has(name)) yield* fs.remove(target)
    files.add(name)
    yield* Stream.run(body, fs.sink(target, { mode: (header.mode & 0o111) === 0 ? 0o644 : 0o755 }))
  })

  const add = Effect.fnUntraced(function* <E>(entry: Tar.Entry<E>) {
    const { header } = entry
    if (++entries > limits.maxEntries) {
      return yield* rejected(header.path, `the archive has more than ${limits.maxEntries} entries`)
    }
    const components = componentsOf(header.path, limits)
    if (typeof components === "string") return yield* rejected(header.path, components)
    const [first = "", ...below] = components
    if (top !== undefined && top !== first) {
      return yield* rejected(header.path, `the archive has two top folders, ${clip(top, 60)} and ${clip(first, 60)}`)
    }
    top = first
    const { type } = header
    if (type === "Directory") return yield* makeFolder(below, header.path)
    if (type !== "File" && type !== "Symlink") return yield* rejected(header.path, `${kinds[type]} are not allowed`)
    if (below.length === 0) return yield* rejected(header.path, "the archive has no top folder")
    const name = below.join("/")
    if (folders.has(name)) return yield* rejected(header.path, "the path occurs twice, once as a folder")
    if (type === "File" ? links.has(name) : files.has(name)) {
      return yield* rejected(header.path, "the path occurs twice, once as a link")
    }
    yield* makeFolder(below.slice(0, -1), header.path)
    if (type === "File") return yield* writeFile(entry, below, name)
    const target = header.linkTarget ?? ""
    if (target === "" || /[\\\0]/.test(target) || byteLength(target) > limits.maxPathBytes) {
      return yield* rejected(header.path, "the link's target is empty, too long, or contains a backslash or a NUL")
    }
    links.set(name, target)
  })

  const finish = Effect.gen(function* () {
    if (top === undefined) return yield* new ArchiveBroken({ detail: "it is empty" })
    const refused = escapingLink(links)
    if (refused !== undefined) return yield* rejected(refused.link, refused.problem)
    for (const [link, target] of links) yield* fs.symlink(target, path.join(root, ...link.split("/")))
  })

  return { add, finish }
})

const kinds = {
  Hardlink: "hard links",
  CharDevice: "devices",
  BlockDevice: "devices",
  Fifo: "named pipes",
  Other: "entries of an unknown kind"
} as const
