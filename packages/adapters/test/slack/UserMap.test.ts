import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { parseUserMap } from "../../src/slack/UserMap.ts"

describe("parseUserMap", () => {
  it("knows people by both of their names, logins in any case", () => {
    const map = Result.getOrThrow(parseUserMap(" ada=U012ABC, Grace-H=W345DEF ,"))
    assert.deepStrictEqual(
      [map.slackOf("ADA"), map.slackOf("grace-h"), map.slackOf("linus"), map.gitHubOf("W345DEF"), map.gitHubOf("U1")],
      ["U012ABC", "W345DEF", undefined, "Grace-H", undefined]
    )
  })

  it.each(["ada", "ada=", "=U012ABC", "ada:U012ABC", "ada=ada", "ada=C012ABC", "a b=U012ABC"])(
    "refuses %s, and says how a pair is written",
    (text) => {
      const result = parseUserMap(text)
      assert.isTrue(Result.isFailure(result))
      if (Result.isFailure(result)) assert.include(result.failure.message, `“${text}”`)
    }
  )
})
