import { assert, it } from "@effect/vitest"
import { Asker, ConversationId, recordOf, Turn, TurnEntry } from "@productbuilding/agent"
import { OperationId } from "@productbuilding/core"
import { DateTime } from "effect"
import { renderTurn } from "../../src/slack/TurnMessage.ts"

const id = OperationId.make("0195f000-0000-7000-8000-000000000000")
const turn = new Turn({
  id,
  conversation: ConversationId.make("slack:T:C:1"),
  repository: null,
  about: null,
  asker: new Asker({ id: "slack:T:U", name: "Ada", login: "ada", guest: false, sharedChannel: false }),
  text: "Do it",
  state: "waiting",
  leg: 0,
  outcome: null,
  answer: null,
  createdAt: DateTime.makeUnsafe(0),
  endedAt: null
})

it("shows all of what somebody is asked to agree to, however much it is", () => {
  const calls = Array.from({ length: 30 }, (_, index) => ({
    id: `1.${index}`,
    summary: `Comment on #${index}: "${"<&>".repeat(160)}"`
  }))
  const entry = new TurnEntry({
    turnId: id,
    number: 1,
    at: DateTime.makeUnsafe(0),
    fact: { _tag: "Approval", digest: "d", calls, permission: "triage", expiresAtMs: 1 },
    hash: ""
  })
  const { blocks } = renderTurn(turn, recordOf([entry]))
  const sections = blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : []))
  assert.isAtMost(blocks.length, 50)
  for (const text of sections) assert.isAtMost(text.length, 3000)
  for (const { id: call } of calls) assert.include(sections.join("\n"), `Comment on #${call.slice(2)}: `)
})

it("asks for more of a budget with what is spent, what more it would be, who may decide and until when", () => {
  const budget = {
    scope: "user",
    key: "slack:T:U",
    day: "2026-11-21",
    unit: "money",
    spent: 4_990_000,
    limit: 5_000_000,
    more: 1_000_000
  } as const
  const entry = new TurnEntry({
    turnId: id,
    number: 1,
    at: DateTime.makeUnsafe(0),
    fact: { _tag: "Approval", digest: "d", calls: [], permission: "admin", budget, expiresAtMs: 1_000 },
    hash: ""
  })
  const { blocks } = renderTurn(turn, recordOf([entry]))
  const shown = JSON.stringify(blocks)
  for (const words of [
    "May I go on?",
    "$4.99 of $5.00",
    "up to $1.00 more, for this request only",
    "permission admin"
  ]) {
    assert.include(shown, words)
  }
  assert.include(shown, "<!date^1^{time}|it expires>")
  const buttons = blocks.flatMap((block) =>
    block.type === "actions"
      ? block.elements.flatMap((one) => (one.type === "button" ? [[one.action_id, one.value, one.text.text]] : []))
      : []
  )
  assert.deepStrictEqual(buttons, [
    ["turn-approve", `${id} d`, "Go on"],
    ["turn-reject", `${id} d`, "Stop here"]
  ])
})
