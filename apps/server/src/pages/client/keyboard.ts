/** The list by keyboard: `j` and `k` go through the cards, other keys follow their links. */
import { find } from "./parts.ts"

const move = (step: number) => {
  const cards = [...document.querySelectorAll<HTMLElement>(".group:not([hidden]) article")]
  const at = cards.findIndex((card) => card.contains(document.activeElement))
  const next = cards[at === -1 ? (step > 0 ? 0 : cards.length - 1) : at + step]
  next?.focus()
  next?.scrollIntoView({ block: "nearest" })
}

const follow = (key: string) => {
  const card = document.activeElement?.closest("article")
  card?.querySelector<HTMLAnchorElement>(`a[data-key="${key}"]`)?.click()
}

const keys: Readonly<Record<string, () => void>> = {
  j: () => move(1),
  k: () => move(-1),
  o: () => follow("open"),
  p: () => follow("pull"),
  l: () => follow("log"),
  "/": () => find("#q", HTMLInputElement)?.focus()
}

/** Listens from now on. */
export const listen = () =>
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const target = event.target
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
      if (event.key === "Escape") target.blur()
      return
    }
    if (event.key === "Enter" && target instanceof HTMLElement && target.tagName === "ARTICLE") follow("open")
    const act = keys[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })
