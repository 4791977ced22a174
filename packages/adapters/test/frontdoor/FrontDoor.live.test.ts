import { createHash } from "node:crypto"
import * as Http from "node:http"
import { afterEach, assert, describe, it } from "vitest"
import { ask, closeAll, container, deadPort, host, openDoor, rawContainer, sendRaw } from "./support.ts"

afterEach(closeAll)

/** What a container saw of a request. */
const echo: Http.RequestListener = (request, response) => {
  const hash = createHash("sha256")
  let bytes = 0
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    hash.update(chunk)
  })
  request.on("end", () => {
    response.setHeader("content-type", "application/json")
    response.end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        headers: request.headers,
        bytes,
        digest: hash.digest("hex")
      })
    )
  })
}

describe("FrontDoor: what is passed on", () => {
  it("passes method, path, query, body and status, and the client's Host with its port", async () => {
    const door = await openDoor(await container(echo))
    const answer = await ask(door, {
      method: "PUT",
      path: "/a%20b?x=1&y=%2F",
      headers: { host: `${host}:8080` },
      body: "hello"
    })
    const seen = JSON.parse(answer.body)
    assert.strictEqual(answer.status, 200)
    assert.strictEqual(seen.method, "PUT")
    assert.strictEqual(seen.url, "/a%20b?x=1&y=%2F")
    assert.strictEqual(seen.headers.host, `${host}:8080`)
    assert.strictEqual(seen.bytes, 5)
    assert.strictEqual(answer.headers["x-robots-tag"], "noindex")
  })

  it("finds the host whatever its case, and with a final dot", async () => {
    const door = await openDoor(await container(echo))
    assert.strictEqual((await ask(door, { headers: { host: "PR-1-Preview.LOCALHOST.:80" } })).status, 200)
  })

  it("replaces what a client claims of its origin", async () => {
    const door = await openDoor(await container(echo))
    const answer = await ask(door, {
      headers: {
        "x-forwarded-for": "6.6.6.6",
        "x-forwarded-proto": "https",
        "x-real-ip": "6.6.6.6",
        forwarded: "for=6"
      }
    })
    const { headers } = JSON.parse(answer.body)
    assert.strictEqual(headers["x-forwarded-for"], "127.0.0.1")
    assert.strictEqual(headers["x-forwarded-proto"], "http")
    assert.strictEqual(headers["x-forwarded-host"], host)
    assert.notProperty(headers, "x-real-ip")
    assert.notProperty(headers, "forwarded")
  })

  it("keeps what a trusted proxy in front says, and appends the address", async () => {
    const door = await openDoor(await container(echo), { trustForwarded: true })
    const answer = await ask(door, { headers: { "x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "https" } })
    const { headers } = JSON.parse(answer.body)
    assert.strictEqual(headers["x-forwarded-for"], "9.9.9.9, 127.0.0.1")
    assert.strictEqual(headers["x-forwarded-proto"], "https")
  })

  it("drops hop-by-hop fields both ways, also those that Connection lists, but never Host or Content-Length", async () => {
    const door = await openDoor(
      await rawContainer((socket, first) => {
        const body = JSON.stringify(first.toString("latin1"))
        socket.end(
          `HTTP/1.1 200 OK\r\nConnection: close, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: ${body.length}\r\n\r\n${body}`
        )
      })
    )
    const answer = await ask(door, {
      method: "POST",
      headers: {
        connection: "close, X-Hop, Host, Content-Length",
        "x-hop": "1",
        te: "trailers",
        "proxy-authorization": "secret",
        "content-length": "2",
        "x-keep": "1"
      },
      body: "ok"
    })
    const seen: string = JSON.parse(answer.body)
    assert.notMatch(seen, /x-hop|^te:|proxy-authorization/im)
    assert.match(seen, /^Host: pr-1-preview/im)
    assert.match(seen, /^content-length: 2\r$/im)
    assert.match(seen, /^x-keep: 1\r$/im)
    assert.notProperty(answer.headers, "x-private")
    assert.notProperty(answer.headers, "proxy-authenticate")
    assert.deepStrictEqual(answer.headers["set-cookie"], ["a=1", "b=2"])
  })

  it("answers HEAD, 204 and 304 without a body", async () => {
    const door = await openDoor(
      await container((request, response) => {
        if (request.url === "/204") response.writeHead(204).end()
        else if (request.url === "/304") response.writeHead(304, { etag: '"x"' }).end()
        else response.writeHead(200, { "content-length": "7" }).end(request.method === "HEAD" ? undefined : "content")
      })
    )
    const head = await ask(door, { method: "HEAD" })
    assert.deepStrictEqual([head.status, head.headers["content-length"], head.body], [200, "7", ""])
    assert.strictEqual((await ask(door, { path: "/204" })).status, 204)
    assert.strictEqual((await ask(door, { path: "/304" })).headers.etag, '"x"')
  })

  it("sends Content-Length: 0 where a client posts nothing, and chunks where it chunks", async () => {
    const door = await openDoor(await container(echo))
    const empty = await sendRaw(door, `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    assert.include(empty, '"content-length":"0"')
    const chunked = await sendRaw(
      door,
      `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`
    )
    assert.include(chunked, '"transfer-encoding":"chunked"')
    assert.include(chunked, '"bytes":3')
  })

  it("lets the container decide on Expect: 100-continue", async () => {
    const door = await openDoor(await container(echo))
    let continued = 0
    const body = await new Promise<string>((resolve, reject) => {
      const request = Http.request({
        port: door,
        host: "127.0.0.1",
        agent: false,
        method: "POST",
        headers: { host, expect: "100-continue", "content-length": "4" }
      })
      request.on("continue", () => {
        continued++
        request.end("body")
      })
      request.on("error", reject)
      request.on("response", (response) => {
        let text = ""
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString()
        })
        response.on("end", () => resolve(text))
      })
      request.flushHeaders()
    })
    assert.strictEqual(JSON.parse(body).bytes, 4)
    assert.strictEqual(continued, 1)
  })
})

describe("FrontDoor: requests that must not pass", () => {
  const refused = async (bytes: string) => {
    let reached = 0
    const door = await openDoor(
      await container((_request, response) => {
        reached++
        response.end()
      })
    )
    const text = await sendRaw(door, bytes)
    assert.match(text, /^HTTP\/1\.1 400 /)
    assert.strictEqual(reached, 0)
  }

  it("refuses Content-Length together with Transfer-Encoding", () =>
    refused(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n`
    ))

  it("refuses two Content-Lengths", () =>
    refused(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`))

  it("refuses two Hosts", () => refused(`GET / HTTP/1.1\r\nHost: ${host}\r\nHost: other.localhost\r\n\r\n`))

  it("takes the host of an absolute request line before Host, for routing and for the container", async () => {
    const door = await openDoor(await container(echo))
    const text = await sendRaw(
      door,
      `GET http://${host}/p?q=1 HTTP/1.1\r\nHost: dashboard.localhost\r\nConnection: close\r\n\r\n`
    )
    assert.include(text, '"url":"/p?q=1"')
    assert.include(text, `"host":"${host}"`)
  })
})

describe("FrontDoor: streams", () => {
  it("passes headers at once and each event as it comes", async () => {
    let emit = (_text: string) => {}
    const door = await openDoor(
      await container((_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders()
        emit = (text) => void response.write(text)
      })
    )
    const response = await fetch(`http://127.0.0.1:${door}/`, { headers: {} }).catch(() => null)
    assert.strictEqual(await response?.text(), "app", "another host is not the front door's")
    await new Promise<void>((resolve, reject) => {
      const request = Http.get({ port: door, host: "127.0.0.1", agent: false, headers: { host } }, (stream) => {
        const seen: Array<string> = []
        stream.on("data", (chunk: Buffer) => {
          seen.push(chunk.toString())
          if (seen.length === 1) emit("data: 2\n\n")
          else {
            assert.deepStrictEqual(seen, ["data: 1\n\n", "data: 2\n\n"])
            request.destroy()
            resolve()
          }
        })
        emit("data: 1\n\n")
      })
      request.on("error", reject)
    })
  })

  it("closes the container's stream when the client leaves", async () => {
    let left = () => {}
    const gone = new Promise<void>((resolve) => {
      left = resolve
    })
    const door = await openDoor(
      await container((_request, response) => {
        response.on("close", left)
        response.write("start")
      })
    )
    const request = Http.get({ port: door, host: "127.0.0.1", agent: false, headers: { host } }, (stream) => {
      stream.on("error", () => {})
      stream.on("data", () => request.destroy())
    })
    await gone
  })

  it("breaks the client's answer off when the container dies in the middle, in chunks or with a length", async () => {
    for (const head of ["Content-Length: 100", "Transfer-Encoding: chunked"]) {
      const door = await openDoor(
        await rawContainer((socket) => {
          socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nhello`, () => setTimeout(() => socket.destroy(), 20))
        })
      )
      const broken = await ask(door).then(
        () => false,
        () => true
      )
      assert.isTrue(broken, head)
    }
  })

  it("holds an upload back while the container does not read, and then passes all of it", async () => {
    const size = 48 * 1024 * 1024
    const payload = Buffer.alloc(size, "abcdefgh")
    let release = () => {}
    const door = await openDoor(
      await container((request, response) => {
        release = () => echo(request, response)
      })
    )
    const body = await new Promise<string>((resolve, reject) => {
      const request = Http.request({
        port: door,
        host: "127.0.0.1",
        agent: false,
        method: "POST",
        headers: { host, "content-length": size }
      })
      request.on("error", reject)
      request.on("response", (response) => {
        let text = ""
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString()
        })
        response.on("end", () => resolve(text))
      })
      request.end(payload)
      const settled = () => {
        const socket = request.socket
        const before = socket?.bytesWritten
        setTimeout(() => {
          if (socket?.bytesWritten === before && before !== undefined) release()
          else settled()
        }, 100)
      }
      request.on("socket", () => settled())
    })
    const seen = JSON.parse(body)
    assert.strictEqual(seen.bytes, size)
    assert.strictEqual(seen.digest, createHash("sha256").update(payload).digest("hex"))
  })

  it("passes an early answer to an upload that is not read", async () => {
    const door = await openDoor(
      await container((_request, response) => {
        response.writeHead(413, { connection: "close" }).end("too large")
      })
    )
    const agent = new Http.Agent({ keepAlive: true, maxSockets: 1 })
    const answer = await ask(door, { method: "POST", body: Buffer.alloc(64 * 1024), agent })
    assert.deepStrictEqual([answer.status, answer.body], [413, "too large"])
    assert.strictEqual((await ask(door, { agent })).status, 413, "the connection can be used again")
    agent.destroy()
  })

  it("serves a thousand at once", async () => {
    const door = await openDoor(
      await container((request, response) => void setTimeout(() => response.end(request.url), 10))
    )
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, index) => ask(door, { path: `/${index}` })))
    assert.isTrue(answers.every((answer, index) => answer.status === 200 && answer.body === `/${index}`))
  })

  it("takes a client that has closed its own side for gone", async () => {
    let left = () => {}
    const gone = new Promise<void>((resolve) => {
      left = resolve
    })
    const door = await openDoor(await container((_request, response) => void response.on("close", left)))
    await sendRaw(door, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, { halfClose: true })
    await gone
  })
})

describe("FrontDoor: containers that do not answer", () => {
  const unreachable = async (port: number, options?: Parameters<typeof ask>[1]) => {
    const door = await openDoor(port)
    const answer = await ask(door, { path: "/shop", ...options })
    assert.strictEqual(answer.status, 503)
    assert.strictEqual(answer.headers["retry-after"], "2")
    assert.strictEqual(answer.headers["x-productbuilding-status"], "unreachable")
    assert.strictEqual(answer.headers["x-robots-tag"], "noindex")
    return JSON.parse(answer.body)
  }

  it("shows the page when the connection is refused, also to an upload", async () => {
    assert.deepStrictEqual(await unreachable(await deadPort()), {
      host,
      path: "/shop",
      reason: "unreachable",
      detail: "ECONNREFUSED"
    })
    await unreachable(await deadPort(), { method: "POST", body: Buffer.alloc(1024 * 1024) })
  })

  it("shows the page when the connection is reset before the answer", async () => {
    const seen = await unreachable(await rawContainer((socket) => socket.destroy()))
    assert.strictEqual(seen.reason, "unreachable")
  })

  it("shows the page, and stays up, whatever a container says instead of HTTP", async () => {
    const answers = [
      "hello\r\n\r\n",
      "HTTP/1.1 000 Zero\r\n\r\n",
      "HTTP/1.1 1000 Thousand\r\n\r\n",
      "HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
      `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
      "HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n"
    ]
    for (const answer of answers) {
      const seen = await unreachable(await rawContainer((socket) => socket.end(answer)))
      assert.strictEqual(seen.reason, "unreachable", answer.slice(0, 40))
    }
  })

  it("tries once more when a kept connection turns out to be closed, but only without a body", async () => {
    let requests = 0
    const door = await openDoor(
      await rawContainer((socket, _first, connection) => {
        requests++
        if (connection === 1 && requests > 1) socket.resetAndDestroy()
        else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      })
    )
    assert.strictEqual((await ask(door)).body, "ok")
    assert.strictEqual((await ask(door)).body, "ok")
    assert.strictEqual(requests, 3)
  })

  it("shows the page for a preview host without a route, for our own paths, and not for other hosts", async () => {
    const door = await openDoor(await container(echo))
    const other = await ask(door, { headers: { host: "pr-2-preview.localhost" } })
    assert.strictEqual(JSON.parse(other.body).reason, "no-route")
    const reserved = await ask(door, { path: "/__productbuilding/stream?x=1" })
    assert.deepStrictEqual(JSON.parse(reserved.body), {
      host,
      path: "/__productbuilding/stream?x=1",
      reason: "reserved",
      detail: null
    })
    assert.strictEqual((await ask(door, { headers: { host: "dashboard.localhost" } })).body, "app")
  })
})
