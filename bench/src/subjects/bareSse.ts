/** The least that server-sent events need: `POST /emit` writes its body, with the time, to everyone on `GET /events`. */
import { createServer, type ServerResponse } from "node:http"

const clients = new Set<ServerResponse>()
let sequence = 0

createServer((request, response) => {
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).flushHeaders()
    clients.add(response)
    response.on("close", () => clients.delete(response))
    return
  }
  const parts: Array<Buffer> = []
  request.on("data", (part: Buffer) => void parts.push(part))
  request.on("end", () => {
    const id = ++sequence
    const data = JSON.stringify({ sequence: id, type: "said", data: Buffer.concat(parts).toString(), at: Date.now() })
    const frame = Buffer.from(`id: ${id}\nevent: event\ndata: ${data}\n\n`)
    for (const client of clients) client.write(frame)
    response.writeHead(204).end()
  })
}).listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("listening\n"))
