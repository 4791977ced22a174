import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { NodeServices } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Fiber, FileSystem, Layer, Path, PlatformError, Schema, Stream } from "effect"
import { Tar } from "effect/encoding"
import { assert } from "vitest"
import { ArchiveLimits, defaultLimits, extractArchive, layerArchiveLimits } from "../src/SourceArchive.ts"
import { archiveOf, gzipped, inPieces, rawArchive, rawHeader, tarOf } from "./support.ts"

/** What the code host says in these tests when it fails. */
class HostError extends Schema.TaggedError<HostError>()("HostError", {}) {}

/** A fresh target below a fresh folder, and what lies in both afterwards. */
const scratch = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "productbuilding-archive-" })
  const target = path.join(root, "releases", "abc")
  return {
    root,
    target,
    read: (file: string) => fs.readFileString(path.join(target, file)),
    isExecutable: (file: string) => Effect.map(fs.stat(path.join(target, file)), ({ mode }) => (mode & 0o111) !== 0),
    /** Everything below the root but the target's parent, relative to it. */
    left: Effect.map(fs.readDirectory(root, { recursive: true }), (names) =>
      names.filter((name) => name !== "releases").toSorted()
    )
  }
})

const limits = { ...defaultLimits, maxBytes: 64 * 1024, maxFileBytes: 48 * 1024, maxEntries: 20, maxPathBytes: 100 }

const fifteen = Array.from({ length: 15 }, (_, index) => index)

const configuredLimits = (variables: Readonly<Record<string, string>>) =>
  Layer.provide(layerArchiveLimits, ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))

it.layer(NodeServices.layer)("extractArchive", (it) => {
  it.effect("unpacks files, folders, links inside and executable bits, without the top folder", () =>
    Effect.gen(function* () {
      const { isExecutable, left, read, target } = yield* scratch
      yield* extractArchive(
        archiveOf(
          Tar.directory("shop-abc"),
          Tar.file("shop-abc/README.md", "read me"),
          Tar.file("shop-abc/bin/start", "#!/bin/sh", { mode: 0o4775 }),
          Tar.directory("shop-abc/empty"),
          Tar.symlink("shop-abc/current", "bin"),
          Tar.symlink("shop-abc/bin/readme", "../README.md"),
          Tar.symlink("shop-abc/start", "current/start"),
          Tar.file(`shop-abc/${"long/".repeat(30)}ünïcode`, "deep")
        ),
        target
      )
      assert.strictEqual(yield* read("README.md"), "read me")
      assert.strictEqual(yield* read("bin/readme"), "read me")
      assert.strictEqual(yield* read("start"), "#!/bin/sh")
      assert.strictEqual(yield* read(`${"long/".repeat(30)}ünïcode`), "deep")
      assert.isTrue(yield* isExecutable("bin/start"))
      assert.isFalse(yield* isExecutable("README.md"))
      assert.include(yield* left, "releases/abc/empty")
      assert.notInclude(yield* left, "releases/abc.partial")
    })
  )

  it.effect("unpacks what git itself archives", () =>
    Effect.gen(function* () {
      const { read, root, target } = yield* scratch
      const git = (...args: ReadonlyArray<string>) =>
        Effect.promise(() =>
          promisify(execFile)("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], {
            cwd: root,
            encoding: "buffer"
          })
        )
      const fs = yield* FileSystem.FileSystem
      yield* git("init", "--quiet")
      yield* fs.writeFileString(`${root}/app.js`, "console.log(1)")
      yield* fs.symlink("app.js", `${root}/main.js`)
      yield* git("add", ".")
      yield* git("commit", "--quiet", "--message", "first")
      const { stdout } = yield* git("archive", "--format=tar.gz", "--prefix=shop-abc/", "HEAD")
      yield* extractArchive(inPieces(stdout), target)
      assert.strictEqual(yield* read("main.js"), "console.log(1)")
    })
  )

  it.effect("keeps the later of two files of one name, with its own mode", () =>
    Effect.gen(function* () {
      const { isExecutable, read, target } = yield* scratch
      yield* extractArchive(
        archiveOf(
          Tar.file("top/a", "a longer first", { mode: 0o755 }),
          Tar.directory("top/d"),
          Tar.directory("top/d"),
          Tar.file("top/a", "second")
        ),
        target
      )
      assert.strictEqual(yield* read("a"), "second")
      assert.isFalse(yield* isExecutable("a"))
    })
  )

  it.effect("does not run the stream when the folder is there already", () =>
    Effect.gen(function* () {
      const { read, target } = yield* scratch
      yield* extractArchive(archiveOf(Tar.file("top/a", "first")), target)
      yield* extractArchive(Stream.die("must not run"), target)
      assert.strictEqual(yield* read("a"), "first")
    })
  )

  it.effect("starts afresh over what an extraction that was killed left behind", () =>
    Effect.gen(function* () {
      const { left, target } = yield* scratch
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(`${target}.partial/old`, { recursive: true })
      yield* extractArchive(archiveOf(Tar.file("top/a", "first")), target)
      assert.deepStrictEqual(yield* left, ["releases/abc", "releases/abc/a"])
    })
  )

  const hostile: ReadonlyArray<readonly [string, Stream.Stream<Uint8Array, Tar.TarError>, RegExp]> = [
    ["an absolute path", archiveOf(Tar.file("/etc/passwd", "x")), /absolute/],
    ["a path with ..", archiveOf(Tar.file("top/../../x", "x")), /leaves the archive/],
    ["a path that is ..", rawArchive(rawHeader("..", "5")), /leaves the archive/],
    ["a backslash", archiveOf(Tar.file("top/a\\..\\..\\x", "x")), /backslash/],
    ["an empty path", rawArchive(rawHeader("./", "5")), /empty/],
    ["two top folders", archiveOf(Tar.file("top/a", "x"), Tar.file("other/a", "x")), /two top folders, top and other/],
    ["no top folder", archiveOf(Tar.file("a", "x")), /no top folder/],
    ["a link in place of the top folder", archiveOf(Tar.symlink("top", "/etc")), /no top folder/],
    ["a link to an absolute path", archiveOf(Tar.symlink("top/a", "/etc/passwd")), /absolute path \/etc\/passwd/],
    ["a link out", archiveOf(Tar.symlink("top/a", "../x")), /leads out/],
    ["a link out through folders", archiveOf(Tar.symlink("top/a/b", "../c/../../x")), /leads out/],
    [
      "a link out through another link",
      archiveOf(Tar.symlink("top/d/up", ".."), Tar.symlink("top/x", "d/up/../y")),
      /leads out/
    ],
    [
      "a chain of links, of which each alone stays inside",
      archiveOf(
        Tar.directory("top/a/b/c"),
        Tar.symlink("top/a/b/c/up", "../.."),
        Tar.symlink("top/l", "a/b/c/up"),
        Tar.symlink("top/out", "l/../../x")
      ),
      /leads out/
    ],
    ["links in a circle", archiveOf(Tar.symlink("top/a", "b"), Tar.symlink("top/b", "a")), /circle/],
    ["a link to itself", archiveOf(Tar.symlink("top/a", "a/b")), /circle/],
    [
      "a link that multiplies its path",
      archiveOf(
        ...fifteen.map((index) => Tar.symlink(`top/l${index}`, `l${index + 1}/./l${index + 1}/.`)),
        Tar.symlink("top/l15", ".")
      ),
      /circle|too many/
    ],
    ["a file through a link", archiveOf(Tar.symlink("top/a", "."), Tar.file("top/a/b", "x")), /through the link a/],
    ["a folder through a link", archiveOf(Tar.symlink("top/a", "."), Tar.directory("top/a/b")), /through the link a/],
    ["a link through a link", archiveOf(Tar.symlink("top/a", "."), Tar.symlink("top/a/b", "c")), /through the link a/],
    ["a file in place of a link", archiveOf(Tar.symlink("top/a", "b"), Tar.file("top/a", "x")), /occurs twice/],
    ["a link in place of a file", archiveOf(Tar.file("top/a", "x"), Tar.symlink("top/a", "b")), /occurs twice/],
    ["a link in place of a folder", archiveOf(Tar.file("top/a/b", "x"), Tar.symlink("top/a", "b")), /occurs twice/],
    ["a folder in place of a file", archiveOf(Tar.file("top/a", "x"), Tar.file("top/a/b", "x")), /a file and a folder/],
    ["a hard link", archiveOf(Tar.file("top/a", "x"), Tar.hardlink("top/b", "top/a")), /hard links are not allowed/],
    ["a hard link out", archiveOf(Tar.hardlink("top/b", "/etc/passwd")), /hard links are not allowed/],
    ["a character device", rawArchive(rawHeader("top/tty", "3")), /devices are not allowed/],
    ["a block device", rawArchive(rawHeader("top/sda", "4")), /devices are not allowed/],
    ["a named pipe", rawArchive(rawHeader("top/pipe", "6")), /named pipes are not allowed/],
    ["an unknown kind", rawArchive(rawHeader("top/x", "Z")), /unknown kind/],
    ["a sparse file", rawArchive(rawHeader("top/x", "S")), /sparse/],
    ["a link without a target", rawArchive(rawHeader("top/x", "2")), /target is empty/],
    ["a link with a backslash", archiveOf(Tar.symlink("top/x", "..\\..\\y")), /backslash/],
    ["a name that is too long", archiveOf(Tar.file(`top/${"n".repeat(256)}`, "x")), /name in the path is longer/]
  ]

  it.effect.each(hostile)("refuses %s, and leaves nothing behind", ([, archive, problem]) =>
    Effect.gen(function* () {
      const { left, target } = yield* scratch
      const error = yield* Effect.flip(extractArchive(archive, target))
      assert(error._tag === "ArchiveRejected", error._tag)
      assert.match(error.problem, problem)
      assert.deepStrictEqual(yield* left, [])
    })
  )

  const excessive: ReadonlyArray<readonly [string, ReadonlyArray<Tar.Entry>, RegExp]> = [
    [
      "too many bytes in all",
      [Tar.file("top/a", new Uint8Array(40_000)), Tar.file("top/b", new Uint8Array(40_000))],
      /unpacks to more than 64 KiB/
    ],
    ["a file that is too large", [Tar.file("top/a", new Uint8Array(50_000))], /file is larger than 48 KiB/],
    [
      "too many entries",
      Array.from({ length: 21 }, (_, index) => Tar.file(`top/${index}`, "")),
      /more than 20 entries/
    ],
    ["a path that is too long", [Tar.file(`top/${"ä/".repeat(40)}x`, "")], /longer than 100 bytes/],
    ["a target that is too long", [Tar.symlink("top/a", "b/".repeat(60))], /too long/]
  ]

  it.effect.each(excessive)("refuses %s", ([, entries, problem]) =>
    Effect.gen(function* () {
      const { left, target } = yield* scratch
      const error = yield* Effect.flip(extractArchive(archiveOf(...entries), target, limits))
      assert(error._tag === "ArchiveRejected", error._tag)
      assert.match(error.problem, problem)
      assert.deepStrictEqual(yield* left, [])
    })
  )

  it.effect("ends a bomb while it is still streaming", () =>
    Effect.gen(function* () {
      const { left, target } = yield* scratch
      let compressed = 0
      // NOTE: a bomb lies in its header, so that only what really comes out of it can give it away.
      const plain = Stream.concat(
        Stream.make(new Uint8Array(rawHeader("top/bomb", "0", "", 1024))),
        Stream.fromIterable(Array.from({ length: 1024 }, () => new Uint8Array(1024 * 1024)))
      )
      const bomb = Stream.fromReadableStream({
        evaluate: () => Stream.toReadableStream(plain).pipeThrough(new CompressionStream("gzip")),
        onError: () => new HostError()
      }).pipe(
        Stream.map((bytes) => {
          compressed += bytes.length
          return bytes
        })
      )
      const error = yield* Effect.flip(extractArchive(bomb, target, { ...limits, maxBytes: 4 * 1024 * 1024 }))
      assert(error._tag === "ArchiveRejected", error._tag)
      assert.match(error.problem, /unpacks to more than 4 MiB/)
      assert.isBelow(compressed, 200_000)
      assert.deepStrictEqual(yield* left, [])
    })
  )

  it.effect("refuses more bytes on the wire than allowed, whatever they hold", () =>
    Effect.gen(function* () {
      const { target } = yield* scratch
      const archive = archiveOf(Tar.file("top/a", crypto.getRandomValues(new Uint8Array(40_000))))
      const error = yield* Effect.flip(extractArchive(archive, target, { ...limits, maxCompressedBytes: 20_000 }))
      assert(error._tag === "ArchiveRejected")
      assert.match(error.problem, /larger than 20 KiB/)
    })
  )

  const broken: ReadonlyArray<readonly [string, Effect.Effect<Uint8Array, Tar.TarError>]> = [
    ["nothing at all", Effect.succeed(new Uint8Array(0))],
    ["no gzip", Effect.succeed(new TextEncoder().encode("<html>not found</html>"))],
    ["no tar", gzipped(new TextEncoder().encode("x".repeat(2000)))],
    ["an empty tar", Effect.flatMap(tarOf(), gzipped)],
    [
      "a gzip that ends early",
      tarOf(Tar.file("top/a", crypto.getRandomValues(new Uint8Array(40_000)))).pipe(
        Effect.flatMap(gzipped),
        Effect.map((bytes) => bytes.subarray(0, 20_000))
      )
    ],
    [
      "a tar that ends early",
      tarOf(Tar.file("top/a", new Uint8Array(40_000))).pipe(
        Effect.map((bytes) => bytes.subarray(0, 20_000)),
        Effect.flatMap(gzipped)
      )
    ],
    [
      "a gzip with a wrong checksum",
      Effect.flatMap(tarOf(Tar.file("top/a", "x")), gzipped).pipe(
        Effect.map((bytes) => bytes.map((byte, index) => (index === bytes.length - 6 ? byte ^ 255 : byte)))
      )
    ]
  ]

  it.effect.each(broken)("says that %s is broken, and leaves nothing behind", ([, bytes]) =>
    Effect.gen(function* () {
      const { left, target } = yield* scratch
      const error = yield* Effect.flip(extractArchive(Stream.unwrap(Effect.map(bytes, (all) => inPieces(all))), target))
      assert.strictEqual(error._tag, "ArchiveBroken")
      assert.deepStrictEqual(yield* left, [])
    })
  )

  it.effect("fails as the stream fails, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const { left, target } = yield* scratch
      const start = archiveOf(Tar.file("top/a", crypto.getRandomValues(new Uint8Array(40_000)))).pipe(Stream.take(10))
      const error = yield* Effect.flip(extractArchive(Stream.concat(start, Stream.fail(new HostError())), target))
      assert.strictEqual(error._tag, "HostError")
      assert.deepStrictEqual(yield* left, [])
    })
  )

  it.effect("leaves nothing behind when it is interrupted, and ends the stream", () =>
    Effect.gen(function* () {
      const { left, target } = yield* scratch
      const waiting = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const start = archiveOf(Tar.file("top/a", crypto.getRandomValues(new Uint8Array(40_000)))).pipe(Stream.take(10))
      const stuck = Stream.fromEffectDrain(Effect.andThen(Deferred.succeed(waiting, undefined), Effect.never))
      const fiber = yield* Stream.concat(start, stuck).pipe(
        Stream.onExit(() => Deferred.succeed(ended, undefined)),
        (archive) => extractArchive(archive, target),
        Effect.forkChild
      )
      yield* Deferred.await(waiting)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(ended)
      assert.deepStrictEqual(yield* left, [])
    })
  )

  it.effect.each(["ENOSPC: no space left on device, write", "EDQUOT: disk quota exceeded, write"])(
    "says that the disk is full: %s",
    (message) =>
      Effect.gen(function* () {
        const { left, target } = yield* scratch
        const fs = yield* FileSystem.FileSystem
        const full = FileSystem.make({
          ...fs,
          open: (path) =>
            Effect.fail(
              PlatformError.systemError({
                _tag: "Unknown",
                module: "FileSystem",
                method: "open",
                pathOrDescriptor: path,
                cause: new Error(message)
              })
            )
        })
        const error = yield* extractArchive(archiveOf(Tar.file("top/a", "x")), target).pipe(
          Effect.provideService(FileSystem.FileSystem, full),
          Effect.flip
        )
        assert.strictEqual(error._tag, "DiskFull")
        assert.deepStrictEqual(yield* left, [])
      })
  )

  it.effect("passes on another failure of the disk", () =>
    Effect.gen(function* () {
      const { root } = yield* scratch
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${root}/file`, "")
      const error = yield* Effect.flip(extractArchive(archiveOf(Tar.file("top/a", "x")), `${root}/file/abc`))
      assert.strictEqual(error._tag, "PlatformError")
    })
  )

  it.effect("reads its limits from the configuration", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* ArchiveLimits, defaultLimits)
      const configured = yield* Effect.provide(
        ArchiveLimits,
        configuredLimits({ ARCHIVE_MAX_MB: "8", ARCHIVE_MAX_ENTRIES: "10" })
      )
      assert.deepStrictEqual(configured, {
        ...defaultLimits,
        maxBytes: 8 * 1024 * 1024,
        maxFileBytes: 8 * 1024 * 1024,
        maxEntries: 10
      })
    })
  )

  it.effect.each(["0", "-1", "lots", "1.5"])("refuses a limit of %s", (text) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(ArchiveLimits, configuredLimits({ ARCHIVE_MAX_MB: text })))
      assert.include(error.message, "ARCHIVE_MAX_MB")
    })
  )
})
