import { createServer } from "node:http"

const port = Number(process.env.PORT ?? 8080)
const commit = (process.env.COMMIT_SHA ?? "local").slice(0, 7)
const pullRequest = process.env.PULL_REQUEST
const started = Date.now()
const greeting = "A small shop, open for preview"

const goods = [
  ["Field notebook", "96 pages, dotted", "9.50"],
  ["Enamel mug", "0.4 l, navy rim", "14.00"],
  ["Canvas tote", "organic cotton", "18.00"],
  ["Brass pencil", "ages with you", "24.00"]
]

const page = () => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>acme/shop</title>
<style>
  :root { color-scheme: light dark; --ink: #1d2a26; --paper: #faf7f0; --line: #dcd5c4; --leaf: #1f6b4f; }
  @media (prefers-color-scheme: dark) { :root { --ink: #ece7da; --paper: #161d1a; --line: #33403a; --leaf: #7fd1ac; } }
  body { margin: 0; font: 1.05rem/1.5 Georgia, serif; color: var(--ink); background: var(--paper); }
  main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem; }
  h1 { font-size: 2.4rem; line-height: 1.15; margin: 0 0 .5rem; }
  p.meta { font: .85rem/1.4 ui-monospace, monospace; color: var(--leaf); margin: 0 0 2.5rem; }
  ul { list-style: none; padding: 0; margin: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
  li { border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem; }
  li b { display: block; font-size: 1.15rem; }
  li span { opacity: .75; } li em { display: block; margin-top: .8rem; font-style: normal; color: var(--leaf); }
</style>
<main>
  <h1>${greeting}</h1>
  <p class="meta" id="meta">commit ${commit}${pullRequest ? ` · pull request #${pullRequest}` : ""} · <span id="up">just started</span></p>
  <ul>${goods.map(([name, note, price]) => `<li><b>${name}</b><span>${note}</span><em>€ ${price}</em></li>`).join("")}</ul>
</main>
<script>
  new EventSource("/events").onmessage = ({ data }) => { document.getElementById("up").textContent = "up for " + data + " s" }
</script>
</html>`

const server = createServer((request, response) => {
  if (request.url === "/healthz") return response.end("ok")
  if (request.url === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
    const tell = () => response.write(`data: ${Math.round((Date.now() - started) / 1000)}\n\n`)
    tell()
    const timer = setInterval(tell, 1000)
    return response.on("close", () => clearInterval(timer))
  }
  if (request.url !== "/") return response.writeHead(404).end("not found")
  console.log(`${request.method} ${request.url}`)
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page())
})

server.listen(port, "0.0.0.0", () => console.log(`shop listens on ${port}`))
process.on("SIGTERM", () => process.exit(0))
