/** Slack's requests, from the wire to the inbox. */
import { NodeCrypto } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { Clock, Effect, Option, Redacted } from "effect"
import { actionOf, isBot, isOwn, messageOf } from "../../src/slack/SlackMessage.ts"
import { sign } from "../../src/slack/SlackSignature.ts"
import { call, fast, inSlack, payloadOf, startRoute, startWorkspace, stored } from "./support.ts"

const setup = (failing = { left: 0 }) =>
  Effect.gen(function* () {
    const slack = yield* startWorkspace()
    const route = yield* startRoute(slack.app.signingSecret, failing)
    yield* Effect.promise(() => slack.setRequestUrl(route.url))
    return { slack, route, settled: Effect.promise(() => slack.settled()) }
  })

inSlack(
  "a request URL is verified, and a forged, an old or a changed request is refused",
  Effect.gen(function* () {
    const { route, slack } = yield* setup()
    assert.deepStrictEqual(
      slack.deliveries().map(({ status, type }) => [type, status]),
      [["url_verification", 200]]
    )
    const bytes = new TextEncoder().encode('{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":60}')
    const nowSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const post = Effect.fnUntraced(function* (secret: string, atSeconds: number, body: Uint8Array<ArrayBuffer>) {
      const headers = yield* sign(Redacted.make(secret), atSeconds, bytes)
      const response = yield* Effect.promise(() => fetch(route.url, { method: "POST", headers, body }))
      return [response.status, yield* Effect.promise(() => response.text())]
    }, Effect.provide(NodeCrypto.layer))
    const { signingSecret } = slack.app
    assert.deepStrictEqual(yield* post("forged", nowSeconds, bytes), [401, "invalid"])
    assert.deepStrictEqual(yield* post(signingSecret, nowSeconds, bytes.slice(0, -1)), [401, "invalid"])
    assert.deepStrictEqual(yield* post(signingSecret, nowSeconds - 400, bytes), [401, "stale"])
    assert.deepStrictEqual(yield* stored, [])
    assert.deepStrictEqual(yield* post(signingSecret, nowSeconds, bytes), [200, ""])
    assert.deepStrictEqual(
      (yield* stored).map(({ id }) => id),
      ["slack:app_rate_limited:T1:60"]
    )
  })
)

inSlack(
  "a mention that comes eight times, in both forms, is one delivery",
  Effect.gen(function* () {
    const { settled, slack } = yield* setup()
    slack.eventFault({ kind: "duplicate", event: "message", times: 1, copies: 4 })
    slack.eventFault({ kind: "duplicate", event: "app_mention", times: 1, copies: 4 })
    const { ts } = slack.say("ada", "general", "@productbuilding hello")
    yield* settled
    assert.lengthOf(
      slack.deliveries().filter(({ kind, status }) => kind === "event" && status === 200),
      8
    )
    const [one, ...more] = yield* stored
    assert.deepStrictEqual(more, [])
    assert.strictEqual(one?.id, `slack:${slack.app.teamId}:${slack.general}:${ts}`)
    assert.include(["message", "app_mention"], one?.event)
    const message = one === undefined ? Option.none() : messageOf(yield* payloadOf(one))
    assert.deepStrictEqual(Option.getOrNull(message)?.mentions, [slack.app.botUserId])
  })
)

inSlack(
  "whatever the order, each message, edit and deletion is one delivery that can be read",
  Effect.gen(function* () {
    const { settled, slack } = yield* setup()
    slack.eventFault({ kind: "reorder", times: 5 })
    slack.eventFault({ kind: "duplicate", times: 100 })
    const said = Array.from({ length: 10 }, (_, n) => slack.say("ada", "general", `@productbuilding number ${n}`))
    const [first, second] = said
    if (first === undefined || second === undefined) return assert.fail("nothing was said")
    slack.edit(first.ts, "number 0, edited")
    slack.edit(first.ts, "number 0, edited again")
    slack.remove(second.ts)
    yield* settled
    const deliveries = yield* stored
    const messages = yield* Effect.forEach(deliveries, (one) => Effect.map(payloadOf(one), messageOf))
    const found = messages
      .flatMap(Option.toArray)
      .map(({ deleted, edited, text, ts }) => ({ deleted, edited, text, ts }))
    const plain = said.map(({ text, ts }) => ({ deleted: false, edited: false, text, ts }))
    assert.sameDeepMembers(found, [
      ...plain,
      { deleted: false, edited: true, text: "number 0, edited", ts: first.ts },
      { deleted: false, edited: true, text: "number 0, edited again", ts: first.ts },
      { deleted: true, edited: false, text: second.text, ts: second.ts }
    ])
    assert.strictEqual(deliveries.filter(({ event }) => event === "message_changed").length, 2)
    assert.strictEqual(deliveries.filter(({ event }) => event === "message_deleted").length, 1)
  })
)

inSlack(
  "an event of which only a retry came through is taken",
  Effect.gen(function* () {
    const failing = { left: 0 }
    const { route, settled, slack } = yield* setup(failing)
    failing.left = 2
    const { ts } = slack.say("ada", "general", "hello")
    yield* settled
    assert.deepStrictEqual(route.retries, ["2"])
    assert.deepStrictEqual(
      (yield* stored).map(({ id }) => id),
      [`slack:${slack.app.teamId}:${slack.general}:${ts}`]
    )
    failing.left = fast.retryDelaysMs.length + 1
    slack.say("ada", "general", "nobody hears this")
    yield* settled
    assert.lengthOf(yield* stored, 1)
  })
)

inSlack(
  "our own messages, another bot's and a direct one are told apart",
  Effect.gen(function* () {
    const { settled, slack } = yield* setup()
    slack.addUser({ name: "otherbot", isBot: true })
    yield* call(slack, "chat.postMessage", { channel: slack.general, text: "ours" })
    const direct = slack.directMessage("ada")
    slack.say("ada", direct.id, "@productbuilding in private")
    slack.say("ada", "general", "a person's")
    yield* settled
    const deliveries = yield* stored
    const found = yield* Effect.forEach(deliveries, (one) => Effect.map(payloadOf(one), messageOf))
    assert.sameDeepMembers(
      found
        .flatMap(Option.toArray)
        .map((one) => [one.text, isOwn(one, slack.app), isBot(one), one.isDirect, one.mentions.length]),
      [
        ["ours", true, true, false, 0],
        [`<@${slack.app.botUserId}> in private`, false, false, true, 1],
        ["a person's", false, false, false, 0]
      ]
    )
  })
)

inSlack(
  "answers, reactions and clicks are stored as they are",
  Effect.gen(function* () {
    const { settled, slack } = yield* setup()
    const { ts } = slack.say("ada", "general", "hello")
    slack.say("bob", "general", "to you, too", { threadTs: ts, broadcast: true })
    slack.react("bob", ts, "wave")
    const button = { type: "button", text: { type: "plain_text", text: "Go" }, action_id: "go", value: "7" }
    yield* call(slack, "chat.postMessage", {
      channel: slack.general,
      text: "Go?",
      blocks: [{ type: "actions", elements: [button] }]
    })
    const asked = slack.messages("general").find(({ text }) => text === "Go?")
    const clicked = yield* Effect.promise(() => slack.click("ada", asked?.ts ?? "", "go"))
    assert.strictEqual(clicked.status, 200)
    yield* settled
    const deliveries = yield* stored
    const answers = yield* Effect.forEach(deliveries, (one) => Effect.map(payloadOf(one), messageOf))
    assert.deepInclude(
      answers.flatMap(Option.toArray).map(({ text, threadTs }) => ({ text, threadTs })),
      { text: "to you, too", threadTs: ts }
    )
    assert.lengthOf(
      deliveries.filter(({ event }) => event === "reaction_added"),
      1
    )
    const click = deliveries.find(({ event }) => event === "block_actions")
    assert.match(click?.id ?? "", /^slack:interaction:./)
    const action = click === undefined ? undefined : Option.getOrUndefined(actionOf(yield* payloadOf(click)))
    assert.deepStrictEqual(
      [action?.channel, action?.messageTs, action?.actionId, action?.value],
      [slack.general, asked?.ts, "go", "7"]
    )
    assert.match(action?.responseUrl ?? "", /^http/)
  })
)
