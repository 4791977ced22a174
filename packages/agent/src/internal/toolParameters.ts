import { PullRequestNumber, RepositoryName, type ThreadId, threadId } from "@productbuilding/core"
import { Schema } from "effect"
import { oneLine } from "../OutsideText.ts"
import type { Turn } from "../Turn.ts"

const maxExcerptCharacters = 280

/** Every tool may name another repository than the conversation's. */
export const repository = Schema.optionalKey(
  RepositoryName.annotate({ description: "owner/name. Leave it out for the conversation's own repository." })
)

export const number = PullRequestNumber.annotate({ description: "The number of the issue or pull request." })

/** Which issue or pull request the parameters mean. */
export const targetOf = (
  params: { readonly repository?: RepositoryName; readonly number: PullRequestNumber },
  turn: Turn
): { readonly repository: RepositoryName | null; readonly target: ThreadId | null } => {
  const named = params.repository ?? turn.repository
  return { repository: named, target: named === null ? null : threadId(named, params.number) }
}

export const limit = (fallback: number, most: number) =>
  Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most })).annotate({
      description: `How many at most. Default: ${fallback}.`
    })
  )

/** As much of a text as somebody who has to agree is shown, and how much there is. */
export const excerpt = (text: string): string => {
  const line = oneLine(text, maxExcerptCharacters)
  return text.length > maxExcerptCharacters ? `${line} (${text.length.toLocaleString("en")} characters)` : line
}
