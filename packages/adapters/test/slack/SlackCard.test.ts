import { PullRequestNumber, RepositoryName, ThreadFacts } from "@productbuilding/core"
import { assert, describe, it } from "vitest"
import { maxBlocks, maxHeaderText, maxSectionText } from "../../src/slack/MessageText.ts"
import { renderCard } from "../../src/slack/SlackCard.ts"

const facts = (change: Partial<ThreadFacts> = {}) =>
  new ThreadFacts({
    repository: RepositoryName.make("acme/shop"),
    number: PullRequestNumber.make(12),
    kind: "pull request",
    title: "Add mugs",
    author: "ada",
    state: "open",
    labels: [],
    assignees: [],
    reviewers: [],
    reviews: [],
    checks: null,
    url: "https://github.com/acme/shop/pull/12",
    ...change
  })

const plain = (login: string) => login

describe("renderCard", () => {
  it("shows an issue with its state, author and a button, and nothing that it has not", () => {
    const { blocks, text } = renderCard(facts({ kind: "issue", title: "<!channel> & co" }), undefined, plain)
    assert.strictEqual(text, "Issue #12: &lt;!channel&gt; &amp; co (open)")
    assert.deepStrictEqual(
      blocks.map(({ type }) => type),
      ["header", "section", "actions", "context"]
    )
    assert.notInclude(JSON.stringify(blocks), "Reviews")
  })

  it("shows labels, people, verdicts and checks", () => {
    const text = JSON.stringify(
      renderCard(
        facts({
          labels: ["bug", "a`b"],
          assignees: ["grace"],
          reviewers: ["linus"],
          reviews: [
            { login: "ken", verdict: "approved" },
            { login: "joan", verdict: "changes requested" }
          ],
          checks: { passed: 3, failed: 1, running: 2 }
        }),
        undefined,
        (login) => `<@U_${login}>`
      ).blocks
    )
    for (const part of [
      "`bug`",
      "<@U_grace>",
      "<@U_linus>",
      ":white_check_mark: <@U_ken>, :x: <@U_joan>",
      ":x: 1 failed  :hourglass_flowing_sand: 2 running  :white_check_mark: 3 passed"
    ])
      assert.include(text, part)
  })

  it("stays within Slack's limits, whatever somebody writes", () => {
    const long = "x".repeat(5000)
    const { blocks } = renderCard(
      facts({ title: long, labels: Array.from({ length: 100 }, () => long.slice(0, 50)), author: long }),
      undefined,
      plain
    )
    assert.isAtMost(blocks.length, maxBlocks)
    for (const block of blocks) {
      if (block.type === "header") assert.isAtMost(block.text.text.length, maxHeaderText)
      if (block.type === "section") {
        assert.isAtMost(block.text?.text.length ?? 0, maxSectionText)
        for (const field of block.fields ?? []) assert.isAtMost(field.text.length, 2000)
        assert.isAtMost(block.fields?.length ?? 0, 10)
      }
    }
  })
})
