import { DateTime } from "effect"
import { assert, describe, it } from "vitest"
import { eventFilter } from "../src/EventFilter.ts"
import { Event } from "../src/Operation.ts"

const event = (subject: string, type = "state") =>
  new Event({
    sequence: 1,
    operationId: null,
    subject,
    lane: "append",
    type,
    data: null,
    at: DateTime.makeUnsafe(0)
  })

describe("a filter of events", () => {
  for (const [pattern, fitting, others] of [
    ["acme/shop#1", ["acme/shop#1", "Acme/Shop#1"], ["acme/shop#12", "x-acme/shop#1"]],
    ["acme/*", ["acme/shop#1", "acme/"], ["acme", "other/acme/shop"]],
    ["*", ["acme/shop#1", ""], []],
    ["*#1", ["acme/shop#1", "#1"], ["acme/shop#11"]],
    ["a*a", ["aa", "aba"], ["a"]],
    ["*a*b*", ["ab", "xaxbx"], ["ba"]],
    ["a*bc*c", ["abcc", "axbcxc"], ["abc"]],
    ["a.c", ["a.c"], ["abc"]]
  ] as const) {
    it(`${pattern} fits ${fitting.join(", ")}`, () => {
      const wants = eventFilter({ subjects: [pattern], types: [] })
      for (const subject of fitting) assert.isTrue(wants(event(subject)), subject)
      for (const subject of others) assert.isFalse(wants(event(subject)), subject)
    })
  }

  it("wants one of the subjects and one of the types, and without any all", () => {
    const wants = eventFilter({ subjects: ["a*", "b*"], types: ["state", "log"] })
    assert.isTrue(wants(event("b1", "log")))
    assert.isFalse(wants(event("b1", "step")))
    assert.isFalse(wants(event("c1", "log")))
    assert.isTrue(eventFilter({ subjects: [], types: [] })(event("anything", "at all")))
  })

  it("takes a hostile pattern in its stride", () => {
    const wants = eventFilter({ subjects: [`${"*a".repeat(50)}*b`], types: [] })
    assert.isFalse(wants(event("a".repeat(100_000))))
  })
})
