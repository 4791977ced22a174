/** A commit as GitHub packs it: a gzipped tar with the single top folder `{owner}-{name}-{sha7}`. */
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { Effect, Stream } from "effect"
import { Tar } from "effect/encoding"
import type { SandboxTree } from "./GitHubState.ts"

const modes = { file: 0o644, executable: 0o755 } as const
const zip = promisify(gzip)

const entriesOf = (top: string, tree: SandboxTree) => [
  Tar.directory(`${top}/`),
  ...Array.from(tree, ([path, { content, kind }]) =>
    kind === "link"
      ? Tar.symlink(`${top}/${path}`, new TextDecoder().decode(content))
      : Tar.file(`${top}/${path}`, content, { mode: modes[kind] })
  )
]

/** The archive's bytes. */
export const tarball = async (top: string, tree: SandboxTree): Promise<Buffer> =>
  zip(
    Buffer.concat(
      await Effect.runPromise(
        Stream.fromIterable(entriesOf(top, tree)).pipe(Stream.pipeThroughChannel(Tar.encode()), Stream.runCollect)
      )
    )
  )
