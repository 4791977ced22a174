/** What a record adds up to, where the order of what people do decides. */
import { assert, it } from "@effect/vitest"
import { OperationId } from "@productbuilding/core"
import { DateTime, Schema } from "effect"
import { type Overdraft, TurnEntry, TurnFact } from "../src/Turn.ts"
import { recordOf } from "../src/TurnRecord.ts"

const budget: Overdraft = {
  scope: "turn",
  key: "",
  day: null,
  unit: "model calls",
  spent: 12,
  limit: 12,
  more: 12
}
const asked = { _tag: "Approval", digest: "d", calls: [], permission: "write", budget, expiresAtMs: 1 } as const
const approved = { _tag: "Decided", digest: "d", verdict: "approved", by: "Ada" } as const
const steered = { _tag: "Steered", by: "Ada", text: "Rather today" } as const

const record = (...facts: ReadonlyArray<TurnFact>) =>
  recordOf(
    facts.map(
      (fact, index) =>
        new TurnEntry({
          turnId: OperationId.make("turn"),
          number: index + 1,
          at: DateTime.makeUnsafe(0),
          fact,
          hash: ""
        })
    )
  )

it("grants what the newest question asked for, by the first decision on it, unless more was said before", () => {
  assert.deepStrictEqual(record(asked).granted, [])
  assert.deepStrictEqual(record(asked, approved).granted, [budget])
  assert.deepStrictEqual(record(asked, approved, approved).granted, [budget])
  assert.deepStrictEqual(record(asked, steered, approved).granted, [])
  assert.strictEqual(record(asked, steered, approved).approval?.verdict, "void")
  assert.deepStrictEqual(record(asked, { ...approved, digest: "another" }).granted, [])
  for (const verdict of ["rejected", "expired"] as const) {
    assert.deepStrictEqual(record(asked, { ...approved, verdict }).granted, [])
    assert.deepStrictEqual(record(asked, { ...approved, verdict }, approved).granted, [])
  }
  const again = { ...asked, digest: "e" }
  assert.deepStrictEqual(record(asked, approved, again).granted, [budget])
  assert.deepStrictEqual(record(asked, approved, again, { ...approved, digest: "e" }).granted, [budget, budget])
})

it("grants nothing by consent to calls", () => {
  const { budget: _, ...calls } = { ...asked, calls: [{ id: "1.1", summary: "Close #7" }] }
  assert.deepStrictEqual(record(calls, approved).granted, [])
})

it("reads and writes what was recorded before budgets were asked for as it was", () => {
  const json = `{"_tag":"Approval","digest":"d","calls":[{"id":"1.1","summary":"Close #7"}],"permission":"triage","expiresAtMs":1}`
  const Json = Schema.fromJsonString(TurnFact)
  assert.strictEqual(Schema.encodeSync(Json)(Schema.decodeSync(Json)(json)), json)
})

it("knows what was left out of the plan that the newest question asked for", () => {
  const plan = {
    _tag: "Approval",
    digest: "d",
    calls: ["1.1", "1.2"].map((id) => ({ id, summary: `Close ${id}` })),
    permission: "triage",
    expiresAtMs: 1
  } as const
  const partly = { ...approved, without: ["1.2"] }
  assert.deepStrictEqual(record(plan).approval?.without, [])
  assert.deepStrictEqual(record(plan, approved).approval?.without, [])
  assert.deepStrictEqual(record(plan, partly).approval?.without, ["1.2"])
  assert.deepStrictEqual(record(plan, approved, partly).approval?.without, [])
  assert.deepStrictEqual(record(plan, steered, partly).approval?.without, [])
  assert.deepStrictEqual(record(plan, partly, { ...plan, digest: "e" }).approval?.without, [])
})

it("reads and writes decisions that were recorded before parts could be left out as they were", () => {
  const json = `{"_tag":"Decided","digest":"d","verdict":"approved","by":"Ada"}`
  const Json = Schema.fromJsonString(TurnFact)
  assert.strictEqual(Schema.encodeSync(Json)(Schema.decodeSync(Json)(json)), json)
})
