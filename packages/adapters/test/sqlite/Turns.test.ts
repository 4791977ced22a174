/** Turns from the message to the end, on a real database: what is answered, asked, refused, stopped, and what a crash leaves. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { NodeCrypto, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  AgentSettings,
  type Asked,
  Asker,
  ConversationId,
  defaultPolicy,
  limitsConfig,
  recordOf,
  SqlBudget,
  SqlTurnStore,
  specialistsLayer,
  type Turn,
  TurnHash,
  TurnStore,
  Turns,
  turnRunLayer,
  turnsLayer
} from "@productbuilding/agent"
import { SqlOperationLog, SqlResourceLedger } from "@productbuilding/core"
import { Deferred, Duration, Effect, Layer, Schedule } from "effect"
import type { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { WorkflowEngine } from "effect/workflow"
import { quickFolder } from "../../../../test/support/quickFolder.ts"
import { random } from "../../../../test/support/random.ts"
import { makeWorld, repository, type Script, scripted } from "../../../agent/test/AgentWorld.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const ada = new Asker({ id: "slack:T:ADA", name: "Ada", login: "ada", guest: false, sharedChannel: false })

let asked = 0
const ask = (text: string, options: Partial<Asked> = {}): Asked => ({
  conversation: ConversationId.make("slack:T:C:1"),
  key: `message ${++asked}`,
  asker: ada,
  repository,
  about: null,
  text,
  ...options
})

const settings = Layer.succeed(
  AgentSettings,
  AgentSettings.of({
    tokenBudget: 8000,
    runTimeout: Duration.seconds(120),
    approvalTime: Duration.hours(1),
    patience: Duration.minutes(15),
    policy: () => defaultPolicy
  })
)

const agent = (
  model: ReturnType<typeof scripted>,
  world: ReturnType<typeof makeWorld>,
  database: Layer.Layer<SqlClient.SqlClient> = Sqlite.layerMemory
) =>
  turnsLayer.pipe(
    Layer.provideMerge(turnRunLayer),
    Layer.provideMerge(Layer.mergeAll(specialistsLayer, model.layer, WorkflowEngine.layerMemory)),
    Layer.provideMerge(
      Layer.mergeAll(
        settings,
        SqlTurnStore.layer,
        Layer.unwrap(Effect.map(limitsConfig, (limits) => SqlBudget.layer(limits)))
      )
    ),
    Layer.provideMerge(Layer.mergeAll(SqlOperationLog.layer, SqlResourceLedger.layer, world.layer)),
    Layer.provideMerge(Layer.merge(database, NodeCrypto.layer))
  )

const settled = (turn: Turn) =>
  Effect.gen(function* () {
    const store = yield* TurnStore
    return yield* store.get(turn.id).pipe(
      Effect.tap(() => TestClock.adjust("1 second")),
      Effect.repeat({
        until: ({ state }) => state === "ended" || state === "waiting",
        schedule: Schedule.recurs(1000)
      })
    )
  })

const route = (specialist: string, confidence = 0.9) => ({
  text: JSON.stringify({ specialist, confidence, reason: "because" })
})

describe("a turn", () => {
  it.effect("answers from what a tool returned, once, however often the message arrives", () => {
    const world = makeWorld()
    world.issues.push({ title: "Checkout is slow", body: "", state: "open", labels: [] })
    const script: Script = ({ call, purpose }) =>
      purpose === "route"
        ? route("status")
        : call === 2
          ? { calls: [["search_issues", { query: "checkout" }]] }
          : { text: "There is one: #1." }
    const model = scripted(script)
    return Effect.gen(function* () {
      const turns = yield* Turns
      const store = yield* TurnStore
      const message = ask("What is open about checkout?")
      const all = yield* Effect.forEach(Array.from({ length: 8 }), () => turns.say(message), {
        concurrency: "unbounded"
      })
      const [first] = all
      assert.deepStrictEqual(new Set(all.map(({ turn }) => turn.id)).size, 1)
      assert.strictEqual(all.filter(({ receipt }) => receipt === "opened").length, 1)
      const turn = yield* settled(first?.turn ?? assert.fail("no turn"))
      assert.strictEqual(turn.outcome, "answered")
      assert.strictEqual(turn.answer, "There is one: #1.")
      assert.strictEqual(model.calls.length, 3)
      assert.include(model.calls[2]?.prompt ?? "", "Checkout is slow")
      const entries = yield* store.entries(turn.id)
      assert.deepStrictEqual(
        entries.map(({ fact }) => fact._tag),
        ["Asked", "Model", "Routed", "Model", "Started", "Finished", "Model", "Ended"]
      )
      assert.isUndefined(yield* TurnHash.firstBroken(entries))
      assert.deepStrictEqual(recordOf(entries).tokens, 360)
    }).pipe(Effect.provide(agent(model, world)))
  })

  it.effect("writes only with the asker's own permission", () => {
    const world = makeWorld({ ada: "admin", bob: "read" })
    const model = scripted(({ prompt, purpose }) =>
      purpose === "route"
        ? route("issue-writer")
        : prompt.includes("tool-result")
          ? { text: "done or not" }
          : { calls: [["create_issue", { title: "A", body: "B" }]] }
    )
    return Effect.gen(function* () {
      const turns = yield* Turns
      const store = yield* TurnStore
      const askers = [
        new Asker({ ...ada, id: "slack:T:BOB", name: "Bob", login: "bob" }),
        new Asker({ ...ada, id: "slack:T:EVE", name: "Eve", login: null }),
        new Asker({ ...ada, id: "slack:T:GUS", name: "Gus", login: "ada", guest: true }),
        new Asker({ ...ada, id: "slack:T:SAM", name: "Sam", login: "ada", sharedChannel: true })
      ]
      for (const asker of askers) {
        const { turn } = yield* turns.say(ask("Write it down", { asker, conversation: ConversationId.make(asker.id) }))
        const end = yield* settled(turn)
        assert.strictEqual(end.outcome, asker.guest || asker.sharedChannel ? "refused" : "answered")
        const [finished] = (yield* store.entries(turn.id)).flatMap(({ fact }) =>
          fact._tag === "Finished" ? [fact] : []
        )
        assert.strictEqual(finished?.failed ?? true, true)
      }
      assert.deepStrictEqual(world.log, [])
      const { turn } = yield* turns.say(ask("Write it down"))
      yield* settled(turn)
      assert.deepStrictEqual(world.log, ["create A"])
    }).pipe(Effect.provide(agent(model, world)))
  })

  it.effect("asks before it closes anything, and does it once somebody who may has agreed", () => {
    const world = makeWorld({ ada: "admin", bob: "read" })
    world.issues.push({ title: "Old", body: "", state: "open", labels: [] })
    const model = scripted(({ prompt, purpose }) =>
      purpose === "route"
        ? route("closer")
        : prompt.includes("tool-result")
          ? { text: "Closed." }
          : { calls: [["close_issue", { number: 1, reason: "completed" }]] }
    )
    return Effect.gen(function* () {
      const turns = yield* Turns
      const store = yield* TurnStore
      const { turn } = yield* turns.say(ask("Close #1"))
      assert.strictEqual((yield* settled(turn)).state, "waiting")
      assert.deepStrictEqual(world.log, [])
      const { approval } = recordOf(yield* store.entries(turn.id))
      const digest = approval?.entry.digest ?? assert.fail("no approval")
      assert.deepStrictEqual(
        approval?.entry.calls.map(({ summary }) => summary),
        ["Close #1 as completed"]
      )
      const bob = new Asker({ ...ada, id: "slack:T:BOB", name: "Bob", login: "bob" })
      const refusals = [
        yield* Effect.flip(turns.decide(turn.id, { digest, approve: true, by: bob })),
        yield* Effect.flip(turns.decide(turn.id, { digest: "another", approve: true, by: ada }))
      ]
      assert.deepStrictEqual(
        refusals.map((one) => (one._tag === "DecisionRefused" ? one.reason : one._tag)),
        ["not allowed", "changed"]
      )
      yield* turns.decide(turn.id, { digest, approve: true, by: ada })
      const end = yield* settled(turn)
      assert.strictEqual(end.answer, "Closed.")
      assert.deepStrictEqual(world.log, ["close 1"])
      const again = yield* Effect.flip(turns.decide(turn.id, { digest, approve: true, by: ada }))
      assert.strictEqual(again._tag, "DecisionRefused")
    }).pipe(Effect.provide(agent(model, world)))
  })

  it.effect("writes nothing once its stop is acknowledged, and says what it had done", () => {
    const world = makeWorld()
    const model = scripted(({ call, purpose }) =>
      purpose === "route"
        ? route("issue-writer")
        : call === 2
          ? { calls: [["create_issue", { title: "First", body: "B" }]] }
          : undefined
    )
    return Effect.gen(function* () {
      const turns = yield* Turns
      const store = yield* TurnStore
      const { turn } = yield* turns.say(ask("Write it down"))
      yield* store.entries(turn.id).pipe(
        Effect.tap(() => TestClock.adjust("100 millis")),
        Effect.repeat({
          until: (entries) => entries.some(({ fact }) => fact._tag === "Finished"),
          schedule: Schedule.recurs(1000)
        })
      )
      yield* turns.stop(turn.id, "Ada")
      const refused = yield* Effect.flip(
        store.append(turn.id, [
          { _tag: "Started", call: { id: "x", tool: "close_issue", params: {} }, summary: "x", writes: true }
        ])
      )
      assert.strictEqual(refused._tag, "TurnOver")
      const end = yield* settled(turn)
      assert.strictEqual(end.outcome, "stopped")
      assert.include(end.answer ?? "", 'Create the issue "First"')
      assert.deepStrictEqual(world.log, ["create First"])
    }).pipe(Effect.provide(agent(model, world)))
  })

  it.effect("takes in what is said while it waits, and voids what it had proposed", () => {
    const world = makeWorld()
    world.issues.push({ title: "Old", body: "", state: "open", labels: [] })
    const model = scripted(({ prompt, purpose }) =>
      purpose === "route"
        ? route("closer")
        : prompt.includes("rather leave it")
          ? { text: "I leave it open." }
          : { calls: [["close_issue", { number: 1, reason: "completed" }]] }
    )
    return Effect.gen(function* () {
      const turns = yield* Turns
      const store = yield* TurnStore
      const { turn } = yield* turns.say(ask("Close #1"))
      assert.strictEqual((yield* settled(turn)).state, "waiting")
      const { approval } = recordOf(yield* store.entries(turn.id))
      const joined = yield* turns.say(ask("No, rather leave it"))
      assert.strictEqual(joined.receipt, "joined")
      assert.strictEqual((yield* settled(turn)).answer, "I leave it open.")
      const late = yield* Effect.flip(
        turns.decide(turn.id, { digest: approval?.entry.digest ?? "", approve: true, by: ada })
      )
      assert.strictEqual(late._tag, "DecisionRefused")
      assert.deepStrictEqual(world.log, [])
    }).pipe(Effect.provide(agent(model, world)))
  })

  it.effect("gives up when its time is over, and never stays silent", () => {
    const world = makeWorld()
    const model = scripted(({ purpose }) => (purpose === "route" ? route("status") : undefined))
    return Effect.gen(function* () {
      const turns = yield* Turns
      const { turn } = yield* turns.say(ask("How are things?"))
      const end = yield* settled(turn)
      assert.strictEqual(end.outcome, "failed")
      assert.include(end.answer ?? "", "longer than 2m")
    }).pipe(Effect.provide(agent(model, world)))
  })

  const seed = Number(process.env["PB_SEED"] ?? 20261121)
  for (let round = 0; round < 12; round++) {
    it.live(`writes each thing once, wherever it is killed (PB_SEED=${seed}, round ${round})`, () => {
      const next = random(seed + round)
      const folder = quickFolder("pb-turns-")
      const file = () => Layer.orDie(Sqlite.layer(join(folder, "turns.db")).pipe(Layer.provide(NodeServices.layer)))
      const world = makeWorld()
      world.issues.push({ title: "Old", body: "", state: "open", labels: [] })
      const model = scripted(({ prompt, purpose }) => {
        if (purpose === "route") return route("commenter")
        const results = prompt.split('"type":"tool-result"').length - 1
        return results < 3
          ? { calls: [["comment_on_issue", { number: 1, text: `Comment ${results + 1}` }]] }
          : { text: "Three comments." }
      })
      let crashes = 4
      return Effect.gen(function* () {
        let over = false
        while (!over) {
          const killed = yield* Deferred.make<void>()
          const maybe = Effect.suspend(() =>
            crashes > 0 && next() < 0.3
              ? Effect.andThen(
                  Effect.sync(() => crashes--).pipe(Effect.andThen(Deferred.succeed(killed, undefined))),
                  Effect.never
                )
              : Effect.void
          )
          world.hooks.write = () => maybe
          yield* Effect.gen(function* () {
            const turns = yield* Turns
            const store = yield* TurnStore
            const { turn } = yield* turns.say({ ...ask("Three comments"), key: `killed ${round}` })
            yield* store
              .get(turn.id)
              .pipe(Effect.repeat({ until: ({ state }) => state === "ended", schedule: Schedule.spaced("5 millis") }))
            over = true
            assert.isUndefined(yield* TurnHash.firstBroken(yield* store.entries(turn.id)))
          }).pipe(Effect.provide(agent(model, world, file())), Effect.raceFirst(Deferred.await(killed)))
        }
        assert.deepStrictEqual(
          world.comments.map(({ body }) => body.split("\n")[1]),
          ["Comment 1", "Comment 2", "Comment 3"]
        )
      }).pipe(Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))))
    })
  }
})
