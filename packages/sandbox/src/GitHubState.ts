/** What the sandbox remembers: repositories, commits, pull requests, comments and hooks. Pure data and its changes. */
import { createHash } from "node:crypto"
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"

/** A file of a commit. A link's content is its target. */
export interface SandboxFile {
  readonly content: Uint8Array
  readonly kind: "file" | "executable" | "link"
}

/** A whole tree, by path relative to the root. */
export type SandboxTree = ReadonlyMap<string, SandboxFile>

/** Changes on top of a tree: text to write, `null` to delete. */
export type TreeChange = Readonly<Record<string, string | null>>

export interface SandboxPullRequest {
  readonly id: number
  readonly number: number
  title: string
  readonly body: string
  readonly author: string
  readonly headRef: string
  readonly baseRef: string
  /** The full name of the head's repository; another one than the base's for a fork. */
  readonly headRepository: string
  headSha: string
  readonly baseSha: string
  state: "open" | "closed"
  draft: boolean
  mergedAt: string | null
  closedAt: string | null
  readonly createdAt: string
  updatedAt: string
}

export interface SandboxComment {
  readonly id: number
  readonly issue: number
  readonly author: string
  body: string
  readonly createdAt: string
  updatedAt: string
}

export interface SandboxHook {
  readonly id: number
  readonly url: string
  readonly events: ReadonlyArray<string>
  readonly secret: string
}

export interface SandboxDelivery {
  readonly id: number
  readonly hookId: number
  readonly guid: string
  readonly event: string
  readonly action: string | null
  readonly payload: object
  readonly redelivery: boolean
  readonly deliveredAt: string
  /** The receiver's status code; 0 when it did not answer. */
  readonly status: number
  readonly durationSeconds: number
}

export interface SandboxRepository {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly private: boolean
  /** The head of the default branch. */
  mainSha: string
  readonly pulls: Map<number, SandboxPullRequest>
  readonly comments: Map<number, SandboxComment>
  readonly hooks: Map<number, SandboxHook>
  readonly deliveries: Array<SandboxDelivery>
}

/** Reads a folder; `.git` and `node_modules` are left out. */
export const readTree = (folder: string): SandboxTree => {
  const tree = new Map<string, SandboxFile>()
  const visit = (relative: string) => {
    for (const name of readdirSync(join(folder, relative)).toSorted()) {
      if (name === ".git" || name === "node_modules") continue
      const path = relative === "" ? name : `${relative}/${name}`
      const stat = lstatSync(join(folder, path))
      if (stat.isDirectory()) visit(path)
      else if (stat.isSymbolicLink())
        tree.set(path, { content: Buffer.from(readlinkSync(join(folder, path))), kind: "link" })
      else
        tree.set(path, {
          content: readFileSync(join(folder, path)),
          kind: (stat.mode & 0o111) === 0 ? "file" : "executable"
        })
    }
  }
  visit("")
  return tree
}

/** A tree with changes applied. */
export const changeTree = (tree: SandboxTree, change: TreeChange): SandboxTree => {
  const next = new Map(tree)
  for (const [path, content] of Object.entries(change)) {
    if (content === null) next.delete(path)
    else next.set(path, { content: Buffer.from(content), kind: next.get(path)?.kind ?? "file" })
  }
  return next
}

/** The id of a commit: the same tree on the same parent has the same id on every machine. */
export const commitSha = (parent: string, tree: SandboxTree): string => {
  const hash = createHash("sha1").update(parent)
  for (const [path, { content, kind }] of Array.from(tree).toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    hash.update(`${path}\0${kind}\0${content.length}\0`).update(content)
  }
  return hash.digest("hex")
}
