/** Text that others wrote, made harmless before a model reads it, and what a model wrote before people do. */
import type { Schema } from "effect"
import { stretchesOf } from "./internal/markdownCode.ts"

/** Characters that people do not see and models read, as Unicode lists them: zero-width, bidirectional controls, tags. */
const invisible = /\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\uFFF9-\uFFFB]/gu

const htmlComment = /<!--[\s\S]*?(?:-->|$)/g

/** Without what people do not see: HTML comments and invisible characters. */
export const visible = (text: string): string =>
  // NOTE: only taking one comment out can have put the marks of another together, so all from there on was meant to hide.
  text
    .replace(invisible, "")
    .replace(htmlComment, "")
    .replace(/<!--[\s\S]*$/, "")

/** What a code host leaves out of Markdown that it shows, besides comments: instructions, declarations, marked sections. */
const unshown = /<\?[\s\S]*?(?:\?>|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<![A-Za-z][\s\S]*?(?:>|$)/g

/** The title of a link's definition, which Markdown never shows; `[//]: # (…)` is the usual way to write a comment. */
const definitionTitle =
  /^( {0,3}\[[^\]\n]+\]:[ \t]*\n?[ \t]*(?:<[^>\n]*>|\S+))[ \t]*\n?[ \t]*(?:"[^"]*"|'[^']*'|\([^)]*\))[ \t]*$/gm

/** What a tag carries along unseen: everything but where it leads. */
const unseenAttribute = /\s(?!href\b|src\b)[a-z][\w:-]*\s*=\s*(?:"[^"]*"|'[^']*')(?=[^<>]{0,2000}>)/gi

const shown = (text: string): string =>
  text
    .replace(unshown, "")
    .replace(/<(?:\?|!\[CDATA\[|![A-Za-z])[\s\S]*$/, "")
    .replace(definitionTitle, "$1")
    .replace(unseenAttribute, "")

/** As `visible`, for Markdown: also without what its author can write so that nobody is shown it. */
export const rendered = (markdown: string): string =>
  stretchesOf(visible(markdown))
    .map(({ isCode, text }) => (isCode ? text : shown(text)))
    .join("")

const quote = /^[ \t]*(?:>|&gt;).*$/gm
const fenced = /^[ \t]*(`{3,}|~{3,})[\s\S]*?(?:^[ \t]*\1|(?![\s\S]))/gm

/** What somebody says themselves: without what they quote or paste as a block, which others may have written. */
export const ownWords = (text: string): string => text.replace(fenced, "").replace(quote, "")

/** Whether somebody quotes what others may have written. */
export const quotesOthers = (text: string): boolean => ownWords(text) !== text

/** For people, in one line: no line of it can pass for one of ours. */
export const oneLine = (text: string, maxCharacters: number): string => {
  const line = visible(text).replace(/\s+/g, " ").trim()
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters)}…` : line
}

/**
 * Shapes of secrets, by the vendors' own prefixes where they have one. Not complete, and cannot be: no tool returns a
 * secret that we hold, this catches those that others left in a log or an issue.
 */
const secrets: ReadonlyArray<RegExp> = [
  /\bgh[pousr]_[A-Za-z0-9]{30,255}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{50,255}\b/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bxapp-[A-Za-z0-9-]{10,}/g,
  /\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,}/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bsk_live_[A-Za-z0-9]{16,}/g,
  /\bwhsec_[A-Za-z0-9+/=]{16,}/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bglpat-[A-Za-z0-9_-]{20,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]+):[^\s/@]+@/gi,
  /\b((?:api[_-]?key|secret|token|passw(?:or)?d)["']?\s*[:=]\s*["']?)[^\s"',;]{8,}/gi
]

/** What stands where a secret stood. */
export const removed = "[secret removed]"

/** With each secret that it recognises removed. */
export const withoutSecrets = (text: string): string =>
  secrets.reduce(
    (left, pattern) =>
      left.replace(pattern, (match, kept: unknown) => {
        if (typeof kept !== "string") return removed
        return match.endsWith("@") ? `${kept}:${removed}@` : `${kept}${removed}`
      }),
    text
  )

/** NOTE: from the middle: what a text is about stands at its beginning, and what a log ends with at its end. */
const shortened = (text: string, maxCharacters: number): string => {
  if (text.length <= maxCharacters) return text
  const end = Math.floor(maxCharacters / 2)
  const cut = `[cut: ${text.length - maxCharacters} characters]`
  return `${text.slice(0, maxCharacters - end)}\n${cut}\n${text.slice(text.length - end)}`
}

/** Both, for every string in it; each at most `maxCharacters` long. */
export const harmless = (value: Schema.Json, maxCharacters = 20_000): Schema.Json => {
  if (typeof value === "string") {
    return shortened(withoutSecrets(visible(value)), maxCharacters)
  }
  if (Array.isArray(value)) return value.map((one) => harmless(one, maxCharacters))
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, harmless(one, maxCharacters)]))
  }
  return value
}

/** Somebody's name as they chose it, without what could make a rule or a call of it. At most 40 characters. */
export const personName = (name: string): string =>
  oneLine(withoutSecrets(name).replace(/[^\p{L}\p{M}\p{N}\s.'’-]/gu, " "), 40) || "somebody"
