import { assert, it } from "@effect/vitest"
import { Asker, ConversationId, type Overdraft, recordOf, Turn, TurnEntry } from "@productbuilding/agent"
import { OperationId } from "@productbuilding/core"
import { DateTime } from "effect"
import { renderTurnComment } from "../../src/github/TurnComments.ts"

const id = OperationId.make("0195f000-0000-7000-8000-000000000000")
const turn = new Turn({
  id,
  conversation: ConversationId.make("acme/shop#1"),
  repository: null,
  about: null,
  asker: new Asker({ id: "github:ada", name: "ada", login: "ada", guest: false, sharedChannel: false }),
  text: "Do it",
  state: "waiting",
  leg: 0,
  outcome: null,
  answer: null,
  createdAt: DateTime.makeUnsafe(0),
  endedAt: null
})

it("asks for more of a budget with what is spent, what more it would be, who may decide, how and until when", () => {
  const budget: Overdraft = {
    scope: "turn",
    key: "",
    day: null,
    unit: "model calls",
    spent: 12,
    limit: 12,
    more: 12
  }
  const entry = new TurnEntry({
    turnId: id,
    number: 1,
    at: DateTime.makeUnsafe(0),
    fact: { _tag: "Approval", digest: "d", calls: [], permission: "write", budget, expiresAtMs: 3_600_000 },
    hash: ""
  })
  const comment = renderTurnComment(turn, recordOf([entry]), "ProductBuilder")
  for (const words of [
    "May I go on?",
    "I have used 12 model calls on this",
    "up to 12 model calls more, for this request only",
    "permission write",
    "`@ProductBuilder approve` or `@ProductBuilder cancel` until 1970-01-01 01:00 UTC"
  ]) {
    assert.include(comment, words)
  }
})

it("shows what the asker was warned of", () => {
  const fact = { _tag: "Warned", budget: "user u", detail: "Four fifths of *it* are spent." } as const
  const entry = new TurnEntry({ turnId: id, number: 1, at: DateTime.makeUnsafe(0), fact, hash: "" })
  assert.include(
    renderTurnComment(new Turn({ ...turn, state: "running" }), recordOf([entry]), "ProductBuilder"),
    "⚠️ Four fifths of \\*it\\* are spent."
  )
})
