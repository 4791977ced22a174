/** GitHub-flavoured Markdown with the HTML in it, as the few kinds of content that a message can show. */
import { decodeNamedCharacterReference } from "decode-named-character-reference"
import { fromMarkdown } from "mdast-util-from-markdown"
import { gfmFromMarkdown } from "mdast-util-gfm"
import { gfm } from "micromark-extension-gfm"

/** A piece of content. Where blocks and inline content stand side by side, the inline content is a paragraph. */
export type Content =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "mark"; readonly mark: Mark; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "code"; readonly value: string }
  | { readonly kind: "link"; readonly url: string; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "break" }
  | { readonly kind: "group"; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "heading"; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "quote"; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "list"; readonly start: number | undefined; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "item"; readonly checked: boolean | undefined; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "pre"; readonly value: string; readonly suggestion: boolean }
  | { readonly kind: "rule" }
  | { readonly kind: "table"; readonly align: ReadonlyArray<Align>; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "row"; readonly children: ReadonlyArray<Content> }
  | { readonly kind: "cell"; readonly children: ReadonlyArray<Content> }

/** Bold, italic and struck out, by Slack's characters for them. */
export type Mark = "*" | "_" | "~"

/** How the cells of a column are aligned; `null` where the author did not say. */
export type Align = "left" | "right" | "center" | null

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

/** The visible text of content, without marks: what is the label of a link or stands in a cell. */
export const plainText = (contents: ReadonlyArray<Content>): string =>
  contents
    .map((content) => {
      switch (content.kind) {
        case "text":
        case "code":
        case "pre":
          return content.value
        case "break":
        case "rule":
          return "\n"
        default:
          return isBlock(content) ? `${plainText(content.children)}\n` : plainText(content.children)
      }
    })
    .join("")

/** Whether the content begins a line of its own. */
export const isBlock = ({ kind }: Content): boolean =>
  kind !== "text" && kind !== "mark" && kind !== "code" && kind !== "link" && kind !== "break"

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
  const builder = new Builder()
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

const mark = (character: Mark, children: ReadonlyArray<Content>): Content => ({
  kind: "mark",
  mark: character,
  children
})

const image = (url: string, alt: string | null | undefined): Content => ({
  kind: "link",
  url,
  children: [{ kind: "text", value: alt?.trim() || "image" }]
})

interface Element {
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Array<Content>
}

/** A comment, a declaration, or a tag with its attributes. */
const tagPattern =
  /<!--[\s\S]*?(?:-->|$)|<[!?][^>]*(?:>|$)|<(\/?)([a-z][a-z0-9-]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?)*)\s*\/?>/gi

const attributePattern = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?/g

const marks: ReadonlyMap<string, Mark> = new Map([
  ["b", "*"],
  ["strong", "*"],
  ["i", "_"],
  ["em", "_"],
  ["s", "~"],
  ["del", "~"],
  ["strike", "~"]
])

/** Which open element a tag ends, and inside which others it ends none: `<li>` ends the item before it, not its parent. */
const impliedEnds: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["li", ["ul", "ol"]],
  ["tr", ["table"]],
  ["td", ["tr", "table"]],
  ["th", ["tr", "table"]],
  ["p", ["blockquote", "li", "td", "th", "details", "div"]]
])

/** HTML nested deeper is taken as text only. */
const maxElements = 50

/** Puts content where the HTML elements around it say. They may begin in one piece of HTML and end in another. */
class Builder {
  readonly #open: Array<Element> = [{ tag: "", attributes: new Map(), children: [] }]

  add(content: Content): void {
    this.#open.at(-1)?.children.push(content)
  }

  html(source: string): void {
    let end = 0
    for (const match of source.matchAll(tagPattern)) {
      this.#text(source.slice(end, match.index))
      end = match.index + match[0].length
      const tag = match[2]?.toLowerCase()
      if (tag === undefined) continue
      if (match[1] === "/") this.#close(tag)
      else this.#begin(tag, attributesOf(match[3] ?? ""))
    }
    this.#text(source.slice(end))
  }

  finish(): ReadonlyArray<Content> {
    while (this.#open.length > 1) this.#pop()
    return this.#open[0]?.children ?? []
  }

  #text(source: string): void {
    if (source === "") return
    const decoded = decode(source)
    const raw = this.#open.some(({ tag }) => tag === "pre")
    this.add({ kind: "text", value: raw ? decoded : decoded.replace(/[ \t\r\n\f]+/g, " ") })
  }

  #begin(tag: string, attributes: ReadonlyMap<string, string>): void {
    const content = emptyElement(tag, attributes)
    if (content !== undefined) {
      this.add(content)
      return
    }
    const limits = impliedEnds.get(tag)
    if (limits !== undefined) {
      const limit = this.#open.findLastIndex((element) => limits.includes(element.tag))
      const same = this.#open.findLastIndex((element) => element.tag === tag)
      if (same > limit) this.#closeFrom(same)
    }
    if (this.#open.length < maxElements) this.#open.push({ tag, attributes, children: [] })
  }

  #close(tag: string): void {
    this.#closeFrom(this.#open.findLastIndex((element) => element.tag === tag))
  }

  #closeFrom(index: number): void {
    if (index < 1) return
    while (this.#open.length > index) this.#pop()
  }

  #pop(): void {
    const element = this.#open.pop()
    if (element !== undefined) for (const content of elementContent(element)) this.add(content)
  }
}

/** An element that has no content, and so no end. */
const emptyElement = (tag: string, attributes: ReadonlyMap<string, string>): Content | undefined => {
  switch (tag) {
    case "br":
      return { kind: "break" }
    case "hr":
      return { kind: "rule" }
    case "img":
      return image(attributes.get("src") ?? "", attributes.get("alt"))
    case "input": {
      const box = attributes.has("checked") ? "☑ " : "☐ "
      return { kind: "text", value: attributes.get("type") === "checkbox" ? box : "" }
    }
    case "source":
    case "wbr":
      return { kind: "text", value: "" }
    default:
      return undefined
  }
}

const elementContent = ({ attributes, children, tag }: Element): ReadonlyArray<Content> => {
  const character = marks.get(tag)
  if (character !== undefined) return children.some(isBlock) ? children : [mark(character, children)]
  switch (tag) {
    case "a": {
      const url = attributes.get("href")
      return url === undefined || children.some(isBlock) ? children : [{ kind: "link", url, children }]
    }
    case "code":
    case "kbd":
    case "samp":
    case "tt":
      return [{ kind: "code", value: plainText(children) }]
    case "pre":
      return [{ kind: "pre", value: plainText(children).replace(/^\n|\n$/g, ""), suggestion: false }]
    case "h1":
    case "h2":
    case "h3":
    case "h4":
    case "h5":
    case "h6":
    case "summary":
      return [{ kind: "heading", children }]
    case "blockquote":
      return [{ kind: "quote", children }]
    case "ul":
      return [{ kind: "list", start: undefined, children }]
    case "ol": {
      const start = Number(attributes.get("start") ?? "1")
      return [{ kind: "list", start: Number.isSafeInteger(start) ? start : 1, children }]
    }
    case "li":
      return [{ kind: "item", checked: undefined, children }]
    case "table":
      return [{ kind: "table", align: [], children }]
    case "tr":
      return [{ kind: "row", children }]
    case "td":
    case "th":
      return [{ kind: "cell", children }]
    case "script":
    case "style":
      return []
    case "p":
    case "div":
    case "center":
    case "details":
    case "section":
    case "article":
    case "header":
    case "footer":
    case "figure":
    case "figcaption":
    case "dl":
    case "dt":
    case "dd":
      return [{ kind: "group", children }]
    default:
      return children
  }
}

const attributesOf = (source: string): ReadonlyMap<string, string> => {
  const attributes = new Map<string, string>()
  for (const [, name = "", double, single, bare] of source.matchAll(attributePattern)) {
    attributes.set(name.toLowerCase(), decode(double ?? single ?? bare ?? ""))
  }
  return attributes
}

const decode = (text: string): string =>
  text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z][a-z0-9]{1,31}));/gi,
    (whole, hexadecimal: string | undefined, decimal: string | undefined, name: string | undefined) => {
      if (name !== undefined) return decodeNamedCharacterReference(name) || whole
      const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16)
      const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
      return valid ? String.fromCodePoint(code) : "\ufffd"
    }
  )
