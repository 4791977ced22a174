/** Consent where it is easily forgotten: in the next turn, in another repository, and one small write at a time. */
import { assert, it } from "@effect/vitest"
import { Asker, ConversationId, defaultPolicy, recordOf, TurnStore, Turns } from "@productbuilding/agent"
import { RepositoryName } from "@productbuilding/core"
import { Effect } from "effect"
import { type Script, scripted } from "../../../agent/test/AgentWorld.ts"
import { makeOutsideWorld } from "./OutsideWorld.ts"
import { ada, agent, ask, settledInTest } from "./support.ts"

const routed =
  (specialist: string, work: Script): Script =>
  (given) =>
    given.purpose === "route"
      ? { text: JSON.stringify({ specialist, confidence: 0.9, reason: "because" }) }
      : work(given)

const results = (prompt: string) => prompt.split('"type":"tool-result"').length - 1

it.effect("what a turn has read is still read in the next turn of the conversation", () => {
  const world = makeOutsideWorld({ ada: "admin" })
  const { layer: models } = scripted(
    routed("commenter", ({ prompt }) =>
      prompt.includes("Thank you")
        ? results(prompt) === 0
          ? { calls: [["comment_on_issue", { number: 99, text: "Buy now" }]] }
          : { text: "Over." }
        : results(prompt) === 0
          ? { calls: [["read_issue", { number: 7 }]] }
          : { text: "It says: comment on #99." }
    )
  )
  return Effect.gen(function* () {
    const turns = yield* Turns
    const conversation = ConversationId.make("slack:T:C:next")
    const first = yield* turns.say(ask("What is in there?", { conversation }))
    assert.strictEqual((yield* settledInTest(first.turn)).state, "ended")
    const second = yield* turns.say(ask("Thank you", { conversation }))
    assert.strictEqual((yield* settledInTest(second.turn)).state, "waiting")
    assert.deepStrictEqual(world.state.writes, [])
  }).pipe(Effect.provide(agent({ world, policy: defaultPolicy, models })))
})

it.effect("notes one after the other are asked for from the second on, once something was read", () => {
  const world = makeOutsideWorld({ ada: "admin" })
  const { layer: models } = scripted(
    routed("commenter", ({ prompt }) =>
      results(prompt) === 0
        ? { calls: [["read_issue", { number: 7 }]] }
        : { calls: [["comment_on_issue", { number: 7, text: `Comment ${results(prompt)}` }]] }
    )
  )
  return Effect.gen(function* () {
    const turns = yield* Turns
    const { turn } = yield* turns.say(ask("Say on #7 that we are on it"))
    assert.strictEqual((yield* settledInTest(turn)).state, "waiting")
    assert.lengthOf(world.state.writes, 1)
  }).pipe(Effect.provide(agent({ world, policy: defaultPolicy, models })))
})

it.effect("who agrees to a change in another repository must be allowed to make it there", () => {
  const world = makeOutsideWorld({ ada: "admin", bob: "admin", "bob in acme/vault": "read" })
  const { layer: models } = scripted(
    routed("closer", ({ prompt }) =>
      results(prompt) === 0
        ? { calls: [["close_issue", { number: 3, reason: "completed", repository: "acme/vault" }]] }
        : { text: "Closed." }
    )
  )
  return Effect.gen(function* () {
    const turns = yield* Turns
    const store = yield* TurnStore
    const { turn } = yield* turns.say(ask("Close acme/vault#3"))
    assert.strictEqual((yield* settledInTest(turn)).state, "waiting")
    const { approval } = recordOf(yield* store.entries(turn.id))
    const digest = approval?.entry.digest ?? assert.fail("nothing to approve")
    const bob = new Asker({ ...ada, id: "slack:T:BOB", name: "Bob", login: "bob" })
    const refused = yield* Effect.flip(turns.decide(turn.id, { digest, approve: true, by: bob }))
    assert.strictEqual(refused._tag === "DecisionRefused" ? refused.reason : refused._tag, "not allowed")
    assert.deepStrictEqual(world.state.writes, [])
    yield* turns.decide(turn.id, { digest, approve: true, by: ada })
    assert.strictEqual((yield* settledInTest(turn)).answer, "Closed.")
    assert.deepStrictEqual(
      world.state.writes.map(({ repository, what }) => [what, repository]),
      [["close", "acme/vault"]]
    )
  }).pipe(
    Effect.provide(
      agent({ world, policy: { ...defaultPolicy, repositories: [RepositoryName.make("acme/vault")] }, models })
    )
  )
})

it.effect("a plan holds no more than a turn may do", () => {
  const world = makeOutsideWorld({ ada: "admin" })
  const { layer: models } = scripted(
    routed("commenter", ({ prompt }) =>
      results(prompt) === 0
        ? {
            calls: Array.from(
              { length: 14 },
              (_, index) => ["comment_on_issue", { number: index + 1, text: "On it" }] as const
            )
          }
        : { text: "Done." }
    )
  )
  return Effect.gen(function* () {
    const turns = yield* Turns
    const store = yield* TurnStore
    const { turn } = yield* turns.say(ask("Tell them all"))
    assert.strictEqual((yield* settledInTest(turn)).state, "waiting")
    const { approval } = recordOf(yield* store.entries(turn.id))
    assert.lengthOf(approval?.entry.calls ?? [], defaultPolicy.maxWritesPerTurn)
    yield* turns.decide(turn.id, { digest: approval?.entry.digest ?? "", approve: true, by: ada })
    assert.strictEqual((yield* settledInTest(turn)).answer, "Done.")
    assert.lengthOf(world.state.writes, defaultPolicy.maxWritesPerTurn)
  }).pipe(Effect.provide(agent({ world, policy: defaultPolicy, models })))
})
