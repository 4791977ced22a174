/** GitHub-flavoured Markdown with the HTML in it, as content. */
import { type Block, parseGfm } from "../markdown/Gfm.ts"
import { type Content, image, mark } from "./Content.ts"
import { ContentBuilder } from "./HtmlContent.ts"

/** A document, and its footnotes in the order in which it first refers to them: the first is number 1. */
export interface Document {
  readonly children: ReadonlyArray<Content>
  readonly footnotes: ReadonlyArray<ReadonlyArray<Content>>
}

/**
 * What a comment on GitHub shows: comments, scripts and unknown HTML elements are gone, character references are
 * decoded, references are resolved, `<details>` is its summary (a heading) and its content. Bounded as `parseGfm` is.
 */
export const parseMarkdown = (markdown: string): Document => {
  const blocks = parseGfm(markdown)
  const context: Context = { urls: new Map(), notes: new Map(), numbers: new Map() }
  collect(blocks, context)
  const children = contentOf(blocks, context)
  const footnotes: Array<ReadonlyArray<Content>> = []
  // NOTE: a footnote may refer to further ones, which makes `numbers` longer while it is read.
  for (const identifier of context.numbers.keys()) {
    footnotes.push(contentOf(context.notes.get(identifier) ?? [], context))
  }
  return { children, footnotes }
}

interface Context {
  /** Targets of `[label]: url`, by their normalised label. */
  readonly urls: Map<string, string>
  readonly notes: Map<string, ReadonlyArray<Block>>
  readonly numbers: Map<string, number>
}

const collect = (nodes: ReadonlyArray<Block>, context: Context): void => {
  for (const node of nodes) {
    if (node.type === "definition" && !context.urls.has(node.identifier)) context.urls.set(node.identifier, node.url)
    if (node.type === "footnoteDefinition" && !context.notes.has(node.identifier)) {
      context.notes.set(node.identifier, node.children)
    }
    if ("children" in node) collect(node.children, context)
  }
}

const contentOf = (nodes: ReadonlyArray<Block>, context: Context): ReadonlyArray<Content> => {
  const builder = new ContentBuilder()
  for (const node of nodes) {
    if (node.type === "html") builder.html(node.value)
    else for (const content of converted(node, context)) builder.add(content)
  }
  return builder.finish()
}

const converted = (node: Block, context: Context): ReadonlyArray<Content> => {
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
