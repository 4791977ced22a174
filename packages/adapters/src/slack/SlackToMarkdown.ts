/** Slack's messages as comments on GitHub. */
import { safeUrl, unescapeText } from "./MessageText.ts"

/** Whom and what the ids in a message stand for. */
export interface SlackNames {
  /** A user's display name, or `@` and the GitHub login of somebody who is to be mentioned on GitHub. */
  readonly user: (id: string) => string | undefined
  /** A channel's name, without `#`. */
  readonly channel: (id: string) => string | undefined
}

/**
 * The text of a message, as Slack delivers it (escaped, with `<…>` for links and mentions), as GitHub-flavoured Markdown
 * that looks the same. The same text always gives the same Markdown, and any text gives one.
 *
 * Nobody is mentioned but whom `user` answers with `@login`: a zero-width space follows every other `@`. HTML, tables,
 * headings and marks that Slack shows as text stay text; `#12`, bare commit ids and closing keywords stay as they are, as
 * a comment closes nothing. Links lead to http, https and mailto URLs only.
 * https://docs.slack.dev/messaging/formatting-message-text (read 2026-11-21)
 */
export const toMarkdown = (text: string, names: SlackNames): string => {
  const blocks: Array<Block> = []
  // NOTE: with a group in the pattern, every other piece is what stood in a fence.
  for (const [index, piece] of text
    .replace(/\r\n?/g, "\n")
    .split(/```([\s\S]*?)```/)
    .entries()) {
    if (index % 2 === 1) {
      const code = codeText(piece, names).replace(/^\n|\n$/g, "")
      if (code.trim() !== "") blocks.push({ kind: "code", text: fenced(code) })
    } else {
      blocks.push(...lineBlocks(piece, names))
    }
  }
  let markdown = ""
  let before: Block["kind"] = "empty"
  for (const { kind, text: line } of blocks) {
    // NOTE: without the empty line a paragraph would go on the line before it, and a list would not begin.
    const apart = kind !== "empty" && before !== "empty" && (kind !== before || kind === "code")
    markdown += `${apart ? "\n" : ""}${line}\n`
    before = kind
  }
  return markdown.replace(/\n{3,}/g, "\n\n").replace(/^\n+|\s+$/g, "")
}

interface Block {
  readonly kind: "text" | "list" | "quote" | "code" | "empty"
  readonly text: string
}

const lineBlocks = (text: string, names: SlackNames): ReadonlyArray<Block> => {
  let quoted = false
  return text.split("\n").map((line): Block => {
    const quote = /^(?:&gt;|>)((?:&gt;|>){2})? ?/.exec(line)
    // NOTE: `>>>` quotes everything that follows.
    if (quote?.[1] !== undefined) quoted = true
    const content = quote === null ? line : line.slice(quote[0].length)
    if (quoted || quote !== null) return { kind: "quote", text: `> ${lineStart(content, names).text}`.trimEnd() }
    return lineStart(content, names)
  })
}

const lineStart = (line: string, names: SlackNames): Block => {
  if (line.trim() === "") return { kind: "empty", text: "" }
  const item = /^([ \t]*)(?:([•◦▪‣☐☑-])|(\d{1,9})\.)[ \t]+(?=\S)/.exec(line)
  if (item === null) return { kind: "text", text: escapeStart(inline(line.trim(), names, true)) }
  const [whole, indentation = "", sign, number] = item
  // NOTE: Slack's levels are four spaces; a level of Markdown is as deep as its sign is wide, and never as deep as code.
  const level = Math.floor(indentation.replaceAll("\t", "    ").length / 4)
  const box = sign === "☐" ? "[ ] " : sign === "☑" ? "[x] " : ""
  const marker = number === undefined ? "-" : `${number}.`
  const content = escapeStart(inline(line.slice(whole.length).trim(), names, true))
  return { kind: "list", text: `${"    ".repeat(Math.min(level, 8))}${marker} ${box}${content}` }
}

const longestRun = (text: string): number =>
  Array.from(text.matchAll(/`+/g)).reduce((longest, [run]) => Math.max(longest, run.length), 0)

const fenced = (code: string): string => {
  const fence = "`".repeat(Math.max(3, longestRun(code) + 1))
  return `${fence}\n${code}\n${fence}`
}

const codeSpan = (code: string): string => {
  const fence = "`".repeat(longestRun(code) + 1)
  const pad = code.startsWith("`") || code.endsWith("`") ? " " : ""
  return `${fence}${pad}${code}${pad}${fence}`
}

const tokenPattern = /<([^<>\n]*)>/g

/** Code is not formatted, but Slack puts links and mentions there too. */
const codeText = (code: string, names: SlackNames): string =>
  unescapeText(code.replace(tokenPattern, (_, token: string) => escapedAgain(tokenText(token, names))))

const escapedAgain = (text: string): string => text.replaceAll("&", "&amp;")

/** What a token reads, without any formatting. */
const tokenText = (token: string, names: SlackNames): string => {
  const [target = "", ...rest] = token.split("|")
  const label = unescapeText(rest.join("|"))
  const id = target.slice(1)
  switch (target.charAt(0)) {
    case "@":
      return (names.user(id) ?? label.replace(/^@/, "")) || id
    case "#":
      return `#${(label || names.channel(id)) ?? id}`
    case "!":
      return label !== "" ? label : `@${id.replace(/[|^].*$/, "")}`
    default:
      return label === "" ? unescapeText(target).replace(/^mailto:/, "") : label
  }
}

/** NOTE: only `names` may make a mention, not the label that came with the message. */
const isMention = (source: string, names: SlackNames): boolean => {
  const name = source.startsWith("@") ? names.user(source.slice(1).replace(/\|.*$/, "")) : undefined
  return name !== undefined && /^@[A-Za-z\d](?:-?[A-Za-z\d]){0,38}(?:_[A-Za-z\d]{1,16})?$/.test(name)
}

const token = (source: string, names: SlackNames, bold: boolean): string => {
  const text = tokenText(source, names)
  const [target = ""] = source.split("|")
  switch (target.charAt(0)) {
    case "@":
      if (isMention(source, names)) return text
      return bold ? literal(text.trim(), "") : `**${literal(text.trim(), "")}**`
    case "#":
      // NOTE: GitHub would take a channel named `12` for an issue.
      return literal(text, "").replace(/^#(?=\d)/, "#\u200b")
    case "!":
      return literal(text, "")
    default: {
      const url = unescapeText(target)
      const safe = safeUrl(url)
      if (safe === undefined) return literal(text, "")
      const label = text.replace(/\s+/g, " ").trim()
      return label === "" || label === url ? `<${safe}>` : `[${literal(label, "")}](<${safe.replaceAll("&", "&amp;")}>)`
    }
  }
}

const marks: ReadonlyMap<string, string> = new Map([
  ["*", "**"],
  ["_", "_"],
  ["~", "~~"]
])

/** `formatted`: whether marks are marks here, as they are at first but not once more inside themselves. */
const inline = (source: string, names: SlackNames, outermost: boolean, inside = ""): string => {
  const atom = /`([^`\n]+)`|<([^<>\n]*)>/y
  let markdown = ""
  let plain = ""
  let plainBefore = ""
  const endless = new Set<string>()
  const flush = () => {
    markdown += literal(unescapeText(plain), plainBefore)
    plain = ""
  }
  for (let index = 0; index < source.length; ) {
    atom.lastIndex = index
    const found = atom.exec(source)
    const character = source.charAt(index)
    const sign = marks.get(character)
    if (found !== null) {
      flush()
      const [whole, code, reference] = found
      // NOTE: two code spans that touch would be one.
      const apart = code !== undefined && markdown.endsWith("`") ? " " : ""
      index += whole.length
      if (code !== undefined) {
        markdown += `${apart}${codeSpan(codeText(code, names))}`
      } else if (reference !== undefined && isMention(reference, names)) {
        // NOTE: with what touches it, it would be somebody else's login, a team, or an address.
        const before = /[\w/]$/.test(markdown) ? "\u200b" : ""
        const after = /^(?:$|[\s.,:;!?)'"*~])/.test(source.slice(index)) ? "" : "\u200b"
        markdown += `${before}${token(reference, names, false)}${after}`
      } else {
        markdown += token(reference ?? "", names, inside.includes("*"))
      }
      plainBefore = source.charAt(index - 1)
      continue
    }
    const end =
      sign === undefined || inside.includes(character) || endless.has(character) || !opens(source, index)
        ? -1
        : closing(source, index)
    // NOTE: what no later character ends, nothing ends that begins later; looking again would take forever.
    if (end === -1 && sign !== undefined && opens(source, index)) endless.add(character)
    if (sign !== undefined && end > 0) {
      flush()
      const content = inline(source.slice(index + 1, end), names, false, `${inside}${character}`)
      const touches = /[\p{L}\p{N}]$/u.test(markdown) || /^\u200b*[\p{L}\p{N}]/u.test(source.slice(end + 1))
      const drawn = sign === "_" && touches ? "*" : sign
      markdown += `${drawn}${content}${drawn}`
      index = end + 1
      plainBefore = character
      continue
    }
    plain += character
    index++
  }
  flush()
  return outermost ? markdown.trim() : markdown
}

const isWord = (character: string): boolean => /[\p{L}\p{N}]/u.test(character)

/** Whether Slack would take the mark at `start` for the beginning of something. */
const opens = (source: string, start: number): boolean => {
  const next = source.charAt(start + 1)
  return !isWord(source.charAt(start - 1)) && /\S/.test(next) && next !== source.charAt(start)
}

/** Index of the mark that ends what the mark at `start` begins, or -1. */
const closing = (source: string, start: number): number => {
  const mark = source.charAt(start)
  const skip = /`[^`\n]+`|<[^<>\n]*>/y
  for (let index = start + 1; index < source.length; index++) {
    skip.lastIndex = index
    const skipped = skip.exec(source)
    if (skipped !== null) {
      index += skipped[0].length - 1
      continue
    }
    if (source.charAt(index) !== mark) continue
    if (/\S/.test(source.charAt(index - 1)) && !isWord(source.charAt(index + 1))) return index
  }
  return -1
}

/** Text as Markdown that reads just so: it formats nothing, links nothing of its own accord and mentions nobody. */
const literal = (text: string, before: string): string =>
  text
    .replaceAll("\u200b", "")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\\`*[\]~|$]/g, (character) => `\\${character}`)
    .replace(/_/g, (character, index: number, whole: string) =>
      isWord(whole.charAt(index - 1)) && isWord(whole.charAt(index + 1)) ? character : `\\${character}`
    )
    // NOTE: before a link it would make an image of it.
    .replace(/!$/, "\\!")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/@(?=[\p{L}\p{N}]|$)/gu, (character, index: number, whole: string) =>
      /[A-Za-z0-9]/.test(index === 0 ? before : whole.charAt(index - 1)) ? character : `${character}\u200b`
    )

/** What would make a heading, a list, a rule or a heading of the line before, of a line that begins with it. */
const escapeStart = (line: string): string =>
  line
    .replace(/^(?:#{1,6}(?=\s|$)|[-+=](?=[-=\s]|$))/, (characters) => `\\${characters}`)
    .replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2")
