/**
 * The dashboard's browser part: keeps the list live, filters without reloading, and listens to the keyboard.
 * Bundled into `DashboardScript.ts` by `scripts/clientScripts.mjs`.
 */
// @effect-diagnostics globalFetch:off globalDate:off (this runs in a browser, without Effect)
import { type DeliveryRow, deliveryItem } from "../DeliveryItem.ts"
import { durationPlot } from "../DurationPlot.ts"
import { type Html, html } from "../Html.ts"
import { outboxPanel, type SinkRow } from "../OutboxPanel.ts"
import { cardId, previewCard } from "../PreviewCard.ts"
import { countOf, type Filter, grouped, repositoriesOf } from "../PreviewList.ts"
import { type SlackState, type ThreadRow, threadList } from "../ThreadList.ts"
import { ago, type PreviewRow, stateWords } from "../Words.ts"

interface Data {
  readonly now: number
  readonly rows: ReadonlyArray<PreviewRow>
  readonly registered: ReadonlyArray<string>
  readonly slack: SlackState
}

const find = <E extends Element>(selector: string, kind: new () => E): E | null => {
  const element = document.querySelector(selector)
  return element instanceof kind ? element : null
}

const data: Data = JSON.parse(document.getElementById("data")?.textContent ?? "")
const rows = new Map(data.rows.map((row) => [row.id, row]))
/** The server's clock is the truth; the browser's only tells how much time has passed. */
const offset = data.now - Date.now()
const now = () => Date.now() + offset

const search = find("#q", HTMLInputElement)
const repository = find("#repo", HTMLSelectElement)
const line = find("#line", HTMLElement)
const news = find("#news", HTMLElement)

let state = new URLSearchParams(location.search).get("state") ?? ""
const filter = (): Filter => ({ repo: repository?.value ?? "", state, q: search?.value ?? "" })

const elementOf = (content: Html): Element | null => {
  const template = document.createElement("template")
  template.innerHTML = content.text
  return template.content.firstElementChild
}

/** The card of a row: the one that is shown if it is still true, else a new one, folded open where the old one was. */
const cardOf = (row: PreviewRow, fresh: boolean): Element | null => {
  const old = document.getElementById(cardId(row.id))
  if (old !== null && !fresh && old.dataset["version"] === String(row.version)) return old
  const next = elementOf(previewCard(row, now()))
  if (old === null || next === null) return next
  if (old.querySelector("details")?.open === true) next.querySelector("details")?.setAttribute("open", "")
  old.replaceWith(next)
  return next
}

/** Remembers where in the list the focus is, and brings it back after cards were replaced or moved. */
const holdFocus = () => {
  const focused = document.activeElement
  const id = focused?.closest(".card")?.id
  const key = focused instanceof HTMLElement ? focused.dataset["key"] : undefined
  return () => {
    const card = id === undefined ? null : document.getElementById(id)
    if (card === null || card.contains(document.activeElement)) return
    const link = key === undefined ? null : card.querySelector<HTMLElement>(`[data-key="${key}"]`)
    const target = link ?? card.querySelector<HTMLElement>("article")
    target?.focus({ preventScroll: true })
  }
}

const drawList = () => {
  const restoreFocus = holdFocus()
  const all = [...rows.values()]
  let shown = 0
  for (const group of grouped(all, filter())) {
    const section = find(`[data-group="${group.key}"]`, HTMLElement)
    const list = section?.querySelector("ul")
    if (section === null || list === null || list === undefined) continue
    const cards = group.rows.flatMap((row) => cardOf(row, stateWords[row.state].group === "progress") ?? [])
    section.hidden = cards.length === 0
    for (const child of [...list.children]) if (!cards.includes(child)) child.remove()
    cards.forEach((card, index) => {
      if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null)
    })
    shown += cards.length
  }
  restoreFocus()
  find("#nothing", HTMLElement)?.toggleAttribute("hidden", shown > 0 || all.length === 0)
  find("#first", HTMLElement)?.toggleAttribute("hidden", all.length > 0)
  for (const part of document.querySelectorAll("#filters, #keys")) part.toggleAttribute("hidden", all.length === 0)
}

const drawFilter = () => {
  const all = [...rows.values()]
  const chosen = filter()
  for (const chip of document.querySelectorAll<HTMLAnchorElement>(".chips a")) {
    const key = chip.dataset["state"] ?? ""
    const count = chip.querySelector("b")
    if (count !== null) count.textContent = String(countOf(all, chosen.repo, key))
    if (key === state) chip.setAttribute("aria-current", "true")
    else chip.removeAttribute("aria-current")
  }
  const known = new Set([...(repository?.options ?? [])].map((option) => option.value))
  for (const name of repositoriesOf(all, data.registered)) {
    if (!known.has(name)) repository?.append(new Option(name, name))
  }
  const attention = countOf(all, "", "attention")
  document.title = `${attention > 0 ? `(${attention}) ` : ""}Previews · ProductBuilding`
}

const drawTimes = () => {
  for (const element of document.querySelectorAll<HTMLElement>(".when")) {
    element.textContent = ago(Number(element.dataset["ms"]), now())
  }
}

const draw = () => {
  drawList()
  drawFilter()
}

const drawPlot = () => {
  const plot = document.getElementById("plot")
  if (plot !== null) plot.innerHTML = durationPlot([...rows.values()]).text
}

const readJson = async <A>(path: string, use: (value: A) => void) => {
  const answer = await fetch(path).catch(() => null)
  if (answer?.ok === true) use(await answer.json())
}

/** Draws a part anew; what was folded open stays so, and a link that had the focus keeps it. */
const redraw = (id: string, content: Html) => {
  const part = document.getElementById(id)
  if (part === null) return
  const link = part.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null
  const open = [...part.querySelectorAll("details")].map((details) => details.open)
  part.innerHTML = content.text
  part.querySelectorAll("details").forEach((details, index) => details.toggleAttribute("open", open[index] === true))
  if (typeof link === "string") {
    part.querySelector<HTMLElement>(`a[href="${CSS.escape(link)}"]`)?.focus({ preventScroll: true })
  }
}

/** What has no stream of its own is read again soon after something has changed. */
const readRest = (): Promise<unknown> =>
  Promise.all([
    readJson<ReadonlyArray<DeliveryRow>>("/deliveries?limit=20", (items) => {
      if (items.length > 0) redraw("deliveries", html`${items.map((row) => deliveryItem(row, now()))}`)
    }),
    readJson<ReadonlyArray<ThreadRow>>("/threads?limit=20", (threads) =>
      redraw("threads", threadList(threads, data.slack, now()))
    ),
    readJson<ReadonlyArray<SinkRow>>("/outbox", (sinks) =>
      redraw("outbox", outboxPanel(sinks, data.slack.connected, now()))
    )
  ])

let reading = 0
const readRestSoon = () => {
  clearTimeout(reading)
  reading = window.setTimeout(readRest, 400)
}

const receive = (row: PreviewRow) => {
  const known = rows.get(row.id)
  if (known !== undefined && known.version >= row.version) return
  rows.set(row.id, row)
  draw()
  drawPlot()
  readRestSoon()
  document.getElementById(cardId(row.id))?.classList.add("changed")
  if (news !== null && known?.state !== row.state) {
    news.textContent = `${row.repository} #${row.pullRequest}: ${stateWords[row.state].word}`
  }
}

const connect = () => {
  const source = new EventSource("/previews/stream")
  const show = (text: string, open: boolean) => {
    if (line === null) return
    line.hidden = false
    line.textContent = text
    line.classList.toggle("open", open)
  }
  source.addEventListener("open", () => show("Live", true))
  source.addEventListener("preview", (event) => receive(JSON.parse(event.data)))
  source.addEventListener("error", () => {
    show("Reconnecting", false)
    // NOTE: the browser tries again by itself, unless the answer was no event stream at all.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5_000)
  })
}

const choose = () => {
  const query = new URLSearchParams(Object.entries(filter()).filter(([, value]) => value !== "")).toString()
  history.replaceState(null, "", query === "" ? "/" : `/?${query}`)
  draw()
}

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
  "/": () => search?.focus()
}

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

/** Browsers offer the clipboard only to pages from `localhost` or over TLS. */
const copyText = (text: string): Promise<boolean> =>
  isSecureContext
    ? navigator.clipboard.writeText(text).then(
        () => true,
        () => false
      )
    : Promise.resolve(false)

document.addEventListener("click", async (event) => {
  if (!(event.target instanceof Element)) return
  const chip = event.target.closest<HTMLAnchorElement>(".chips a")
  if (chip !== null && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault()
    state = chip.dataset["state"] ?? ""
    choose()
  }
  const copy = event.target.closest<HTMLButtonElement>("[data-copy]")
  if (copy !== null) {
    copy.textContent = (await copyText(copy.dataset["copy"] ?? "")) ? "Copied" : "Selected"
    if (copy.textContent === "Selected") getSelection()?.selectAllChildren(copy.previousElementSibling ?? copy)
    setTimeout(() => {
      copy.textContent = "Copy"
    }, 2_000)
  }
})

document.getElementById("filter")?.addEventListener("submit", (event) => event.preventDefault())
document.getElementById("filter")?.addEventListener("input", choose)
document.documentElement.classList.add("script")
connect()
setInterval(() => {
  if (document.hidden) return
  drawTimes()
  if ([...rows.values()].some((row) => stateWords[row.state].group === "progress")) drawList()
}, 5_000)
setInterval(() => {
  if (!document.hidden) readRestSoon()
}, 15_000)
