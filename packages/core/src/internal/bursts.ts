import type { Reply } from "../ThreadReplies.ts"

/** Replies that become one comment, named after its first. */
export interface Burst {
  readonly key: string
  readonly members: ReadonlyArray<string>
  /** The next reply may join it. */
  readonly growing: boolean
}

/** In characters: leaves room for edits below GitHub's 65,536. */
const maxCharacters = 40_000

/**
 * What each person said in a row, of replies in their order. Sealed ones are part of comments already, and stand between
 * what was said before and after them.
 */
export const burstsOf = (
  replies: ReadonlyArray<Pick<Reply, "key" | "authorId" | "markdown"> & { readonly sealed: boolean }>
): ReadonlyArray<Burst> => {
  const bursts: Array<{ authorId: string; members: Array<string>; characters: number; sealed: boolean }> = []
  for (const { authorId, key, markdown, sealed } of replies) {
    const last = bursts.at(-1)
    const joins = last?.authorId === authorId && last.sealed === sealed
    if (joins && last.characters + markdown.length <= maxCharacters) {
      last.members.push(key)
      last.characters += markdown.length
    } else {
      bursts.push({ authorId, members: [key], characters: markdown.length, sealed })
    }
  }
  return bursts.flatMap(({ members, sealed }, index) =>
    sealed ? [] : [{ key: members[0] ?? "", members, growing: index === bursts.length - 1 }]
  )
}

const isSame = (left: Burst, right: Burst) =>
  left.key === right.key &&
  left.growing === right.growing &&
  left.members.length === right.members.length &&
  left.members.every((member, index) => member === right.members[index])

/** Those of `after` that look different, or are sent at another time, than before a reply has changed. */
export const changedBursts = (
  before: ReadonlyArray<Burst>,
  after: ReadonlyArray<Burst>,
  reply: string
): ReadonlyArray<Burst> =>
  after.filter((burst) => burst.members.includes(reply) || !before.some((former) => isSame(former, burst)))
