/** The intake before a `node:http` server whose own listener answers 404 to everything. */
import { Buffer } from "node:buffer"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { connect } from "node:net"
import { type IntakeRoute, make, message, text } from "@productbuilding/adapters/node/Intake"
import { Effect, Logger } from "effect"
import { afterEach, assert, beforeEach, describe, it } from "vitest"

const maxBytes = 100_000

describe("the intake", () => {
  let server: Server
  let port: number
  const taken: Array<{ readonly headers: Readonly<Record<string, string | undefined>>; readonly body: string }> = []
  const logged: Array<string> = []

  const route: IntakeRoute = {
    path: "/in",
    maxBytes,
    tooLarge: message(413, "Too large."),
    receive: (headers, body) =>
      Effect.suspend(() => {
        taken.push({ headers, body: Buffer.from(body).toString() })
        if (headers["x-defect"] !== undefined) return Effect.die(new Error("a defect"))
        return Effect.as(Effect.yieldNow, headers["x-empty"] === undefined ? message(202, "in") : text(200))
      })
  }

  beforeEach(async () => {
    taken.length = 0
    logged.length = 0
    const collect = Logger.make(({ message: words }) => void logged.push(String(words)))
    const intake = await Effect.runPromise(Effect.provide(make([route]), Logger.layer([collect])))
    server = createServer((request, response) => {
      if (!intake.handleRequest(request, response)) response.writeHead(404).end()
    })
    server.on("checkContinue", (request, response) => void intake.handleRequest(request, response))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    port = typeof address === "object" && address !== null ? address.port : 0
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, "close")
  })

  const post = async (path: string, body: string, headers: Record<string, string> = {}) =>
    await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body, headers })

  /** Sends bytes as they are, and answers with all that comes back until the other side ends. */
  const raw = async (...parts: ReadonlyArray<string>) => {
    const socket = connect(port, "127.0.0.1")
    let answer = ""
    socket.on("data", (chunk) => (answer += chunk.toString()))
    for (const part of parts) {
      socket.write(part)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    if (!socket.closed) await once(socket, "close")
    return answer
  }

  it("gives a route the headers and the bytes, in however many pieces they came", async () => {
    const body = "ä".repeat(40_000)
    const response = await post("/in?a=1", body, { "X-One": "1" })
    assert.strictEqual(response.status, 202)
    assert.deepStrictEqual(JSON.parse(await response.text()), { message: "in" })
    assert.strictEqual(taken[0]?.body, body)
    assert.strictEqual(taken[0]?.headers["x-one"], "1")
  })

  it("answers without a body, too", async () => {
    const response = await post("/in", "", { "x-empty": "1" })
    assert.strictEqual(response.status, 200)
    assert.strictEqual(await response.text(), "")
    assert.strictEqual(response.headers.get("content-type"), null)
  })

  it("leaves other paths and methods to the server", async () => {
    assert.strictEqual((await post("/other", "")).status, 404)
    assert.strictEqual((await post("/in/", "")).status, 404)
    assert.strictEqual((await fetch(`http://127.0.0.1:${port}/in`)).status, 404)
    assert.isEmpty(taken)
  })

  it("reads no more than it may, whether the length is said or not, and ends the connection", async () => {
    const said = await raw(`POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: ${maxBytes + 1}\r\n\r\n`)
    assert.match(said, /^HTTP\/1\.1 413 /)
    assert.match(said, /Too large/)
    const chunk = "a".repeat(60_000)
    const piece = `${chunk.length.toString(16)}\r\n${chunk}\r\n`
    const unsaid = await raw("POST /in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", piece, piece)
    assert.match(unsaid, /^HTTP\/1\.1 413 /)
    assert.isEmpty(taken)
  })

  it("asks for the body of a sender that waits for it", async () => {
    const answer = await raw(
      "POST /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
      "{}"
    )
    assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 /)
  })

  it("drops a request whose sender leaves before its end", async () => {
    const socket = connect(port, "127.0.0.1")
    socket.write("POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    await once(socket, "close")
    assert.strictEqual((await post("/in", "whole")).status, 202)
    assert.deepStrictEqual(
      taken.map(({ body }) => body),
      ["whole"]
    )
  })

  it("says that a defect is its own mistake, and goes on", async () => {
    assert.strictEqual((await post("/in", "{}", { "x-defect": "1" })).status, 500)
    assert.match(logged.join("\n"), /A defect while \/in was handled/)
    assert.strictEqual((await post("/in", "{}")).status, 202)
  })
})
