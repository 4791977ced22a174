/** What the page does in the browser: writes, clicks, and shows anew what has changed. */
export const script = `
const api = "/_sandbox/slack"
const say = document.querySelector.bind(document)
const send = async (method, path, body) => {
  const response = await fetch(api + path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) })
  const text = await response.text()
  const answer = text === "" ? {} : JSON.parse(text)
  if (!response.ok) throw new Error(answer.message ?? "It did not work.")
  return answer
}
const as = () => document.body.dataset.as
const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80
const toEnd = (box) => { box.scrollTop = box.scrollHeight }
const regions = ["#channels", "#messages", "#thread", "#status", "#banner", "#modals"]
let running = false, again = false
const refresh = async () => {
  if (running) { again = true; return }
  running = true
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html")
  for (const region of regions) {
    const old = say(region), next = page.querySelector(region)
    if (!old || !next || old.innerHTML === next.innerHTML || (region === "#modals" && old.dataset.key === next.dataset.key)) continue
    const follow = atEnd(old)
    for (const plan of old.querySelectorAll("details.plan[open]"))
      next.querySelector("[data-ts='" + plan.closest("[data-ts]").dataset.ts + "'] details.plan")?.setAttribute("open", "")
    old.replaceWith(next)
    if (follow) toEnd(next); else next.scrollTop = old.scrollTop
    if (region === "#modals") next.querySelector(".dialog:last-child :is(input, textarea, select)")?.focus()
  }
  running = false
  if (again) { again = false; refresh() }
}
for (const box of document.querySelectorAll(".scroll")) toEnd(box)
if (location.hash) say("[id='" + CSS.escape(location.hash.slice(1)) + "']")?.scrollIntoView({ block: "center" })
let timer
new EventSource(api + "/stream").onmessage = () => { clearTimeout(timer); timer = setTimeout(refresh, 40) }
const trouble = (form, cause) => {
  const place = form?.querySelector(".problem") ?? say(".composer .problem")
  if (place) place.textContent = cause.message; else alert(cause.message)
}
document.addEventListener("submit", async (event) => {
  event.preventDefault()
  const form = event.target, data = Object.fromEntries(new FormData(form))
  try {
    if (form.dataset.kind === "say") {
      if (data.text.trim() === "") return
      const { channel, thread } = form.dataset
      form.reset()
      await send("POST", "/channels/" + channel + "/messages", { user: as(), text: data.text, typed: true, ...(thread ? { threadTs: thread } : {}) })
        .catch((cause) => { form.elements.text.value = data.text; throw cause })
      form.querySelector(".problem").textContent = ""
      toEnd(say(thread ? "#thread" : "#messages"))
    } else if (form.dataset.kind === "user") {
      const user = await send("POST", "/users", { name: data.name.trim().toLowerCase() })
      for (const { id, kind, members } of await (await fetch(api + "/channels")).json())
        if (kind === "public" && !members.includes(user.id)) await send("POST", "/channels/" + id + "/invite", { user: user.id })
      const url = new URL(location.href); url.searchParams.set("as", user.id); location.href = url
    } else if (form.dataset.kind === "channel") {
      const { id } = await send("POST", "/channels", { name: data.name.trim().toLowerCase().replaceAll(" ", "-") })
      await send("POST", "/channels/" + id + "/invite", {})
      const url = new URL(location.href); url.searchParams.set("channel", id); url.searchParams.delete("thread"); location.href = url
    } else if (form.dataset.kind === "view") {
      for (const { dataset } of form.querySelectorAll("[data-many]")) data[dataset.many] = new FormData(form).getAll(dataset.many)
      const { delivery, errors } = await send("POST", "/views/" + form.dataset.view + "/submit", { user: as(), values: data })
      if (delivery.status < 200 || delivery.status >= 300) throw new Error("The app did not take it (" + delivery.outcome + ").")
      for (const label of form.querySelectorAll("[data-block]")) label.querySelector(".error").textContent = errors[label.dataset.block] ?? ""
      if (Object.keys(errors).length === 0) form.closest(".dialog").remove()
    }
  } catch (cause) { trouble(form, cause) }
})
const dismiss = async (dialog) => {
  await send("POST", "/views/" + dialog.querySelector("form").dataset.view + "/close", { user: as() })
  dialog.remove()
}
const clicked = async (target, value) => {
  const { ts } = target.closest("[data-ts]").dataset
  target.disabled = true
  try {
    const delivery = await send("POST", "/messages/" + ts + "/click", { user: as(), actionId: target.dataset.click, ...(value === undefined ? {} : { value }) })
    if (delivery.status === 0) throw new Error("The app did not answer in time (" + delivery.outcome + ").")
    if (delivery.status >= 300) throw new Error("The app answered with an error (" + delivery.outcome + ").")
    trouble(null, { message: "" })
  } catch (cause) { trouble(null, cause) }
  target.disabled = false
}
document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-click], [data-react], [data-do]")
  if (event.target.closest(".menu")) { document.body.classList.toggle("menu-open"); return }
  if (!event.target.closest("nav")) document.body.classList.remove("menu-open")
  if (!target || target.tagName === "SELECT") return
  const ts = target.closest("[data-ts]")?.dataset.ts
  try {
    if (target.dataset.click !== undefined) return await clicked(target)
    if (target.dataset.react) return await send(target.classList.contains("mine") ? "DELETE" : "POST", "/messages/" + ts + "/reactions", { user: as(), emoji: target.dataset.react })
    if (target.dataset.do === "invite") return await send("POST", "/channels/" + target.dataset.channel + "/invite", target.dataset.user ? { user: target.dataset.user } : {})
    if (target.dataset.do === "stop") return await send("POST", "/channels/" + target.dataset.channel + "/threads/" + target.dataset.thread + "/stop", { user: as() })
    if (target.dataset.do === "delete" && confirm("Delete this message?")) return await send("DELETE", "/messages/" + ts)
    if (target.dataset.do === "dismiss") return await dismiss(target.closest(".dialog"))
    if (target.dataset.do === "edit") {
      const text = prompt("Edit the message", target.dataset.text)
      if (text !== null) await send("PATCH", "/messages/" + ts, { text: text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") })
    }
  } catch (cause) { trouble(null, cause) }
})
document.addEventListener("change", (event) => {
  const { target } = event
  if (target.dataset.click !== undefined) clicked(target, target.value)
  if (target.id === "as") { const url = new URL(location.href); url.searchParams.set("as", target.value); location.href = url }
})
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && event.target.closest(".composer textarea")) { event.preventDefault(); event.target.form.requestSubmit() }
  if (event.key === "Escape") {
    document.body.classList.remove("menu-open")
    const dialog = [...document.querySelectorAll(".dialog")].at(-1)
    if (dialog) dismiss(dialog).catch((cause) => trouble(dialog, cause))
  }
})
`
