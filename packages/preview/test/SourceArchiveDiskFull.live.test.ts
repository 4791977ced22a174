/** A disk that is really full: a small tmpfs, where this machine lets us mount one. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { Tar } from "effect/encoding"
import { assert, describe } from "vitest"
import { extractArchive } from "../src/SourceArchive.ts"
import { archiveOf } from "./support.ts"

const mount = (options: string): { readonly folder: string; readonly unmount: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), "productbuilding-full-"))
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "pipe" })
  } catch (cause) {
    rmdirSync(folder)
    throw cause
  }
  return {
    folder,
    unmount: () => {
      execFileSync("umount", [folder], { stdio: "pipe" })
      rmdirSync(folder)
    }
  }
}

const onDisk = (options: string) =>
  Effect.acquireRelease(
    Effect.sync(() => mount(options)),
    ({ unmount }) => Effect.sync(unmount)
  )

const absence = (): string | undefined => {
  try {
    mount("size=1m").unmount()
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message.split("\n").at(-2) : String(cause)
  }
}

const suite = () => {
  it.live.each([
    ["bytes", "size=1m", [Tar.file("top/large", crypto.getRandomValues(new Uint8Array(60_000)))]],
    ["inodes", "size=4m,nr_inodes=10", []]
  ] as const)("fails with DiskFull when the %s are used up, and frees what it took", ([, options, entries]) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { folder } = yield* onDisk(options)
      const many = Array.from({ length: 40 }, (_, index) => Tar.file(`top/${index}`, new Uint8Array(40_000)))
      const error = yield* Effect.flip(extractArchive(archiveOf(...entries, ...many), join(folder, "release")))
      assert.strictEqual(error._tag, "DiskFull")
      assert.deepStrictEqual(yield* fs.readDirectory(folder), [])
      yield* extractArchive(archiveOf(Tar.file("top/a", "x")), join(folder, "release"))
      assert.deepStrictEqual(yield* fs.readDirectory(join(folder, "release")), ["a"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
}

const missing = absence()
if (missing === undefined) describe("a full disk", suite)
else describe.skip(`a full disk: skipped, no tmpfs can be mounted (${missing})`, suite)
