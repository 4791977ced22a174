import { assert, it } from "@effect/vitest"
import type { ApprovalEntry } from "@productbuilding/agent"
import { OperationId } from "@productbuilding/core"
import type { Checkboxes } from "@slack/web-api"
import { Option } from "effect"
import { planChangeOf, planModal, saidWith } from "../../src/slack/PlanModal.ts"

const turn = OperationId.make("0195f000-0000-7000-8000-000000000000")

const planOf = (...summaries: ReadonlyArray<string>): typeof ApprovalEntry.Type => ({
  _tag: "Approval",
  digest: "d",
  calls: summaries.map((summary, index) => ({ id: `2.${index + 1}`, summary })),
  permission: "triage",
  expiresAtMs: 1
})

const boxesOf = ({ blocks }: ReturnType<typeof planModal>): ReadonlyArray<Checkboxes> =>
  blocks.flatMap((block) =>
    "element" in block && block.type === "input" && block.element.type === "checkboxes" ? [block.element] : []
  )

const submission = (plan: typeof ApprovalEntry.Type, values: object, over: object = {}) => {
  const { callback_id, private_metadata } = planModal(turn, plan, { shared: true })
  return {
    type: "view_submission",
    team: { id: "T" },
    user: { id: "U" },
    view: { callback_id, private_metadata, state: { values }, ...over }
  }
}

it("offers every step ticked, in groups that Slack takes, and shows in full what a box cannot hold", () => {
  const long = Array.from({ length: 23 }, (_, index) => `Comment on #${index}: "${"<👩‍🚀>".repeat(40)}"`)
  const modal = planModal(turn, planOf(...long), { shared: false })
  const boxes = boxesOf(modal)
  assert.deepStrictEqual(
    boxes.map(({ options }) => options.length),
    [10, 10, 3]
  )
  for (const { initial_options, options } of boxes) {
    assert.deepStrictEqual(initial_options, options)
    for (const { text } of options) {
      assert.isAtMost(text.text.length, 75)
      assert.isTrue(text.text.isWellFormed())
    }
  }
  const ids = boxes.flatMap(({ options }) => options.map(({ value }) => value))
  assert.deepStrictEqual(
    ids,
    long.map((_, index) => `2.${index + 1}`)
  )
  const sections = modal.blocks.flatMap((block) =>
    block.type === "section" && "text" in block ? [block.text?.text ?? ""] : []
  )
  for (const line of long) {
    assert.include(sections.join("\n"), line.replaceAll("<", "&lt;").replaceAll(">", "&gt;"))
  }
  assert.isAtMost(modal.blocks.length, 100)
  for (const { text } of [modal.title, modal.submit ?? modal.title, modal.close ?? modal.title]) {
    assert.isAtMost(text.length, 24)
  }
  assert.lengthOf(planModal(turn, planOf("Close #1", "Close #2"), { shared: false }).blocks, 3)
})

it("brings back what is ticked, in any group, and the words", () => {
  const plan = planOf("Close #1", "Close #2", "Close #3")
  const ticked = { type: "checkboxes", selected_options: [{ value: "2.3", text: {} }] }
  const payload = submission(plan, {
    "steps-0": { "steps-0": { type: "checkboxes", selected_options: [] } },
    "steps-1": { "steps-1": ticked },
    words: { words: { type: "plain_text_input", value: "  Label them \n" } }
  })
  const change = Option.getOrUndefined(planChangeOf(payload)) ?? assert.fail("nothing came back")
  assert.deepStrictEqual(
    [change.turn, change.digest, change.shared, change.team, change.user, Array.from(change.ticked), change.words],
    [turn, "d", true, "T", "U", ["2.3"], "Label them"]
  )
  assert.strictEqual(
    saidWith(plan, change),
    "Label them\n\nOf what you wanted to do, not this:\n> 1. Close #1\n> 2. Close #2"
  )
  assert.strictEqual(saidWith(plan, { ...change, ticked: new Set(["2.1", "2.2", "2.3"]) }), "Label them")
})

it("is nothing of ours where another modal was sent, or what it carries is not what we gave it", () => {
  const plan = planOf("Close #1", "Close #2")
  for (const over of [
    { callback_id: "another" },
    { private_metadata: "" },
    { private_metadata: "{}" },
    { private_metadata: '{"turn":"x","digest":1,"shared":false}' },
    { state: {} }
  ]) {
    assert.isTrue(Option.isNone(planChangeOf(submission(plan, {}, over))), JSON.stringify(over))
  }
  assert.isTrue(Option.isNone(planChangeOf({ ...submission(plan, {}), type: "block_actions" })))
})
