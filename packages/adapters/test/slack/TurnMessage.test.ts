import { assert, it } from "@effect/vitest"
import { Asker, ConversationId, recordOf, Turn, TurnEntry, type TurnFact } from "@productbuilding/agent"
import { OperationId } from "@productbuilding/core"
import { DateTime } from "effect"
import { renderTurn, type TurnMessage } from "../../src/slack/TurnMessage.ts"

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
  const { blocks } = renderTurn(turn, recordOf([entry]), { folded: true })
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
  const { blocks } = renderTurn(turn, recordOf([entry]), { folded: true })
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

it("offers to change a plan, but not a single call", () => {
  const buttons = (count: number) => {
    const calls = Array.from({ length: count }, (_, index) => ({ id: `1.${index}`, summary: `Close #${index}` }))
    const fact = { _tag: "Approval", digest: "d", calls, permission: "triage", expiresAtMs: 1 } as const
    return renderTurn(turn, recordOf([entryOf(1, fact)]), { folded: true }).blocks.flatMap((block) =>
      block.type === "actions"
        ? block.elements.flatMap((one) => (one.type === "button" ? [[one.action_id, one.value, one.text.text]] : []))
        : []
    )
  }
  assert.deepStrictEqual(buttons(2), [
    ["turn-approve", `${id} d`, "Do all of it"],
    ["turn-change", `${id} d`, "Change …"],
    ["turn-reject", `${id} d`, "Cancel"]
  ])
  assert.deepStrictEqual(
    buttons(1).map(([, , text]) => text),
    ["Do it", "Cancel"]
  )
})

const working = new Turn({ ...turn, state: "running" })
const entryOf = (number: number, fact: TurnFact) =>
  new TurnEntry({ turnId: id, number, at: DateTime.makeUnsafe(0), fact, hash: "" })

/** So many steps: the first has failed, the last one runs. */
const recordWith = (count: number, what = "<&>".repeat(200)) =>
  recordOf(
    Array.from({ length: count }, (_, index) => index + 1).flatMap((number) => [
      entryOf(2 * number, {
        _tag: "Started",
        call: { id: `1.${number}`, tool: "read_file", params: {} },
        summary: `Read the file ${number}: ${what}`,
        writes: false
      }),
      ...(number === count
        ? []
        : [
            entryOf(2 * number + 1, {
              _tag: "Finished",
              callId: `1.${number}`,
              result: null,
              failed: number === 1,
              resources: [],
              durationMs: 1
            })
          ])
    ])
  )

const planIn = ({ blocks }: TurnMessage) => blocks.flatMap((block) => (block.type === "plan" ? [block] : []))[0]

it("folds the steps, with how each went; of a long turn the last ones, and how many there were", () => {
  const few = planIn(renderTurn(working, recordWith(3), { folded: true }))
  assert.strictEqual(few?.title, "3 steps, of which 1 failed")
  assert.deepStrictEqual(
    few?.tasks?.map(({ status }) => status),
    ["error", "complete", "in_progress"]
  )
  const many = planIn(renderTurn(working, recordWith(300), { folded: true }))
  assert.strictEqual(many?.title, "300 steps, of which 1 failed")
  assert.strictEqual(many?.tasks?.length, 21)
  assert.strictEqual(many?.tasks?.[0]?.title, "… and 280 earlier steps")
  assert.strictEqual(planIn(renderTurn(working, recordWith(1), { folded: true }))?.title, "1 step")
  assert.isUndefined(planIn(renderTurn(working, recordOf([]), { folded: true })))
})

it("shows the last steps as lines where they cannot be folded, within what a block may hold", () => {
  const linesOf = (count: number, escaped: string) => {
    const [, steps] = renderTurn(working, recordWith(count, escaped), { folded: false }).blocks
    const text = steps?.type === "context" && steps.elements[0]?.type === "mrkdwn" ? steps.elements[0].text : ""
    assert.isAtMost(text.length, 3000)
    return text.split("\n")
  }
  const plain = linesOf(300, "notes")
  assert.strictEqual(plain.length, 9)
  assert.strictEqual(plain[0], "_… and 292 earlier steps_")
  assert.strictEqual(plain[8], ":hourglass_flowing_sand: Read the file 300: notes")
  const long = linesOf(300, "<&>".repeat(200))
  assert.strictEqual(long[0], `_… and ${301 - long.length} earlier steps_`)
  assert.include(long.at(-1), ":hourglass_flowing_sand: Read the file 300: ")
  assert.deepStrictEqual(linesOf(1, "notes"), [":hourglass_flowing_sand: Read the file 1: notes"])
})

it("shows what the asker was warned of, after the steps", () => {
  const warned = recordOf([
    entryOf(1, { _tag: "Warned", budget: "turn tokens", detail: "This request has used 8 tokens of <9> tokens." })
  ])
  for (const folded of [true, false]) {
    assert.include(
      JSON.stringify(renderTurn(working, warned, { folded }).blocks),
      ":warning: This request has used 8 tokens of &lt;9&gt; tokens."
    )
  }
})
