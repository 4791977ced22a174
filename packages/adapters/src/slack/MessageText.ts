/**
 * Slack's message text: its limits, its escapes, its links, and how it is cut where it is too long.
 *
 * The limits are those of the pages they name, as other libraries quote them. Beside them all blocks of a message
 * together have an undocumented one of about 12,000 characters: https://github.com/slackapi/bolt-js/issues/2509.
 */

/** `text` of `chat.update`, in UTF-16 code units. https://docs.slack.dev/reference/methods/chat.update */
export const maxMessageText = 4000

/**
 * `text` of a section block, in UTF-16 code units.
 * https://docs.slack.dev/reference/block-kit/blocks/section-block
 */
export const maxSectionText = 3000

/** Blocks of one message. https://docs.slack.dev/reference/block-kit/blocks */
export const maxBlocks = 50

/**
 * `text` of a button, in UTF-16 code units.
 * https://docs.slack.dev/reference/block-kit/block-elements/button-element
 */
export const maxButtonText = 75

/**
 * `text` of a header block, in UTF-16 code units.
 * https://docs.slack.dev/reference/block-kit/blocks/header-block
 */
export const maxHeaderText = 150

/** Longer URLs are no links: a link is never cut, so it has to leave room for text in the smallest message. */
const maxUrl = 2000

/** Room below which nothing sensible can be cut: a fence with one grapheme in it. */
const smallestPart = 32

/** Controls that Slack draws as boxes, and the marks that reverse the direction of what follows. */
const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/**
 * Any text as Slack shows it and never obeys it: `&`, `<` and `>` become entities, control characters go, and the words
 * that notify a whole channel (`@here`, `@channel`, `@everyone`, `@group`) get a zero-width space after the `@`. Apply it
 * once; `unescapeText` gives the same text back but for those. Bold and italic marks stay: `Mrkdwn` cares for them.
 * https://docs.slack.dev/messaging/formatting-message-text (read 2026-11-21)
 */
export const escapeText = (text: string): string =>
  text
    .replace(hidden, "")
    .replace(/@(?=(?:here|channel|everyone|group)(?![A-Za-z0-9]))/gi, "@\u200b")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")

/** The text behind Slack's three entities. Others, such as `&quot;`, are text to Slack. */
export const unescapeText = (text: string): string =>
  text.replace(/&(lt|gt|amp);/g, (_, name: string) => (name === "lt" ? "<" : name === "gt" ? ">" : "&"))

/**
 * The URL as it may stand in a link, or `undefined` where it is not absolute, longer than 2,000 characters, or of another
 * scheme than http, https and mailto. What would end a link (`<`, `>`, `|`, `\`, white space) or begin code is
 * percent-encoded.
 */
export const safeUrl = (url: string): string | undefined => {
  const trimmed = url.trim()
  if (!/^(?:https?|mailto):/i.test(trimmed) || !URL.canParse(trimmed)) return undefined
  const { href } = new URL(trimmed)
  const encoded = href.replace(/[<>|\\`\s]/g, (character) => encodeURIComponent(character))
  return encoded.length > maxUrl ? undefined : encoded
}

/**
 * A link to `url` that reads `label`, both plain text and escaped here. Only the label, where the URL is none that
 * `safeUrl` lets through. A label equal to the URL, or an empty one, is left out.
 */
export const link = (url: string, label: string): string => {
  const safe = safeUrl(url)
  const text = label.replace(/\s+/g, " ").trim()
  if (safe === undefined) return escapeText(text)
  // NOTE: not `escapeText`, which would put a zero-width space into an address like https://example.com/@here.
  const target = safe.replaceAll("&", "&amp;")
  return text === "" || text === url || text === safe ? `<${target}>` : `<${target}|${escapeText(text)}>`
}

/**
 * Message text in parts of at most `maxChars` UTF-16 code units (at least 32), as Slack counts them. Nothing is cut
 * inside an entity, a link, a mention or a grapheme; a code fence that is cut is closed and opened again in the next
 * part. Parts end with a paragraph where one ends in the last two thirds, else with a line, else with a word. Only white
 * space at the cuts is lost. A single link or grapheme longer than a part gives its text, cut. No parts for blank text.
 */
export const split = (mrkdwn: string, maxChars: number): ReadonlyArray<string> => {
  const maximum = Math.max(smallestPart, maxChars)
  const atoms = atomsOf(mrkdwn, maximum - 2 * (fence.length + 1))
  const parts: Array<string> = []
  let start = 0
  let open = false
  while (start < atoms.length) {
    const prefix = open ? `${fence}\n` : ""
    const cut = cutFrom(atoms, start, open, maximum - prefix.length)
    const body = atoms.slice(start, cut.end).join("")
    const suffix = cut.open ? `\n${fence}` : ""
    const part = `${prefix}${open ? body : body.replace(/^\n+/, "")}${suffix}`.trimEnd()
    if (part.trim() !== "") parts.push(part)
    start = cut.end
    open = cut.open
    if (open) {
      if (atoms[start] === "\n") start++
    } else if (atoms[start] === " ") {
      start++
    } else {
      while (atoms[start] === "\n") start++
    }
  }
  return parts
}

/**
 * The text itself where it has at most `maxChars` UTF-16 code units (at least 32), else its beginning, cut as `split`
 * cuts, with `…` and a link to the rest. Without room for the link, or with a URL that is none, only the `…`.
 */
export const truncate = (
  mrkdwn: string,
  maxChars: number,
  more: { readonly url: string; readonly label: string }
): string => {
  const maximum = Math.max(smallestPart, maxChars)
  if (mrkdwn.length <= maximum) return mrkdwn
  const whole = `\n… ${link(more.url, more.label)}`
  const room = maximum - whole.length
  const tail = room >= smallestPart ? whole : "…"
  const [first = ""] = split(mrkdwn, room >= smallestPart ? room : maximum - tail.length)
  const kept = first.length + tail.length <= maximum ? first : ""
  return `${kept}${tail}`
}

const fence = "```"

/** What is never cut but the last kind, whose graphemes are not: links and mentions, entities, fences, line breaks. */
const atomPattern = /<[^<>\n]+>|&(?:amp|lt|gt);|```|\n|[<&`]|[^\n<&`]+/g

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" })

/** The atoms of a text, none longer than `maximum`. A fence that is never closed is no fence. */
const atomsOf = (text: string, maximum: number): ReadonlyArray<string> => {
  const atoms: Array<string> = []
  for (const [atom] of text.matchAll(atomPattern)) {
    if (atom.length === 1 || atom === fence || /^&(?:amp|lt|gt);$/.test(atom)) {
      atoms.push(atom)
    } else if (atom.startsWith("<")) {
      if (atom.length <= maximum) atoms.push(atom)
      else for (const piece of atomsOf(atom.slice(1, -1).replace(/^[^|]*\|/, ""), maximum)) atoms.push(piece)
    } else if (/^[\u0020-\u007e]*$/.test(atom)) {
      for (const character of atom) atoms.push(character)
    } else {
      for (const { segment } of segmenter.segment(atom)) {
        if (segment.length <= maximum) atoms.push(segment)
        else for (const character of segment) atoms.push(character)
      }
    }
  }
  if (atoms.filter((atom) => atom === fence).length % 2 === 1) atoms.splice(atoms.lastIndexOf(fence), 1, "`", "`", "`")
  return atoms
}

interface Cut {
  /** Index of the first atom of the next part. */
  readonly end: number
  /** Whether the cut is inside a fence. */
  readonly open: boolean
}

/** The best place to end a part that begins at `start` and has `room` for atoms and, inside a fence, for its end. */
const cutFrom = (atoms: ReadonlyArray<string>, start: number, open: boolean, room: number): Cut => {
  let length = 0
  let inside = open
  let paragraph: Cut | undefined
  let line: Cut | undefined
  let word: Cut | undefined
  // NOTE: never the one that is used, as the longest atom fits between two fences.
  let any: Cut = { end: start + 1, open }
  for (let index = start; index <= atoms.length && length <= room; index++) {
    const atom = atoms[index]
    if (atom === undefined) return { end: index, open: false }
    const fits = length + (inside ? fence.length + 1 : 0) <= room
    if (index > start && fits && !(inside && leavesEmptyFence(atoms, start, index))) {
      const cut: Cut = { end: index, open: inside }
      any = cut
      if (length >= room / 3) {
        if (atom === "\n" || (atom === fence && !inside)) line = cut
        if (atom === "\n" && atoms[index + 1] === "\n" && !inside) paragraph = cut
        if (/^\s$/.test(atom)) word = cut
      }
    }
    length += atom.length
    if (atom === fence) inside = !inside
  }
  return paragraph ?? line ?? word ?? any
}

/** Whether a cut inside a fence would be right after its beginning or right before its end. */
const leavesEmptyFence = (atoms: ReadonlyArray<string>, start: number, index: number): boolean => {
  const before = atoms[index - 1] === "\n" ? index - 2 : index - 1
  const after = atoms[index] === "\n" ? index + 1 : index
  return (before >= start && atoms[before] === fence) || atoms[after] === fence
}
