/**
 * What a model or a stranger wrote in Markdown, as HTML that nothing can run in and nothing is loaded by. Loads a parser:
 * import it where somebody reads.
 */
import { type Block, parseGfm } from "@productbuilding/adapters/markdown/Gfm"
import { type Html, html, linkOf, trusted } from "./Html.ts"

/**
 * Elements have no attributes but those that are written here. HTML in the Markdown is text, an image is a link to it, and
 * a link to anything but http and https is its label. Line breaks are kept, for a style with `white-space: pre-line`.
 * What is longer than 10,000 characters is one piece of text: its author decides how long a parser takes.
 */
export const markdownHtml = (markdown: string): Html => {
  if (markdown.length > maxLength) return html`${markdown}`
  const blocks = parseGfm(markdown)
  const addresses = new Map<string, string>()
  collect(blocks, addresses)
  return html`${blocks.map((block) => node(block, addresses))}`
}

const maxLength = 10_000

/** Targets of `[label]: url`, by their normalised label: the first of a label counts. */
type Addresses = Map<string, string>

const collect = (blocks: ReadonlyArray<Block>, addresses: Addresses): void => {
  for (const block of blocks) {
    if (block.type === "definition" && !addresses.has(block.identifier)) addresses.set(block.identifier, block.url)
    if ("children" in block) collect(block.children, addresses)
  }
}

/** Below the headings of the page around it. */
const headings = ["h4", "h5", "h6", "h6", "h6", "h6"].map((name) => ({
  open: trusted(`<${name}>`),
  close: trusted(`</${name}>`)
}))

const anchor = (address: string | undefined, label: Html): Html => {
  const target = linkOf(address ?? "")
  return target === undefined ? label : html`<a href="${target}" rel="noreferrer nofollow">${label}</a>`
}

const node = (block: Block, addresses: Addresses): Html => {
  const inside = (children: ReadonlyArray<Block>): Html => html`${children.map((child) => node(child, addresses))}`
  switch (block.type) {
    case "text":
      return html`${block.value}`
    case "strong":
      return html`<strong>${inside(block.children)}</strong>`
    case "emphasis":
      return html`<em>${inside(block.children)}</em>`
    case "delete":
      return html`<del>${inside(block.children)}</del>`
    case "inlineCode":
      return html`<code>${block.value}</code>`
    case "html":
      return html`<span>${block.value}</span>`
    case "break":
      return trusted("<br>")
    case "link":
      return anchor(block.url, inside(block.children))
    case "linkReference":
      return anchor(addresses.get(block.identifier), inside(block.children))
    case "image":
      return anchor(block.url, html`${imageName(block.alt)}`)
    case "imageReference":
      return anchor(addresses.get(block.identifier), html`${imageName(block.alt)}`)
    case "footnoteReference":
      return html`[${block.label ?? block.identifier}]`
    case "footnoteDefinition":
      return html`<div class="footnote"><span>[${block.label ?? block.identifier}]</span><div>${inside(block.children)}</div></div>`
    case "paragraph":
      return html`<p>${inside(block.children)}</p>`
    case "heading": {
      const heading = headings[block.depth - 1]
      return html`${heading?.open}${inside(block.children)}${heading?.close}`
    }
    case "blockquote":
      return html`<blockquote>${inside(block.children)}</blockquote>`
    case "list":
      return block.ordered === true
        ? html`<ol start="${block.start ?? 1}">${inside(block.children)}</ol>`
        : html`<ul>${inside(block.children)}</ul>`
    case "listItem":
      return typeof block.checked === "boolean"
        ? html`<li class="task">${block.checked ? "☑" : "☐"} ${inside(block.children)}</li>`
        : html`<li>${inside(block.children)}</li>`
    case "code":
      return html`<pre tabindex="0"><code>${block.value}</code></pre>`
    case "thematicBreak":
      return trusted("<hr>")
    case "table": {
      const [head, ...rows] = block.children.map(({ children }) =>
        children.map((cell, column) => ({
          content: inside(cell.children),
          side: sides[block.align?.[column] ?? "left"]
        }))
      )
      return html`<div class="wide" tabindex="0"><table><thead><tr>${head?.map(
        ({ content, side }) => html`<th${side}>${content}</th>`
      )}</tr></thead><tbody>${rows.map(
        (row) => html`<tr>${row.map(({ content, side }) => html`<td${side}>${content}</td>`)}</tr>`
      )}</tbody></table></div>`
    }
    default:
      return html``
  }
}

const sides = { left: html``, right: html` class="right"`, center: html` class="center"` }

const imageName = (alt: string | null | undefined): string => alt?.trim() || "image"
