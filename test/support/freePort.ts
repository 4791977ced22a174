/** A port for a server that a test starts. */
import { randomInt } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:net"

/** NOTE: below those that systems give to outgoing connections, one of which could take it before the server does. */
const range = { from: 15_000, to: 32_000 }

/** A port that nobody listens on. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 50; tries++) {
    const port = randomInt(range.from, range.to)
    const server = createServer().listen(port, "127.0.0.1")
    const isFree = await once(server, "listening").then(
      () => true,
      () => false
    )
    if (!isFree) continue
    server.close()
    await once(server, "close")
    return port
  }
  throw new Error(`none of 50 ports between ${range.from} and ${range.to} was free`)
}
