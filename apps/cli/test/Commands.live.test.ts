import { assert, it } from "@effect/vitest"
import * as CallbackState from "@productbuilding/adapters/callbacks/CallbackState"
import { Decision, Delivery, DeliveryId, type OutboxEntry } from "@productbuilding/core"
import { Preview } from "@productbuilding/preview"
import { CallbackEndpointStatus } from "@productbuilding/server/Api"
import { SinkReport } from "@productbuilding/server/SinkReport"
import { Effect, Layer, Schema } from "effect"
import { CliOutput } from "effect/cli"
import { run } from "./support/run.ts"
import { Address, DeliveryInbox, endpointName, layer, Outbox, preview, seed } from "./support/TestServer.ts"

const decodePreviews = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Preview)))
const decodePreview = Schema.decodeUnknownEffect(Schema.fromJsonString(Preview))
const decodeEndpoints = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(CallbackEndpointStatus)))
const decodeDeliveries = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Delivery)))

const decodeSinks = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(SinkReport)))

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

  it.effect("say of the outbox what waits, what failed, until when a vendor wants no call, and what to do", () =>
    Effect.gen(function* () {
      const env = yield* at
      const outbox = yield* Outbox
      const empty = yield* run(["outbox"], { env })
      assert.deepStrictEqual([empty.code, empty.out], [0, ""])
      assert.include(empty.err, "Nothing waits, and nothing has failed.")
      const card = (thread: string): OutboxEntry => ({
        lane: "status",
        sink: "slack",
        key: `card:${thread}`,
        thread,
        priority: "normal"
      })
      yield* outbox.put([card("acme/shop#refused"), card("acme/shop#7"), card("acme/shop#8")])
      const told = yield* run(["outbox"], { env }).pipe(
        Effect.repeat({ until: ({ err, out }) => out.includes("failed") && err.includes("no call for posts") }),
        Effect.timeout("10 seconds")
      )
      assert.strictEqual(told.code, 0)
      assert.match(told.out, /^SINK +STATE +SINCE +THREAD +WHAT +DETAIL\n/)
      assert.match(told.out, /slack +failed +just now +acme\/shop#refused +card +not_in_channel/)
      assert.match(told.out, /slack +waiting +just now +acme\/shop#7 +card/)
      assert.match(told.err, /slack: no call for posts until \d\d:\d\d:\d\d UTC \((59 m|1 h)/)
      assert.include(told.err, "slack: not_in_channel. The bot is not in the channel: type /invite")
      const few = yield* run(["outbox", "--limit", "1"], { env, terminal: { color: true } })
      assert.include(few.err, "1 more wait")
      for (const line of few.out.split("\n")) assert.isAtMost(CliOutput.displayWidth(line), 80, line)
      const [slack] = yield* decodeSinks((yield* run(["outbox", "--json"], { env })).out)
      assert.deepStrictEqual(slack?.waiting, { messages: 0, slots: 2, threads: 2 })
      assert.isTrue(slack?.budgets.every(({ pausedUntil }) => pausedUntil !== null))
      assert.strictEqual(slack?.failures[0]?.thread, "acme/shop#refused")
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
      yield* CallbackState.disable(endpointName)
      const list = yield* run(["callbacks", "list"], { env })
      assert.match(list.out, new RegExp(`${endpointName} +disabled`))
      assert.include(list.err, `callbacks enable ${endpointName}`)
      const enabled = yield* run(["callbacks", "enable", endpointName], { env })
      assert.strictEqual(enabled.code, 0, enabled.err)
      const json = yield* run(["callbacks", "list", "--json"], { env })
      const [endpoint] = yield* decodeEndpoints(json.out)
      assert.strictEqual(endpoint?.state, "enabled")
      const unknown = yield* run(["callbacks", "enable", "nobody"], { env })
      assert.strictEqual(unknown.code, 4)
      assert.include(unknown.err, "callbacks list")
    })
  )
})

it.layer(layer(), { excludeTestServices: true })("users", (it) => {
  it.effect("are linked under both of their names, listed, and unlinked", () =>
    Effect.gen(function* () {
      const env = yield* at
      const none = yield* run(["users", "list"], { env })
      assert.deepStrictEqual([none.code, none.out], [0, ""])
      assert.include(none.err, "users link U012ABC ada")
      const linked = yield* run(["users", "link", "U012ABC", "Ada"], { env })
      assert.deepStrictEqual([linked.code, linked.err], [0, ""])
      assert.strictEqual((yield* run(["users", "link", "W345DEF", "ada"], { env })).code, 0)
      const listed = yield* run(["users", "list"], { env, terminal: { color: false } })
      assert.match(listed.out, /^GITHUB +SLACK *\nada +W345DEF *$/)
      assert.strictEqual((yield* run(["users", "unlink", "W345DEF"], { env })).code, 0)
      assert.strictEqual((yield* run(["users", "list", "--json"], { env })).out, "[]")
      const wrong = yield* run(["users", "link", "ada", "U012ABC"], { env })
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.err, "a member id of Slack, for example U012ABC")
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
      for (const command of [["list"], ["link", "U012ABC", "ada"], ["unlink", "U012ABC"]]) {
        assert.strictEqual((yield* run(["users", ...command], { env })).code, 5, command.join(" "))
        assert.strictEqual((yield* run(["users", ...command, "--token", "s3cret"], { env })).code, 0)
      }
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
