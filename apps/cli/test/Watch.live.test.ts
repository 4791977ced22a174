import { createServer } from "node:http"
import { assert, it } from "@effect/vitest"
import { Decision, Event, OperationId } from "@productbuilding/core"
import { Preview } from "@productbuilding/preview"
import { DateTime, Effect, Schema } from "effect"
import { preview } from "../../server/test/pages/samples.ts"
import { run } from "./support/run.ts"

const encodePreview = Schema.encodeSync(Schema.fromJsonString(Preview))
const encodeDecision = Schema.encodeSync(Schema.fromJsonString(Decision))
const encodeEvent = Schema.encodeSync(Schema.fromJsonString(Event))

const event = (operation: string, sequence: number, type: string, data: Schema.Json) =>
  `id: ${sequence}\nevent: event\ndata: ${encodeEvent(
    new Event({
      sequence,
      operationId: OperationId.make(operation),
      subject: "acme/shop#12",
      lane: "append",
      type,
      data,
      at: DateTime.makeUnsafe(sequence * 1000)
    })
  )}\n\n`

/** A server whose streams are written by hand; the preview belongs to the operations one after the other. */
const scripted = (
  operations: ReadonlyArray<string>,
  stream: (operation: string, lastEventId: string | undefined) => string
) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ readonly url: string; readonly asked: ReadonlyArray<string>; readonly close: () => void }>(
          (resolve) => {
            const asked: Array<string> = []
            let looks = 0
            const server = createServer((request, response) => {
              const url = request.url ?? ""
              const operation = /^\/operations\/([^/]+)\/stream$/.exec(url)?.[1]
              if (operation !== undefined) {
                const lastEventId = request.headers["last-event-id"]?.toString()
                asked.push(`${operation} after ${lastEventId ?? "nothing"}`)
                response.writeHead(200, { "content-type": "text/event-stream" })
                response.end(stream(operation, lastEventId))
                return
              }
              response.writeHead(200, { "content-type": "application/json" })
              if (request.method === "POST") {
                response.end(encodeDecision(new Decision({ outcome: "accepted", reason: "It is being deployed." })))
              } else {
                const operationId = operations[Math.min(looks++, operations.length - 1)] ?? null
                response.end(encodePreview(preview(12, "ready", { operationId })))
              }
            })
            server.listen(0, "127.0.0.1", () => {
              const address = server.address()
              resolve({
                url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
                asked,
                close: () => {
                  server.close()
                  server.closeAllConnections()
                }
              })
            })
          }
        )
    ),
    ({ close }) => Effect.sync(close)
  )

const building = { state: "building", stage: "build", failure: null }
const ready = { state: "ready", stage: null, failure: null }
const redeploy = (url: string) => run(["preview", "redeploy", "acme/shop#12", "--wait", "--url", url])

it.live("a stream that breaks goes on where it broke, and no line comes twice", () =>
  Effect.gen(function* () {
    const server = yield* scripted(["one"], (operation, lastEventId) =>
      lastEventId === undefined
        ? event(operation, 1, "state", building) + event(operation, 2, "log", { lines: ["FROM scratch"] })
        : event(operation, 5, "state", ready) + event(operation, 6, "end", { status: "succeeded" })
    )
    const { code, out } = yield* redeploy(server.url)
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(server.asked, ["one after nothing", "one after 2"])
    assert.strictEqual(out.split("FROM scratch").length, 2)
    assert.match(out, /✓ Build +4\.0 s\nReady/)
  }).pipe(Effect.scoped)
)

it.live("an operation that is superseded hands over to the one that took its place", () =>
  Effect.gen(function* () {
    const server = yield* scripted(["one", "two"], (operation) =>
      operation === "one"
        ? event(operation, 1, "state", building) + event(operation, 2, "end", { status: "superseded" })
        : event(operation, 3, "state", building) +
          event(operation, 4, "state", ready) +
          event(operation, 5, "end", { status: "succeeded" })
    )
    const { code, out } = yield* redeploy(server.url)
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(server.asked, ["one after nothing", "two after nothing"])
    assert.match(out, /Superseded; [0-9a-f]{7} took its place\.\n✓ Build/)
  }).pipe(Effect.scoped)
)

it.live("a server that speaks otherwise is not waited for", () =>
  Effect.gen(function* () {
    const server = yield* scripted(["one"], () => "id: 1\nevent: event\ndata: {}\n\n")
    const { code, err } = yield* redeploy(server.url)
    assert.strictEqual(code, 1)
    assert.include(err, "does not know")
    assert.lengthOf(server.asked, 1)
  }).pipe(Effect.scoped)
)
