/** `node:http`, HMAC over the bytes, one flushed insert before the answer. Arguments: port, database file. */
import { createHmac, timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"
import { DatabaseSync } from "node:sqlite"

const database = new DatabaseSync(process.argv[3] ?? ":memory:")
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
database.exec(
  "CREATE TABLE deliveries (id TEXT PRIMARY KEY, event TEXT NOT NULL, received_at INTEGER NOT NULL, body BLOB NOT NULL)"
)
const insert = database.prepare("INSERT INTO deliveries VALUES (?, ?, ?, ?)")

createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const body = Buffer.concat(chunks)
    const given = Buffer.from(String(request.headers["x-hub-signature-256"]))
    const wanted = Buffer.from(`sha256=${createHmac("sha256", "bench-secret").update(body).digest("hex")}`)
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return void response.writeHead(401).end()
    insert.run(
      String(request.headers["x-github-delivery"]),
      String(request.headers["x-github-event"]),
      Date.now(),
      body
    )
    response.writeHead(202).end()
  })
}).listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("listening\n"))
