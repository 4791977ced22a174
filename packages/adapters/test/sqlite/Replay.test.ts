/** Turns recorded on a real database, and played again from the record alone. */
import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  AgentSettings,
  Asker,
  ConversationId,
  defaultPolicy,
  limitsConfig,
  offlineSpecialistsLayer,
  replay,
  SqlBudget,
  SqlTurnStore,
  specialistsLayer,
  Turn,
  TurnAudit,
  TurnEntry,
  type TurnFact,
  TurnStore,
  Turns,
  turnRunLayer,
  turnsLayer
} from "@productbuilding/agent"
import { SqlOperationLog, SqlResourceLedger } from "@productbuilding/core"
import { Duration, Effect, Layer, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { WorkflowEngine } from "effect/workflow"
import { makeWorld, repository, type Script, scripted } from "../../../agent/test/AgentWorld.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const ada = new Asker({ id: "slack:T:ADA", name: "Ada", login: "ada", guest: false, sharedChannel: false })

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

const agent = (script: Script, world = makeWorld()) =>
  turnsLayer.pipe(
    Layer.provideMerge(turnRunLayer),
    Layer.provideMerge(Layer.mergeAll(specialistsLayer, scripted(script).layer, WorkflowEngine.layerMemory)),
    Layer.provideMerge(
      Layer.mergeAll(
        settings,
        SqlTurnStore.layer,
        Layer.unwrap(Effect.map(limitsConfig, (limits) => SqlBudget.layer(limits)))
      )
    ),
    Layer.provideMerge(Layer.mergeAll(SqlOperationLog.layer, SqlResourceLedger.layer, world.layer)),
    Layer.provideMerge(Layer.merge(Sqlite.layerMemory, NodeCrypto.layer))
  )

const settled = Effect.fnUntraced(function* (id: Turn["id"]) {
  const store = yield* TurnStore
  return yield* store.get(id).pipe(
    Effect.tap(() => TestClock.adjust("1 second")),
    Effect.repeat({ until: ({ state }) => state === "ended" || state === "waiting", schedule: Schedule.recurs(1000) })
  )
})

let messages = 0
const said = Effect.fnUntraced(function* (text: string, asker = ada, place: Turn["repository"] = repository) {
  const turns = yield* Turns
  const { turn } = yield* turns.say({
    conversation: ConversationId.make(`slack:T:C:${++messages}`),
    key: `message ${messages}`,
    asker,
    repository: place,
    about: null,
    text
  })
  return yield* settled(turn.id)
})

const recordOfTurn = Effect.fnUntraced(function* (id: Turn["id"]) {
  const store = yield* TurnStore
  return { turn: yield* store.get(id), entries: yield* store.entries(id) }
})

const again = (record: { readonly turn: Turn; readonly entries: ReadonlyArray<TurnEntry> }) =>
  replay(record).pipe(Effect.provide(Layer.merge(offlineSpecialistsLayer, NodeCrypto.layer)))

const route = (specialist: string) => ({ text: JSON.stringify({ specialist, confidence: 0.9, reason: "because" }) })

const works =
  (specialist: string, script: Script): Script =>
  (given) =>
    given.purpose === "route" ? route(specialist) : script(given)

/** Two writes at once: somebody has to agree. */
const twoIssues = works("issue-writer", ({ prompt }) =>
  prompt.includes("tool-result")
    ? { text: "Both are there." }
    : {
        calls: [
          ["search_issues", { query: "A" }],
          ["create_issue", { title: "A", body: "a" }],
          ["create_issue", { title: "B", body: "b" }]
        ]
      }
)

describe("a replay", () => {
  it.effect("decides the same from the record alone, with approvals, refusals and an unknown tool", () => {
    const world = makeWorld({ ada: "admin", bob: "read" })
    return Effect.gen(function* () {
      const turns = yield* Turns
      const waiting = yield* said("Make A and B")
      assert.strictEqual(waiting.state, "waiting")
      const open = yield* recordOfTurn(waiting.id)
      assert.strictEqual((yield* again(open)).end, "open")
      const approval = open.entries.at(-1)?.fact
      assert.strictEqual(approval?._tag, "Approval")
      if (approval?._tag !== "Approval") return
      yield* turns.decide(waiting.id, { digest: approval.digest, approve: true, by: ada })
      const ended = yield* settled(waiting.id)
      assert.strictEqual(ended.outcome, "answered")
      const writes = world.log.length
      const record = yield* recordOfTurn(waiting.id)
      const replayed = yield* again(record)
      assert.deepStrictEqual(
        { end: replayed.end, agreed: replayed.agreed, otherPrompts: replayed.otherPrompts },
        { end: "same", agreed: record.entries.length, otherPrompts: [] }
      )
      assert.strictEqual(world.log.length, writes)
      const bob = yield* said("Make A and B", new Asker({ ...ada, id: "slack:T:BOB", name: "Bob", login: "bob" }))
      assert.strictEqual((yield* again(yield* recordOfTurn(bob.id))).end, "same")
      const guest = yield* said("Make A and B", new Asker({ ...ada, guest: true }))
      assert.strictEqual((yield* again(yield* recordOfTurn(guest.id))).end, "same")
    }).pipe(Effect.provide(agent(twoIssues, world)))
  })

  it.effect("plays a stop in the middle of a call, and an end from outside", () => {
    const script = works("status", ({ prompt }) =>
      prompt.includes("Stop me") ? undefined : { calls: [["no_such_tool", {}]] }
    )
    return Effect.gen(function* () {
      const turns = yield* Turns
      const store = yield* TurnStore
      const { turn } = yield* turns.say({
        conversation: ConversationId.make("slack:T:C:stop"),
        key: "stop",
        asker: ada,
        repository,
        about: null,
        text: "Stop me"
      })
      yield* TestClock.adjust("5 seconds")
      yield* turns.stop(turn.id, "Bob")
      yield* settled(turn.id)
      const record = yield* recordOfTurn(turn.id)
      assert.strictEqual(record.turn.outcome, "stopped")
      assert.strictEqual((yield* again(record)).end, "same")
      const looping = yield* said("Do it", ada, null)
      assert.strictEqual(looping.outcome, "failed")
      const failed = yield* recordOfTurn(looping.id)
      const replayed = yield* again(failed)
      assert.deepStrictEqual([replayed.end, replayed.agreed], ["cut off", failed.entries.length])
      assert.deepStrictEqual(yield* store.open, [])
    }).pipe(Effect.provide(agent(script)))
  })

  it.effect("takes from the record that a budget was spent, and decides anew what became of the turn", () =>
    Effect.gen(function* () {
      const turns = yield* Turns
      const answers = [true, false]
      for (const approve of answers) {
        const waiting = yield* said("Do it")
        const record = yield* recordOfTurn(waiting.id)
        const approval = record.entries.at(-1)?.fact
        assert.strictEqual(approval?._tag === "Approval" ? approval.budget?.unit : undefined, "model calls")
        assert.strictEqual((yield* again(record)).end, "open")
        if (approval?._tag !== "Approval") return
        yield* turns.decide(waiting.id, { digest: approval.digest, approve, by: ada })
        yield* settled(waiting.id)
        const whole = yield* recordOfTurn(waiting.id)
        assert.isUndefined(yield* TurnAudit.brokenAt(whole.turn, whole.entries))
        const replayed = yield* again(whole)
        const { length } = whole.entries
        assert.deepStrictEqual([replayed.end, replayed.agreed], [approve ? "open" : "same", length])
      }
    }).pipe(Effect.provide(agent(works("status", () => ({ calls: [["no_such_tool", {}]] })))))
  )

  it.effect("says where the code of today goes another way", () =>
    Effect.gen(function* () {
      const waiting = yield* said("Make A and B")
      const record = yield* recordOfTurn(waiting.id)
      // As if the two had been let through without anybody's consent.
      const entries = record.entries.map((entry) =>
        entry.fact._tag === "Approval" ? new TurnEntry({ ...entry, fact: started(record.entries) }) : entry
      )
      const replayed = yield* again({ ...record, entries })
      assert.strictEqual(replayed.end, "differs")
      assert.strictEqual(replayed.difference?.number, entries.length)
      assert.strictEqual(replayed.difference?.recorded?._tag, "Started")
      assert.strictEqual(replayed.difference?.decided?._tag, "Approval")
      const stricter = yield* replay(record, { policy: () => ({ ...defaultPolicy, maxWritesPerTurn: 0 }) }).pipe(
        Effect.provide(offlineSpecialistsLayer)
      )
      assert.strictEqual(stricter.difference?.decided?._tag, "Finished")
    }).pipe(Effect.provide(agent(twoIssues)))
  )
})

const started = (entries: ReadonlyArray<TurnEntry>): TurnFact => {
  const model = entries.flatMap(({ fact }) => (fact._tag === "Model" && fact.purpose === "work" ? [fact] : []))[0]
  const call = model?.calls[1]
  if (call === undefined) throw new Error("there is no second call")
  return { _tag: "Started", call, summary: "Create", writes: true }
}

describe("a turn's audit", () => {
  it.effect("never holds a secret that the asker pasted, nor shows it to the model", () => {
    const token = `ghp_${"a".repeat(36)}`
    const prompts: Array<string> = []
    return Effect.gen(function* () {
      const { id } = yield* said(`Use ${token} for the call`)
      const record = yield* recordOfTurn(id)
      assert.notInclude(JSON.stringify(record), token)
      assert.include(record.turn.text, "[secret removed]")
      assert.isAbove(prompts.length, 0)
      assert.notInclude(prompts.join(), token)
      assert.strictEqual((yield* again(record)).end, "same")
    }).pipe(
      Effect.provide(
        agent((given) => {
          prompts.push(given.prompt)
          return given.purpose === "route" ? route("status") : { text: "I cannot." }
        })
      )
    )
  })

  it.effect("sums what it used, and finds what was changed, dropped or cut off", () =>
    Effect.gen(function* () {
      const { id } = yield* said("What is open?")
      const { entries, turn } = yield* recordOfTurn(id)
      assert.isUndefined(yield* TurnAudit.brokenAt(turn, entries))
      assert.deepStrictEqual(TurnAudit.sumsOf(entries), {
        modelCalls: 3,
        toolCalls: 1,
        inputTokens: 300,
        cachedTokens: 0,
        outputTokens: 60,
        microDollars: 600,
        unpriced: 0
      })
      const changed = entries.map((entry) =>
        entry.fact._tag === "Finished" ? new TurnEntry({ ...entry, fact: { ...entry.fact, failed: true } }) : entry
      )
      assert.strictEqual(yield* TurnAudit.brokenAt(turn, changed), 6)
      assert.strictEqual(yield* TurnAudit.brokenAt(turn, entries.toSpliced(3, 1)), 4)
      assert.strictEqual(yield* TurnAudit.brokenAt(turn, entries.slice(0, -1)), entries.length)
      assert.strictEqual(yield* TurnAudit.brokenAt(new Turn({ ...turn, text: "Other" }), entries), 1)
      assert.strictEqual(yield* TurnAudit.brokenAt(new Turn({ ...turn, answer: "Other" }), entries), entries.length)
      assert.strictEqual(yield* TurnAudit.brokenAt(turn, []), 1)
    }).pipe(
      Effect.provide(
        agent(
          works("status", ({ prompt }) =>
            prompt.includes("tool-result") ? { text: "Nothing." } : { calls: [["search_issues", { query: "x" }]] }
          )
        )
      )
    )
  )
})
