/** Where the files of an environment lie below the workspace, and how they come and go. */
import type { CommitSha } from "@productbuilding/core"
import { Effect, FileSystem, Path, type PlatformError } from "effect"
import type { EnvironmentName } from "./Preview.ts"

/** The folders of one environment. */
export interface EnvironmentFolders {
  /** Holds everything below. */
  readonly root: string
  /** The checked-out source of one commit. */
  readonly source: string
  /** What the runtime writes. */
  readonly state: string
}

/** Pure: creates nothing. */
export const environmentFolders = (
  path: Path.Path,
  workspaceDirectory: string,
  name: EnvironmentName,
  sha: CommitSha
): EnvironmentFolders => {
  const root = path.resolve(workspaceDirectory, name)
  return { root, source: path.join(root, "releases", sha), state: path.join(root, "runtime") }
}

/** Removes the sources of every commit but one. Idempotent. */
export const removeOtherReleases = Effect.fn("removeOtherReleases")(function* (
  folders: EnvironmentFolders,
  keep: CommitSha
): Effect.fn.Return<void, PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const releases = path.dirname(folders.source)
  for (const name of yield* fs.readDirectory(releases)) {
    if (name !== keep) yield* fs.remove(path.join(releases, name), { recursive: true, force: true })
  }
})
