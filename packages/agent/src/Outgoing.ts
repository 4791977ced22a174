/** What a model wrote, made harmless before people see it: it notifies nobody unasked, and loads nothing by being shown. */
import { stretchesOf } from "./internal/markdownCode.ts"

/** Between the `@` and the name: nothing to see, and no mention any more. */
const wordJoiner = "\u2060"

const image = /!+\[/g
const loadingTag =
  /<(?=\s*\/?\s*(?:audio|embed|form|iframe|image|img|input|link|meta|object|picture|script|source|style|svg|track|video)\b)/gi
const escapedAt = /&#(?:0*64|x0*40);|&commat;/gi

/** An address that GitHub links by itself, in which an `@` is no mention. */
const address = /(?<=^|[\s(*_~])https?:\/\/(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[/:?#][^\s<>()`]*)?/gi

/** https://docs.github.com/en/get-started/writing-on-github (read 2026-11-21): `@login` and `@organisation/team`. */
const mention = /(?<![A-Za-z0-9])@(?:([A-Za-z0-9][A-Za-z0-9-]*(?:\/[A-Za-z0-9._-]+)?)|(?=&))/g

/** Everything in a text that may be the name of somebody or of a team. */
const namesIn = (text: string): ReadonlySet<string> =>
  new Set(text.toLowerCase().match(/[a-z0-9][a-z0-9-]*(?:\/[a-z0-9._-]*[a-z0-9])?/g))

const unmentioned = (text: string, named: ReadonlySet<string>): string =>
  text.replace(mention, (whole, name: string | undefined) =>
    name !== undefined && named.has(name.toLowerCase().replace(/[._-]+$/, "")) ? whole : `@${wordJoiner}${name ?? ""}`
  )

const outsideOfAddresses = (text: string, change: (part: string) => string): string => {
  let end = 0
  let changed = ""
  for (const found of text.matchAll(address)) {
    changed += change(text.slice(end, found.index)) + found[0]
    end = found.index + found[0].length
  }
  return changed + change(text.slice(end))
}

/**
 * Markdown that mentions only whom the asker has named in their own words, and whose images are links: whoever reads it
 * calls no address of somebody else's by reading. Code stays as it is where it is code for certain.
 */
export const outgoing = (markdown: string, ownWords: string): string => {
  const named = namesIn(ownWords)
  return stretchesOf(markdown)
    .map(({ isCode, text }) =>
      isCode
        ? text
        : outsideOfAddresses(text.replace(image, "[").replace(loadingTag, "&lt;").replace(escapedAt, "@"), (part) =>
            unmentioned(part, named)
          )
    )
    .join("")
}
