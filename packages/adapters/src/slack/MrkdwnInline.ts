/** What stands within a line: marks, code, links, mentions and references. */
import { type Content, isBlock, type Mark, plainText } from "./Content.ts"
import { escapeText, link, safeUrl } from "./MessageText.ts"
import { draw, lookAlikes, type Piece, withoutMarks } from "./MrkdwnPieces.ts"

/** What a conversion knows of the place the Markdown comes from. */
export interface Render {
  readonly mention: (githubLogin: string) => string | undefined
  /** Of the repository. */
  readonly base: string | undefined
}

/** The lines of inline content, without empty ones before the first and after the last. */
export const inlineTexts = (contents: ReadonlyArray<Content>, render: Render): ReadonlyArray<string> => {
  const pieces: Array<Piece> = []
  gather(contents, new Set(), render, pieces)
  const lines = draw(pieces)
  const first = lines.findIndex((line) => line !== "")
  const last = lines.findLastIndex((line) => line !== "")
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

/** Blocks as inline content, for a place that has but one line. */
export const inlineOf = (contents: ReadonlyArray<Content>): ReadonlyArray<Content> =>
  contents.flatMap((content) => {
    if (!isBlock(content)) return [content]
    const space: Content = { kind: "text", value: " " }
    return "children" in content
      ? [space, ...inlineOf(content.children), space]
      : [{ kind: "text", value: ` ${plainText([content])} ` }]
  })
