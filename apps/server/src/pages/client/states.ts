/**
 * The states page's browser part: shows the log as it comes, follows the state, and makes room for the preview once it
 * answers. Bundled into `StatesScript.ts` by `scripts/clientScripts.mjs`.
 */
// @effect-diagnostics globalFetch:off (this runs in a browser, without Effect)
import { plainText } from "../Words.ts"

const maxLines = 2_000
const news = document.getElementById("news")
const stateNow = () => document.querySelector("main")?.dataset["state"] ?? ""

const toEnd = () => {
  const lines = document.getElementById("lines")
  if (lines !== null) lines.scrollTop = lines.scrollHeight
}

let looking = false
/** Asks for this page again. What is not a states page any more is the preview itself. */
const look = async () => {
  if (looking) return
  looking = true
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" }).catch(() => null)
  looking = false
  if (answer === null) return
  if (!answer.headers.has("x-productbuilding-status")) {
    location.replace(location.href)
    return
  }
  const next = new DOMParser().parseFromString(await answer.text(), "text/html")
  const from = document.querySelector("main")
  const to = next.querySelector("main")
  if (from === null || to === null) return
  const changed = from.dataset["state"] !== to.dataset["state"]
  const kept = document.getElementById("lines")
  const lines = to.querySelector("#lines")
  const atEnd = kept === null || kept.scrollHeight - kept.scrollTop - kept.clientHeight < 40
  // NOTE: the log that is on the page has every line; the one that was just read may lack some or repeat them.
  if (kept !== null && kept.childElementCount > 0) lines?.replaceWith(kept)
  from.replaceWith(to)
  document.title = next.title
  if (changed && news !== null) news.textContent = to.querySelector("h1")?.textContent ?? ""
  if (atEnd) toEnd()
}

let soon = 0
const lookSoon = () => {
  clearTimeout(soon)
  soon = window.setTimeout(look, 150)
}

const append = (line: string) => {
  const lines = document.getElementById("lines")
  if (lines === null) return
  const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40
  const item = document.createElement("li")
  item.textContent = plainText(line)
  lines.append(item)
  while (lines.childElementCount > maxLines) lines.firstElementChild?.remove()
  if (atEnd) toEnd()
}

let open = false
const connect = () => {
  const source = new EventSource(document.body.dataset["stream"] ?? "")
  source.addEventListener("open", () => {
    // NOTE: after a break, changes may have been missed.
    if (open) lookSoon()
    open = true
  })
  source.addEventListener("preview", lookSoon)
  source.addEventListener("log", (event) => append(JSON.parse(event.data)))
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5_000)
  })
}

toEnd()
connect()
// NOTE: a container that comes back by itself is no change of state, and a stream may be held up on its way.
setInterval(() => {
  const state = stateNow()
  const waiting = state === "unreachable" || state === "ready"
  if (!document.hidden && (waiting || state === "pending" || state === "building" || state === "deploying")) look()
}, 3_000)
