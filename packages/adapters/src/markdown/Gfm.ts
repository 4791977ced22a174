/** GitHub-flavoured Markdown as a tree, whoever wrote it. */
import { fromMarkdown } from "mdast-util-from-markdown"
import { gfmFromMarkdown } from "mdast-util-gfm"
import { gfm } from "micromark-extension-gfm"

/** One node of the tree, at any depth. HTML stays text in nodes of its own. */
export type Block = ReturnType<typeof fromMarkdown>["children"][number]

/**
 * Never fails, nor takes long: of containers nested more than 100 deep on one line only the first 100 are kept, and where
 * a line or an item of a list has more than 250 brackets, or as many marks, a paragraph 2,000 or the document 3,000, they are
 * text in the whole document.
 * https://github.github.com/gfm
 */
export const parseGfm = (markdown: string): ReadonlyArray<Block> =>
  fromMarkdown(shallow(markdown), {
    extensions: [gfm(), { disable: { null: tooCostly(markdown) } }],
    mdastExtensions: [gfmFromMarkdown()]
  }).children

const containers =
  /^((?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))){100})(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t])))+/gm

/** NOTE: each `>` is a level of the tree, and functions that walk a tree of thousands of levels exhaust the stack. */
const shallow = (markdown: string): string => markdown.replace(containers, "$1")

/** More in one line of a list or a table, or in one paragraph, are an attack, or a log that somebody forgot to fence. */
const maxInItem = 250
const maxInParagraph = 2000
/** What has more links is a list for machines: each costs a tenth of a millisecond. */
const maxInDocument = 3000

const fences = /^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\1|$(?![\s\S]))/gm

/**
 * The constructs for which the parser's time grows with the square of their number in a paragraph: a comment of 30 kB can
 * take it half a minute.
 */
const tooCostly = (markdown: string): Array<string> => {
  const text = markdown.replace(fences, "").replace(/`[^`\n]+`/g, "")
  const paragraphs = text.split(/\n[ \t]*\r?\n/)
  const count = (part: string, pattern: RegExp) => part.match(pattern)?.length ?? 0
  const many = (pattern: RegExp) =>
    count(text, pattern) > maxInDocument ||
    paragraphs.some(
      (paragraph) =>
        count(paragraph, pattern) > maxInParagraph ||
        // NOTE: a line may look like an item and be none, hence both limits.
        paragraph
          .split(/\n(?=[ \t]*(?:\||[-+*][ \t]|\d{1,9}[.)][ \t]))/)
          .some((item) => count(item, pattern) > maxInItem)
    )
  return [
    ...(many(/\*+|_+|~+/g) ? ["attention", "strikethrough"] : []),
    ...(many(/\[/g) || many(/\]/g)
      ? ["labelStartImage", "labelStartLink", "labelEnd", "gfmFootnoteCall", "gfmPotentialFootnoteCall"]
      : [])
  ]
}
