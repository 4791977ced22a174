/** HTML amid Markdown, as GitHub shows it: elements, their implied ends, character references. */
import { decodeNamedCharacterReference } from "decode-named-character-reference"
import { type Content, image, isBlock, type Mark, mark, plainText } from "./Content.ts"

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
export class ContentBuilder {
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
