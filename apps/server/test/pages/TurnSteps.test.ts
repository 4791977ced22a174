import { assert, it } from "vitest"
import { turnSteps } from "../../src/pages/TurnSteps.ts"
import { wholeTurn } from "./samples.ts"

const fact = {
  _tag: "Approval",
  digest: "d",
  calls: [],
  permission: "admin",
  budget: {
    scope: "project",
    key: "acme/shop",
    day: "2026-11-21",
    unit: "tokens",
    spent: 4_999_000,
    limit: 5_000_000,
    more: 200_000
  },
  expiresAtMs: wholeTurn().turn.createdAt + 3_600_000
} as const

it("shows what of a budget was spent, how much more was asked for, of whom, and for how long", () => {
  const [step] = turnSteps(wholeTurn([fact]))
  assert.deepStrictEqual([step?.who, step?.tone], ["Consent", "wait"])
  assert.match(step?.title ?? "", /needed for more: .*4,999,000 tokens of 5,000,000 tokens/)
  assert.deepStrictEqual(step?.facts, [
    "200,000 tokens more",
    'from somebody with the permission "admin"',
    "within 1 h 00 m"
  ])
})
