/** A socket in front of Docker's own, which can be cut: to the server the engine is gone. */
import { once } from "node:events"
import { rmSync } from "node:fs"
import { connect, createServer, type Server, type Socket } from "node:net"

const engineSocket = "/var/run/docker.sock"

export const startEngineProxy = async (path: string) => {
  const sockets = new Set<Socket>()
  let server: Server | undefined
  const restore = async () => {
    server = createServer({ allowHalfOpen: true }, (client) => {
      const engine = connect({ path: engineSocket, allowHalfOpen: true })
      for (const socket of [client, engine]) {
        sockets.add(socket)
        socket.on("error", () => socket.destroy())
        socket.on("close", () => {
          sockets.delete(socket)
          client.destroy()
          engine.destroy()
        })
      }
      client.pipe(engine)
      engine.pipe(client)
    }).listen(path)
    await once(server, "listening")
  }
  const cut = async () => {
    if (server === undefined) return
    const closed = once(server, "close")
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
    server = undefined
    rmSync(path, { force: true })
  }
  await restore()
  return { path, cut, restore, stop: cut }
}
