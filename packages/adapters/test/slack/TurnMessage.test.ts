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
