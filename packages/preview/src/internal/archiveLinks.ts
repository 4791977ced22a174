/** Whether the symbolic links of an archive stay inside it. */

interface Folder {
  readonly inside: Map<string, Folder>
  target?: string
}

/** A link, and why it is refused. */
export interface RefusedLink {
  readonly link: string
  readonly problem: string
}

/** As many as Linux follows: `path_resolution(7)`, read 2026-11-21. */
const maxHops = 40
/** Longer than any honest path, so that many links to long paths cannot keep us busy. */
const maxSteps = 1000

/**
 * The first link that leads out of the root, by its path; every link is followed as the kernel would follow it, through
 * every other link. A textual check would not see that `a/..` is not where `a` lies when `a` is itself a link.
 */
export const escapingLink = (links: ReadonlyMap<string, string>): RefusedLink | undefined => {
  const root: Folder = { inside: new Map() }
  for (const [link, target] of links) {
    let folder = root
    for (const name of link.split("/")) {
      const next: Folder = folder.inside.get(name) ?? { inside: new Map() }
      folder.inside.set(name, next)
      folder = next
    }
    folder.target = target
  }
  for (const link of links.keys()) {
    const problem = follow(root, link)
    if (problem !== undefined) return { link, problem }
  }
  return undefined
}

const follow = (root: Folder, link: string): string | undefined => {
  const walked: Array<Folder | undefined> = []
  const rest = link.split("/").toReversed()
  let hops = 0
  for (let steps = 0; rest.length > 0; steps++) {
    if (steps > maxSteps) return "the link leads through too many folders"
    const name = rest.pop() ?? ""
    if (name === "" || name === ".") continue
    if (name === "..") {
      if (walked.length === 0) return "the link leads out of the archive"
      walked.pop()
      continue
    }
    const parent = walked.length === 0 ? root : walked.at(-1)
    const found = parent?.inside.get(name)
    if (found?.target === undefined) {
      walked.push(found)
      continue
    }
    if (++hops > maxHops) return "the link runs in a circle"
    if (found.target.startsWith("/")) return `the link leads to the absolute path ${found.target}`
    rest.push(...found.target.split("/").toReversed())
  }
  return undefined
}
