import { assert, describe, it } from "@effect/vitest"
import { outgoing } from "../src/Outgoing.ts"
import { visible } from "../src/OutsideText.ts"

const joiner = "\u2060"

describe("outgoing", () => {
  it("mentions whom the asker named, and nobody else", () => {
    assert.strictEqual(
      outgoing("@bob and @Eve, @acme/web, @acme/ops.", "tell Bob and @acme/ops"),
      `@bob and @${joiner}Eve, @${joiner}acme/web, @acme/ops.`
    )
    assert.strictEqual(visible(outgoing("cc @eve", "")), "cc @eve")
  })

  it("leaves addresses, and code that is code for certain", () => {
    const text = [
      "Write to ada@acme.test or see https://medium.test/@eve/post.",
      "",
      "Install `@effect/vitest`, then:",
      "",
      "```ts",
      'import "@effect/vitest" // ![a](b) `',
      "```"
    ].join("\n")
    assert.strictEqual(outgoing(text, ""), text)
  })

  const disguises = [
    "\\`@eve\\`",
    "`a\n\n@eve `",
    "``` @eve ``",
    "` `@eve` `",
    '<b title="`">@eve<b title="`">',
    "- a\n  ```\n@eve\n  ```",
    "```\na\n  ```\n@eve\n```",
    "~~~\n```\n~~~\n@eve\n```",
    "<div>\n```\n@eve\n```\n</div>",
    "a | b\n- | -\n` @eve | `",
    "&#64;eve",
    "&#x40;eve",
    "&commat;eve",
    "@&#101;ve",
    "(@eve)",
    "_@eve_",
    "-https://acme.test/@eve",
    "https://@eve"
  ]
  for (const text of disguises) {
    it(`lets no mention through as ${JSON.stringify(text)}`, () => {
      const out = outgoing(text, "")
      assert.notMatch(out, /@(?:eve|&)/)
      assert.notMatch(out, /&#64;|&#x40;|&commat;/)
    })
  }

  it("makes images links, however they are written", () => {
    assert.strictEqual(outgoing("![a](https://evil.test/?q=1)", ""), "[a](https://evil.test/?q=1)")
    assert.strictEqual(outgoing("!![a][b] and vec`![1]`", ""), "[a][b] and vec`![1]`")
    for (const tag of ["<img src=x>", "<IMG\nsrc=x>", "<picture>", "<video src=x>", "< iframe src=x>"]) {
      assert.notMatch(outgoing(tag, ""), /</, tag)
    }
  })
})
