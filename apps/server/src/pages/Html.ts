/** HTML by template literal: whatever is put in is escaped, unless it is HTML already. Runs in server and browser. */

/** Text that is HTML. Only `html` and `trusted` make it. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes. `null`, `undefined` and `false` become nothing; arrays are joined. */
export type Content = string | number | Html | null | undefined | false | ReadonlyArray<Content>

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** For text and for quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

const render = (content: Content): string => {
  if (content instanceof Html) return content.text
  if (content === null || content === undefined || content === false) return ""
  if (typeof content === "object") return content.map(render).join("")
  return escapeHtml(String(content))
}

/** Attributes must be quoted in the template. */
export const html = (strings: TemplateStringsArray, ...contents: ReadonlyArray<Content>): Html =>
  new Html(strings.reduce((text, part, index) => text + render(contents[index - 1]) + part))

/** Our own constant text. Never for anything that came from outside. */
export const trusted = (text: string): Html => new Html(text)

/** JSON that can stand inside a `script` element. */
export const jsonScript = (value: unknown): Html => trusted(JSON.stringify(value).replace(/</g, "\\u003c"))

/** An address from outside that a link may lead to: only http and https. */
export const linkOf = (address: string): string | undefined =>
  /^https?:\/\/[^\s]+$/i.test(address) ? address : undefined

/** The same for a link that is there in any case: else `#`. */
export const href = (address: string): string => linkOf(address) ?? "#"
