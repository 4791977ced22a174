/** Who follows the event log from outside: server-sent events, WebSocket and signed callbacks, over restarts. */
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { createServer, get, type IncomingHttpHeaders, type IncomingMessage, type Server } from "node:http"
import { join } from "node:path"
import { Webhook } from "standardwebhooks"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { freePort } from "../../../test/support/freePort.ts"
import { makeWorld, repository, type ServerProcess, startServer, until, type World } from "./Harness.ts"

interface Told {
  readonly sequence: number
  readonly type: string
  readonly subject: string
  readonly data: { readonly markdown?: string }
}

const textOf = ({ data }: Told) => data.markdown ?? ""

describe("followers of the events", () => {
  let world: World
  let server: ServerProcess
  let said = 0
  const cleanUp: Array<() => unknown> = []

  beforeEach(async () => {
    const made = await makeWorld({ runtime: "process" })
    world = { ...made, config: { ...made.config, RECONCILE_INTERVAL: "1 hour" } }
    said = 0
  })
  afterEach(async () => {
    for (const clean of cleanUp.splice(0)) await clean()
    await server.kill("SIGTERM")
    await world.stop()
  })

  /** Each comment is two events of its issue: `thread`, and `said`. */
  const say = (count: number) => {
    const texts = Array.from({ length: count }, () => `comment ${++said}`)
    for (const text of texts) world.sandbox.comment(repository, 1, "ada", text)
    return texts
  }

  /** A follower as an `EventSource` is one, without its coming back by itself. */
  const follow = async (path: string, headers: Record<string, string> = {}) => {
    const request = get(`${world.url}${path}`, { headers, agent: false })
    const [response]: Array<IncomingMessage> = await once(request, "response")
    if (response === undefined) throw new Error("there is no response")
    const told: Array<Told> = []
    const state = { id: "", isOpen: true }
    let rest = ""
    response.setEncoding("utf8")
    response.on("data", (chunk: string) => {
      const frames = (rest + chunk).split("\n\n")
      rest = frames.pop() ?? ""
      for (const frame of frames) {
        state.id = /^id: ?(.*)$/m.exec(frame)?.[1] ?? state.id
        const data = /^data: ?(.*)$/m.exec(frame)?.[1]
        if (data !== undefined) told.push(JSON.parse(data))
      }
    })
    const closed = () => {
      state.isOpen = false
    }
    response.on("error", closed).on("close", closed)
    const stop = () => void request.destroy()
    cleanUp.push(stop)
    return { response, state, stop, told }
  }

  /** A server with one issue. Answers the number of the event that tells of its opening. */
  const begin = async () => {
    server = await startServer(world)
    world.sandbox.openIssue(repository, { title: "Mugs", author: "ada" })
    const { stop, told } = await follow("/events?after=0&type=said")
    await until("the issue is told of", async () => told.length === 1)
    stop()
    return told[0]?.sequence ?? 0
  }

  it("have each event once, over restarts, with Last-Event-ID", async () => {
    const path = `/events?after=${await begin()}&type=said`
    let follower = await follow(path)
    const told: Array<Told> = []
    const texts: Array<string> = []
    for (let round = 0; round < 3; round++) {
      texts.push(...say(5))
      // NOTE: all are stored; in the middle of telling of them, the server is killed.
      await world.sandbox.settled()
      await server.kill("SIGKILL")
      const { state } = follower
      await until("the connection is gone", async () => !state.isOpen)
      told.push(...follower.told)
      server = await startServer(world)
      follower = await follow(path, { "last-event-id": follower.state.id })
    }
    await until("everything came", async () =>
      texts.every((text) => [...told, ...follower.told].some((event) => textOf(event) === text))
    )
    const [last = ""] = say(1)
    await until("the last came", async () => follower.told.some((event) => textOf(event) === last))
    told.push(...follower.told)
    // NOTE: a delivery that was being handled at a kill is handled again, and still is one event.
    assert.sameMembers(told.map(textOf), [...texts, last])
    const whole = await follow(path)
    await until("all came", async () => whole.told.at(-1)?.sequence === told.at(-1)?.sequence)
    assert.deepStrictEqual(told, whole.told)
  })

  it("have what they ask for, from where they ask for it", async () => {
    await begin()
    const now = await follow("/events")
    assert.strictEqual(now.response.headers["content-type"], "text/event-stream")
    assert.strictEqual(now.response.headers["cache-control"], "no-store")
    await until("it is told where it is", async () => now.state.id !== "")
    const other = await follow("/events?subject=other/*")
    const mine = await follow("/events?subject=other/*&subject=acme/SHOP*&type=said")
    const texts = say(3)
    await until("everything came", async () => mine.told.length === 3 && now.told.length >= 6)
    assert.sameMembers(mine.told.map(textOf), texts)
    assert.include(
      now.told.map(({ type }) => type),
      "thread"
    )
    assert.deepStrictEqual(other.told, [])
    const last = now.told.at(-1)?.sequence ?? 0
    const rest = await follow(`/events?after=${last - 1}`)
    await until("the last came", async () => rest.told.length === 1)
    assert.strictEqual(rest.told[0]?.sequence, last)
    for (const [path, why] of [
      ["/events?after=yesterday", "must be the number"],
      ["/events?since=1", "There is no parameter since. Known: after, subject, type."]
    ] as const) {
      const answer = await fetch(`${world.url}${path}`)
      assert.strictEqual(answer.status, 400)
      assert.include(await answer.text(), why)
    }
    assert.strictEqual((await fetch(`${world.url}/events`, { method: "HEAD" })).status, 200)
    const elsewhere = await follow("/events", { host: "previews.example.com" })
    assert.strictEqual(elsewhere.response.statusCode, 403)
  })

  it("hold up a shutdown for three seconds at most", async () => {
    await begin()
    const follower = await follow("/events")
    const begun = performance.now()
    await server.kill("SIGTERM")
    assert.isBelow(performance.now() - begun, 6000)
    await until("the stream has ended", async () => !follower.state.isOpen)
    server = await startServer(world)
  })

  it("are told the same over a WebSocket, from a number on, but not on behalf of another site", async () => {
    const start = await begin()
    const texts = say(2)
    await world.sandbox.settled()
    const socket = new WebSocket(`${world.url.replace("http", "ws")}/events?after=${start}&type=said`)
    cleanUp.push(() => socket.close())
    const messages: Array<Told> = []
    socket.addEventListener("message", ({ data }) => void messages.push(JSON.parse(String(data))))
    await until("both came", async () => messages.length === 3)
    texts.push(...say(1))
    await until("the third came", async () => messages.length === 4)
    assert.deepStrictEqual(
      messages.slice(0, 1).map(({ sequence, type }) => [type, sequence]),
      [["position", start]]
    )
    assert.sameMembers(messages.slice(1).map(textOf), texts)
    const closed = once(socket, "close")
    socket.close()
    await closed
    const upgrade = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" }
    const headers = { ...upgrade, "sec-websocket-key": Buffer.alloc(16).toString("base64") }
    const statusOf = async (origin: string) => {
      const request = get(`${world.url}/events`, { agent: false, headers: { ...headers, origin } })
      return await new Promise<number | undefined>((resolve, reject) => {
        request.on("response", (response) => resolve(response.resume().statusCode))
        request.on("upgrade", (response, connection) => {
          connection.destroy()
          resolve(response.statusCode)
        })
        request.on("error", reject)
      })
    }
    assert.strictEqual(await statusOf("https://evil.example"), 403)
    assert.strictEqual(await statusOf("null"), 403)
    assert.strictEqual(await statusOf(world.url), 101)
  })

  it("who take nothing for a while cost the others nothing, and are given all of it when they go on", async () => {
    await begin()
    const stuck = await follow("/events?type=said")
    stuck.response.pause()
    const lively = await follow("/events?type=said")
    // NOTE: 18 MB, which is more than the machine's own buffers hold.
    const count = 300
    const long = "all work and no play ".repeat(2900)
    for (let sent = 0; sent < count; sent++) world.sandbox.comment(repository, 1, "ada", `${sent} ${long}`)
    await until("the lively one has all", async () => lively.told.length === count, 50)
    assert.isBelow(stuck.told.length, count)
    stuck.response.resume()
    await until("the other one has all", async () => stuck.told.length === count)
    assert.deepStrictEqual(stuck.told.map(textOf), lively.told.map(textOf))
    assert.isTrue(stuck.state.isOpen && lively.state.isOpen)
  })

  describe("that are called back", () => {
    const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`
    let receiver: Server
    let status = 204
    const received: Array<{ readonly body: string; readonly headers: IncomingHttpHeaders }> = []

    beforeEach(async () => {
      received.length = 0
      status = 204
      const port = await freePort()
      receiver = createServer(async (request, response) => {
        let body = ""
        for await (const chunk of request.setEncoding("utf8")) body += chunk
        received.push({ body, headers: request.headers })
        response.writeHead(status).end()
      }).listen(port, "127.0.0.1")
      await once(receiver, "listening")
      cleanUp.push(() => receiver.close())
      const file = join(world.folder, "callbacks.json")
      const endpoint = { url: `http://127.0.0.1:${port}/hook`, secrets: [{ env: "HOOK_SECRET" }], types: ["said"] }
      writeFileSync(file, JSON.stringify([endpoint]))
      const config = { CALLBACKS_CONFIG_PATH: file, CALLBACKS_ALLOW_PRIVATE: "true", HOOK_SECRET: secret }
      world = { ...world, config: { ...world.config, ...config } }
    })

    const ids = () => new Set(received.map(({ headers }) => headers["webhook-id"]))
    const list = async () => {
      const endpoints: ReadonlyArray<{ readonly name: string; readonly state: string }> = await (
        await fetch(`${world.url}/callbacks`)
      ).json()
      const [endpoint] = endpoints
      if (endpoint === undefined) throw new Error("there is no endpoint")
      return endpoint
    }

    it("can verify each, and have none lost when the server is killed", async () => {
      await begin()
      const texts: Array<string> = []
      for (let round = 0; round < 3; round++) {
        texts.push(...say(4))
        await world.sandbox.settled()
        await server.kill("SIGKILL")
        server = await startServer(world)
      }
      await until("everything came", async () =>
        texts.every((text) => received.some(({ body }) => body.includes(`"${text}"`)))
      )
      const events = received.map(({ body, headers }) => {
        const text = (name: string) => String(headers[name])
        return new Webhook(secret).verify(body, {
          "webhook-id": text("webhook-id"),
          "webhook-timestamp": text("webhook-timestamp"),
          "webhook-signature": text("webhook-signature")
        })
      })
      assert.strictEqual(new Set(events.map((event) => JSON.stringify(event))).size, ids().size, "same id, same event")
      for (const event of events) assert.containsAllKeys(event, ["type", "timestamp", "data"])
    })

    it("are disabled by 410, over a restart too, and can be enabled", async () => {
      status = 410
      await begin()
      await until("it is disabled", async () => (await list()).state === "disabled")
      await server.kill("SIGTERM")
      server = await startServer(world)
      status = 204
      say(1)
      const { name } = await list()
      const failed = async () => {
        const sinks: ReadonlyArray<{ readonly sink: string; readonly dropped: number }> = await (
          await fetch(`${world.url}/outbox`)
        ).json()
        return sinks.find(({ sink }) => sink === name)?.dropped
      }
      await until("the second is dropped", async () => (await failed()) === 2)
      assert.strictEqual(received.length, 1)
      const enabled = await fetch(`${world.url}/callbacks/${encodeURIComponent(name)}/enable`, { method: "POST" })
      assert.strictEqual(enabled.status, 200)
      say(1)
      await until("the third came", async () => received.length === 2)
      assert.deepStrictEqual([(await list()).state, await failed()], ["enabled", 2])
    })
  })
})
