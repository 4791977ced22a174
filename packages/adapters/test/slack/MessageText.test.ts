import { it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { assert, describe } from "vitest"
import {
  escapeText,
  link,
  maxSectionText,
  safeUrl,
  split,
  truncate,
  unescapeText
} from "../../src/slack/MessageText.ts"
import { fromMarkdown } from "../../src/slack/Mrkdwn.ts"
import { corpus } from "./corpus.ts"

/** The text that is read: of links their labels, and neither backticks nor white space, which the cuts may change. */
const read = (mrkdwn: string) =>
  mrkdwn
    .replace(/<([^<>\n]+)>/g, (_, token: string) => token.replace(/^[^|]*\|/, ""))
    .replaceAll("`", "")
    .replace(/\s+/g, "")

const assertParts = (mrkdwn: string, maxChars: number, parts: ReadonlyArray<string>, where: string) => {
  assert.strictEqual(read(parts.join("\n")), read(mrkdwn), where)
  for (const part of parts) {
    assert.isAtMost(part.length, maxChars, where)
    assert.isNotEmpty(part.trim(), where)
    assert.isTrue(part.isWellFormed() || !mrkdwn.isWellFormed(), where)
  }
}

describe("split", () => {
  it.each([
    ["a short text is one part", "a *b*\n\nc", 40, ["a *b*\n\nc"]],
    ["no text is no part", " \n\n ", 40, []],
    [
      "paragraphs stay whole",
      `${"a".repeat(20)}\n\n${"b".repeat(15)}\nc\n\nd`,
      40,
      [`${"a".repeat(20)}\n\n${"b".repeat(15)}\nc`, "d"]
    ],
    ["lines stay whole", `${"a".repeat(20)}\n${"b ".repeat(15)}`, 40, ["a".repeat(20), `${"b ".repeat(15).trim()}`]],
    ["words stay whole", "lorem ipsum dolor sit amet consetetur", 32, ["lorem ipsum dolor sit amet", "consetetur"]],
    ["a word is cut where there is nothing else", "x".repeat(70), 32, ["x".repeat(32), "x".repeat(32), "x".repeat(6)]],
    ["an entity is not cut", `${"x".repeat(30)}&amp;y`, 32, ["x".repeat(30), "&amp;y"]],
    ["a link is not cut", `${"x".repeat(20)}<https://x.y|a b>`, 32, ["x".repeat(20), "<https://x.y|a b>"]],
    ["a grapheme is not cut", `${"x".repeat(30)}👨‍👩‍👧y`, 32, ["x".repeat(30), "👨‍👩‍👧y"]],
    ["indentation is kept", `${"x".repeat(30)}\n    • y`, 32, ["x".repeat(30), "    • y"]],
    [
      "a fence is closed and opened again",
      `\`\`\`\n${"line of code\n".repeat(4)}\`\`\`\nafter`,
      40,
      ["```\nline of code\nline of code\n```", "```\nline of code\nline of code\n```\nafter"]
    ],
    [
      "a fence that fits in the next part moves there",
      `${"x".repeat(30)}\n\`\`\`\ncode\n\`\`\``,
      40,
      ["x".repeat(30), "```\ncode\n```"]
    ],
    ["a link longer than a part is its text", `<https://x.y/${"z".repeat(50)}|label>`, 32, ["label"]]
  ])("%s", (_, text, maxChars, parts) => assert.deepStrictEqual(split(text, maxChars), parts))

  it.each(corpus)("loses nothing of a comment: %s", (name, markdown) => {
    const mrkdwn = fromMarkdown(markdown, { linkBase: "https://github.com/acme/shop" })
    for (const maxChars of [200, maxSectionText]) {
      const parts = split(mrkdwn, maxChars)
      assertParts(mrkdwn, maxChars, parts, `${name} in ${maxChars}`)
      for (const part of parts) {
        assert.strictEqual(part.split("```").length % 2, 1, name)
        assert.notMatch(part, /&(?!(?:amp|lt|gt);)/, name)
      }
    }
  })
})

describe("truncate", () => {
  const more = { url: "https://github.com/acme/shop/pull/1", label: "the rest & more" }
  const tail = "\n… <https://github.com/acme/shop/pull/1|the rest &amp; more>"

  it("keeps what is short enough", () => assert.strictEqual(truncate("x".repeat(100), 100, more), "x".repeat(100)))

  it("ends with a link to the rest", () =>
    assert.strictEqual(truncate("word ".repeat(50), 100, more), `${"word ".repeat(8).trim()}${tail}`))

  it("closes a fence", () =>
    assert.strictEqual(
      truncate(`\`\`\`\n${"a\n".repeat(100)}\`\`\``, 100, more),
      `\`\`\`\n${"a\n".repeat(16)}\`\`\`${tail}`
    ))

  it("has no link where there is no room for it", () =>
    assert.strictEqual(truncate("word ".repeat(50), 40, more), `${"word ".repeat(8).trim()}…`))
})

describe("a link", () => {
  it.each([
    ["https://x.y/a b|c<d>", "l|<!here>", "<https://x.y/a%20b%7Cc%3Cd%3E|l|&lt;!here&gt;>"],
    ["https://x.y/?a=1&b=2", "", "<https://x.y/?a=1&amp;b=2>"],
    ["mailto:a@b.c", "mail\nme", "<mailto:a@b.c|mail me>"],
    ["javascript:alert(1)", "a & b", "a &amp; b"],
    ["/relative", "a", "a"],
    [`https://x.y/${"z".repeat(2000)}`, "a", "a"]
  ])("to %s", (url, label, mrkdwn) => assert.strictEqual(link(url, label), mrkdwn))
})

describe("any text", () => {
  const seed = "any-message"
  const piece = Schema.Literals([
    ..."```|`|&amp;|&lt;|&|<https://x.y/z|label>|<@U1>|<|>|word|*bold*|太|é|👨‍👩‍👧|🇩🇪|\ud83d|@here|• item|&amp;lt;|javascript:|https://x.y".split(
      "|"
    ),
    "|",
    " ",
    "\n",
    "\n\n",
    "\n```\n",
    "some more words that are one line\n"
  ])
  const pieces = Arbitrary.map(Arbitrary.array(Arbitrary.schema(piece), { maxLength: 60 }), (all) => all.join(""))

  it.effect.each([
    ["of characters", Arbitrary.schema(Schema.String)],
    ["of pieces of messages", pieces]
  ] as const)("%s loses nothing by escapes, cuts and links", ([, texts]) =>
    Effect.gen(function* () {
      for (const text of yield* Arbitrary.sampleEffect(texts, { count: 2000, seed })) {
        const where = `seed ${seed}: ${JSON.stringify(text)}`
        const escaped = escapeText(text)
        assert.notMatch(escaped, /[<>]|&(?!(?:amp|lt|gt);)/, where)
        // NOTE: what is read back and escaped again is the same, so no entity is ever escaped twice.
        assert.strictEqual(escapeText(unescapeText(escaped)), escaped, where)
        for (const maxChars of [32, 33, 50, 120]) {
          assertParts(text, maxChars, split(text, maxChars), `${where} in ${maxChars}`)
          const cut = truncate(text, maxChars, { url: "https://x.y/", label: "more" })
          assert.isAtMost(cut.length, maxChars, where)
        }
        const url = safeUrl(text)
        if (url !== undefined) assert.match(url, /^(?:https?|mailto):[^<>|\s`\\]*$/, where)
        assert.match(link(`https://x.y/${text}`, text), /^(?:<https:\/\/[^<>|\s]*(?:\|[^<>\n]*)?>|[^<>]*)$/, where)
      }
    })
  )
})
