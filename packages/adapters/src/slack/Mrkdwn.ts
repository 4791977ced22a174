/** GitHub's comments as Slack's messages. */
import { type Align, type Content, isBlock, type Mark, parseMarkdown, plainText } from "./MarkdownTree.ts"
import { escapeText, link, safeUrl } from "./MessageText.ts"

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

interface Render {
  readonly mention: (githubLogin: string) => string | undefined
  readonly base: string | undefined
}

interface Line {
  readonly text: string
  /** What may be put before it: anything, only further quotation marks, nothing. */
  readonly kind: "text" | "quote" | "code"
}

const baseOf = (linkBase: string | undefined): string | undefined =>
  linkBase === undefined ? undefined : /^https?:/i.test(linkBase) ? safeUrl(linkBase)?.replace(/\/+$/, "") : undefined

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

/** Blocks as inline content, for a place that has but one line. */
const inlineOf = (contents: ReadonlyArray<Content>): ReadonlyArray<Content> =>
  contents.flatMap((content) => {
    if (!isBlock(content)) return [content]
    const space: Content = { kind: "text", value: " " }
    return "children" in content
      ? [space, ...inlineOf(content.children), space]
      : [{ kind: "text", value: ` ${plainText([content])} ` }]
  })

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

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" })

const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u

const invisible = /^[\p{M}\p{Cf}\p{Cc}]+$/u

/** Columns of a text in a fixed-width font. https://www.unicode.org/reports/tr11 */
const columnsOf = (text: string): number => {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length
  let columns = 0
  for (const { segment } of segmenter.segment(text)) columns += wide.test(segment) ? 2 : invisible.test(segment) ? 0 : 1
  return columns
}

const pad = (text: string, width: number, align: Align | undefined): string => {
  const room = width - columnsOf(text)
  const left = align === "right" ? room : align === "center" ? Math.floor(room / 2) : 0
  return `${" ".repeat(left)}${text}${" ".repeat(room - left)}`
}

/** What a line is made of before it is known what touches what. */
type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "open" | "close"; readonly mark: Mark }
  /** `rendered` is escaped already. */
  | { readonly kind: "code" | "link"; readonly rendered: string }
  | { readonly kind: "newline" }

const inlineLines = (contents: ReadonlyArray<Content>, render: Render): ReadonlyArray<Line> => {
  const pieces: Array<Piece> = []
  gather(contents, new Set(), render, pieces)
  const lines = linesOf(pieces).map((line) => textLine(drawLine(line)))
  const first = lines.findIndex(({ text }) => text !== "")
  const last = lines.findLastIndex(({ text }) => text !== "")
  return first === -1 ? [] : lines.slice(first, last + 1)
}

const gather = (
  contents: ReadonlyArray<Content>,
  around: ReadonlySet<Mark>,
  render: Render,
  pieces: Array<Piece>
): void => {
  for (const content of contents) {
    switch (content.kind) {
      case "text":
        for (const [index, line] of content.value.split(/\r\n|\r|\n/).entries()) {
          if (index > 0) pieces.push({ kind: "newline" })
          references(index > 0 ? line.trimStart() : line, render, pieces)
        }
        break
      case "mark":
        if (around.has(content.mark)) {
          gather(content.children, around, render, pieces)
        } else {
          pieces.push({ kind: "open", mark: content.mark })
          gather(content.children, new Set([...around, content.mark]), render, pieces)
          pieces.push({ kind: "close", mark: content.mark })
        }
        break
      case "code": {
        const text = content.value.replace(/\s/g, " ")
        if (text.trim() === "") pieces.push({ kind: "text", text })
        else pieces.push({ kind: "code", rendered: `\`${escapeText(text.replaceAll("`", lookAlikes["`"]))}\`` })
        break
      }
      case "link": {
        const [only, ...others] = content.children
        if (only?.kind === "mark" && others.length === 0) {
          // NOTE: Slack shows no marks inside a link, but links inside marks.
          const inner: Content = { kind: "link", url: content.url, children: only.children }
          gather([{ kind: "mark", mark: only.mark, children: [inner] }], around, render, pieces)
          break
        }
        const url = absolute(content.url, render.base)
        const label = plainText(content.children).replace(/\s+/g, " ").trim()
        if (url === undefined) gather(content.children, around, render, pieces)
        else pieces.push(linkTo(url, label === content.url ? shortened(url, label, render.base) : label))
        break
      }
      case "break":
        pieces.push({ kind: "newline" })
        break
      default:
        gather(inlineOf([content]), around, render, pieces)
    }
  }
}

const linkTo = (url: string, label: string): Piece => ({
  kind: "link",
  rendered: link(url, label === url ? label : withoutMarks(label))
})

/** The absolute URL of a link, by GitHub's rules for relative ones. `undefined` where it can be no link. */
const absolute = (url: string, base: string | undefined): string | undefined => {
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return safeUrl(url)
  if (base === undefined || url === "" || /^[#?]/.test(url)) return undefined
  // NOTE: comments stand on pages such as …/issues/1, so `../blob/main/x` is the way from there to a file.
  const from = /^\.{0,2}\//.test(url) ? `${base}/issues/1` : `${base}/blob/HEAD/`
  return URL.canParse(url, from) ? safeUrl(new URL(url, from).href) : undefined
}

/** A bare URL of an issue or a commit reads as GitHub shows it. */
const shortened = (url: string, label: string, base: string | undefined): string => {
  if (base === undefined) return label
  const origin = new URL(base).origin
  if (!url.startsWith(`${origin}/`)) return label
  const found = /^\/([\w-]+\/[\w.-]+)\/(?:(?:issues|pull)\/(\d+)|commit\/([0-9a-f]{40}))$/.exec(
    url.slice(origin.length)
  )
  if (found === null) return label
  const [, repository = "", number, sha = ""] = found
  const place = `${origin}/${repository}` === base ? "" : repository
  if (number !== undefined) return `${place}#${number}`
  return place === "" ? sha.slice(0, 7) : `${place}@${sha.slice(0, 7)}`
}

/**
 * Mentions, issues and commits in plain text.
 * https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
 */
const referencePattern =
  /(?<![\w/@.`-])@(?<login>[A-Za-z\d](?:-?[A-Za-z\d]){0,38}(?:_[A-Za-z\d]{1,16})?)(?![\w/-])|(?<![\w/#&.@-])(?:(?<place>[A-Za-z\d][\w-]{0,38}\/[\w.-]{1,100}))?(?:#|(?<![\w/#&.@-])GH-)(?<number>\d{1,10})(?!\w)|(?<![\w/#&.@-])(?:(?<home>[A-Za-z\d][\w-]{0,38}\/[\w.-]{1,100})@)?(?<sha>[0-9a-f]{7,40})(?![\w-]|\.\w)/g

const references = (text: string, render: Render, pieces: Array<Piece>): void => {
  let end = 0
  for (const match of text.matchAll(referencePattern)) {
    const piece = reference(match[0], match.groups ?? {}, render)
    if (piece === undefined) continue
    pieces.push({ kind: "text", text: text.slice(end, match.index) }, piece)
    end = match.index + match[0].length
  }
  pieces.push({ kind: "text", text: text.slice(end) })
}

const reference = (
  text: string,
  { home, login, number, place, sha }: { readonly [name: string]: string | undefined },
  { base, mention }: Render
): Piece | undefined => {
  if (login !== undefined) {
    const user = mention(login)
    return user !== undefined && /^[UW][A-Z0-9]+$/.test(user) ? { kind: "link", rendered: `<@${user}>` } : undefined
  }
  if (base === undefined) return undefined
  const elsewhere = place ?? home
  const repository = elsewhere === undefined ? base : `${new URL(base).origin}/${elsewhere}`
  if (number !== undefined) return linkTo(`${repository}/issues/${number}`, text)
  // NOTE: a number or a word such as `defaced` is no commit, as far as one can tell without asking.
  if (sha === undefined || !/\d/.test(sha) || !/[a-f]/.test(sha)) return undefined
  return linkTo(`${repository}/commit/${sha}`, sha.length === 40 ? text.replace(sha, sha.slice(0, 7)) : text)
}

/** Marks end with the line and begin again on the next: Slack's do not go over lines. */
const linesOf = (pieces: ReadonlyArray<Piece>): ReadonlyArray<ReadonlyArray<Piece>> => {
  const lines: Array<ReadonlyArray<Piece>> = []
  const open: Array<Mark> = []
  let line: Array<Piece> = []
  for (const piece of pieces) {
    if (piece.kind === "newline") {
      for (const mark of open.toReversed()) addClose(line, mark)
      lines.push(line)
      line = open.map((mark) => ({ kind: "open", mark }))
    } else if (piece.kind === "text") {
      addText(line, piece.text)
    } else if (piece.kind === "close") {
      open.pop()
      addClose(line, piece.mark)
    } else {
      if (piece.kind === "open") open.push(piece.mark)
      line.push(piece)
    }
  }
  return [...lines, line]
}

/** NOTE: a mark has to touch what it marks, so the white space goes out of it. */
const addText = (line: Array<Piece>, text: string): void => {
  if (text === "") return
  const space = /^\s*/.exec(text)?.[0] ?? ""
  let place = line.length
  while (line[place - 1]?.kind === "open") place--
  if (place < line.length && space !== "") {
    line.splice(place, 0, { kind: "text", text: space })
    addText(line, text.slice(space.length))
    return
  }
  const last = line.at(-1)
  if (last?.kind === "text") line[line.length - 1] = { kind: "text", text: `${last.text}${text}` }
  else line.push({ kind: "text", text })
}

const addClose = (line: Array<Piece>, mark: Mark): void => {
  const last = line.at(-1)
  if (last?.kind === "open") {
    line.pop()
    return
  }
  const text = last?.kind === "text" ? last.text : ""
  const kept = text.trimEnd()
  if (last?.kind === "text") {
    line.pop()
    if (kept !== "") line.push({ kind: "text", text: kept })
  }
  line.push({ kind: "close", mark })
  addText(line, text.slice(kept.length))
}

/**
 * What Slack shows as itself, looking like a mark. Nothing escapes a mark.
 * https://github.com/yhatt/jsx-slack/blob/main/docs/about-escape-and-exact-mode.md (read 2026-11-21)
 */
const lookAlikes = { "*": "\u2217", _: "\u02cd", "~": "\u223c", "`": "\u02cb" }

const drawLine = (pieces: ReadonlyArray<Piece>): string => {
  const line = withLookAlikes(pieces)
  let drawn = ""
  let before: Piece | undefined
  for (const piece of line) {
    const text = piece.kind === "text" ? piece.text : ""
    const outside = piece.kind === "open" || piece.kind === "code"
    const ended = before?.kind === "close" || before?.kind === "code"
    const touchesBefore =
      outside &&
      before !== undefined &&
      before.kind !== "open" &&
      !(before.kind === "text" && endsFree.test(before.text))
    const touchesAfter = ended && piece.kind !== "close" && !(piece.kind === "text" && beginsFree.test(text))
    if (touchesBefore || touchesAfter) drawn += "\u200b"
    if (piece.kind === "text")
      drawn += escapeText(before === undefined && text.startsWith(">") ? `\u200b${text}` : text)
    else if (piece.kind === "open" || piece.kind === "close") drawn += piece.mark
    else if (piece.kind === "code" || piece.kind === "link") drawn += piece.rendered
    before = piece
  }
  return drawn.trim()
}

const endsFree = /[\s()[\]{}"',.;:!?-]$/
const beginsFree = /^[\s()[\]{}"',.;:!?-]/

/** Text of a label, which has marks of nothing else around it. */
const withoutMarks = (text: string): string =>
  withLookAlikes([{ kind: "text", text }])
    .map((piece) => (piece.kind === "text" ? piece.text : ""))
    .join("")

const wordCharacter = /[\p{L}\p{N}\p{M}]/u

/** The line with other characters for those of its text that Slack would take for marks. */
const withLookAlikes = (pieces: ReadonlyArray<Piece>): ReadonlyArray<Piece> => {
  // NOTE: one character stands for each piece that is no text: what matters is that it is neither white space nor a word.
  const whole = pieces.map((piece) => (piece.kind === "text" ? piece.text : "\u0000")).join("")
  if (!/[*_~`]/.test(whole)) return pieces
  const first = new Map<string, number>()
  const last = new Map<string, number>()
  let position = 0
  for (const piece of pieces) {
    const text = piece.kind === "text" ? piece.text : "\u0000"
    for (let index = 0; index < text.length; index++, position++) {
      const character = piece.kind === "open" || piece.kind === "close" ? piece.mark : text.charAt(index)
      if (character !== "*" && character !== "_" && character !== "~") continue
      if (piece.kind !== "close" && mayOpen(whole, position) && !first.has(character)) first.set(character, position)
      if (piece.kind !== "open" && mayClose(whole, position)) last.set(character, position)
    }
  }
  let start = 0
  return pieces.map((piece): Piece => {
    const offset = start
    start += piece.kind === "text" ? piece.text.length : 1
    if (piece.kind !== "text") return piece
    const text = piece.text.replace(/[*_~`]/g, (character, index: number) => {
      if (character === "`") return lookAlikes["`"]
      if (character !== "*" && character !== "_" && character !== "~") return character
      const at = offset + index
      const begins = mayOpen(whole, at) && at < (last.get(character) ?? -1)
      const ends = mayClose(whole, at) && at > (first.get(character) ?? whole.length)
      return begins || ends ? lookAlikes[character] : character
    })
    return { kind: "text", text }
  })
}

const mayOpen = (line: string, at: number): boolean =>
  !wordCharacter.test(line.charAt(at - 1)) && /\S/.test(line.charAt(at + 1))

const mayClose = (line: string, at: number): boolean =>
  /\S/.test(line.charAt(at - 1)) && !wordCharacter.test(line.charAt(at + 1))
