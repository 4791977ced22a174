/** What the proxies stand in front of: a kilobyte at once. Argument: port. */
import { createServer } from "node:http"

const body = Buffer.alloc(1024, "x")
createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/plain", "content-length": body.length }).end(body)
}).listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("listening\n"))
