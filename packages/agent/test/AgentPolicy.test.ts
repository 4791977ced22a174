import { assert, describe, it } from "@effect/vitest"
import { PullRequestNumber, RepositoryName, threadId } from "@productbuilding/core"
import { defaultPolicy, judge, refusalOf } from "../src/AgentPolicy.ts"
import type { ToolEffect } from "../src/AgentTool.ts"
import { Asker } from "../src/Conversation.ts"
import { includes, type Permission } from "../src/Members.ts"

const shop = RepositoryName.make("acme/shop")
const other = RepositoryName.make("acme/other")
const asker = (fields: Partial<Asker> = {}) =>
  new Asker({ id: "slack:T:U", name: "Ada", login: "ada", guest: false, sharedChannel: false, ...fields })

const permissions: ReadonlyArray<Permission> = ["none", "read", "triage", "write", "admin"]
const effects: ReadonlyArray<ToolEffect> = ["read", "note", "change", "destructive"]
const both = [false, true]
const own = threadId(shop, PullRequestNumber.make(1))
const another = threadId(shop, PullRequestNumber.make(2))

describe("judge", () => {
  it("never lets a write run that the asker could not do alone, whatever the circumstances", () => {
    let cases = 0
    for (const has of permissions)
      for (const needs of permissions)
        for (const effect of effects)
          for (const login of ["ada", null])
            for (const target of [shop, other, null])
              for (const thread of [null, own, another])
                for (const readOutside of both)
                  for (const writesTogether of [1, 2])
                    for (const writesDone of [0, defaultPolicy.maxWritesPerTurn]) {
                      const verdict = judge(
                        { name: "tool", effect, permission: needs },
                        { repository: target, target: thread, labels: [] },
                        {
                          policy: defaultPolicy,
                          repository: shop,
                          asker: asker({ login }),
                          permission: has,
                          writesDone,
                          writesTogether,
                          readOutside,
                          threads: [own]
                        }
                      )
                      cases++
                      const may = target === shop && login !== null && includes(has, needs) && writesDone === 0
                      if (effect === "read") {
                        assert.strictEqual(verdict.kind, target === shop ? "allow" : "deny")
                      } else if (!may) {
                        assert.strictEqual(verdict.kind, "deny")
                      } else if (
                        effect === "destructive" ||
                        writesTogether > 1 ||
                        (readOutside && (effect === "change" || thread === another))
                      ) {
                        assert.strictEqual(verdict.kind, "ask")
                      } else {
                        assert.strictEqual(verdict.kind, "allow")
                      }
                      if (verdict.kind === "deny") assert.match(verdict.reason, /\S/)
                      if (verdict.kind === "ask") assert.isTrue(includes(verdict.permission, "triage"))
                    }
    assert.strictEqual(cases, 5 * 5 * 4 * 2 * 3 * 3 * 2 * 2 * 2)
  })

  it("sets only labels that the policy allows, and says which those are", () => {
    const verdict = judge(
      { name: "label_issue", effect: "note", permission: "triage" },
      { repository: shop, target: own, labels: ["bug", "deploy"] },
      {
        policy: { ...defaultPolicy, labels: ["bug", "docs"] },
        repository: shop,
        asker: asker(),
        permission: "admin",
        writesDone: 0,
        writesTogether: 1,
        readOutside: false,
        threads: [own]
      }
    )
    assert.deepStrictEqual(verdict, {
      kind: "deny",
      reason: "The label deploy may not be set here. Allowed: bug, docs."
    })
  })

  it("lets a turn that has read what others wrote make one note alone, where the asker has chosen", () => {
    const verdict = (writesDone: number, target: typeof own | null, readOutside = true) =>
      judge(
        { name: "comment_on_issue", effect: "note", permission: "read" },
        { repository: shop, target, labels: [] },
        {
          policy: defaultPolicy,
          repository: shop,
          asker: asker(),
          permission: "write",
          writesDone,
          writesTogether: 1,
          readOutside,
          threads: [RepositoryName.make("ACME/shop")].map((name) => threadId(name, PullRequestNumber.make(1)))
        }
      ).kind
    assert.deepStrictEqual(
      [verdict(0, null), verdict(0, own), verdict(0, another), verdict(1, own), verdict(1, null)],
      ["allow", "allow", "ask", "ask", "ask"]
    )
    assert.deepStrictEqual([verdict(0, another, false), verdict(5, another, false)], ["allow", "allow"])
  })

  it("uses another repository only where the policy names it, in any case", () => {
    const verdict = (repositories: ReadonlyArray<RepositoryName>) =>
      judge(
        { name: "create_issue", effect: "note", permission: "triage" },
        { repository: other, target: null, labels: [] },
        {
          policy: { ...defaultPolicy, repositories },
          repository: shop,
          asker: asker(),
          permission: "write",
          writesDone: 0,
          writesTogether: 1,
          readOutside: false,
          threads: [own]
        }
      ).kind
    assert.strictEqual(verdict([]), "deny")
    assert.strictEqual(verdict([RepositoryName.make("ACME/Other")]), "allow")
  })
})

describe("refusalOf", () => {
  it("answers neither guests nor shared channels, unless the policy says so", () => {
    assert.isUndefined(refusalOf(defaultPolicy, asker()))
    assert.match(refusalOf(defaultPolicy, asker({ guest: true })) ?? "", /Guests/)
    assert.match(refusalOf(defaultPolicy, asker({ sharedChannel: true })) ?? "", /shared/)
    const open = { ...defaultPolicy, guests: true, sharedChannels: true }
    assert.isUndefined(refusalOf(open, asker({ guest: true, sharedChannel: true })))
  })
})
