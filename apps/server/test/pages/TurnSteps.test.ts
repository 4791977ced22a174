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

it("shows what was left out of a plan: with the consent, and in the call's own place", () => {
  const { budget: _, ...plan } = {
    ...fact,
    calls: [
      { id: "2.1", summary: "Close #7" },
      { id: "2.2", summary: "Close #8" }
    ]
  }
  const steps = turnSteps(
    wholeTurn([
      plan,
      { _tag: "Decided", digest: "d", verdict: "approved", by: "Ada", without: ["2.2"] },
      {
        _tag: "Finished",
        callId: "2.2",
        result: { error: "Ada left this out of the plan. Do not try it again." },
        failed: true,
        resources: [],
        durationMs: 0
      }
    ])
  )
  assert.deepStrictEqual(
    steps.slice(1).map(({ facts, title, tone, who }) => [who, tone, title, facts[0]]),
    [
      ["Consent", "good", "Ada agreed", "without: Close #8"],
      ["Left out", "gone", "Close #8", undefined]
    ]
  )
})
