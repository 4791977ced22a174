/** A plan of which a part is approved: exactly the rest of it is done, once, and the record says what was left out. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  type Asker,
  defaultPolicy,
  offlineSpecialistsLayer,
  recordOf,
  replay,
  type Turn,
  TurnAudit,
  TurnStore,
  Turns
} from "@productbuilding/agent"
import { Deferred, Effect, Layer, Schedule } from "effect"
import { makeWorld, scripted } from "../../../agent/test/AgentWorld.ts"
import { ada, agent, ask, database, random, settledInTest } from "./support.ts"

/** Proposes four comments at once, then says what became of them. */
const planner = () =>
  scripted(({ prompt, purpose }) =>
    purpose === "route"
      ? { text: JSON.stringify({ specialist: "commenter", confidence: 0.9, reason: "because" }) }
      : prompt.includes('"type":"tool-result"')
        ? { text: "As far as you wanted." }
        : {
            calls: [1, 2, 3, 4].map((number) => ["comment_on_issue", { number: 1, text: `Comment ${number}` }] as const)
          }
  )

const shopWithAnIssue = () => {
  const world = makeWorld({ ada: "admin", bob: "read" })
  world.issues.push({ title: "Old", body: "", state: "open", labels: [] })
  return world
}

const said = (world: ReturnType<typeof makeWorld>) => world.comments.map(({ body }) => body.split("\n")[1])

const planOf = Effect.fnUntraced(function* (turn: Turn) {
  const store = yield* TurnStore
  const { approval } = recordOf(yield* store.entries(turn.id))
  return approval?.entry ?? assert.fail("no plan")
})

const deciding = Effect.fnUntraced(function* (turn: Turn, without: ReadonlyArray<string>, by: Asker = ada) {
  const turns = yield* Turns
  const { digest } = yield* planOf(turn)
  return yield* turns.decide(turn.id, { digest, approve: true, by, without })
})

describe("a plan of which a part is approved", () => {
  it.effect("has exactly the other steps done, tells the model what was left out, and replays", () => {
    const world = shopWithAnIssue()
    const model = planner()
    return Effect.gen(function* () {
      const turns = yield* Turns
      const store = yield* TurnStore
      const { turn } = yield* turns.say(ask("Four comments"))
      assert.strictEqual((yield* settledInTest(turn)).state, "waiting")
      const { calls } = yield* planOf(turn)
      const [, second = assert.fail("no call"), , fourth = assert.fail("no call")] = calls
      yield* deciding(turn, [fourth.id, second.id, second.id])
      assert.strictEqual((yield* settledInTest(turn)).answer, "As far as you wanted.")
      assert.deepStrictEqual(said(world), ["Comment 1", "Comment 3"])
      const entries = yield* store.entries(turn.id)
      const decided = entries.flatMap(({ fact }) => (fact._tag === "Decided" ? [fact] : []))
      assert.deepStrictEqual(
        decided.map(({ by, verdict, without }) => [verdict, by, without]),
        [["approved", "Ada", [second.id, fourth.id]]]
      )
      const results = entries.flatMap(({ fact }) => (fact._tag === "Finished" && fact.failed ? [fact] : []))
      assert.deepStrictEqual(
        results.map(({ callId, result }) => [callId, result]),
        [second, fourth].map(({ id }) => [id, { error: "Ada left this out of the plan. Do not try it again." }])
      )
      assert.include(model.calls.at(-1)?.prompt ?? "", "left this out of the plan")
      const record = { turn: yield* store.get(turn.id), entries }
      assert.isUndefined(yield* TurnAudit.brokenAt(record.turn, entries))
      const replayed = yield* replay(record).pipe(
        Effect.provide(Layer.merge(offlineSpecialistsLayer, NodeCrypto.layer))
      )
      assert.deepStrictEqual([replayed.end, replayed.agreed], ["same", entries.length])
      assert.strictEqual((yield* Effect.flip(deciding(turn, [fourth.id])))._tag, "DecisionRefused")
      assert.lengthOf(world.comments, 2)
    }).pipe(Effect.provide(agent({ world, policy: defaultPolicy, models: model.layer })))
  })

  it.effect("is refused for steps that it does not have, for none that is left, and by whoever may not", () => {
    const world = shopWithAnIssue()
    return Effect.gen(function* () {
      const turns = yield* Turns
      const store = yield* TurnStore
      const { turn } = yield* turns.say(ask("Four comments"))
      yield* settledInTest(turn)
      const all = (yield* planOf(turn)).calls.map(({ id }) => id)
      const bob = { ...ada, id: "slack:T:BOB", name: "Bob", login: "bob" }
      const refusals = [
        yield* Effect.flip(deciding(turn, ["7.1"])),
        yield* Effect.flip(deciding(turn, all)),
        yield* Effect.flip(deciding(turn, all.slice(1), bob)),
        yield* Effect.flip(deciding(turn, all.slice(1), { ...ada, guest: true })),
        yield* Effect.flip(turns.decide(turn.id, { digest: "old", approve: true, by: ada, without: all.slice(1) }))
      ]
      assert.deepStrictEqual(
        refusals.map((one) => (one._tag === "DecisionRefused" ? one.reason : one._tag)),
        ["not in the plan", "nothing left", "not allowed", "not allowed", "changed"]
      )
      assert.match(refusals[0]?.message ?? "", /not in the plan, which has 4 steps/)
      assert.match(refusals[1]?.message ?? "", /nothing to do.* cancel it/)
      assert.strictEqual(recordOf(yield* store.entries(turn.id)).approval?.verdict, "open")
      assert.deepStrictEqual(said(world), [])
      const { digest } = yield* planOf(turn)
      yield* turns.decide(turn.id, { digest, approve: false, by: ada, without: all.slice(1) })
      yield* settledInTest(turn)
      assert.deepStrictEqual(said(world), [])
      assert.isUndefined(
        (yield* store.entries(turn.id)).flatMap(({ fact }) => (fact._tag === "Decided" ? [fact.without] : []))[0]
      )
    }).pipe(Effect.provide(agent({ world, policy: defaultPolicy, models: planner().layer })))
  })

  const seed = Number(process.env["PB_SEED"] ?? 20261121)
  for (let round = 0; round < 8; round++) {
    it.live(`is done once, without what was left out, wherever it is killed (PB_SEED=${seed}, round ${round})`, () => {
      const next = random(seed + round)
      const folder = mkdtempSync(join(tmpdir(), "pb-part-"))
      const world = shopWithAnIssue()
      const model = planner()
      let crashes = 4
      return Effect.gen(function* () {
        let over = false
        while (!over) {
          const killed = yield* Deferred.make<void>()
          world.hooks.write = () =>
            Effect.suspend(() =>
              crashes > 0 && next() < 0.4
                ? Effect.andThen(
                    Effect.sync(() => crashes--).pipe(Effect.andThen(Deferred.succeed(killed, undefined))),
                    Effect.never
                  )
                : Effect.void
            )
          yield* Effect.gen(function* () {
            const turns = yield* Turns
            const store = yield* TurnStore
            const { turn } = yield* turns.say({ ...ask("Four comments"), key: `part ${round}` })
            const until = (...states: ReadonlyArray<Turn["state"]>) =>
              store
                .get(turn.id)
                .pipe(
                  Effect.repeat({ until: ({ state }) => states.includes(state), schedule: Schedule.spaced("5 millis") })
                )
            const { state } =
              recordOf(yield* store.entries(turn.id)).approval === undefined ? yield* until("waiting") : turn
            if (state === "waiting") {
              const [first = assert.fail("no call"), , third = assert.fail("no call")] = (yield* planOf(turn)).calls
              yield* deciding(turn, [first.id, third.id])
            }
            yield* until("ended")
            over = true
            const entries = yield* store.entries(turn.id)
            assert.isUndefined(yield* TurnAudit.brokenAt(yield* store.get(turn.id), entries))
          }).pipe(
            Effect.provide(
              agent({ world, policy: defaultPolicy, models: model.layer, database: database(join(folder, "turns.db")) })
            ),
            Effect.raceFirst(Deferred.await(killed))
          )
        }
        assert.deepStrictEqual(said(world), ["Comment 2", "Comment 4"])
      }).pipe(Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))))
    })
  }
})
