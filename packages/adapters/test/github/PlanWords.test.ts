import { assert, it } from "@effect/vitest"
import { answersTo, leftOutBy, planAnswerOf } from "../../src/github/PlanWords.ts"

const calls = ["a", "b", "c"].map((id) => ({ id }))
const leftOut = (words: string) => leftOutBy(planAnswerOf(words) ?? assert.fail(`no answer: ${words}`), calls)

it("an answer takes the whole plan, the steps that it names, or all but those", () => {
  for (const [words, without] of [
    ["approve", []],
    ["go on", []],
    ["cancel", []],
    ["approve 1, 3", ["b"]],
    ["approve 1,3", ["b"]],
    ["yes 1 and 3", ["b"]],
    ["approve 1 3", ["b"]],
    ["approve 1, 2, and 3", []],
    ["approve only step 2", ["a", "c"]],
    ["approve without 2", ["b"]],
    ["approve all without 1 and 2", ["a", "b"]],
    ["do it, without steps 2, 3", ["b", "c"]],
    ["approve except 3", ["c"]]
  ] as const) {
    assert.deepStrictEqual(leftOut(words), { without: [...without], missing: [] }, words)
  }
  assert.isFalse(planAnswerOf("cancel")?.approve)
})

it("numbers that the plan does not have are named", () => {
  assert.deepStrictEqual(leftOut("approve 1, 7").missing, [7])
  assert.deepStrictEqual(leftOut("approve without 0").missing, [0])
  assert.deepStrictEqual(leftOut("approve 99999999999999999999").missing, [1e20])
})

it("anything else is no answer, and so is said to the agent", () => {
  for (const words of [
    "approve 1-3",
    "approve the first",
    "cancel 2",
    "approve 1 but later",
    "close 1, 3",
    "approve without"
  ]) {
    assert.isUndefined(planAnswerOf(words), words)
  }
})

it("tells of parts only where there are some, in words that are understood", () => {
  assert.strictEqual(answersTo(1, "Bot"), "`@Bot approve` or `@Bot cancel`")
  for (const count of [2, 3, 9]) {
    const told = Array.from(answersTo(count, "Bot").matchAll(/`@Bot ([^`]+)`/g), ([, words = ""]) => words)
    assert.lengthOf(told, 4)
    const plan = Array.from({ length: count }, (_, index) => ({ id: `${index}` }))
    for (const words of told) {
      assert.deepStrictEqual(leftOutBy(planAnswerOf(words) ?? assert.fail(words), plan).missing, [])
    }
  }
})
