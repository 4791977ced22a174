/** Rate limits with a clock in the test's hand, what is counted, and calls that go wrong on demand. */
import { assert, describe } from "@effect/vitest"
import { inSandbox, refusal } from "./support/Sandbox.ts"

/** A clock that stands still until it is moved. */
const makeClock = () => {
  let atMs = 1_763_700_000_000
  return {
    now: () => atMs,
    pass: (ms: number) => {
      atMs += ms
    }
  }
}

const clock = makeClock()

describe("limits", () => {
  inSandbox("let through a burst of posts to one channel, then about one a second", clock, async (sandbox) => {
    const { client, general } = sandbox
    const post = (channel: string) => refusal(client.chat.postMessage({ channel, text: "x" }))
    for (let n = 0; n < 5; n++) assert.strictEqual(await post(general), "ok")
    const refused = await fetch(`${sandbox.apiUrl}chat.postMessage`, {
      method: "POST",
      headers: { authorization: `Bearer ${client.token}` },
      body: new URLSearchParams({ channel: "#general", text: "x" })
    })
    assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [429, "1"])
    assert.deepStrictEqual(await refused.json(), { ok: false, error: "ratelimited" })
    const other = sandbox.addChannel({ name: "other" }).id
    sandbox.invite(other)
    assert.strictEqual(await post(other), "ok")
    clock.pass(999)
    assert.strictEqual(await post(general), "ratelimited")
    clock.pass(1000)
    assert.strictEqual(await post(general), "ok")
    const { early, list, rateLimited } = sandbox.calls()
    assert.deepStrictEqual({ early, rateLimited, calls: list.length }, { early: 1, rateLimited: 2, calls: 9 })
    assert.strictEqual(sandbox.messages(general).length, 6)
  })

  inSandbox("are those of each method's tier", clock, async ({ clearCalls, calls, client, general, say }) => {
    const { ts } = say("ada", "general", "x")
    const tiers: ReadonlyArray<readonly [number, () => Promise<unknown>]> = [
      [20, () => client.conversations.list({})],
      [50, () => client.conversations.replies({ channel: general, ts })],
      [100, () => client.users.info({ user: "U404" })]
    ]
    for (const [perMinute, call] of tiers) {
      const answers: Array<string> = []
      for (let n = 0; n < perMinute; n++) answers.push(await refusal(call()))
      assert.notInclude(answers, "ratelimited")
      assert.strictEqual(await refusal(call()), "ratelimited")
      clock.pass(60_000 / perMinute)
      assert.notStrictEqual(await refusal(call()), "ratelimited")
      assert.strictEqual(await refusal(call()), "ratelimited")
    }
    clearCalls()
    assert.strictEqual(calls().list.length, 0)
  })

  inSandbox("can be turned off", { rateLimits: "off" }, async ({ client, general, messages }) => {
    for (let n = 0; n < 20; n++) await client.chat.postMessage({ channel: general, text: "x" })
    assert.strictEqual(messages(general).length, 20)
  })
})

describe("faults", () => {
  inSandbox(
    "answer 429 with the Retry-After that was asked for, and count who does not wait",
    clock,
    async (sandbox) => {
      const { client, general } = sandbox
      sandbox.fault({ kind: "status", status: 429, retryAfterSeconds: 7, method: "chat.postMessage", times: 1 })
      assert.strictEqual(await refusal(client.chat.postMessage({ channel: general, text: "x" })), "ratelimited")
      assert.strictEqual(await refusal(client.auth.test()), "ok")
      clock.pass(6999)
      await client.chat.postMessage({ channel: general, text: "too early" })
      clock.pass(1)
      await client.chat.postMessage({ channel: general, text: "in time" })
      assert.deepInclude(sandbox.calls(), { rateLimited: 1, early: 1 })
    }
  )

  inSandbox("break connections before or after the call was handled", {}, async (sandbox) => {
    const { client, general } = sandbox
    const post = async () => {
      try {
        await client.chat.postMessage({ channel: general, text: "x" })
        return "ok"
      } catch {
        return "broken"
      }
    }
    sandbox.fault({ kind: "drop", method: "chat.postMessage", times: 2 })
    assert.deepStrictEqual([await post(), await post()], ["broken", "broken"])
    assert.strictEqual(sandbox.messages(general).length, 0)
    sandbox.fault({ kind: "lost-answer", times: 1 })
    assert.strictEqual(await post(), "broken")
    assert.strictEqual(sandbox.messages(general).length, 1)
    assert.deepStrictEqual(
      sandbox.calls().list.map(({ ok, status }) => [ok, status]),
      [
        [false, 0],
        [false, 0],
        [true, 0]
      ]
    )
    sandbox.fault({ kind: "error", error: "team_access_not_granted", times: 1 })
    assert.strictEqual(await refusal(client.auth.test()), "team_access_not_granted")
    sandbox.fault({ kind: "status", status: 503, times: 5 })
    assert.strictEqual((await fetch(`${sandbox.apiUrl}auth.test`, { method: "POST" })).status, 503)
    sandbox.fault({ kind: "hang", times: 1 })
    sandbox.clearFaults()
    assert.strictEqual(await post(), "ok")
    assert.throws(() => sandbox.fault({ kind: "status", status: 200, times: 1 }), /is no fault/)
  })

  inSandbox("leave a call without an answer", {}, async (sandbox) => {
    for (const [kind, ok] of [
      ["hang", false],
      ["no-answer", true]
    ] as const) {
      sandbox.clearCalls()
      sandbox.fault({ kind, method: "auth.test", times: 1 })
      const outcome = await fetch(`${sandbox.apiUrl}auth.test`, {
        method: "POST",
        headers: { authorization: `Bearer ${sandbox.app.botToken}` },
        signal: AbortSignal.timeout(100)
      }).catch(() => "no answer")
      assert.strictEqual(outcome, "no answer")
      assert.deepInclude(sandbox.calls().list[0], { ok, status: 0 })
    }
  })
})
