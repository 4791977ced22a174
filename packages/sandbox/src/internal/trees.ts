/** Trees, and the ids of what is in them. */
import { createHash } from "node:crypto"
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import type { CommitContent, SandboxFile, SandboxTree } from "../GitHubState.ts"
import { SandboxRefused } from "../SandboxControl.ts"

export const emptyTree: SandboxTree = new Map()

const leftOut = new Set([".git", "node_modules"])

const readFile = (path: string): SandboxFile | undefined => {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return { content: Buffer.from(readlinkSync(path)), kind: "link" }
  if (!stat.isFile()) return undefined
  return { content: readFileSync(path), kind: (stat.mode & 0o111) === 0 ? "file" : "executable" }
}

/** Reads a folder. What is neither a file, a folder nor a link (a socket, a pipe) is left out, as git does. */
const readTree = (folder: string): SandboxTree => {
  const tree = new Map<string, SandboxFile>()
  const visit = (relative: string) => {
    for (const entry of readdirSync(join(folder, relative), { withFileTypes: true })) {
      if (leftOut.has(entry.name)) continue
      const path = relative === "" ? entry.name : `${relative}/${entry.name}`
      if (entry.isDirectory()) visit(path)
      else {
        const file = readFile(join(folder, path))
        if (file !== undefined) tree.set(path, file)
      }
    }
  }
  try {
    visit("")
  } catch (cause) {
    throw new SandboxRefused({
      message: `The folder ${folder} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
    })
  }
  return tree
}

const isTree = (content: CommitContent): content is SandboxTree => content instanceof Map

/** A path that git would keep. */
const isPath = (path: string) => path.split("/").every((part) => !["", ".", "..", ".git"].includes(part))

/** The tree of a commit on top of another one. */
export const treeOf = (parent: SandboxTree, content: CommitContent): SandboxTree => {
  if (typeof content === "string") return readTree(content)
  if (isTree(content)) return content
  const next = new Map(parent)
  for (const [path, text] of Object.entries(content)) {
    if (!isPath(path)) throw new SandboxRefused({ message: `“${path}” is no path that a commit can have.` })
    if (text === null) next.delete(path)
    else next.set(path, { content: Buffer.from(text), kind: next.get(path)?.kind ?? "file" })
  }
  return next
}

/** Entries in one order on every machine. */
export const sorted = (tree: SandboxTree) =>
  Array.from(tree).toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))

/** A tree's id: the same content has the same one on every machine. */
export const treeSha = (tree: SandboxTree): string => {
  const hash = createHash("sha1")
  for (const [path, { content, kind }] of sorted(tree)) {
    hash.update(`${path}\0${kind}\0${content.length}\0`).update(content)
  }
  return hash.digest("hex")
}

/** A commit's id: the same tree, parents and message have the same one on every machine. */
export const commitSha = (tree: string, parents: ReadonlyArray<string>, message: string): string =>
  createHash("sha1")
    .update(`${tree}\0${parents.join(" ")}\0${message}`)
    .digest("hex")

/** A file's id, as git makes it. */
export const blobSha = (content: Uint8Array): string =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex")

const same = (left: SandboxFile | undefined, right: SandboxFile | undefined) =>
  left === right ||
  (left !== undefined &&
    right !== undefined &&
    left.kind === right.kind &&
    Buffer.compare(left.content, right.content) === 0)

/** Which paths differ. */
export const compareTrees = (before: SandboxTree, after: SandboxTree) => ({
  added: sorted(after).flatMap(([path]) => (before.has(path) ? [] : [path])),
  removed: sorted(before).flatMap(([path]) => (after.has(path) ? [] : [path])),
  modified: sorted(after).flatMap(([path, file]) => (before.has(path) && !same(before.get(path), file) ? [path] : []))
})

/** What a branch did since `base`, done to `onto`. Where both changed a path the branch wins. */
export const mergeTrees = (base: SandboxTree, branch: SandboxTree, onto: SandboxTree): SandboxTree => {
  const { added, modified, removed } = compareTrees(base, branch)
  const merged = new Map(onto)
  for (const path of removed) merged.delete(path)
  for (const path of [...added, ...modified]) {
    const file = branch.get(path)
    if (file !== undefined) merged.set(path, file)
  }
  return merged
}
