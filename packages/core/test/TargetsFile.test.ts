import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { RepositoryName } from "../src/Repository.ts"
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
    ["nothing", "", "is not JSON at its end. It must be an array such as"],
    ["what ends early", '[{"repo":"acme/shop"}', "at its end"],
    ["a text that ends early", '[{"repo":"acme/shop', "at its end"],
    ["a comma too many in an array", '[\n  {"repo":"acme/shop"},\n]', "at line 3, column 1"],
    ["a comma too many in an object", '[{"repo":"acme/shop",}]', "at line 1, column 22"],
    ["a missing comma", '[\n  {"repo":"acme/shop"}\n  {"repo":"acme/blog"}\n]', "at line 3, column 3"],
    ["a word without quotes", '[\n  {"repo": acme}\n]', "at line 2, column 12"],
    ["single quotes", "[{'repo':'acme/shop'}]", "at line 1, column 3"],
    ["a comment", '// ours\n[{"repo":"acme/shop"}]', "at line 1, column 1"],
    ["something behind the end", '[{"repo":"acme/shop"}]\n]', "at line 2, column 1"],
    ["what is no object", '["acme/shop"]', "[0]: "],
    ["a secret that is not the name of a variable", '[{"repo":"acme/shop","secrets":{"KEY":"v"}}]', "[0].secrets.KEY"],
    ["an unknown key of a secret", '[{"repo":"acme/shop","secrets":{"KEY":{"env":"K","x":1}}}]', "[0].secrets.KEY.x"],
    ["an empty channel", '[{"repo":"acme/shop","slackChannel":""}]', "[0].slackChannel"],
    ["an empty mention", '[{"repo":"acme/shop","delegateMention":""}]', "[0].delegateMention"],
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
    [
      "a wrong key of a policy",
      '[{"repo":"acme/shop"},\n {"repo":"acme/blog","notifications":{"events":{"comments":"off"}}}]',
      "[1].notifications.events.comments is not a known key. Known: opened, closed"
    ],
    [
      "a wrong value of a policy, with its place",
      '[{"repo":"acme/shop"},\n {"repo":"acme/blog","notifications":{"events":{"merged":"loud"}}}]',
      'found "loud" at line 2, column 49'
    ],
    ["a wrong trust", '[{"repo":"acme/shop","trust":"all"}]', "[0].trust"],
    [
      "a repository twice, whatever its case",
      '[{"repo":"acme/shop"},{"repo":"Acme/Shop"}]',
      "[1].repo: Acme/Shop is listed already, at [0]"
    ]
  ])("refuses %s", (_name, text, message) => {
    assert.include(problemsOf(text), message)
  })

  it("keeps every key that is written", () => {
    const result = parseTargets(
      "targets.json",
      '[{"repo":"acme/shop","previewDomain":"acme.dev","slackChannel":"C1","trust":"same-repository","secrets":{},"delegateMention":"@bot","notifications":{"bots":false}}]'
    )
    if (Result.isFailure(result)) throw result.failure
    assert.deepStrictEqual(
      result.success.map((project) => ({ ...project })),
      [
        {
          repository: RepositoryName.make("acme/shop"),
          previewDomain: "acme.dev",
          slackChannel: "C1",
          trust: "same-repository",
          secrets: {},
          delegateMention: "@bot",
          notifications: { bots: false }
        }
      ]
    )
  })

  it("tells every mistake at once, each with the file", () => {
    const result = parseTargets("targets.json", '[{"repo":"x"},{"repo":"y"}]')
    assert.strictEqual(Result.isFailure(result) && result.failure.message.match(/targets\.json: \[/g)?.length, 2)
  })
})
