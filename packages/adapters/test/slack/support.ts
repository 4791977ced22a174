/** A Slack, an inbox, and a route between them as a server has one. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { connect, type Socket } from "node:net"
import { NodeCrypto } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { type Delivery, DeliveryInbox, SqlDeliveryInbox } from "@productbuilding/core"
import { type RunningSlackSandbox, type SlackSandboxOptions, startSlackSandbox } from "@productbuilding/sandbox"
import { Effect, Layer, Logger, Redacted, Schema, type Scope } from "effect"
import { makeVerifier } from "../../src/slack/SlackSignature.ts"
import { incomingEvent } from "../../src/slack/SlackWebhook.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

/** Slack's retries and deadlines, in milliseconds instead of minutes. */
export const fast = { retryDelaysMs: [0, 20, 300, 1000], ackDeadlineMs: 500 } satisfies SlackSandboxOptions

export interface Workspace extends RunningSlackSandbox {
  readonly general: string
}

/** Ada, Bob, and a channel that the bot is in. Stops with the scope. */
export const startWorkspace = (options: SlackSandboxOptions = fast) =>
  Effect.acquireRelease(
    Effect.promise(() => startSlackSandbox(options)),
    (sandbox) => Effect.promise(() => sandbox.stop())
  ).pipe(
    Effect.map((sandbox): Workspace => {
      sandbox.addUser({ name: "ada" })
      sandbox.addUser({ name: "bob" })
      const general = sandbox.addChannel({ name: "general" }).id
      sandbox.invite(general)
      return { ...sandbox, general }
    })
  )

const inboxLayer = SqlDeliveryInbox.layer.pipe(Layer.provide(Sqlite.layerMemory))

/** A test with an inbox of its own. Nothing is logged, as most of it is about failures. */
export const inSlack = <E>(title: string, body: Effect.Effect<void, E, DeliveryInbox | Scope.Scope>): void =>
  it.live(title, () => body.pipe(Effect.scoped, Effect.provide([inboxLayer, Logger.layer([])])))

const parse = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))
const decoder = new TextDecoder()

/** What is stored, oldest first, without the notices of who has joined. */
export const stored = Effect.gen(function* () {
  const inbox = yield* DeliveryInbox
  const all = yield* inbox.list({ limit: 1000 })
  return all.filter(({ event }) => event !== "member_joined_channel").reverse()
})

export const payloadOf = ({ id }: Delivery) =>
  Effect.gen(function* () {
    const inbox = yield* DeliveryInbox
    return parse(decoder.decode(yield* inbox.body(id)))
  })

/** Waits until it holds; the test's own time limit ends the wait. */
export const until = (holds: () => boolean) =>
  Effect.callback<void>((resume) => {
    const look = (): void => (holds() ? resume(Effect.void) : void setImmediate(look))
    look()
  })

/** Calls the Web API as the bot. */
export const call = (sandbox: Workspace, method: string, body: object) =>
  Effect.promise(() =>
    fetch(`${sandbox.apiUrl}${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${sandbox.app.botToken}`, "content-type": "application/json" },
      body: JSON.stringify(body)
    }).then((response) => response.json())
  )

const listen = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => {
        const created = createServer(handle).listen(0, "127.0.0.1")
        return once(created, "listening").then(() => created)
      }),
      (one) =>
        Effect.sync(() => {
          one.close()
          one.closeAllConnections()
        })
    )
    const address = server.address()
    return { server, port: typeof address === "object" && address !== null ? address.port : 0 }
  })

const readAll = (request: IncomingMessage) => request.toArray().then((chunks) => new Uint8Array(Buffer.concat(chunks)))

/** A route as a server has one: verifies, answers the challenge, stores, acknowledges. */
export const startRoute = Effect.fn("startRoute")(function* (
  signingSecret: string,
  /** Fails this many requests with 500 before it looks at them. */
  failing = { left: 0 }
) {
  const inbox = yield* DeliveryInbox
  const verifier = yield* makeVerifier(Redacted.make(signingSecret)).pipe(Effect.provide(NodeCrypto.layer))
  const retries: Array<string> = []
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const answer = Effect.fn("answer")(function* (request: IncomingMessage) {
    const body = yield* Effect.promise(() => readAll(request))
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value[0] : value
    if (failing.left > 0) {
      failing.left--
      return { status: 500, text: "" }
    }
    const verdict = yield* verifier.verify(headers, body)
    if (verdict !== "valid") return { status: 401, text: verdict }
    const taken = incomingEvent(body)
    if (taken.kind === "challenge") return { status: 200, text: taken.challenge }
    if (taken.kind === "malformed") return { status: 400, text: "" }
    const retry = headers["x-slack-retry-num"]
    if (retry !== undefined) retries.push(retry)
    yield* inbox.put(taken.incoming)
    return { status: 200, text: "" }
  })
  const { port } = yield* listen((request, response) => {
    void run(answer(request)).then(({ status, text }) => response.writeHead(status).end(text))
  })
  return { url: `http://127.0.0.1:${port}/slack`, retries }
})

/** Between Slack's client and the sandbox: its sockets can be broken one by one. */
export const startWire = Effect.fn("startWire")(function* (sandbox: Workspace) {
  const sockets: Array<Socket> = []
  const target = new URL(sandbox.url)
  const { port, server } = yield* listen((request, response) => {
    const forward = async () => {
      const answer = await fetch(`${sandbox.url}${request.url ?? ""}`, {
        method: "POST",
        headers: { authorization: request.headers.authorization ?? "" }
      })
      const text = await answer.text()
      response.writeHead(answer.status, { "content-type": "application/json" })
      response.end(text.replaceAll(target.host, `127.0.0.1:${port}`))
    }
    void forward().catch(() => response.destroy())
  })
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head) => {
    const upstream = connect(Number(target.port), target.hostname)
    const lines = request.rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? `${name}: ${request.rawHeaders[at + 1]}` : []
    )
    upstream.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`)
    upstream.write(head)
    const broken = () => {
      socket.destroy()
      upstream.destroy()
    }
    for (const one of [socket, upstream]) {
      one.on("error", broken)
      one.on("close", broken)
    }
    socket.pipe(upstream)
    upstream.pipe(socket)
    sockets.push(socket)
  })
  return {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    /** Breaks the oldest socket that is there, without a word. */
    breakOne: () => sockets.shift()?.destroy(),
    opened: () => sockets.length
  }
})
