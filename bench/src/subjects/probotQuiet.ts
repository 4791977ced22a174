/** A Probot app that verifies and stores nothing. Argument: port. */

import { createServer } from "node:http"
import { createNodeMiddleware, createProbot } from "probot"

const probot = createProbot({
  overrides: { appId: 1, privateKey: process.env["BENCH_PRIVATE_KEY"] ?? "", secret: "bench-secret", logLevel: "fatal" }
})
const middleware = await createNodeMiddleware((app) => void app.on("pull_request", () => {}), {
  probot,
  webhooksPath: "/webhook"
})
createServer((request, response) => void middleware(request, response, () => response.writeHead(404).end())).listen(
  Number(process.argv[2]),
  "127.0.0.1",
  () => process.stdout.write("listening\n")
)
