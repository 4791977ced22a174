/** What the page does in the browser: shows anew what has changed, keeps open what is open, and clears the list. */
export const script = `
const say = document.querySelector.bind(document)
let running = false, again = false, timer
const refresh = async () => {
  if (running) { again = true; return }
  running = true
  try {
    const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html")
    const open = new Set(Array.from(document.querySelectorAll("details[open]"), (one) => one.id))
    for (const region of ["#totals", "#calls"]) {
      const old = say(region), next = page.querySelector(region)
      for (const one of next.querySelectorAll("details")) if (open.has(one.id)) one.open = true
      if (old.innerHTML !== next.innerHTML) old.replaceWith(next)
    }
  } catch { timer = setTimeout(refresh, 1000) }
  running = false
  if (again) { again = false; refresh() }
}
new EventSource("/_sandbox/model/stream").onmessage = () => { clearTimeout(timer); timer = setTimeout(refresh, 60) }
document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-do=clear]")) { await fetch("/_sandbox/model/calls", { method: "DELETE" }); refresh() }
})
document.addEventListener("change", async (event) => {
  if (event.target.id !== "mode") return
  await fetch("/_sandbox/model/mode", { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ mode: event.target.value }) })
})
`
