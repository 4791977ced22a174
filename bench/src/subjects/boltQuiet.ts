/** A Bolt app that verifies, acknowledges and does nothing. Argument: port. */
import { createRequire } from "node:module"

const { App, HTTPReceiver }: typeof import("@slack/bolt") = createRequire(import.meta.url)("@slack/bolt")

const receiver = new HTTPReceiver({ signingSecret: "bench-secret", endpoints: ["/slack/events"] })
const app = new App({
  receiver,
  authorize: async () => ({ botToken: "xoxb-bench", botId: "B1", botUserId: "U1", teamId: "T1" })
})
app.message(async () => {})
await app.start(Number(process.argv[2]))
process.stdout.write("listening\n")
