/** How wide texts are in a fixed-width font. */
import type { Align } from "./Content.ts"

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" })

const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u

const invisible = /^[\p{M}\p{Cf}\p{Cc}]+$/u

/** Columns of a text in a fixed-width font. https://www.unicode.org/reports/tr11 */
export const columnsOf = (text: string): number => {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length
  let columns = 0
  for (const { segment } of segmenter.segment(text)) columns += wide.test(segment) ? 2 : invisible.test(segment) ? 0 : 1
  return columns
}

/** The text with blanks around it, as wide as it says. */
export const pad = (text: string, width: number, align: Align | undefined): string => {
  const room = width - columnsOf(text)
  const left = align === "right" ? room : align === "center" ? Math.floor(room / 2) : 0
  return `${" ".repeat(left)}${text}${" ".repeat(room - left)}`
}
