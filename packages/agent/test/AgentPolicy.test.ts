import { assert, describe, it } from "@effect/vitest"
import { RepositoryName } from "@productbuilding/core"
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

describe("judge", () => {
  it("never lets a write run that the asker could not do alone, whatever the circumstances", () => {
    let cases = 0
    for (const has of permissions)
      for (const needs of permissions)
        for (const effect of effects)
          for (const login of ["ada", null])
            for (const target of [shop, other, null])
              for (const readOutside of both)
                for (const writesTogether of [1, 2])
                  for (const writesDone of [0, defaultPolicy.maxWritesPerTurn]) {
                    const verdict = judge(
                      { name: "tool", effect, permission: needs },
                      { repository: target, labels: [] },
                      {
                        policy: defaultPolicy,
                        repository: shop,
                        asker: asker({ login }),
                        permission: has,
                        writesDone,
                        writesTogether,
                        readOutside
                      }
                    )
                    cases++
                    const may = target === shop && login !== null && includes(has, needs) && writesDone === 0
                    if (effect === "read") {
                      assert.strictEqual(verdict.kind, target === shop ? "allow" : "deny")
                    } else if (!may) {
                      assert.strictEqual(verdict.kind, "deny")
                    } else if (effect === "destructive" || writesTogether > 1 || (effect === "change" && readOutside)) {
                      assert.strictEqual(verdict.kind, "ask")
                    } else {
                      assert.strictEqual(verdict.kind, "allow")
                    }
                    if (verdict.kind === "deny") assert.match(verdict.reason, /\S/)
                    if (verdict.kind === "ask") assert.isTrue(includes(verdict.permission, "triage"))
                  }
    assert.strictEqual(cases, 5 * 5 * 4 * 2 * 3 * 2 * 2 * 2)
  })

  it("sets only labels that the policy allows, and says which those are", () => {
    const verdict = judge(
      { name: "label_issue", effect: "note", permission: "triage" },
      { repository: shop, labels: ["bug", "deploy"] },
      {
        policy: { ...defaultPolicy, labels: ["bug", "docs"] },
        repository: shop,
        asker: asker(),
        permission: "admin",
        writesDone: 0,
        writesTogether: 1,
        readOutside: false
      }
    )
    assert.deepStrictEqual(verdict, {
      kind: "deny",
      reason: "The label deploy may not be set here. Allowed: bug, docs."
    })
  })

  it("uses another repository only where the policy names it, in any case", () => {
    const verdict = (repositories: ReadonlyArray<string>) =>
      judge(
        { name: "create_issue", effect: "note", permission: "triage" },
        { repository: other, labels: [] },
        {
          policy: { ...defaultPolicy, repositories },
          repository: shop,
          asker: asker(),
          permission: "write",
          writesDone: 0,
          writesTogether: 1,
          readOutside: false
        }
      ).kind
    assert.strictEqual(verdict([]), "deny")
    assert.strictEqual(verdict(["ACME/Other"]), "allow")
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
