/** httpxy in front of one upstream, with a keep-alive agent. Arguments: port, upstream port. */
import { Agent, createServer } from "node:http"
import { createProxyServer } from "httpxy"

const proxy = createProxyServer({
  target: `http://127.0.0.1:${process.argv[3]}`,
  agent: new Agent({ keepAlive: true })
})
createServer((request, response) => void proxy.web(request, response)).listen(
  Number(process.argv[2]),
  "127.0.0.1",
  () => process.stdout.write("listening\n")
)
