/** Socket Mode, from the wire to the inbox. */
import { assert } from "@effect/vitest"
import { DeliveryInbox, DeliveryInboxError } from "@productbuilding/core"
import { Deferred, Effect, Layer, Redacted } from "effect"
import * as SlackSocket from "../../src/slack/SlackSocket.ts"
import { call, fast, inSlack, startWire, startWorkspace, stored, until, type Workspace } from "./support.ts"

const connect = (slack: Workspace, more: { readonly apiUrl?: string; readonly appToken?: string } = {}) =>
  Layer.build(
    SlackSocket.layer({
      appToken: Redacted.make(more.appToken ?? slack.app.appToken),
      apiUrl: more.apiUrl ?? slack.apiUrl
    })
  )

const settled = (slack: Workspace) => Effect.promise(() => slack.settled())

const idsOf = (slack: Workspace, said: ReadonlyArray<{ readonly ts: string }>) =>
  said.map(({ ts }) => `slack:${slack.app.teamId}:${slack.general}:${ts}`)

inSlack(
  "a mention, an edit, a deletion and a click come over two sockets, each once",
  Effect.gen(function* () {
    const slack = yield* startWorkspace()
    yield* connect(slack)
    assert.strictEqual(slack.sockets(), 2)
    slack.eventFault({ kind: "duplicate", times: 2, copies: 4 })
    const said = slack.say("ada", "general", "@productbuilding hello")
    const button = { type: "button", text: { type: "plain_text", text: "Go" }, action_id: "go" }
    const blocks = [{ type: "actions", elements: [button] }]
    yield* call(slack, "chat.postMessage", { channel: slack.general, text: "Go?", blocks })
    const asked = slack.messages("general").at(-1)
    const clicked = yield* Effect.promise(() => slack.click("ada", asked?.ts ?? "", "go"))
    assert.strictEqual(clicked.status, 200)
    slack.edit(said.ts, "@productbuilding goodbye")
    slack.remove(said.ts)
    yield* settled(slack)
    assert.strictEqual(slack.deliveries().filter(({ status }) => status !== 200).length, 0)
    const events = (yield* stored).map(({ event, id }) => (id.endsWith(said.ts) ? "said" : event))
    assert.deepStrictEqual(events.sort(), ["block_actions", "message", "message_changed", "said", "said"].sort())
  })
)

inSlack(
  "nothing is lost and nothing comes twice when a socket breaks, and it is replaced",
  Effect.gen(function* () {
    const slack = yield* startWorkspace()
    const wire = yield* startWire(slack)
    yield* connect(slack, { apiUrl: wire.apiUrl })
    assert.strictEqual(wire.opened(), 2)
    const said = [slack.say("ada", "general", "before"), slack.say("ada", "general", "@productbuilding before")]
    for (let n = 0; n < 10; n++) said.push(slack.say("ada", "general", `meanwhile ${n}`))
    wire.breakOne()
    for (let n = 0; n < 10; n++) said.push(slack.say("ada", "general", `after ${n}`))
    yield* settled(slack)
    yield* until(() => slack.sockets() === 2 && wire.opened() === 2)
    said.push(slack.say("ada", "general", "again"))
    yield* settled(slack)
    assert.sameMembers(
      (yield* stored).map(({ id }) => id),
      idsOf(slack, said)
    )
  })
)

for (const reason of ["refresh_requested", "warning"] as const) {
  inSlack(
    `sockets that Slack replaces all at once are opened again (${reason})`,
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      yield* connect(slack)
      const said = [slack.say("ada", "general", "before")]
      yield* settled(slack)
      slack.disconnectSockets(reason)
      said.push(slack.say("ada", "general", "while they end"))
      yield* settled(slack)
      yield* until(() => slack.sockets() === 2)
      said.push(slack.say("ada", "general", "after"))
      yield* settled(slack)
      assert.sameMembers(
        (yield* stored).map(({ id }) => id),
        idsOf(slack, said)
      )
    })
  )
}

inSlack(
  "what cannot be stored is not acknowledged, and comes again",
  Effect.gen(function* () {
    const slack = yield* startWorkspace()
    const inbox = yield* DeliveryInbox
    let failures = 1
    const failing = DeliveryInbox.of({
      ...inbox,
      put: (incoming) =>
        Effect.suspend(() =>
          failures-- > 0
            ? Effect.fail(new DeliveryInboxError({ operation: "put", cause: "full" }))
            : inbox.put(incoming)
        )
    })
    yield* connect(slack).pipe(Effect.provideService(DeliveryInbox, failing))
    const said = slack.say("ada", "general", "hello")
    yield* settled(slack)
    assert.deepStrictEqual(
      slack.deliveries().map(({ attempt, outcome }) => [attempt, outcome]),
      [
        [0, "timed out"],
        [1, "OK"]
      ]
    )
    assert.deepStrictEqual(
      (yield* stored).map(({ id }) => id),
      idsOf(slack, [said])
    )
  })
)

inSlack(
  "the acknowledgement waits for the inbox",
  Effect.gen(function* () {
    const slack = yield* startWorkspace({ ackDeadlineMs: 30_000 })
    const inbox = yield* DeliveryInbox
    const arrived = yield* Deferred.make<void>()
    const goOn = yield* Deferred.make<void>()
    const slow = DeliveryInbox.of({
      ...inbox,
      put: (incoming) =>
        Deferred.succeed(arrived, undefined).pipe(
          Effect.andThen(Deferred.await(goOn)),
          Effect.andThen(inbox.put(incoming))
        )
    })
    yield* connect(slack).pipe(Effect.provideService(DeliveryInbox, slow))
    slack.say("ada", "general", "hello")
    yield* Deferred.await(arrived)
    // NOTE: a call of the Web API goes there and back, so that an acknowledgement would have come by now.
    yield* call(slack, "auth.test", {})
    assert.deepStrictEqual(slack.deliveries(), [])
    yield* Deferred.succeed(goOn, undefined)
    yield* settled(slack)
    assert.deepStrictEqual(
      slack.deliveries().map(({ outcome }) => outcome),
      ["OK"]
    )
  })
)

inSlack(
  "an event without a type, as Slack sends it about limits, is stored like any other",
  Effect.gen(function* () {
    const slack = yield* startWorkspace({ eventsPerHour: 1 })
    yield* connect(slack)
    slack.say("ada", "general", "one")
    slack.say("ada", "general", "one too many")
    yield* settled(slack)
    assert.deepStrictEqual((yield* stored).map(({ event }) => event).sort(), ["app_rate_limited", "message"])
  })
)

inSlack(
  "a token that Slack refuses fails the boot, in Slack's words",
  Effect.gen(function* () {
    const slack = yield* startWorkspace()
    for (const [appToken, error] of [
      ["xapp-wrong", "invalid_auth"],
      ["", "not_authed"],
      [slack.app.botToken, "not_allowed_token_type"]
    ] as const) {
      const refused = yield* Effect.flip(connect(slack, { appToken }))
      assert.deepStrictEqual([refused._tag, refused.error], ["SlackTokenRefused", error])
      assert.include(refused.message, error)
    }
    assert.strictEqual(slack.sockets(), 0)
  })
)

inSlack(
  "a token that is refused later, and a Slack that is away, only delay it",
  Effect.gen(function* () {
    const slack = yield* startWorkspace({ ...fast, rateLimits: "off" })
    const method = "apps.connections.open"
    slack.fault({ kind: "status", method, status: 503, times: 1 })
    slack.fault({ kind: "drop", method, times: 1 })
    yield* connect(slack)
    yield* until(() => slack.sockets() === 2)
    slack.fault({ kind: "error", method, error: "token_revoked", times: 1 })
    slack.fault({ kind: "status", method, status: 429, retryAfterSeconds: 1, times: 1 })
    slack.disconnectSockets("link_disabled")
    yield* until(() => slack.sockets() === 2)
    const { rateLimited, early } = slack.calls()
    assert.deepStrictEqual([rateLimited, early <= 1], [1, true])
  })
)

inSlack(
  "the sockets are closed with the scope, and so are those that are being opened",
  Effect.gen(function* () {
    const slack = yield* startWorkspace()
    yield* Effect.scoped(connect(slack))
    yield* until(() => slack.sockets() === 0)
    slack.fault({ kind: "hang", method: "apps.connections.open", times: 2 })
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* Effect.forkScoped(connect(slack))
        yield* until(() => slack.calls().list.length >= 2)
      })
    )
    slack.say("ada", "general", "nobody listens")
    assert.strictEqual(slack.sockets(), 0)
  })
)
