/** Queries for GitHub's searches. */
import type { RepositoryName } from "@productbuilding/core"

/** https://docs.github.com/en/rest/search/search#limitations-on-query-length (read 2026-11-21); qualifiers do not count. */
const maxCharacters = 256

/** What would lead a search into other repositories. */
const leading = /(?:^|(?<=[\s("]))-?(?:repo|user|org|enterprise):(?:"[^"]*"?|\S*)/gi

/**
 * Somebody's words as a query about one repository: shortened to what GitHub takes, without qualifiers that lead
 * elsewhere. Brackets and `OR` may still widen it, so look at the repository of what is found.
 */
export const queryAbout = (repository: RepositoryName, words: string, ...qualifiers: ReadonlyArray<string>): string => {
  const terms = words.replace(leading, " ").replace(/\s+/g, " ").trim()
  const short =
    terms.length <= maxCharacters
      ? terms
      : terms.slice(0, maxCharacters + 1).replace(/\s?\S*$/, "") || terms.slice(0, maxCharacters)
  return [`repo:${repository}`, ...qualifiers, short].join(" ").trim()
}
