/** Text of others inside our Markdown: it mentions nobody, links nothing, and stays where it was put. */

/** Controls, and the marks that reverse the direction of what follows. */
const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g

const oneLine = (text: string): string =>
  text.replace(escapeSequence, "").replace(/\s+/g, " ").replace(hidden, "").trim()

const longestRun = (text: string): number =>
  Array.from(text.matchAll(/`+/g)).reduce((longest, [run]) => Math.max(longest, run.length), 0)

/** At most so many characters, the last of them `…` where something was cut off. Never half a surrogate pair. */
export const clip = (text: string, maximum: number): string =>
  text.length <= maximum ? text : `${text.slice(0, maximum - 1).replace(/[\ud800-\udbff]$/, "")}…`

/** Text as inline code, exactly as it is but on one line. Empty for empty text. */
export const codeSpan = (text: string): string => {
  const line = oneLine(text)
  if (line === "") return ""
  const fence = "`".repeat(longestRun(line) + 1)
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : ""
  return `${fence}${pad}${line}${pad}${fence}`
}

/**
 * What GitHub makes a mention, a reference or a link of even inside escaped text: names, addresses, URLs, issues and
 * commits. https://docs.github.com/en/get-started/writing-on-github (read 2026-11-21)
 */
const linked = /@|:\/\/|www\.|(?:mailto|xmpp):|#\d|GH-\d|[0-9a-f]{7,}/i

const escaped = (text: string): string =>
  text.replace(/[\\*_[\]|<>~&$]/g, (character) => `\\${character}`).replaceAll("`", "&#96;")

/** What makes a list, a heading, a rule or a table of a line that begins with it. */
const escapeStart = (line: string): string =>
  line.replace(/^[-+=#:]/, (character) => `\\${character}`).replace(/^(\d+)([.)])/, "$1\\$2")

/**
 * One line of text. Words that GitHub would link become inline code, so that an address or a password with `@` can
 * still be copied; so does what stands between backticks.
 */
export const inlineText = (text: string): string => {
  const pieces = oneLine(text).split(/`([^`]+)`/)
  let line = ""
  for (const [index, piece] of pieces.entries()) {
    const words = index % 2 === 1 ? [piece] : piece.split(/( |(?<=:\/\/\S+)[.,;:!?)]+(?= |$))/)
    for (const word of words) {
      const code = index % 2 === 1 || linked.test(word)
      // NOTE: two code spans that touch would be one.
      line += !code ? escaped(word) : line.endsWith("`") ? ` ${codeSpan(word)}` : codeSpan(word)
    }
  }
  return escapeStart(line)
}

/** A quotation that keeps its lines. */
export const quoted = (text: string): string =>
  text
    .trim()
    .split(/\r\n|\r|\n/)
    .map((line) => `> ${inlineText(line)}`.trimEnd())
    .join("\n")

/** A log without colours, and of a line that was drawn several times only its last state. */
export const plainLog = (text: string): string =>
  text
    .replace(escapeSequence, "")
    .split(/\r*\n/)
    .map((line) => (line.split("\r").findLast((state) => state !== "") ?? "").replace(hidden, "").trimEnd())
    .join("\n")
    .replace(/^\n+|\n+$/g, "")

/** Lines as they are, in a fence that they cannot close. `language` is for the colours. */
export const fenced = (text: string, language = "text"): string => {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}${language}\n${text}\n${fence}`
}
