/** What of a Markdown text is code for certain: there nothing is a mention, an image or a tag. */

/** A stretch of the text. Joined they are the text, with `\n` at the end of each line. */
export interface Stretch {
  readonly text: string
  readonly isCode: boolean
}

const tag = /<[A-Za-z/!?]/

/** The code spans of one line; `undefined` where another reader might pair the backticks otherwise. */
const spansOf = (line: string): ReadonlyArray<Stretch> | undefined => {
  if (line.includes("\\`")) return undefined
  const runs = Array.from(line.matchAll(/`+/g))
  const stretches: Array<Stretch> = []
  let end = 0
  for (let index = 0; index < runs.length; index++) {
    const open = runs[index]
    const length = open?.[0].length
    const partner = runs.findIndex((run, other) => other > index && run[0].length === length)
    const close = runs[partner]
    if (open === undefined || close === undefined) return undefined
    const code = line.slice(open.index, close.index + close[0].length)
    // NOTE: in a table a bar ends the cell, also within backticks.
    if (code.includes("|")) return undefined
    stretches.push({ text: line.slice(end, open.index), isCode: false }, { text: code, isCode: true })
    end = close.index + close[0].length
    index = partner
  }
  return [...stretches, { text: line.slice(end), isCode: false }]
}

/**
 * The stretches of a text. Where anything is in doubt (an odd backtick, a tag, a fence within a list) all of it is taken
 * for text: better a code sample with a mark too many than a mention that got through.
 */
export const stretchesOf = (markdown: string): ReadonlyArray<Stretch> => {
  const lines = markdown.split(/\r\n|\n|\r/)
  const whole: ReadonlyArray<Stretch> = [{ text: lines.join("\n"), isCode: false }]
  const stretches: Array<Stretch> = []
  let fence = 0
  for (const [index, line] of lines.entries()) {
    const end = index === lines.length - 1 ? "" : "\n"
    if (fence > 0) {
      stretches.push({ text: line + end, isCode: true })
      if ((/^ {0,3}(`+)[ \t]*$/.exec(line)?.[1]?.length ?? 0) >= fence) fence = 0
      continue
    }
    const opened = /^(`{3,})[^`]*$/.exec(line)?.[1]
    if (opened !== undefined) {
      fence = opened.length
      stretches.push({ text: line + end, isCode: true })
      continue
    }
    const spans = /^\s*~~~/.test(line) ? undefined : spansOf(line)
    if (spans === undefined) return whole
    stretches.push(...spans, { text: end, isCode: false })
  }
  return stretches.some(({ isCode, text }) => !isCode && tag.test(text)) ? whole : stretches
}
