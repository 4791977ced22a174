/** The controls at a distance, as Effects with typed errors, and the page. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ModelSandbox, ModelSandboxClient } from "../../src/index.ts"

const layer = ModelSandboxClient.layerSandbox.pipe(Layer.provideMerge(ModelSandbox.layer()))

const post = (url: string, content: string, more: object = {}) =>
  Effect.promise(() =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer a-key" },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content }], ...more })
    })
  )

it.layer(layer, { excludeTestServices: true })("ModelSandboxClient", (it) => {
  it.effect("does what the controls do", () =>
    Effect.gen(function* () {
      const client = yield* ModelSandboxClient
      const sandbox = yield* ModelSandbox
      yield* client.script({ turns: [{ text: "scripted" }] })
      yield* client.rule({ when: { text: "rule" }, answer: { text: "ruled" } })
      const scripted = yield* post(client.url, "x")
      assert.include(yield* Effect.promise(() => scripted.text()), "scripted")
      yield* post(client.url, "by rule")
      yield* post(client.url, "by rule")
      yield* client.fault({ kind: "status", times: 1 })
      assert.strictEqual((yield* post(client.url, "x")).status, 503)
      yield* client.settled
      const calls = yield* client.calls
      assert.deepStrictEqual(calls, sandbox.calls())
      assert.deepStrictEqual(
        calls.list.map(({ because }) => because),
        ["script", "script", "rule", "fault"]
      )
      const recording = yield* client.recording
      assert.strictEqual(recording.length, 3)
      yield* client.clearScripts
      yield* client.replay(recording)
      assert.strictEqual((yield* post(client.url, "never asked")).status, 400)
      yield* client.clearScripts
      yield* client.setMode("obey")
      assert.deepStrictEqual([yield* client.mode, sandbox.mode()], ["obey", "obey"])
      yield* client.setMode("demo")
      yield* client.clearFaults
      yield* client.clearCalls
      assert.deepStrictEqual((yield* client.calls).list, [])
    })
  )

  it.effect("fails with what is refused, or out of reach", () =>
    Effect.gen(function* () {
      const client = yield* ModelSandboxClient
      const pattern = yield* Effect.flip(client.rule({ when: { text: "(" }, answer: {} }))
      assert.strictEqual(pattern._tag, "SandboxRefused")
      assert.include(pattern.message, "a regular expression")
      const unreachable = yield* Effect.flip(
        Effect.provide(
          Effect.flatMap(ModelSandboxClient, ({ calls }) => calls),
          ModelSandboxClient.layer("http://127.0.0.1:1")
        )
      )
      assert.strictEqual(unreachable._tag, "SandboxUnreachable")
    })
  )

  it.effect("is not reached from a page of another origin", () =>
    Effect.gen(function* () {
      const { url } = yield* ModelSandbox
      const headers = { origin: "http://evil.example" }
      const answer = yield* Effect.promise(() => fetch(`${url}/_sandbox/model/calls`, { headers }))
      assert.strictEqual(answer.status, 403)
    })
  )

  it.effect("shows a newcomer what was asked and answered, as text", () =>
    Effect.gen(function* () {
      const { clearCalls, url } = yield* ModelSandbox
      const page = Effect.promise(async () => await (await fetch(url)).text())
      clearCalls()
      const empty = yield* page
      assert.include(empty, `${url}/v1beta/openai`)
      const tools = [
        {
          type: "function",
          function: {
            name: "close_issue",
            parameters: { type: "object", properties: { number: { type: "integer" } }, required: ["number"] }
          }
        }
      ]
      yield* post(url, "close #12 <script>alert(1)</script>", { tools })
      const shown = yield* page
      assert.include(shown, "close #12")
      assert.include(shown, "close_issue")
      assert.include(shown, "tokens in")
      assert.notInclude(shown, "<script>alert")
      const answer = yield* Effect.promise(() => fetch(url))
      assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'/)
    })
  )
})
