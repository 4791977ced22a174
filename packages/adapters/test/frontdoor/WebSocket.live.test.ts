import { randomBytes } from "node:crypto"
import { once } from "node:events"
import * as Http from "node:http"
import * as Net from "node:net"
import { afterEach, assert, describe, it } from "vitest"
import { WebSocket, WebSocketServer } from "ws"
import { closeAll, container, deadPort, host, listen, onClose, openDoor, rawContainer, sendRaw } from "./support.ts"

afterEach(closeAll)

/** A container that sends every message back. */
const echoSockets = async (): Promise<number> => {
  const server = Http.createServer((_request, response) => response.writeHead(426).end("upgrade required"))
  const sockets = new WebSocketServer({ server, path: "/socket" })
  sockets.on("connection", (socket, request) => {
    socket.send(`hello ${request.headers["x-forwarded-for"]} ${request.headers["host"]}`)
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return listen(server)
}

const connect = (port: number, path = "/socket") => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { host } })
  socket.on("error", () => {})
  onClose(async () => socket.terminate())
  return socket
}

const text = (data: unknown) => String(data)

describe("FrontDoor: WebSockets", () => {
  it("passes messages of any size both ways, and the closing code", async () => {
    const socket = connect(await openDoor(await echoSockets()))
    const [greeting] = await once(socket, "message")
    assert.strictEqual(text(greeting), `hello 127.0.0.1 ${host}`)
    const large = randomBytes(2 * 1024 * 1024)
    socket.send(large)
    const [back] = await once(socket, "message")
    assert.isTrue(Buffer.isBuffer(back) && large.equals(back))
    socket.close(4001, "bye")
    const [code] = await once(socket, "close")
    assert.strictEqual(code, 4001)
  })

  it("passes bytes that were sent along with the handshake", async () => {
    const door = await openDoor(await echoSockets())
    const mask = Buffer.from([1, 2, 3, 4])
    const payload = Buffer.from("early").map((byte, index) => byte ^ (mask[index % 4] ?? 0))
    const client = Net.connect({ port: door, host: "127.0.0.1" })
    onClose(async () => client.destroy())
    client.write(
      Buffer.concat([
        Buffer.from(
          `GET /socket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
        ),
        Buffer.from([0x81, 0x80 | payload.length]),
        mask,
        payload
      ])
    )
    let seen = ""
    for await (const chunk of client) {
      seen += chunk.toString("latin1")
      if (seen.includes("early")) break
    }
    assert.include(seen, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  })

  it("passes a refusal of the handshake as it is", async () => {
    const socket = connect(await openDoor(await container((_request, response) => response.writeHead(401).end("no"))))
    const [, response] = await once(socket, "unexpected-response")
    assert.strictEqual(response.statusCode, 401)
    assert.strictEqual(response.headers["x-robots-tag"], "noindex")
  })

  it("answers 503 when nothing listens, when the container resets, and when there is no route", async () => {
    const reset = await rawContainer((socket) => socket.destroy())
    for (const port of [await deadPort(), reset, undefined]) {
      const socket = connect(await openDoor(port))
      const [, response] = await once(socket, "unexpected-response")
      assert.strictEqual(response.statusCode, 503)
      assert.strictEqual(response.headers["retry-after"], "2")
    }
  })

  it("closes each side when the other is gone", async () => {
    const server = Http.createServer()
    const sockets = new WebSocketServer({ server })
    const served = new Promise<WebSocket>((resolve) => sockets.on("connection", (socket) => resolve(socket)))
    const door = await openDoor(await listen(server))
    const first = connect(door)
    await once(first, "open")
    const accepted = await served
    const gone = once(accepted, "close")
    first.terminate()
    await gone
    const next = new Promise<WebSocket>((resolve) => sockets.once("connection", (socket) => resolve(socket)))
    const second = connect(door)
    await once(second, "open")
    const closed = once(second, "close")
    ;(await next).terminate()
    await closed
  })

  it("delivers what the container still sends after the client has closed its side", async () => {
    const door = await openDoor(
      await rawContainer((socket, first) => {
        if (!first.includes("Upgrade: websocket")) return
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        socket.on("end", () => socket.end("last words"))
      })
    )
    const answer = await sendRaw(
      door,
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      { halfClose: true }
    )
    assert.match(answer, /^HTTP\/1\.1 101 /)
    assert.match(answer, /last words$/)
  })

  it("answers other upgrades as if they had not been offered", async () => {
    const door = await openDoor(
      await container((request, response) => response.end(`plain ${request.headers.upgrade}`))
    )
    const answer = await sendRaw(
      door,
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`
    )
    assert.match(answer, /^HTTP\/1\.1 200 /)
    assert.include(answer, "plain undefined")
  })

  it("refuses a handshake that carries a body", async () => {
    const door = await openDoor(await echoSockets())
    const answer = await sendRaw(
      door,
      `GET /socket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello`
    )
    assert.match(answer, /^HTTP\/1\.1 400 /)
  })
})
