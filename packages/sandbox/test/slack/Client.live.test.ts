/** The controls at a distance: as Effects, with typed errors. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SlackSandbox, SlackSandboxClient } from "../../src/index.ts"

const layer = SlackSandboxClient.layerSandbox.pipe(Layer.provideMerge(SlackSandbox.layer({ rateLimits: "off" })))

it.layer(layer, { excludeTestServices: true })("SlackSandboxClient", (it) => {
  it.effect("does what the controls do", () =>
    Effect.gen(function* () {
      const client = yield* SlackSandboxClient
      const sandbox = yield* SlackSandbox
      const ada = yield* client.addUser({ name: "ada" })
      const channel = yield* client.addChannel({ name: "general", topic: "All" })
      yield* client.invite("#general")
      const said = yield* client.say("ada", "general", "hi")
      assert.deepStrictEqual(yield* client.messages("general"), sandbox.messages("general"))
      yield* client.edit(said.ts, "hello")
      yield* client.react("ada", said.ts, "eyes")
      yield* client.say("ada", channel.id, "again", { threadTs: said.ts })
      const thread = yield* client.thread(channel.id, said.ts)
      assert.deepStrictEqual(
        thread.map(({ reactions, text }) => [text, reactions]),
        [
          ["hello", [{ name: "eyes", users: [ada.id] }]],
          ["again", []]
        ]
      )
      yield* client.unreact("ada", said.ts, "eyes")
      const { apiUrl, botToken } = yield* client.app
      assert.deepStrictEqual([apiUrl, botToken], [sandbox.apiUrl, sandbox.app.botToken])
      yield* client.fault({ kind: "status", status: 429, retryAfterSeconds: 1, times: 1 })
      const refused = yield* Effect.promise(() => fetch(`${apiUrl}auth.test`, { method: "POST" }))
      assert.strictEqual(refused.status, 429)
      assert.strictEqual((yield* client.calls).rateLimited, 1)
      yield* client.clearCalls
      yield* client.eventFault({ kind: "lose", times: 1 })
      yield* client.clearFaults
      yield* client.setScopes(["chat:write"])
      assert.strictEqual((yield* client.directMessage("ada")).kind, "im")
      assert.strictEqual((yield* client.threadStatus("general", said.ts)).session, null)
      assert.deepStrictEqual([yield* client.sockets, yield* client.views, yield* client.deliveries], [0, [], []])
      yield* client.emit({ type: "team_rename", name: "New" })
      yield* client.remove(said.ts)
      yield* client.kick("general")
      yield* client.settled
      assert.strictEqual((yield* client.users).length, 2)
      assert.strictEqual((yield* client.channels).length, 2)
    })
  )

  it.effect("fails with what is missing, refused, or out of reach", () =>
    Effect.gen(function* () {
      const client = yield* SlackSandboxClient
      const missing = yield* Effect.flip(client.say("ada", "nowhere", "x"))
      assert.deepInclude(missing, { _tag: "SandboxMissing", what: "channel nowhere" })
      const refused = yield* Effect.flip(client.addUser({ name: "Not A Handle" }))
      assert.strictEqual(refused._tag, "SandboxRefused")
      const unreachable = yield* Effect.flip(
        Effect.provide(
          Effect.flatMap(SlackSandboxClient, ({ users }) => users),
          SlackSandboxClient.layer("http://127.0.0.1:1")
        )
      )
      assert.strictEqual(unreachable._tag, "SandboxUnreachable")
    })
  )
})
