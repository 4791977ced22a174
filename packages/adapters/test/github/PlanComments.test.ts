/** A plan that is answered in comments: a part of it is done, and who names what is not there is told. */
import { assert, it } from "@effect/vitest"
import { type Asked, Asker, ConversationId, defaultPolicy, recordOf, TurnStore, Turns } from "@productbuilding/agent"
import {
  Delivery,
  DeliveryId,
  makeRegistry,
  Project,
  ProjectRegistry,
  PullRequestNumber,
  threadId
} from "@productbuilding/core"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { makeWorld, repository, scripted } from "../../../agent/test/AgentWorld.ts"
import * as AgentComments from "../../src/github/AgentComments.ts"
import { renderTurnComment } from "../../src/github/TurnComments.ts"
import { agent, settledInTest } from "../agent/support.ts"

const project = Schema.decodeSync(Project)({ repository, trust: "same-repository", secrets: {} })

const planner = scripted(({ prompt, purpose }) =>
  purpose === "route"
    ? { text: JSON.stringify({ specialist: "commenter", confidence: 0.9, reason: "because" }) }
    : prompt.includes('"type":"tool-result"')
      ? { text: "As far as you wanted." }
      : { calls: ["One", "Two", "Three"].map((text) => ["comment_on_issue", { number: 1, text }] as const) }
)

let comments = 100
const payloadOf = (login: string, body: string) => ({
  action: "created",
  repository: { full_name: repository },
  issue: { number: 1, id: 70, body: "", user: { login: "ada" } },
  comment: { id: ++comments, body, user: { login, type: "User" }, author_association: "MEMBER" }
})

const delivery = new Delivery({
  id: DeliveryId.make("github:1"),
  sequence: 1,
  source: "github",
  event: "issue_comment",
  receivedAt: DateTime.makeUnsafe(0),
  status: "pending",
  attempts: 0,
  decision: null,
  failure: null
})

it.effect("a part of a plan is approved by the numbers that the comment shows", () => {
  const world = makeWorld({ ada: "admin", bob: "read" })
  world.issues.push({ title: "Old", body: "", state: "open", labels: [] })
  const said = () => world.comments.map(({ body }) => body.split("\n")[1])
  return Effect.gen(function* () {
    const turns = yield* Turns
    const store = yield* TurnStore
    const handler = yield* AgentComments.make({ name: "ProductBuilder", store, turns })
    const about = threadId(repository, PullRequestNumber.make(1))
    const asked: Asked = {
      conversation: ConversationId.make(about),
      key: "github:comment:1",
      asker: new Asker({ id: "github:ada", name: "ada", login: "ada", guest: false, sharedChannel: false }),
      repository,
      about,
      text: "Three comments"
    }
    const { turn } = yield* turns.say(asked)
    const waiting = yield* settledInTest(turn)
    assert.strictEqual(waiting.state, "waiting")
    const shown = renderTurnComment(waiting, recordOf(yield* store.entries(turn.id)), "ProductBuilder")
    assert.include(shown, '1. Comment on \\#1: "One"')
    assert.include(shown, "for a part of it `@ProductBuilder approve 1, 3` or `@ProductBuilder approve without 2`")

    const answer = (payload: ReturnType<typeof payloadOf>) =>
      Effect.map(handler.handle(delivery, payload), (decision) => {
        const { outcome, reason } = Option.getOrUndefined(decision) ?? assert.fail("no decision")
        return [outcome, reason]
      })
    const missing = payloadOf("ada", "@ProductBuilder approve 1, 7")
    const words = "There is no step 7 in the plan, which has steps 1 to 3. Nothing was decided."
    assert.deepStrictEqual(yield* answer(missing), ["ignored", words])
    assert.deepStrictEqual(yield* answer(missing), ["ignored", words])
    assert.deepStrictEqual(said(), [`@ada ${words}`])
    const [outcome, reason] = yield* answer(payloadOf("bob", "@ProductBuilder approve 1"))
    assert.strictEqual(outcome, "ignored")
    assert.deepStrictEqual(said().slice(1), [`@bob ${reason}`])
    assert.include(reason ?? "", 'bob has the permission "read"')
    yield* answer(payloadOf("ada", "@ProductBuilder approve without 1, 2 and 3"))
    assert.include(said()[2] ?? "", "leaves nothing to do")
    assert.strictEqual((yield* store.get(turn.id)).state, "waiting")
    assert.deepStrictEqual(yield* answer(payloadOf("ada", "@productbuilder Approve 1, 3.")), [
      "accepted",
      "ada approved a part of it"
    ])
    yield* settledInTest(turn)
    assert.deepStrictEqual(said().slice(3), ["One", "Three"])
  }).pipe(
    Effect.provide(
      Layer.provideMerge(
        Layer.succeed(ProjectRegistry, makeRegistry([project])),
        agent({ world, policy: defaultPolicy, models: planner.layer })
      )
    )
  )
})
