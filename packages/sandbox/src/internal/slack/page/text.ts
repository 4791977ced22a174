/** Text of messages as HTML. Whatever comes from a message is escaped; nothing of it is ever taken for markup. */
import type { SlackWorkspace } from "../state.ts"

export const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

const unescapeWire = (text: string) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")

/** What most messages use; others are shown by their names. */
const emoji: Readonly<Record<string, string>> = {
  "+1": "👍",
  "-1": "👎",
  thumbsup: "👍",
  tada: "🎉",
  eyes: "👀",
  heart: "❤️",
  rocket: "🚀",
  white_check_mark: "✅",
  heavy_check_mark: "✔️",
  x: "❌",
  warning: "⚠️",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  wave: "👋",
  smile: "😄",
  joy: "😂",
  thinking_face: "🤔",
  fire: "🔥",
  bug: "🐛",
  gear: "⚙️",
  hammer_and_wrench: "🛠️",
  construction: "🚧",
  sparkles: "✨",
  bulb: "💡",
  lock: "🔒",
  link: "🔗",
  memo: "📝",
  package: "📦",
  mag: "🔍",
  no_entry: "⛔",
  red_circle: "🔴",
  large_green_circle: "🟢",
  large_blue_circle: "🔵",
  large_yellow_circle: "🟡",
  robot_face: "🤖",
  zap: "⚡",
  star: "⭐",
  clap: "👏",
  pray: "🙏",
  question: "❓",
  raised_hand: "✋",
  speech_balloon: "💬",
  no_entry_sign: "🚫",
  octagonal_sign: "🛑"
}

export const emojiOf = (name: string) => emoji[name] ?? `:${name}:`

const link = (url: string, label: string) =>
  /^(https?:\/\/|mailto:)/i.test(url)
    ? `<a href="${escapeHtml(url)}" target="_blank" rel="noreferrer noopener">${escapeHtml(label)}</a>`
    : escapeHtml(label)

/** Pieces that are HTML already stand as these characters in the text until all else is done. */
const opening = "\u{E000}"
const closing = "\u{E001}"

const keeper = () => {
  const pieces: Array<string> = []
  return {
    keep: (html: string) => `${opening}${pieces.push(html) - 1}${closing}`,
    restore: (text: string): string => {
      let restored = text
      // NOTE: a kept piece may hold others, for example code within a link's label.
      for (let round = 0; round < 3; round++) {
        restored = restored.replaceAll(
          /\u{E000}(\d+)\u{E001}/gu,
          (_whole, index: string) => pieces[Number(index)] ?? ""
        )
      }
      return restored
    }
  }
}

const withoutMarks = (text: string) => text.replaceAll(/[\u{E000}\u{E001}]/gu, "")

/** Lines that begin with `>` as one quotation, and line breaks. */
const inLines = (escaped: string): string =>
  escaped
    .split(/((?:^|\n)(?:&#62;|>) ?[^\n]*(?:\n(?:&#62;|>) ?[^\n]*)*)/)
    .map((part, index) => {
      const lines = part.replace(/^\n/, "").split("\n")
      // NOTE: a quotation is a line of its own already.
      if (!lines.every((line) => /^(&#62;|>)/.test(line))) {
        return (index === 0 ? part : part.replace(/^\n/, "")).replaceAll("\n", "<br>")
      }
      return `<blockquote>${lines.map((line) => line.replace(/^(&#62;|>) ?/, "")).join("<br>")}</blockquote>`
    })
    .join("")

const namedOf = (state: SlackWorkspace, inner: string): string => {
  const [target = "", label] = inner.split("|")
  if (target.startsWith("@")) {
    const user = state.users.get(target.slice(1))
    return `<span class="mention">@${escapeHtml(user?.name ?? label ?? target.slice(1))}</span>`
  }
  if (target.startsWith("#")) {
    const channel = state.channels.get(target.slice(1))
    const name = `#${escapeHtml(channel?.name ?? label ?? target.slice(1))}`
    return channel === undefined ? name : `<a class="mention" href="/?channel=${channel.id}">${name}</a>`
  }
  if (target.startsWith("!")) {
    return `<span class="mention">${escapeHtml(label ?? `@${target.slice(1).split("^")[0]}`)}</span>`
  }
  return link(unescapeWire(target), unescapeWire(label ?? target))
}

/** Slack's own markup. */
export const mrkdwn = (state: SlackWorkspace, source: string): string => {
  const { keep, restore } = keeper()
  const kept = withoutMarks(source)
    .replaceAll(/```([\s\S]*?)```/g, (_whole, code: string) =>
      keep(`<pre>${escapeHtml(unescapeWire(code.replace(/^\n/, "")))}</pre>`)
    )
    .replaceAll(/`([^`\n]+)`/g, (_whole, code: string) => keep(`<code>${escapeHtml(unescapeWire(code))}</code>`))
    .replaceAll(/<([^<>\n]+)>/g, (_whole, inner: string) => keep(namedOf(state, inner)))
  const marked = escapeHtml(unescapeWire(kept))
    .replaceAll(/(^|[\s(_~])\*([^*\n]+)\*(?=$|[\s).,:;!?_~])/g, "$1<b>$2</b>")
    .replaceAll(/(^|[\s(>~])_([^_\n]+)_(?=$|[\s).,:;!?<~])/g, "$1<i>$2</i>")
    .replaceAll(/(^|[\s(>])~([^~\n]+)~(?=$|[\s).,:;!?<])/g, "$1<s>$2</s>")
    .replaceAll(/:([a-z0-9_+-]+):/g, (whole, name: string) => emoji[name] ?? whole)
  return restore(inLines(marked))
}

/** Text without markup, but with emoji. */
export const plainText = (source: string): string =>
  escapeHtml(source)
    .replaceAll(/:([a-z0-9_+-]+):/g, (whole, name: string) => emoji[name] ?? whole)
    .replaceAll("\n", "<br>")

const markdownLine = (line: string): string => {
  const [, hashes = "", heading] = /^(#{1,6}) +(.*)$/.exec(line) ?? []
  if (heading !== undefined) return `<p class="heading level-${Math.min(3, hashes.length)}">${heading}</p>`
  const [, bullet] = /^\s*[-*] +(.*)$/.exec(line) ?? []
  if (bullet !== undefined) return `<p class="item">• ${bullet}</p>`
  const [, number, numbered] = /^\s*(\d+)[.)] +(.*)$/.exec(line) ?? []
  if (numbered !== undefined) return `<p class="item">${number}. ${numbered}</p>`
  return line === "" ? "" : `<p>${line}</p>`
}

/** Standard Markdown, as `markdown` blocks and streams have it. */
export const markdown = (source: string): string => {
  const { keep, restore } = keeper()
  const kept = withoutMarks(source)
    .replaceAll(
      /```[^\n]*\n([\s\S]*?)(```|$)/g,
      (_whole, code: string) => `\n${keep(`<pre>${escapeHtml(code)}</pre>`)}\n`
    )
    .replaceAll(/`([^`\n]+)`/g, (_whole, code: string) => keep(`<code>${escapeHtml(code)}</code>`))
    .replaceAll(/\[([^\]\n]+)\]\(([^()\s]+)\)/g, (_whole, label: string, url: string) => keep(link(url, label)))
    .replaceAll(/https?:\/\/[^\s<>()\u{E000}]+/gu, (url) => keep(link(url, url)))
  const marked = escapeHtml(kept)
    .replaceAll(/\*\*([^*\n]+)\*\*/g, "<b>$1</b>")
    .replaceAll(/(^|[\s(])[*_]([^*_\n]+)[*_](?=$|[\s).,:;!?])/g, "$1<i>$2</i>")
    .replaceAll(/~~([^~\n]+)~~/g, "<s>$1</s>")
    .replaceAll(/:([a-z0-9_+-]+):/g, (whole, name: string) => emoji[name] ?? whole)
  return restore(marked.split("\n").map(markdownLine).join(""))
}
