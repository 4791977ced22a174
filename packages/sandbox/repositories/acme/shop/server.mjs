import { createServer } from "node:http"

const port = Number(process.env.PORT ?? 8080)
const commit = (process.env.COMMIT_SHA ?? "local").slice(0, 7)
const pullRequest = process.env.PULL_REQUEST
const greeting = "A small shop, open for preview"

const goods = [
  {
    name: "Field notebook",
    note: "96 pages, dotted",
    price: "9.50",
    mark: "M14 8h20a4 4 0 0 1 4 4v24a4 4 0 0 1-4 4H14zM14 8v32M20 18h12M20 25h12"
  },
  {
    name: "Enamel mug",
    note: "0.4 l, navy rim",
    price: "14.00",
    mark: "M10 12h22v20a6 6 0 0 1-6 6H16a6 6 0 0 1-6-6zM32 17h3a5 5 0 0 1 5 5v2a5 5 0 0 1-5 5h-3M10 16h22"
  },
  {
    name: "Canvas tote",
    note: "organic cotton",
    price: "18.00",
    mark: "M10 18h28l-2 22H12zM17 18v-3a7 7 0 0 1 14 0v3"
  },
  {
    name: "Brass pencil",
    note: "ages with you",
    price: "24.00",
    mark: "m12 36 3-9L34 8l6 6-19 19zM30 12l6 6M15 27l6 6"
  }
]

const html = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`)

const card = ({ mark, name, note, price }) => `
    <li>
      <svg viewBox="0 0 48 48" aria-hidden="true"><path d="${mark}"/></svg>
      <h2>${name}</h2>
      <p>${note}</p>
      <strong>€ ${price}</strong>
    </li>`

const page = () => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>acme/shop</title>
<style>
  :root { color-scheme: light dark; --ink: #1d2a26; --soft: #55625d; --paper: #faf7f0; --card: #fffdf8; --line: #dcd5c4; --leaf: #1f6b4f }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #ece7da; --soft: #a9b3ad; --paper: #141a17; --card: #1b2320; --line: #33403a; --leaf: #7fd1ac }
  }
  * { box-sizing: border-box; margin: 0 }
  body { font: 1.05rem/1.5 Georgia, "Times New Roman", serif; color: var(--ink); background: var(--paper) }
  main { max-width: 60rem; margin: 0 auto; padding: clamp(2rem, 8vw, 5rem) clamp(1.1rem, 5vw, 2rem) }
  h1 { font-size: clamp(2rem, 7vw, 3.2rem); line-height: 1.1; font-weight: 500; text-wrap: balance }
  dl { display: flex; flex-wrap: wrap; gap: .5rem 1.75rem; margin: 1.25rem 0 2.5rem; font: .875rem/1.5 ui-monospace, monospace }
  dl div { display: flex; gap: .5em }
  dt { color: var(--soft) }
  dd { color: var(--leaf); font-variant-numeric: tabular-nums }
  ul { list-style: none; padding: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)) }
  li { display: grid; gap: .2rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card) }
  svg { width: 3rem; margin: 0 0 .75rem -.6rem; fill: none; stroke: var(--leaf); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
  h2 { font-size: 1.15rem; font-weight: 500 }
  li p { color: var(--soft) }
  strong { margin-top: .6rem; font-weight: 500; font-variant-numeric: tabular-nums }
</style>
</head>
<body>
<main>
  <h1>${greeting}</h1>
  <dl>
    <div><dt>commit</dt><dd id="commit">${html(commit)}</dd></div>${
      pullRequest === undefined
        ? ""
        : `
    <div><dt>pull request</dt><dd id="pull-request">#${html(pullRequest)}</dd></div>`
    }
    <div><dt>server</dt><dd id="up">just started</dd></div>
    <div><dt>in the shop</dt><dd id="visitors">…</dd></div>
  </dl>
  <ul>${goods.map(card).join("")}
  </ul>
</main>
<script>
  new EventSource("/events").onmessage = ({ data }) => {
    const { seconds, visitors } = JSON.parse(data)
    document.getElementById("up").textContent = "up for " + seconds + " s"
    document.getElementById("visitors").textContent = visitors
  }
</script>
</body>
</html>`

const started = Date.now()
const visitors = new Set()
const tell = () => {
  const news = JSON.stringify({ seconds: Math.round((Date.now() - started) / 1000), visitors: visitors.size })
  for (const visitor of visitors) visitor.write(`data: ${news}\n\n`)
}
setInterval(tell, 1000).unref()

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://shop")
  if (pathname === "/healthz") return response.end("ok")
  if (pathname === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
    visitors.add(response)
    response.on("close", () => {
      visitors.delete(response)
      tell()
    })
    return tell()
  }
  if (pathname !== "/") return response.writeHead(404).end("not found")
  console.log(`${request.method} ${pathname}`)
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page())
})

server.listen(port, "0.0.0.0", () => console.log(`shop listens on ${server.address().port}`))
process.on("SIGTERM", () => process.exit(0))
