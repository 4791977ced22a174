/** A commit as GitHub packs it: a gzipped tar whose one top folder is `{owner}-{name}-{sha7}`. */

import { Readable } from "node:stream"
import { createGzip } from "node:zlib"
import { Stream } from "effect"
import { Tar } from "effect/encoding"
import type { Commit, Repository } from "./state.ts"
import { sorted } from "./trees.ts"

const modes = { file: 0o664, executable: 0o775, link: 0o777 } as const
const blockBytes = 512

/** A header block of the old format, for a name and a size that are short. */
const header = (name: string, typeflag: string, size: number, mtimeSeconds: number): Buffer => {
  const block = Buffer.alloc(blockBytes)
  const octal = (value: number, offset: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset)
  block.write(name, 0)
  octal(0o666, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(mtimeSeconds, 136, 12)
  block.write("        ", 148)
  block.write(typeflag, 156)
  block.write("ustar\x0000", 257)
  block.write("root", 265)
  block.write("root", 297)
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7
  )
  return block
}

/** What `git archive` puts first: a header for the whole archive whose comment is the commit. */
const globalHeader = ({ at, sha }: Commit): Buffer => {
  const record = `52 comment=${sha}\n`
  const data = Buffer.alloc(blockBytes)
  data.write(record)
  return Buffer.concat([header("pax_global_header", "g", record.length, Math.floor(Date.parse(at) / 1000)), data])
}

const entries = function* (top: string, { tree }: Commit): Generator<Tar.Entry> {
  yield Tar.directory(`${top}/`, { mode: 0o775 })
  const told = new Set<string>()
  for (const [path, { content, kind }] of sorted(tree)) {
    const parts = path.split("/").slice(0, -1)
    for (let depth = 1; depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join("/")
      if (told.has(folder)) continue
      told.add(folder)
      yield Tar.directory(`${top}/${folder}/`, { mode: 0o775 })
    }
    yield kind === "link"
      ? Tar.symlink(`${top}/${path}`, new TextDecoder().decode(content), { mode: modes.link })
      : Tar.file(`${top}/${path}`, content, { mode: modes[kind] })
  }
}

/** The archive, made while it is read. */
export const tarball = (repo: Repository, commit: Commit): AsyncIterable<Uint8Array> => {
  const top = `${repo.owner}-${repo.name}-${commit.sha.slice(0, 7)}`
  const archive = Stream.fromIterable(entries(top, commit)).pipe(Stream.pipeThroughChannel(Tar.encode()))
  return Readable.from(Stream.toAsyncIterable(Stream.prepend(archive, [globalHeader(commit)]))).pipe(createGzip())
}
