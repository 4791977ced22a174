/** The webhook's edge: every payload that GitHub publishes, and everything that is not one. */
import { createHmac, randomUUID } from "node:crypto"
import { createRequire } from "node:module"
import { MemoryRuntime } from "@productbuilding/preview"
import { ConfigProvider, Layer, Logger, ManagedRuntime } from "effect"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { layerWith } from "../src/Serve.ts"
import { makeWorld, until, type World, webhookSecret } from "./Harness.ts"

const examples: ReadonlyArray<{ readonly name: string; readonly examples: ReadonlyArray<object> }> = createRequire(
  import.meta.url
)("@octokit/webhooks-examples")

const sign = (body: string | Buffer) => `sha256=${createHmac("sha256", webhookSecret).update(body).digest("hex")}`

describe("POST /webhook", () => {
  let world: World
  let runtime:
    | { readonly dispose: () => Promise<void>; readonly runPromise: (effect: never) => Promise<unknown> }
    | undefined
  const logged: Array<string> = []

  const post = async (body: string | Buffer, headers: Record<string, string> = {}) =>
    await fetch(`${world.url}/webhook`, {
      method: "POST",
      body: new Uint8Array(Buffer.from(body)),
      headers: {
        "content-type": "application/json",
        "x-github-event": "pull_request",
        "x-github-delivery": randomUUID(),
        "x-hub-signature-256": sign(body),
        ...headers
      }
    })

  const deliveries = async (): Promise<
    ReadonlyArray<{
      readonly id: string
      readonly status: string
      readonly event: string
      readonly attempts: number
      readonly failure: string | null
      readonly decision: { readonly outcome: string; readonly reason: string } | null
    }>
  > => JSON.parse(await (await fetch(`${world.url}/deliveries?limit=500`)).text())

  beforeAll(async () => {
    world = await makeWorld({ runtime: "process" })
    const collect = Logger.make(({ message }) => void logged.push(String(message)))
    const managed = ManagedRuntime.make(
      layerWith(MemoryRuntime.layer()).pipe(
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(world.config))),
        Layer.provide(Logger.layer([collect]))
      )
    )
    await managed.context()
    runtime = managed
  })
  afterAll(async () => {
    await runtime?.dispose()
    await world.stop()
  })

  it("every published payload is accepted, and ends in a decision with a reason", async () => {
    const sent = new Map<string, string>()
    for (const { examples: payloads, name } of examples) {
      for (const payload of payloads) {
        const guid = randomUUID()
        const response = await post(JSON.stringify(payload), { "x-github-event": name, "x-github-delivery": guid })
        assert.strictEqual(response.status, 202, name)
        sent.set(`github:${guid}`, name)
      }
    }
    assert.isAbove(sent.size, 100)
    await until("all are decided", async () =>
      (await deliveries()).filter(({ id }) => sent.has(id)).every(({ status }) => status === "decided")
    )
    const decided = (await deliveries()).filter(({ id }) => sent.has(id))
    for (const { decision, event } of decided) {
      assert.isNotEmpty(decision?.reason, event)
    }
    const pull = decided.filter(({ event }) => event === "pull_request")
    assert.isTrue(pull.some(({ decision }) => decision?.reason.includes("is not in the targets file")))
  })

  it("a wrong or missing signature is refused, and nothing is stored", async () => {
    const before = (await deliveries()).length
    assert.strictEqual((await post("{}", { "x-hub-signature-256": sign("{} ") })).status, 401)
    assert.strictEqual((await post("{}", { "x-hub-signature-256": "sha256=zz" })).status, 401)
    assert.strictEqual((await post("{}", { "x-hub-signature-256": "" })).status, 401)
    assert.strictEqual((await deliveries()).length, before)
  })

  it("a body that is not JSON is refused, also when it is signed", async () => {
    assert.strictEqual((await post("payload=%7B%7D")).status, 400)
    assert.strictEqual((await post("")).status, 400)
    assert.strictEqual((await post(Buffer.from([0xff, 0xfe, 0x00]))).status, 400)
  })

  it("a body that only begins and ends as JSON is stored, and its decision says what is wrong with it", async () => {
    const guid = randomUUID()
    assert.strictEqual((await post('{"number": }', { "x-github-delivery": guid })).status, 202)
    await until("it has failed", async () =>
      (await deliveries()).some(({ failure, id }) => id.endsWith(guid) && failure === "The body is not JSON.")
    )
  })

  it("a body over 25 MB is refused", async () => {
    assert.strictEqual((await post(Buffer.alloc(25 * 1024 * 1024 + 1, 0x20))).status, 413)
  })

  it("a request without GitHub's headers is refused", async () => {
    assert.strictEqual((await post("{}", { "x-github-delivery": "" })).status, 400)
  })

  it("a GUID that comes again is one delivery", async () => {
    const guid = randomUUID()
    for (let time = 0; time < 8; time++) {
      assert.strictEqual(
        (await post('{"zen":"Design for failure."}', { "x-github-event": "ping", "x-github-delivery": guid })).status,
        202
      )
    }
    await until("it is decided", async () =>
      (await deliveries()).some(({ id, status }) => id === `github:${guid}` && status === "decided")
    )
    const same = (await deliveries()).filter(({ id }) => id === `github:${guid}`)
    assert.strictEqual(same.length, 1)
    assert.strictEqual(same[0]?.attempts, 1)
  })

  it("replay handles a delivery again", async () => {
    const [one] = await deliveries()
    const response = await fetch(`${world.url}/deliveries/${encodeURIComponent(one?.id ?? "")}/replay`, {
      method: "POST"
    })
    assert.strictEqual(response.status, 200)
    await until(
      "it was handled twice",
      async () => (await deliveries()).find(({ id }) => id === one?.id)?.attempts === 2
    )
  })

  it("writes from other sites and other machines' names are denied", async () => {
    const replay = `${world.url}/deliveries/none/replay`
    assert.strictEqual(
      (await fetch(replay, { method: "POST", headers: { "sec-fetch-site": "cross-site" } })).status,
      403
    )
    assert.strictEqual((await fetch(replay, { method: "POST" })).status, 404)
  })

  it("no secret is in the log or in the API's answers", async () => {
    const everything = [logged.join("\n"), JSON.stringify(await deliveries())].join("\n")
    for (const secret of [webhookSecret, "token-of-the-sandbox"]) assert.notInclude(everything, secret)
  })
})
