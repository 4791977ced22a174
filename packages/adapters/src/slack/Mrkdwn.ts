/** GitHub's comments as Slack's messages. */
import { type Align, type Content, isBlock, plainText } from "./Content.ts"
import { parseMarkdown } from "./MarkdownTree.ts"
import { escapeText, safeUrl } from "./MessageText.ts"
import { inlineOf, inlineTexts, type Render } from "./MrkdwnInline.ts"
import { columnsOf, pad } from "./TextColumns.ts"

/** What a conversion may know of the place the Markdown comes from. */
export interface MrkdwnOptions {
  /**
   * The repository's URL, such as `https://github.com/acme/shop`. With it `#12`, `owner/repo#12`, commit ids and relative
   * links become links; without it they stay text.
   */
  readonly linkBase?: string
  /** The Slack user id (`U…` or `W…`) of a GitHub login, `undefined` where nobody is to be mentioned. */
  readonly mention?: (githubLogin: string) => string | undefined
}

/**
 * A comment in GitHub-flavoured Markdown as text of a Slack message. The same Markdown always gives the same text, any
 * text gives one, and it can be longer than a message: see `split`.
 *
 * Only `mention` makes mentions, and only http, https and mailto URLs become links. `&`, `<` and `>` are escaped once.
 * Characters that Slack would take for marks, which nothing can escape, become their look-alikes (`∗`, `ˍ`, `∼`, `ˋ`)
 * outside of code, and a zero-width space parts a mark from a word it touches. Fences stand at the beginning of a line
 * even inside quotes and lists, as Slack shows them nowhere else. A table is a code block of at most 76 columns, or a list
 * of its cells where that is too narrow.
 * https://docs.slack.dev/messaging/formatting-message-text (read 2026-11-21)
 */
export const fromMarkdown = (markdown: string, options: MrkdwnOptions): string => {
  const render: Render = { mention: options.mention ?? (() => undefined), base: baseOf(options.linkBase) }
  const { children, footnotes } = parseMarkdown(markdown)
  const notes = footnotes.flatMap((note, index) => marked(`[${index + 1}]`, blocks(note, render, true)))
  const lines = paragraphs([blocks(children, render, false), notes])
  return lines.map(({ text }) => text.trimEnd()).join("\n")
}

interface Line {
  readonly text: string
  /** What may be put before it: anything, only further quotation marks, nothing. */
  readonly kind: "text" | "quote" | "code"
}

const baseOf = (linkBase: string | undefined): string | undefined =>
  linkBase === undefined ? undefined : /^https?:/i.test(linkBase) ? safeUrl(linkBase)?.replace(/\/+$/, "") : undefined

const inlineLines = (contents: ReadonlyArray<Content>, render: Render): ReadonlyArray<Line> =>
  inlineTexts(contents, render).map(textLine)

const textLine = (text: string): Line => ({ text, kind: "text" })
const codeLine = (text: string): Line => ({ text, kind: "code" })

const paragraphs = (parts: ReadonlyArray<ReadonlyArray<Line>>): ReadonlyArray<Line> =>
  parts.filter((part) => part.length > 0).flatMap((part, index) => (index === 0 ? part : [textLine(""), ...part]))

/** The lines of content, inline content between blocks being paragraphs. `tight`: no empty lines between the blocks. */
const blocks = (contents: ReadonlyArray<Content>, render: Render, tight: boolean): ReadonlyArray<Line> => {
  const parts: Array<ReadonlyArray<Line>> = []
  let inline: Array<Content> = []
  const flush = () => {
    parts.push(inlineLines(inline, render))
    inline = []
  }
  for (const content of contents) {
    if (isBlock(content)) {
      flush()
      parts.push(block(content, render, tight))
    } else {
      inline.push(content)
    }
  }
  flush()
  return tight ? parts.flat() : paragraphs(parts)
}

const block = (content: Content, render: Render, tight: boolean): ReadonlyArray<Line> => {
  switch (content.kind) {
    case "heading":
      return inlineLines([{ kind: "mark", mark: "*", children: inlineOf(content.children) }], render)
    case "quote":
      return quote(blocks(alert(content.children), render, false))
    case "list":
      return list(content.children, content.start, render)
    case "item":
      return item("•", content, render)
    case "pre":
      return content.suggestion
        ? [textLine("_Suggested change:_"), ...fenced(content.value)]
        : content.value.trim() === ""
          ? []
          : fenced(content.value)
    case "rule":
      return [textLine("──────────")]
    case "table":
      return table(content.children, content.align, render)
    case "row":
    case "cell":
    case "group":
      return blocks(content.children, render, tight)
    default:
      return inlineLines([content], render)
  }
}

/** `> [!NOTE]` begins with a bold word. https://docs.github.com/en/get-started/writing-on-github */
const alert = (contents: ReadonlyArray<Content>): ReadonlyArray<Content> => {
  const [first, ...rest] = contents
  if (first?.kind !== "group" || first.children[0]?.kind !== "text") return contents
  const found = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)/.exec(first.children[0].value)
  if (found === null) return contents
  const name = found[1] ?? ""
  const title: Content = { kind: "text", value: `${name.charAt(0)}${name.slice(1).toLowerCase()}` }
  const body: Content = { kind: "text", value: `\n${first.children[0].value.slice(found[0].length)}` }
  const bold: Content = { kind: "mark", mark: "*", children: [title] }
  return [{ kind: "group", children: [bold, body, ...first.children.slice(1)] }, ...rest]
}

const quote = (lines: ReadonlyArray<Line>): ReadonlyArray<Line> =>
  lines.map((line, index): Line => {
    const besideCode = lines[index - 1]?.kind === "code" || lines[index + 1]?.kind === "code"
    if (line.kind === "code" || (line.text === "" && besideCode)) return codeLine(line.text)
    // NOTE: Slack knows no quotation inside another.
    return { text: `> ${line.kind === "quote" ? `│ ${line.text.slice(2)}` : line.text}`, kind: "quote" }
  })

const list = (contents: ReadonlyArray<Content>, start: number | undefined, render: Render): ReadonlyArray<Line> => {
  let number = start
  return contents.flatMap((content) => {
    if (content.kind !== "item") return blocks([content], render, true)
    const marker = number === undefined ? "•" : `${number++}.`
    return item(marker, content, render)
  })
}

const item = (
  marker: string,
  { checked, children }: Extract<Content, { kind: "item" }>,
  render: Render
): ReadonlyArray<Line> => {
  const box = checked === undefined ? undefined : checked ? "☑" : "☐"
  const sign = box === undefined ? marker : marker === "•" ? box : `${marker} ${box}`
  return marked(sign, blocks(children, render, true))
}

/** Lines with a sign before the first and room before the others. */
const marked = (sign: string, lines: ReadonlyArray<Line>): ReadonlyArray<Line> => {
  const [first, ...rest] = lines
  const indented = (all: ReadonlyArray<Line>) =>
    all.map((line) => (line.kind === "text" && line.text !== "" ? textLine(`    ${line.text}`) : line))
  return first?.kind === "text"
    ? [textLine(`${sign} ${first.text}`), ...indented(rest)]
    : [textLine(sign), ...indented(lines)]
}

const fenced = (value: string): ReadonlyArray<Line> => [
  codeLine("```"),
  ...value
    .split(/\r\n|\r|\n/)
    .map((line) => codeLine(escapeText(line.replaceAll("```", "``\u200b`").replaceAll("```", "``\u200b`")))),
  codeLine("```")
]

/** Columns of the widest table that is drawn: a message is about that wide on a desktop. */
const maxColumns = 76

const table = (contents: ReadonlyArray<Content>, align: ReadonlyArray<Align>, render: Render): ReadonlyArray<Line> => {
  const rows = contents.flatMap((content) => (content.kind === "row" ? [content.children.filter(isCell)] : []))
  const others = contents.filter((content) => content.kind !== "row")
  const before = blocks(others, render, true)
  const [header, ...body] = rows
  if (header === undefined) return before
  const texts = rows.map((cells) => cells.map((cell) => plainText(cell.children).replace(/\s+/g, " ").trim()))
  const count = rows.reduce((most, cells) => Math.max(most, cells.length), 0)
  const widths = Array.from({ length: count }, (_, column) =>
    texts.reduce((widest, cells) => Math.max(widest, columnsOf(cells[column] ?? "")), 1)
  )
  const total = widths.reduce((sum, width) => sum + width + 3, -3)
  if (total <= maxColumns) {
    const drawn = texts.map((cells) =>
      widths.map((width, column) => pad(cells[column] ?? "", width, align[column])).join(" | ")
    )
    const rule = widths.map((width) => "-".repeat(width)).join("-|-")
    const [head = "", ...lines] = drawn
    return [...before, ...fenced([head, rule, ...lines].map((line) => line.trimEnd()).join("\n"))]
  }
  const entries = body.length === 0 ? [header] : body
  return [
    ...before,
    ...entries.flatMap((cells) =>
      marked(
        "•",
        cells.flatMap((cell, column): ReadonlyArray<Line> => {
          const key = body.length === 0 ? "" : (texts[0]?.[column] ?? "")
          const value = inlineOf(cell.children)
          if (plainText(value).trim() === "") return []
          if (key === "") return inlineLines(value, render)
          const name: Content = { kind: "mark", mark: "*", children: [{ kind: "text", value: `${key}:` }] }
          return inlineLines([name, { kind: "text", value: " " }, ...value], render)
        })
      )
    )
  ]
}

const isCell = (content: Content): content is Extract<Content, { kind: "cell" }> => content.kind === "cell"
