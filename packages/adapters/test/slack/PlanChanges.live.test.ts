/** A plan that somebody changes in Slack's modal: the real SDK over real HTTP and sockets, the real inbox, the whole agent. */
import { assert, describe, it } from "@effect/vitest"
import {
  type Asked,
  Asker,
  defaultPolicy,
  recordOf,
  type Turn,
  TurnAudit,
  TurnStore,
  Turns
} from "@productbuilding/agent"
import {
  Delivery,
  DeliveryHandlers,
  DeliveryId,
  DeliveryInbox,
  DeliveryProcessor,
  makeRegistry,
  Project,
  ProjectRegistry,
  SqlDeliveryInbox,
  SqlOutbox
} from "@productbuilding/core"
import { DateTime, Effect, Layer, Logger, Redacted, Schedule, Schema } from "effect"
import type { Digest } from "effect/crypto"
import { makeWorld, repository, scripted } from "../../../agent/test/AgentWorld.ts"
import * as AgentMessages from "../../src/slack/AgentMessages.ts"
import { planModal } from "../../src/slack/PlanModal.ts"
import * as SlackSocket from "../../src/slack/SlackSocket.ts"
import * as SlackWorkspace from "../../src/slack/SlackWorkspace.ts"
import { renderTurn } from "../../src/slack/TurnMessage.ts"
import { conversationOf } from "../../src/slack/TurnRoute.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"
import { agent, settled } from "../agent/support.ts"
import { call, fast, payloadOf, startRoute, startWorkspace, stored, until } from "./support.ts"

const project = Schema.decodeSync(Project)({ repository, trust: "same-repository", secrets: {} })

const stores = Layer.mergeAll(SqlDeliveryInbox.layer, SqlOutbox.layer).pipe(Layer.provide(Sqlite.layerMemory))
const registry = Layer.succeed(ProjectRegistry, makeRegistry([project]))

/** Three comments; when more is said, one other. */
const planner = () =>
  scripted(({ prompt, purpose }) => {
    if (purpose === "route") {
      return { text: JSON.stringify({ specialist: "commenter", confidence: 0.9, reason: "because" }) }
    }
    const results = prompt.split('"type":"tool-result"').length - 1
    const anew = prompt.includes("Rather politely")
    if (results === 0)
      return { calls: ["One", "Two", "Three"].map((text) => ["comment_on_issue", { number: 1, text }]) }
    return anew && results === 3
      ? { calls: ["Please", "Thank you"].map((text) => ["comment_on_issue", { number: 1, text }]) }
      : { text: "As far as you wanted." }
  })

const world = () => {
  const made = makeWorld({ ada: "admin", bob: "read" })
  made.issues.push({ title: "Old", body: "", state: "open", labels: [] })
  return made
}

const setup = Effect.fnUntraced(function* (transport: "http" | "socket" = "http") {
  const clock = { aheadMs: 0 }
  const slack = yield* startWorkspace({
    ...fast,
    now: () => performance.timeOrigin + performance.now() + clock.aheadMs
  })
  const turns = yield* Turns
  const store = yield* TurnStore
  const workspace = yield* SlackWorkspace.make({ apiUrl: slack.apiUrl, botToken: Redacted.make(slack.app.botToken) })
  const logins = new Map(slack.users().map(({ id, name }) => [id, name]))
  const handlers = yield* AgentMessages.make({
    workspace,
    turns,
    store,
    loginOf: (user) => Effect.succeed(logins.get(user)),
    channels: () => "general"
  })
  if (transport === "http") {
    const route = yield* startRoute(slack.app.signingSecret)
    yield* Effect.promise(() => slack.setRequestUrl(route.url))
  } else {
    yield* Layer.build(
      SlackSocket.layer({ appToken: Redacted.make(slack.app.appToken), apiUrl: slack.apiUrl, connections: 1 })
    )
  }
  const processing = Layer.build(
    DeliveryProcessor.layer.pipe(Layer.provide(Layer.succeed(DeliveryHandlers, DeliveryHandlers.of(handlers))))
  )
  const said = slack.say("ada", slack.general, "Three comments, please")
  const { teamId } = slack.app
  const ada = slack.users().find(({ name }) => name === "ada")?.id ?? ""
  const asked: Asked = {
    conversation: conversationOf({ team: teamId, channel: slack.general, threadTs: said.ts }),
    key: `slack:${teamId}:${slack.general}:${said.ts}`,
    asker: new Asker({ id: `slack:${teamId}:${ada}`, name: "ada", login: "ada", guest: false, sharedChannel: false }),
    repository,
    about: null,
    text: "Three comments, please"
  }
  const { turn } = yield* turns.say(asked)
  yield* settled(turn)
  const record = Effect.map(store.entries(turn.id), recordOf)
  /** As its message shows it now. */
  const shown = Effect.gen(function* () {
    const { blocks, text } = renderTurn(yield* store.get(turn.id), yield* record, { folded: true })
    yield* call(slack, "chat.postMessage", { channel: slack.general, thread_ts: said.ts, text, blocks })
    return slack.thread(slack.general, said.ts).at(-1)?.ts ?? ""
  })
  const message = yield* shown
  const click = (who: string, at = message) => Effect.promise(() => slack.click(who, at, "turn-change"))
  const opened = Effect.gen(function* () {
    yield* until(() => slack.views().length === 1)
    return slack.views()[0] ?? assert.fail("no modal")
  })
  const submit = Effect.fnUntraced(function* (who: string, values: Record<string, string | ReadonlyArray<string>>) {
    const { id } = yield* opened
    const { delivery } = yield* Effect.promise(() => slack.submitView(who, id, values))
    assert.deepStrictEqual([delivery.status, delivery.responseBody], [200, ""])
    assert.deepStrictEqual(slack.views(), [])
  })
  /** What only one person sees. */
  const hints = () =>
    slack.thread(slack.general, said.ts).flatMap(({ onlyFor, text }) => (onlyFor === null ? [] : [[onlyFor, text]]))
  const bob = slack.users().find(({ name }) => name === "bob")?.id ?? ""
  return {
    ada,
    bob,
    click,
    clock,
    handlers,
    hints,
    message,
    opened,
    processing,
    record,
    said,
    shown,
    slack,
    store,
    submit,
    turn
  }
})

const decisions = Effect.gen(function* () {
  const inbox = yield* DeliveryInbox
  const all = yield* inbox.list({ limit: 100 })
  return all.flatMap(({ decision, event }) =>
    decision === null || !(event === "view_submission" || event === "block_actions")
      ? []
      : [[event, decision.outcome, decision.reason] as const]
  )
})

const decided = (count: number) =>
  decisions.pipe(Effect.repeat({ until: (all) => all.length >= count, schedule: Schedule.spaced("5 millis") }))

const inShop = (
  title: string,
  body: (
    outside: ReturnType<typeof makeWorld>
  ) => Effect.Effect<void, unknown, Digest.Digest | Effect.Services<ReturnType<typeof setup>> | Turns | TurnStore>
) => {
  const outside = world()
  it.live(title, () =>
    body(outside).pipe(
      Effect.scoped,
      Effect.provide([
        agent({ world: outside, policy: defaultPolicy, models: planner().layer }),
        stores,
        registry,
        Logger.layer([])
      ])
    )
  )
}

const texts = ({ comments }: ReturnType<typeof makeWorld>) => comments.map(({ body }) => body.split("\n")[1])
const stepIds = (record: ReturnType<typeof recordOf>) => record.approval?.entry.calls.map(({ id }) => id) ?? []

describe("a plan in Slack", () => {
  for (const transport of ["http", "socket"] as const) {
    inShop(`is done without the steps that somebody unticks, over ${transport}`, (outside) =>
      Effect.gen(function* () {
        const { click, hints, opened, processing, record, store, submit, turn } = yield* setup(transport)
        yield* processing
        const [first = "", , third = ""] = stepIds(yield* record)
        yield* click("ada")
        const { view } = yield* opened
        assert.deepInclude(view, { callback_id: "turn-change" })
        assert.include(JSON.stringify(view), '1. Comment on #1: \\"One\\"')
        yield* submit("ada", { "steps-0": [first, third] })
        yield* until(() => outside.comments.length === 2)
        const ended = yield* settled(turn)
        assert.strictEqual(ended.outcome, "answered")
        assert.deepStrictEqual(texts(outside), ["One", "Three"])
        assert.isUndefined(yield* TurnAudit.brokenAt(ended, yield* store.entries(turn.id)))
        const [submitted] = yield* decided(2)
        assert.deepStrictEqual(submitted, ["view_submission", "accepted", "ada approved it without 1 of 3"])
        assert.deepStrictEqual(hints(), [])
      })
    )
  }

  inShop("is done whole when everything is still ticked", (outside) =>
    Effect.gen(function* () {
      const { click, processing, record, submit, turn } = yield* setup()
      yield* processing
      yield* click("ada")
      yield* submit("ada", {})
      yield* until(() => outside.comments.length === 3)
      yield* settled(turn)
      assert.deepStrictEqual((yield* record).approval?.without, [])
      assert.deepStrictEqual(texts(outside), ["One", "Two", "Three"])
    })
  )

  inShop("is void and made anew by what somebody writes, of which unticked steps are a part", (outside) =>
    Effect.gen(function* () {
      const { click, hints, processing, record, store, submit, turn } = yield* setup()
      yield* processing
      const before = yield* record
      const [first = "", second = ""] = stepIds(before)
      yield* click("ada")
      yield* submit("ada", { "steps-0": [first, second], words: "Rather politely" })
      const waits = Effect.gen(function* () {
        const { approval } = yield* record
        return approval?.verdict === "open" && approval.entry.digest !== before.approval?.entry.digest
      })
      yield* waits.pipe(Effect.repeat({ until: (yes) => yes, schedule: Schedule.spaced("5 millis") }))
      assert.deepStrictEqual(texts(outside), [])
      const steered = (yield* store.entries(turn.id)).flatMap(({ fact }) => (fact._tag === "Steered" ? [fact] : []))
      assert.deepStrictEqual(
        steered.map(({ by, text }) => [by, text]),
        [["ada", 'Rather politely\n\nOf what you wanted to do, not this:\n> 3. Comment on #1: "Three"']]
      )
      assert.deepStrictEqual(
        (yield* record).approval?.entry.calls.map(({ summary }) => summary),
        ['Comment on #1: "Please"', 'Comment on #1: "Thank you"']
      )
      // NOTE: what the model had written must not count as somebody's own words.
      assert.isTrue((yield* record).readOutside)
      assert.deepStrictEqual(hints(), [])
    })
  )

  inShop("takes the same submission once, however often it is handled", (outside) =>
    Effect.gen(function* () {
      const { click, handlers, processing, store, submit, turn } = yield* setup()
      yield* processing
      yield* click("ada")
      yield* submit("ada", { words: "Rather politely" })
      yield* decided(2)
      const sent = (yield* stored).find(({ event }) => event === "view_submission") ?? assert.fail("nothing was sent")
      const handler = handlers.find(({ events }) => events.includes("view_submission")) ?? assert.fail("no handler")
      yield* handler.handle(sent, yield* payloadOf(sent))
      const steered = (yield* store.entries(turn.id)).filter(({ fact }) => fact._tag === "Steered")
      assert.lengthOf(steered, 1)
      assert.deepStrictEqual(texts(outside), [])
    })
  )

  inShop("is not changed by whoever may not, nor into nothing, nor once it is another one", (outside) =>
    Effect.gen(function* () {
      const { ada, bob, click, hints, opened, processing, record, submit, turn } = yield* setup()
      const turns = yield* Turns
      yield* processing
      const [first = ""] = stepIds(yield* record)
      yield* click("bob")
      yield* submit("bob", { "steps-0": [first] })
      yield* until(() => hints().length === 1)
      yield* click("ada")
      yield* submit("ada", { "steps-0": [] })
      yield* until(() => hints().length === 2)
      yield* click("ada")
      yield* opened
      yield* rejected(turns, turn)
      yield* submit("ada", { "steps-0": [first] })
      yield* until(() => hints().length === 3)
      yield* click("ada")
      yield* until(() => hints().length === 4)
      assert.deepStrictEqual(
        hints().map(([who]) => who),
        [bob, ada, ada, ada]
      )
      const [noPermission, nothing, late, closed] = hints().map(([, text]) => text ?? "")
      assert.include(noPermission ?? "", 'bob has the permission "read"')
      assert.include(nothing ?? "", "leaves nothing to do")
      assert.include(late ?? "", "nothing to decide any more")
      assert.include(closed ?? "", "nothing to decide any more")
      assert.deepStrictEqual(texts(outside), [])
    })
  )

  inShop("is not changed where another organisation reads along that the asker did not have there", (outside) =>
    Effect.gen(function* () {
      const { ada, handlers, hints, record, turn } = yield* setup()
      const { approval } = yield* record
      const plan = approval?.entry ?? assert.fail("no plan")
      const submit = Effect.fnUntraced(function* (id: string, shared: boolean) {
        const { callback_id, private_metadata } = planModal(turn.id, plan, { shared })
        const selected_options = [{ value: plan.calls[0]?.id }]
        const state = { values: { "steps-0": { "steps-0": { type: "checkboxes", selected_options } } } }
        const payload = {
          type: "view_submission",
          team: { id: "T" },
          user: { id: ada },
          view: { callback_id, private_metadata, state }
        }
        const handler = handlers.find(({ events }) => events.includes("view_submission")) ?? assert.fail("no handler")
        yield* handler.handle(
          new Delivery({
            id: DeliveryId.make(id),
            sequence: 1,
            source: "slack",
            event: "view_submission",
            receivedAt: DateTime.makeUnsafe(0),
            status: "pending",
            attempts: 0,
            decision: null,
            failure: null
          }),
          payload
        )
      })
      yield* submit("slack:1", true)
      assert.include(hints()[0]?.[1] ?? "", 'ada has the permission "none"')
      assert.strictEqual((yield* record).approval?.verdict, "open")
      yield* submit("slack:2", false)
      yield* settled(turn)
      assert.deepStrictEqual(texts(outside), ["One"])
    })
  )

  inShop("stays as it is when somebody else writes what should be different, who is told so", (outside) =>
    Effect.gen(function* () {
      const { bob, click, hints, processing, record, store, submit, turn } = yield* setup()
      yield* processing
      const { approval } = yield* record
      yield* click("bob")
      yield* submit("bob", { words: "Rather politely" })
      yield* until(() => hints().length === 1)
      assert.deepStrictEqual(hints()[0], [
        bob,
        "ada asked for this plan, so it still waits as it is. I come to what you said once it is decided."
      ])
      assert.deepStrictEqual((yield* record).approval, approval)
      assert.deepStrictEqual(
        (yield* store.open).map(({ asker, state, text }) => [asker.name, state, text]),
        [
          ["ada", "waiting", "Three comments, please"],
          ["bob", "queued", "Rather politely"]
        ]
      )
      assert.strictEqual((yield* store.get(turn.id)).state, "waiting")
      assert.deepStrictEqual(texts(outside), [])
    })
  )

  inShop("says what to do instead when Slack opens no modal, as three seconds after the click", (outside) =>
    Effect.gen(function* () {
      const { ada, click, clock, hints, processing, slack } = yield* setup()
      yield* click("ada")
      clock.aheadMs += 3500
      yield* processing
      yield* until(() => hints().length === 1)
      assert.deepStrictEqual(slack.views(), [])
      assert.strictEqual(hints()[0]?.[0], ada)
      assert.include(hints()[0]?.[1] ?? "", "Mention me here and say what should be different")
      const refusals = slack.calls().list.filter(({ method }) => method === "views.open")
      assert.deepStrictEqual(
        refusals.map(({ error }) => error),
        ["expired_trigger_id"]
      )
      assert.deepStrictEqual((yield* decided(1))[0], [
        "block_actions",
        "ignored",
        "Slack opened no modal: expired_trigger_id"
      ])
      assert.deepStrictEqual(texts(outside), [])
    })
  )
})

/** Somebody else says no while the modal is open. */
const rejected = Effect.fnUntraced(function* (turns: Turns["Service"], turn: Turn) {
  const store = yield* TurnStore
  const { approval } = recordOf(yield* store.entries(turn.id))
  yield* turns.decide(turn.id, { digest: approval?.entry.digest ?? "", approve: false, by: turn.asker })
  yield* settled(turn)
})
