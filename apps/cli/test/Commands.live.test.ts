import { assert, it } from "@effect/vitest"
import * as CallbackState from "@productbuilding/adapters/callbacks/CallbackState"
import { Decision, Delivery, DeliveryId } from "@productbuilding/core"
import { Preview } from "@productbuilding/preview"
import { CallbackEndpointStatus } from "@productbuilding/server/Api"
import { Effect, Layer, Schema } from "effect"
import { CliOutput } from "effect/cli"
import { run } from "./support/run.ts"
import { Address, DeliveryInbox, endpointName, layer, Outbox, preview, seed } from "./support/TestServer.ts"

const decodePreviews = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Preview)))
const decodePreview = Schema.decodeUnknownEffect(Schema.fromJsonString(Preview))
const decodeEndpoints = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(CallbackEndpointStatus)))
const decodeDeliveries = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Delivery)))

const at = Effect.map(Address, ({ url }) => ({ PRODUCTBUILDING_URL: url }))
const body = new TextEncoder().encode("{}")

it.layer(layer(), { excludeTestServices: true })("commands against a server", (it) => {
  it.effect("say what to do first where there is nothing", () =>
    Effect.gen(function* () {
      const env = yield* at
      const previews = yield* run(["preview", "list"], { env })
      assert.deepStrictEqual([previews.code, previews.out], [0, ""])
      assert.include(previews.err, "Open a pull request")
      const deliveries = yield* run(["deliveries", "list"], { env })
      assert.deepStrictEqual([deliveries.code, deliveries.out], [0, ""])
      assert.include(deliveries.err, `${env.PRODUCTBUILDING_URL}/webhook`)
      assert.strictEqual((yield* run(["preview", "list", "--json"], { env })).out, "[]")
    })
  )

  it.effect("list previews as a table, within 80 columns on a terminal", () =>
    Effect.gen(function* () {
      const env = yield* at
      yield* seed(
        preview(1, "ready", { title: "A very long title \u001b[31mthat\u0007 wants more room than there is" })
      )
      yield* seed(
        preview(2, "failed", {
          failure: { stage: "build", summary: "The image of the service app does not build: exit code 1", evidence: "" }
        })
      )
      const piped = yield* run(["preview", "list"], { env })
      assert.strictEqual(piped.code, 0)
      assert.match(piped.out, /acme\/shop#1 +ready +[0-9a-f]{7} +just now +https:/)
      assert.include(piped.out, "build: The image of the service app does not build: exit code 1")
      assert.notInclude(piped.out, "\u001b")
      assert.include(piped.err, "preview show acme/shop#2")
      const shown = yield* run(["preview", "list"], { env, terminal: { color: true } })
      assert.include(shown.out, "\u001b[32mready")
      for (const line of shown.out.split("\n")) assert.isAtMost(CliOutput.displayWidth(line), 80, line)
      const plain = yield* run(["preview", "list", "--no-color"], { env, terminal: { color: true } })
      assert.notInclude(plain.out, "\u001b")
    })
  )

  it.effect("answer in JSON that the API's own schemas read", () =>
    Effect.gen(function* () {
      const env = yield* at
      const list = yield* decodePreviews((yield* run(["preview", "list", "--json"], { env })).out)
      assert.isAtLeast(list.length, 2)
      const one = yield* decodePreview((yield* run(["preview", "show", "acme/shop#1", "--json"], { env })).out)
      assert.strictEqual(one.id, "acme/shop#1")
    })
  )

  it.effect("show one preview by name or by the pull request's address", () =>
    Effect.gen(function* () {
      const env = yield* at
      for (const name of ["acme/shop#2", "ACME/Shop/2", "https://github.com/acme/shop/pull/2/files"]) {
        const { code, out } = yield* run(["preview", "show", name], { env })
        assert.strictEqual(code, 0)
        assert.include(out, "Failed in build: The image of the service app does not build")
      }
      const missing = yield* run(["preview", "show", "acme/shop#404"], { env })
      assert.strictEqual(missing.code, 4)
      assert.include(missing.err, "knows no preview acme/shop#404")
      assert.strictEqual((yield* run(["preview", "show", "nothing"], { env })).code, 2)
    })
  )

  it.effect("wait for a deployment, line by line, and end as it ends", () =>
    Effect.gen(function* () {
      const env = yield* at
      yield* seed(preview(12, "ready"))
      yield* seed(preview(13, "ready"))
      const ready = yield* run(["preview", "redeploy", "acme/shop#12", "--wait"], { env })
      assert.strictEqual(ready.code, 0, ready.err)
      assert.match(ready.out, /✓ Fetch source +0\.\d s\n {2}│ Step 1\/1 : FROM scratch\n {2}│ hostile\n✓ Build +\d/)
      assert.match(ready.out, /Ready after .*: https:/)
      const failed = yield* run(["preview", "redeploy", "acme/shop#13", "--wait"], { env })
      assert.strictEqual(failed.code, 1)
      assert.match(failed.out, /✗ Build/)
      assert.include(failed.err, "  line two\nIt failed in build: The image does not build.")
    })
  )

  it.effect("approve one whole commit only", () =>
    Effect.gen(function* () {
      const env = yield* at
      const row = preview(14, "blocked", { fromFork: true })
      yield* seed(row)
      assert.strictEqual((yield* run(["preview", "approve", row.id, "--sha", "abc1234"], { env })).code, 2)
      const other = yield* run(["preview", "approve", row.id, "--sha", "0".repeat(40)], { env })
      assert.strictEqual(other.code, 1)
      assert.include(other.err, `The head is ${row.sha} now.`)
      assert.strictEqual((yield* run(["preview", "approve", row.id, "--sha", row.sha, "--wait"], { env })).code, 0)
    })
  )

  it.effect("remove only when told to, where nobody can be asked", () =>
    Effect.gen(function* () {
      const env = yield* at
      yield* seed(preview(15, "ready"))
      const asked = yield* run(["preview", "rm", "acme/shop#15"], { env })
      assert.strictEqual(asked.code, 2)
      assert.include(asked.err, "--yes")
      const removed = yield* run(["preview", "rm", "acme/shop#15", "--yes", "--wait"], { env })
      assert.strictEqual(removed.code, 0, removed.err)
      assert.include(removed.out, "Removed: nothing of it is left.")
      assert.notInclude((yield* run(["preview", "list"], { env })).out, "acme/shop#15")
      assert.include((yield* run(["preview", "list", "--all"], { env })).out, "acme/shop#15")
    })
  )

  it.effect("follow a log to its end", () =>
    Effect.gen(function* () {
      const env = yield* at
      const empty = yield* run(["preview", "logs", "acme/shop#1", "--tail", "5"], { env })
      assert.deepStrictEqual([empty.code, empty.out], [0, ""])
      assert.include(empty.err, "has printed nothing")
      assert.strictEqual((yield* run(["preview", "logs", "acme/shop#404"], { env })).code, 4)
      assert.strictEqual((yield* run(["preview", "logs", "acme/shop#1", "--tail", "-1"], { env })).code, 2)
    })
  )

  it.effect("list deliveries and replay one by the beginning of its id", () =>
    Effect.gen(function* () {
      const env = yield* at
      const inbox = yield* DeliveryInbox
      const id = DeliveryId.make("github:72d3162e-cc78-11e3-81ab-4c9367dc0958")
      yield* inbox.put({ id, source: "github", event: "pull_request", body })
      yield* inbox.decide(id, new Decision({ outcome: "ignored", reason: "acme/other is not a target." }))
      const list = yield* run(["deliveries", "list"], { env, terminal: { color: false } })
      assert.match(list.out, /72d3162e +just now +pull_request +ignored +acme\/other is not/)
      for (const line of list.out.split("\n")) assert.isAtMost(line.length, 80, line)
      assert.strictEqual(
        (yield* decodeDeliveries((yield* run(["deliveries", "list", "--json"], { env })).out)).length,
        1
      )
      const replayed = yield* run(["deliveries", "replay", "72d3162e"], { env })
      assert.strictEqual(replayed.code, 0, replayed.err)
      assert.strictEqual((yield* inbox.get(id)).status, "pending")
      assert.strictEqual((yield* run(["deliveries", "replay", "ffff"], { env })).code, 4)
      assert.strictEqual((yield* run(["deliveries", "replay", "github:none"], { env })).code, 4)
    })
  )

  it.effect("list who is called back, and enable an endpoint that was gone", () =>
    Effect.gen(function* () {
      const env = yield* at
      const outbox = yield* Outbox
      yield* outbox.put([
        {
          lane: "append",
          sink: endpointName,
          key: "msg_1",
          thread: "acme/shop#1",
          priority: "normal",
          content: null
        }
      ])
      const [work] = yield* outbox.waiting(endpointName)
      if (work?.lane !== "append") return assert.fail("nothing waits")
      yield* outbox.drop(work.message.sequence, "status 410")
      yield* CallbackState.disable(endpointName)
      const list = yield* run(["callbacks", "list"], { env })
      assert.match(list.out, new RegExp(`${endpointName} +disabled +0 +0 +1 +just now: status 410`))
      assert.include(list.err, `callbacks enable ${endpointName}`)
      const enabled = yield* run(["callbacks", "enable", endpointName], { env })
      assert.strictEqual(enabled.code, 0, enabled.err)
      const json = yield* run(["callbacks", "list", "--json"], { env })
      const [endpoint] = yield* decodeEndpoints(json.out)
      assert.strictEqual(endpoint?.state, "enabled")
      assert.deepStrictEqual(
        endpoint?.failures.map(({ id, reason, subject }) => [id, subject, reason]),
        [["msg_1", "acme/shop#1", "status 410"]]
      )
      const unknown = yield* run(["callbacks", "enable", "nobody"], { env })
      assert.strictEqual(unknown.code, 4)
      assert.include(unknown.err, "callbacks list")
    })
  )
})

it.layer(layer({ token: "s3cret" }), { excludeTestServices: true })("writing to a guarded server", (it) => {
  it.effect("is denied without the token, and allowed with it", () =>
    Effect.gen(function* () {
      const env = yield* at
      yield* seed(preview(1, "ready"))
      const denied = yield* run(["preview", "redeploy", "acme/shop#1"], { env })
      assert.strictEqual(denied.code, 5)
      assert.include(denied.err, "API_TOKEN")
      const wrong = yield* run(["preview", "redeploy", "acme/shop#1", "--token", "wr0ng"], { env })
      assert.strictEqual(wrong.code, 5)
      assert.notInclude(wrong.err + wrong.out, "wr0ng")
      assert.strictEqual((yield* run(["preview", "redeploy", "acme/shop#1", "--token", "s3cret"], { env })).code, 0)
      assert.strictEqual(
        (yield* run(["preview", "redeploy", "acme/shop#1"], { env: { ...env, API_TOKEN: "s3cret" } })).code,
        0
      )
    })
  )
})

it.live("a server that does not answer is exit code 3, a wrong address 2", () =>
  Effect.gen(function* () {
    const none = yield* run(["--url", "http://127.0.0.1:9", "preview", "list"])
    assert.strictEqual(none.code, 3)
    assert.include(none.err, "productbuilding serve")
    assert.strictEqual(none.err.split("\n").length, 1)
    assert.strictEqual((yield* run(["--url", "nowhere", "preview", "list"])).code, 2)
  }).pipe(Effect.provide(Layer.empty))
)
