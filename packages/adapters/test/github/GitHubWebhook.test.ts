import { assert, describe, it } from "@effect/vitest"
import webhooks from "@octokit/webhooks-examples" with { type: "json" }
import { Option, Schema } from "effect"
import { incomingDelivery, pullRequestOf } from "../../src/github/GitHubWebhook.ts"

const Examples = Schema.Array(Schema.Struct({ name: Schema.String, examples: Schema.Array(Schema.Unknown) }))
const examples = Schema.decodeUnknownSync(Examples)(webhooks)

const guid = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
const body = new TextEncoder().encode("{}")

describe("GitHub's webhook request", () => {
  it("is a delivery under its GUID", () => {
    const delivery = incomingDelivery({ "x-github-delivery": guid, "x-github-event": "pull_request" }, body)
    assert.deepStrictEqual(Option.getOrUndefined(Option.map(delivery, (one) => ({ ...one, id: String(one.id) }))), {
      id: `github:${guid}`,
      source: "github",
      event: "pull_request",
      body
    })
  })

  it("is none without GitHub's headers, or with ones that cannot be its", () => {
    for (const headers of [
      {},
      { "x-github-delivery": guid },
      { "x-github-event": "push" },
      { "x-github-delivery": "", "x-github-event": "push" },
      { "x-github-delivery": `${guid}\n`, "x-github-event": "push" },
      { "x-github-delivery": guid, "x-github-event": "x".repeat(200) }
    ]) {
      assert.isTrue(Option.isNone(incomingDelivery(headers, body)))
    }
  })
})

describe("the pull request of a payload", () => {
  const all = examples.flatMap(({ examples: payloads, name }) => payloads.map((payload) => ({ name, payload })))

  it("is read from every example of GitHub's that is about one, and from no other", () => {
    const events = new Map<string, number>()
    for (const { name, payload } of all) {
      const mention = pullRequestOf(name, payload)
      if (Option.isNone(mention)) continue
      events.set(name, (events.get(name) ?? 0) + 1)
      assert.match(mention.value.repository, /^[^/]+\/[^/]+$/)
      assert.isAbove(mention.value.number, 0)
      assert.isNotEmpty(mention.value.action)
    }
    assert.isAbove(all.length, 200)
    const expected = all.filter(({ name }) => name.startsWith("pull_request"))
    assert.isAbove(expected.length, 20)
    for (const { name, payload } of expected) assert.isTrue(Option.isSome(pullRequestOf(name, payload)), name)
    assert.deepStrictEqual(
      Array.from(events.keys()).filter((name) => !/^(pull_request|issues$|issue_comment$)/.test(name)),
      []
    )
  })

  it("is read from a comment on it, and not from one on an issue", () => {
    const repository = { full_name: "acme/shop" }
    const comment = { action: "created", repository, issue: { number: 7, pull_request: { url: "https://x" } } }
    assert.strictEqual(
      Option.getOrUndefined(Option.map(pullRequestOf("issue_comment", comment), ({ number }) => Number(number))),
      7
    )
    assert.isTrue(
      Option.isNone(pullRequestOf("issue_comment", { action: "created", repository, issue: { number: 7 } }))
    )
  })

  it("is none in what GitHub would never send", () => {
    for (const payload of [
      undefined,
      null,
      0,
      "text",
      [],
      {},
      { action: "opened", repository: { full_name: "acme" }, pull_request: { number: 1 } },
      { action: "opened", repository: { full_name: "acme/shop" }, pull_request: { number: 0 } },
      { action: 1, repository: { full_name: "acme/shop" }, pull_request: { number: 1 } }
    ]) {
      for (const event of ["pull_request", "pull_request_review", "issue_comment", "push", "", "__proto__"]) {
        assert.isTrue(Option.isNone(pullRequestOf(event, payload)))
      }
    }
  })
})
