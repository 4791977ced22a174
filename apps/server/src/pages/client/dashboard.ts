/**
 * The dashboard's browser part: keeps the list live, filters without reloading, and listens to the keyboard.
 * Bundled into `DashboardScript.ts` by `scripts/clientScripts.mjs`.
 */
// @effect-diagnostics globalFetch:off globalDate:off (this runs in a browser, without Effect)
import { type AgentPlace, type AgentView, agentPanel } from "../AgentPanel.ts"
import { type DeliveryRow, deliveryItem } from "../DeliveryItem.ts"
import { durationPlot } from "../DurationPlot.ts"
import { html } from "../Html.ts"
import { outboxPanel, problemList, type SinkRow } from "../OutboxPanel.ts"
import { cardId, previewCard } from "../PreviewCard.ts"
import { countOf, type Filter, grouped, repositoriesOf } from "../PreviewList.ts"
import { type SlackState, type ThreadRow, threadList } from "../ThreadList.ts"
import type { BudgetsRow, TurnRow, TurnWhole } from "../TurnSteps.ts"
import { ago, type PreviewRow, stateWords } from "../Words.ts"
import { listen } from "./keyboard.ts"
import { copyText, elementOf, find, redraw, tell } from "./parts.ts"
import { askToken, authorization, post, readJson, tokenDialog } from "./server.ts"

interface Data {
  readonly now: number
  readonly rows: ReadonlyArray<PreviewRow>
  readonly registered: ReadonlyArray<string>
  readonly slack: SlackState
  readonly agent: AgentView["kind"]
  readonly place: AgentPlace
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

let agentKind = data.agent
/** Records that were read because somebody opened them, by the turn's id. */
const wholes = new Map<string, TurnWhole>()
let shown: Extract<AgentView, { readonly kind: "shown" }> | undefined

const drawAgent = () => {
  if (shown !== undefined) redraw("turn-list", agentPanel(shown, data.place, now(), wholes))
}

const readWhole = async (id: string) => {
  if (wholes.get(id)?.turn.state === "ended") return
  const keep = (whole: TurnWhole) => void wholes.set(id, whole)
  await readJson(`/turns/${id}?html=true`, keep, authorization(sessionStorage.getItem("token")))
  drawAgent()
}

/** Turns are only for those who may write: from this machine, or with a token that was typed in. */
const readAgent = async (token = sessionStorage.getItem("token")): Promise<number> => {
  const headers = authorization(token)
  const read: { turns: ReadonlyArray<TurnRow>; budgets?: BudgetsRow } = { turns: [] }
  const status = await readJson<ReadonlyArray<TurnRow>>(
    "/turns?limit=20&html=true",
    (rows) => {
      read.turns = rows
    },
    headers
  )
  if (status !== 200) return status
  await readJson<BudgetsRow>(
    "/budgets",
    (row) => {
      read.budgets = row
    },
    headers
  )
  const { budgets, turns } = read
  if (budgets === undefined) return 0
  agentKind = "shown"
  shown = { kind: "shown", turns, budgets }
  drawAgent()
  for (const { turn } of turns) if (wholes.has(turn.id)) await readWhole(turn.id)
  return status
}

const mayReadAgent = () =>
  agentKind === "shown" || (agentKind === "guarded" && sessionStorage.getItem("token") !== null)

/** What has no stream of its own. */
const readRest = () =>
  Promise.allSettled([
    ...(mayReadAgent() ? [readAgent()] : []),
    readJson<ReadonlyArray<DeliveryRow>>("/deliveries?limit=20", (items) => {
      if (items.length > 0) redraw("deliveries", html`${items.map((row) => deliveryItem(row, now()))}`)
    }),
    readJson<ReadonlyArray<ThreadRow>>("/threads?limit=20", (threads) =>
      redraw("thread-list", threadList(threads, data.slack, now()))
    ),
    readJson<ReadonlyArray<SinkRow>>("/outbox?limit=8", (sinks) => {
      redraw("problems", problemList(sinks))
      redraw("sink-list", outboxPanel(sinks, now()))
    })
  ])

let isReading = false
let isStale = false
/** Soon, but never twice at once: what changes meanwhile is read together afterwards. */
const readRestSoon = () => {
  if (isReading) {
    isStale = true
    return
  }
  isReading = true
  setTimeout(async () => {
    isStale = false
    await readRest()
    isReading = false
    if (isStale) readRestSoon()
  }, 400)
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
  source.addEventListener("outbox", readRestSoon)
  source.addEventListener("turn", readRestSoon)
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

const change = async (path: string, done: string, undone: string) => {
  if (await post(path, done, undone)) readRestSoon()
}

const unlock = async () => {
  const token = await askToken()
  if (token === null) return
  const status = await readAgent(token)
  if (status === 200) return sessionStorage.setItem("token", token)
  tell(status === 403 ? "The server does not take this token." : "The server does not answer.")
}

const pressed = async (target: Element, selector: string, act: (button: HTMLButtonElement) => Promise<unknown>) => {
  const button = target.closest<HTMLButtonElement>(selector)
  if (button === null) return
  button.disabled = true
  await act(button)
  button.disabled = false
}

document.addEventListener("click", async (event) => {
  if (!(event.target instanceof Element)) return
  const chip = event.target.closest<HTMLAnchorElement>(".chips a")
  if (chip !== null && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault()
    state = chip.dataset["state"] ?? ""
    choose()
  }
  await pressed(event.target, "[data-replay]", ({ dataset }) =>
    change(
      `/deliveries/${encodeURIComponent(dataset["replay"] ?? "")}/replay`,
      "It is handled again.",
      "It was not handled again."
    )
  )
  await pressed(event.target, "[data-stop]", ({ dataset }) =>
    change(`/turns/${dataset["stop"] ?? ""}/stop`, "It is stopped: nothing more is written.", "It was not stopped.")
  )
  await pressed(event.target, "[data-unlock]", unlock)
  if (event.target.closest("[data-close]") !== null) tokenDialog?.close()
  const copy = event.target.closest<HTMLButtonElement>("[data-copy]")
  if (copy !== null) {
    copy.textContent = (await copyText(copy.dataset["copy"] ?? "")) ? "Copied" : "Selected"
    if (copy.textContent === "Selected") getSelection()?.selectAllChildren(copy.previousElementSibling ?? copy)
    setTimeout(() => {
      copy.textContent = "Copy"
    }, 2_000)
  }
})

// NOTE: it does not bubble.
document.addEventListener(
  "toggle",
  ({ target }) => {
    const id = target instanceof HTMLDetailsElement && target.open ? target.dataset["whole"] : undefined
    if (id !== undefined) readWhole(id)
  },
  true
)

document.getElementById("filter")?.addEventListener("submit", (event) => event.preventDefault())
document.getElementById("filter")?.addEventListener("input", choose)
document.documentElement.classList.add("script")
listen()
connect()
// NOTE: whoever came by a link of another site was not shown the turns with the page.
if (agentKind === "elsewhere" || mayReadAgent()) readAgent()
setInterval(() => {
  if (document.hidden) return
  drawTimes()
  if ([...rows.values()].some((row) => stateWords[row.state].group === "progress")) drawList()
}, 5_000)
setInterval(() => {
  if (!document.hidden) readRestSoon()
}, 15_000)
