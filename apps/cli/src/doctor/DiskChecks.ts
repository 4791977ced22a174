/** Checks of the folders that the server writes to. */
import { statfs } from "node:fs/promises"
import { Effect, FileSystem, Option, Path } from "effect"
import { engineInfo, isLocal } from "./Engine.ts"
import { type Check, error, ok, type Seen, warn } from "./Finding.ts"
import { gigabytes } from "./Sizes.ts"

/** The nearest folder above that exists: where a missing one would be made. */
const existingAbove = (folder: string): Effect.Effect<string, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    let current = path.resolve(folder)
    while (!(yield* Effect.orElseSucceed(fs.exists(current), () => false)) && path.dirname(current) !== current) {
      current = path.dirname(current)
    }
    return current
  })

/** What so much free space means. */
export const judgeSpace = (folder: string, freeBytes: number, totalBytes: number): Seen => {
  const found = `${folder} has ${(freeBytes / gigabytes).toFixed(1)} of ${(totalBytes / gigabytes).toFixed(0)} GB free.`
  const advice =
    "Make room: `docker system df` shows what Docker holds, `docker image prune` removes what nothing uses."
  if (freeBytes < gigabytes) return error(found, advice)
  return freeBytes < 5 * gigabytes || freeBytes < totalBytes * 0.05 ? warn(found, advice) : ok(found)
}

const space = Effect.fnUntraced(function* (folder: string) {
  const existing = yield* existingAbove(folder)
  const { bavail, blocks, bsize } = yield* Effect.tryPromise(() => statfs(existing))
  return judgeSpace(folder, bavail * bsize, blocks * bsize)
})

/** Free space under the workspace and under Docker's own files. */
export const diskCheck = (
  workspace: string | undefined,
  docker: { readonly host: string | undefined } | undefined
): Check<FileSystem.FileSystem | Path.Path> => ({
  name: "Disk space",
  look: Effect.gen(function* () {
    const root =
      docker === undefined || !isLocal(docker.host)
        ? Option.none<string>()
        : yield* Effect.option(Effect.map(engineInfo(docker.host), ({ DockerRootDir }) => DockerRootDir))
    const fs = yield* FileSystem.FileSystem
    // Docker Desktop names a folder of its own virtual machine.
    const visible = Option.isSome(root) && (yield* fs.exists(root.value)) ? [root.value] : []
    const folders = new Set([...(workspace === undefined ? [] : [workspace]), ...visible])
    return yield* Effect.forEach(folders, space)
  })
})

/** Whether a file can be made in a folder, or the folder itself can be made. Leaves nothing behind. */
export const writableCheck = (
  name: string,
  variable: string,
  folder: string
): Check<FileSystem.FileSystem | Path.Path> => ({
  name,
  look: Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const existing = yield* existingAbove(folder)
    const probe = yield* Effect.result(
      Effect.scoped(fs.makeTempFileScoped({ directory: existing, prefix: ".productbuilding-doctor-" }))
    )
    if (probe._tag === "Failure") {
      return [
        error(
          `${existing} cannot be written to (${probe.failure.reason._tag}).`,
          `Give the server's user the folder, or set ${variable} to another.`
        )
      ]
    }
    return [ok(existing === folder ? `${folder} can be written to.` : `${folder} will be made when the server starts.`)]
  })
})
