/** The page's elements: finding them, and drawing them anew without losing what somebody does with them. */
// @effect-diagnostics globalFetch:off globalDate:off (this runs in a browser, without Effect)
import type { Html } from "../Html.ts"

/** `null` where there is none, or one of another kind. */
export const find = <E extends Element>(selector: string, kind: new () => E): E | null => {
  const element = document.querySelector(selector)
  return element instanceof kind ? element : null
}

/** The first element of some HTML. */
export const elementOf = (content: Html): Element | null => {
  const template = document.createElement("template")
  template.innerHTML = content.text
  return template.content.firstElementChild
}

/** What a part's element is known by when the part is drawn anew. */
const nameOf = (element: Element | null): string | null =>
  element?.getAttribute("data-key") ?? element?.getAttribute("href") ?? null

const named = (part: Element, selector: string, name: string | null): HTMLElement | undefined =>
  name === null ? undefined : [...part.querySelectorAll<HTMLElement>(selector)].find((one) => nameOf(one) === name)

/** Draws a part anew if it is different; what was folded open stays so, and what had the focus keeps it. */
export const redraw = (id: string, content: Html) => {
  const part = document.getElementById(id)
  if (part === null || drawn.get(id) === content.text) return
  drawn.set(id, content.text)
  const focused = part.contains(document.activeElement) ? document.activeElement : null
  const inSummary = focused?.tagName === "SUMMARY"
  const name = nameOf(inSummary ? (focused?.parentElement ?? null) : focused)
  const open = [...part.querySelectorAll("details[open]")].map(nameOf)
  part.innerHTML = content.text
  for (const one of open) named(part, "details", one)?.setAttribute("open", "")
  const target = inSummary ? named(part, "details", name)?.querySelector("summary") : named(part, "a, button", name)
  target?.focus({ preventScroll: true })
}
const drawn = new Map<string, string>()

/** Says something for eight seconds. */
export const tell = (text: string) => {
  const said = document.getElementById("said")
  if (said === null) return
  said.textContent = text
  setTimeout(() => {
    if (said.textContent === text) said.textContent = ""
  }, 8_000)
}

/** Browsers offer the clipboard only to pages from `localhost` or over TLS. */
export const copyText = (text: string): Promise<boolean> =>
  isSecureContext
    ? navigator.clipboard.writeText(text).then(
        () => true,
        () => false
      )
    : Promise.resolve(false)
