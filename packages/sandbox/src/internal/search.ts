/** What a search of GitHub's asks for, and what fits it: words that must all be there, and some of its qualifiers. */

/** A search query, taken apart. */
export interface SearchQuery {
  /** In lower case. A phrase in quotes is one. */
  readonly words: ReadonlyArray<string>
  /** By name in lower case, for example `repo`. */
  readonly qualifiers: ReadonlyMap<string, ReadonlyArray<string>>
}

/** Takes a query apart. Of the qualifiers only some mean anything here; `NOT`, `OR` and brackets are not understood. */
export const parseQuery = (text: string): SearchQuery => {
  const words: Array<string> = []
  const qualifiers = new Map<string, ReadonlyArray<string>>()
  for (const [, name, value = "", phrase, word = ""] of text.matchAll(/([a-z]+):("[^"]*"|\S+)|"([^"]*)"|(\S+)/gi)) {
    if (name === undefined) words.push((phrase ?? word).toLowerCase())
    else {
      const key = name.toLowerCase()
      qualifiers.set(key, [...(qualifiers.get(key) ?? []), value.replaceAll('"', "")])
    }
  }
  return { words: words.filter((word) => word !== ""), qualifiers }
}

/** How often the words are in the texts, the first of which counts most; 0 when one of them is nowhere. */
export const scoreOf = (words: ReadonlyArray<string>, texts: ReadonlyArray<string>): number => {
  const lower = texts.map((text) => text.toLowerCase())
  let score = 1
  for (const word of words) {
    const counts = lower.map((text, index) => (text.split(word).length - 1) * (index === 0 ? 5 : 1))
    const sum = counts.reduce((total, count) => total + count, 0)
    if (sum === 0) return 0
    score += sum
  }
  return score
}

/** Where words are in a text, with the lines around the first of them. */
export const fragmentOf = (text: string, words: ReadonlyArray<string>) => {
  const lines = text.split("\n")
  const first = Math.max(
    0,
    lines.findIndex((line) => words.some((word) => line.toLowerCase().includes(word)))
  )
  const fragment = lines.slice(Math.max(0, first - 2), first + 3).join("\n")
  const matches = words.flatMap((word) => {
    const at = fragment.toLowerCase().indexOf(word)
    return at < 0 ? [] : [{ text: fragment.slice(at, at + word.length), indices: [at, at + word.length] }]
  })
  return { fragment, matches }
}
