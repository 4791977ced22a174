/** GitHub-flavoured Markdown with the HTML in it, as content. */
import { fromMarkdown } from "mdast-util-from-markdown"
import { gfmFromMarkdown } from "mdast-util-gfm"
import { gfm } from "micromark-extension-gfm"
import { type Content, image, mark } from "./Content.ts"
import { ContentBuilder } from "./HtmlContent.ts"

/** A document, and its footnotes in the order in which it first refers to them: the first is number 1. */
export interface Document {
  readonly children: ReadonlyArray<Content>
  readonly footnotes: ReadonlyArray<ReadonlyArray<Content>>
}

/**
 * What a comment on GitHub shows: comments, scripts and unknown HTML elements are gone, character references are
 * decoded, references are resolved, `<details>` is its summary (a heading) and its content. Never fails, nor takes long: of
 * containers nested more than 100 deep on one line only the first 100 are kept, and where an item of a list has more than
 * 500 brackets, or as many marks, or a paragraph 2,000, they are text in the whole document.
 * https://github.github.com/gfm
 */
export const parseMarkdown = (markdown: string): Document => {
  const root = fromMarkdown(shallow(markdown), {
    extensions: [gfm(), { disable: { null: tooCostly(markdown) } }],
    mdastExtensions: [gfmFromMarkdown()]
  })
  const context: Context = { urls: new Map(), notes: new Map(), numbers: new Map() }
  collect(root.children, context)
  const children = contentOf(root.children, context)
  const footnotes: Array<ReadonlyArray<Content>> = []
  // NOTE: a footnote may refer to further ones, which makes `numbers` longer while it is read.
  for (const identifier of context.numbers.keys()) {
    footnotes.push(contentOf(context.notes.get(identifier) ?? [], context))
  }
  return { children, footnotes }
}

type Root = ReturnType<typeof fromMarkdown>
type Mdast = Root["children"][number]

interface Context {
  /** Targets of `[label]: url`, by their normalised label. */
  readonly urls: Map<string, string>
  readonly notes: Map<string, ReadonlyArray<Mdast>>
  readonly numbers: Map<string, number>
}

const containers =
  /^((?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))){100})(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t])))+/gm

/** NOTE: each `>` is a level of the tree, and functions that walk a tree of thousands of levels exhaust the stack. */
const shallow = (markdown: string): string => markdown.replace(containers, "$1")

/** More in one line of a list or a table, or in one paragraph, are an attack, or a log that somebody forgot to fence. */
const maxInItem = 500
const maxInParagraph = 2000

const fences = /^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\1|$(?![\s\S]))/gm

/**
 * The constructs for which the parser's time grows with the square of their number in a paragraph: a comment of 30 kB can
 * take it half a minute.
 */
const tooCostly = (markdown: string): Array<string> => {
  const paragraphs = markdown
    .replace(fences, "")
    .replace(/`[^`\n]+`/g, "")
    .split(/\n[ \t]*\r?\n/)
  const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0
  const many = (pattern: RegExp) =>
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
    ...(many(/\[/g) ? ["labelStartImage", "labelStartLink", "labelEnd", "gfmFootnoteCall"] : [])
  ]
}

const collect = (nodes: ReadonlyArray<Mdast>, context: Context): void => {
  for (const node of nodes) {
    if (node.type === "definition" && !context.urls.has(node.identifier)) context.urls.set(node.identifier, node.url)
    if (node.type === "footnoteDefinition" && !context.notes.has(node.identifier)) {
      context.notes.set(node.identifier, node.children)
    }
    if ("children" in node) collect(node.children, context)
  }
}

const contentOf = (nodes: ReadonlyArray<Mdast>, context: Context): ReadonlyArray<Content> => {
  const builder = new ContentBuilder()
  for (const node of nodes) {
    if (node.type === "html") builder.html(node.value)
    else for (const content of converted(node, context)) builder.add(content)
  }
  return builder.finish()
}

const converted = (node: Mdast, context: Context): ReadonlyArray<Content> => {
  switch (node.type) {
    case "text":
      return [{ kind: "text", value: node.value }]
    case "strong":
      return [mark("*", contentOf(node.children, context))]
    case "emphasis":
      return [mark("_", contentOf(node.children, context))]
    case "delete":
      return [mark("~", contentOf(node.children, context))]
    case "inlineCode":
      return [{ kind: "code", value: node.value }]
    case "break":
      return [{ kind: "break" }]
    case "link":
      return [{ kind: "link", url: node.url, children: contentOf(node.children, context) }]
    case "linkReference":
      return [
        { kind: "link", url: context.urls.get(node.identifier) ?? "", children: contentOf(node.children, context) }
      ]
    case "image":
      return [image(node.url, node.alt)]
    case "imageReference":
      return [image(context.urls.get(node.identifier) ?? "", node.alt)]
    case "footnoteReference": {
      const number = context.numbers.get(node.identifier) ?? context.numbers.size + 1
      context.numbers.set(node.identifier, number)
      return [{ kind: "text", value: `[${number}]` }]
    }
    case "paragraph":
      return [{ kind: "group", children: contentOf(node.children, context) }]
    case "heading":
      return [{ kind: "heading", children: contentOf(node.children, context) }]
    case "blockquote":
      return [{ kind: "quote", children: contentOf(node.children, context) }]
    case "list":
      return [
        {
          kind: "list",
          start: node.ordered === true ? (node.start ?? 1) : undefined,
          children: contentOf(node.children, context)
        }
      ]
    case "listItem":
      return [{ kind: "item", checked: node.checked ?? undefined, children: contentOf(node.children, context) }]
    case "code":
      return [{ kind: "pre", value: node.value, suggestion: node.lang === "suggestion" }]
    case "thematicBreak":
      return [{ kind: "rule" }]
    case "table":
      return [{ kind: "table", align: node.align ?? [], children: contentOf(node.children, context) }]
    case "tableRow":
      return [{ kind: "row", children: contentOf(node.children, context) }]
    case "tableCell":
      return [{ kind: "cell", children: contentOf(node.children, context) }]
    default:
      return []
  }
}
