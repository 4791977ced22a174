import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { parseTargets } from "../src/TargetsFile.ts"

const problemsOf = (text: string) => {
  const result = parseTargets("targets.json", text)
  return Result.isFailure(result) ? result.failure.problems.join("\n") : ""
}

describe("the targets file", () => {
  it("is an array of repositories, with the rest by default", () => {
    const result = parseTargets(
      "targets.json",
      '[{"repo":"acme/shop"},{"repo":"acme/blog","trust":"everyone","secrets":{"KEY":{"env":"BLOG_KEY"}}}]'
    )
    if (Result.isFailure(result)) throw result.failure
    assert.deepStrictEqual(
      result.success.map(({ repository, trust }) => [repository, trust]),
      [
        ["acme/shop", "same-repository"],
        ["acme/blog", "everyone"]
      ]
    )
    assert.deepStrictEqual(result.success[1]?.secrets, { KEY: { env: "BLOG_KEY" } })
  })

  it.each([
    ["no JSON, with the place", '[\n  { "repo" }\n]', "line 2"],
    ["no array", '{"repo":"acme/shop"}', "must be an array"],
    [
      "a repository without an owner",
      '[{"repo":"shop"}]',
      '[0].repo: Expected owner/name, for example acme/shop; found "shop"'
    ],
    ["a missing repository", "[{}]", "[0].repo"],
    [
      "an unknown key",
      '[{"repo":"acme/shop","domain":"x"}]',
      "[0].domain is not a known key. Known: repo, previewDomain"
    ],
    ["a wrong domain", '[{"repo":"acme/shop","previewDomain":"Acme Dev"}]', "[0].previewDomain"],
    ["a wrong trust", '[{"repo":"acme/shop","trust":"all"}]', "[0].trust"],
    [
      "a repository twice, whatever its case",
      '[{"repo":"acme/shop"},{"repo":"Acme/Shop"}]',
      "[1].repo: Acme/Shop is listed already, at [0]"
    ]
  ])("refuses %s", (_name, text, message) => {
    assert.include(problemsOf(text), message)
  })

  it("tells every mistake at once, each with the file", () => {
    const result = parseTargets("targets.json", '[{"repo":"x"},{"repo":"y"}]')
    assert.strictEqual(Result.isFailure(result) && result.failure.message.match(/targets\.json: \[/g)?.length, 2)
  })
})
