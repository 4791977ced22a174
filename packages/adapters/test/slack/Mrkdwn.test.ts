import { it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { assert, describe } from "vitest"
import { fromMarkdown } from "../../src/slack/Mrkdwn.ts"
import { corpus } from "./corpus.ts"

const linkBase = "https://github.com/acme/shop"
const users = new Map([["ada", "U024BE7LH"]])
const mention = (login: string) => users.get(login)
const convert = (markdown: string) => fromMarkdown(markdown, { linkBase, mention })

const visible = (mrkdwn: string) => mrkdwn.replaceAll("\u200b", "")

/** What must be true of every message, whoever wrote the Markdown. */
const assertSafe = (mrkdwn: string, where: string) => {
  const links: Array<string> = []
  const rest = mrkdwn
    .replace(/^> /gm, "")
    .replace(/^>$/gm, "")
    .replace(/<@U024BE7LH>/g, "")
    .replace(/<([^<>|\n]+)(?:\|[^<>\n]*)?>/g, (_, url: string) => {
      links.push(url)
      return ""
    })
  for (const url of links) {
    assert.match(url, /^(?:https?:\/\/|mailto:)/, where)
    assert.notMatch(url, /\s/, where)
  }
  assert.notMatch(rest, /[<>]/, where)
  assert.notMatch(mrkdwn, /&(?!(?:amp|lt|gt);)/, where)
  assert.notMatch(rest, /@(?:here|channel|everyone)(?![a-z0-9])/i, where)
  assert.notMatch(mrkdwn, /[\u0000-\u0008\u202a-\u202e]/, where)
  const fences = rest.split("\n").filter((line) => line.includes("```"))
  assert.strictEqual(fences.length % 2, 0, where)
  for (const line of fences) assert.strictEqual(line, "```", where)
}

describe("a comment from GitHub", () => {
  it.each(corpus)("is a safe message: %s", (name, markdown) => {
    const mrkdwn = convert(markdown)
    assertSafe(mrkdwn, name)
    assert.strictEqual(mrkdwn, convert(markdown))
    assert.strictEqual(mrkdwn, mrkdwn.trim())
  })

  it.each([
    ["bold", "a **b** c", "a *b* c"],
    ["italic", "a *b* _c_", "a _b_ _c_"],
    ["struck out", "~~a~~ ~b~", "~a~ ~b~"],
    ["both", "***a***", "_*a*_"],
    ["bold in bold", "# a **b**", "*a b*"],
    ["bold over lines", "**a\nb**", "*a*\n*b*"],
    ["nothing in bold", "**<!-- -->** a", "a"],
    ["code", "`a<b>&`", "`a&lt;b&gt;&amp;`"],
    ["code with a backtick", "``a`b``", "`a\u02cbb`"],
    ["a fence", "```ts\na\n\n  b & c\n```", "```\na\n\n  b &amp; c\n```"],
    ["a fence in a fence", "````\n```\n````", "```\n``\u200b`\n```"],
    ["headings", "# A\ntext\n### B", "*A*\n\ntext\n\n*B*"],
    ["a quotation", "> a\n> b\n\nc", "> a\n> b\n\nc"],
    ["a quotation in another", "> > a\n>\n> b", "> │ a\n>\n> b"],
    ["a fence in a quotation", "> a\n> ```\n> x\n> ```", "> a\n\n```\nx\n```"],
    ["a list", "- a\n- b\n  - c\n\n    d", "• a\n• b\n    • c\n        d"],
    ["a numbered list", "3. a\n4. b", "3. a\n4. b"],
    ["tasks", "- [x] a\n- [ ] b", "☑ a\n☐ b"],
    ["a fence in a list", "- a\n  ```\n  x\n  ```\n- b", "• a\n```\nx\n```\n• b"],
    ["a link", "[a & b](https://x.y/?c=1&d)", "<https://x.y/?c=1&amp;d|a &amp; b>"],
    ["a link with a pipe", "[a](https://x.y/b|c)", "<https://x.y/b%7Cc|a>"],
    ["a bold link", "[**a**](https://x.y/)", "*<https://x.y/|a>*"],
    ["a bare link", "https://x.y/z", "<https://x.y/z>"],
    ["an address", "me@x.y", "<mailto:me@x.y|me@x.y>"],
    ["a link that runs code", "[a](javascript:alert`1`)", "a"],
    ["a link to a file", "[a](docs/b.md)", "<https://github.com/acme/shop/blob/HEAD/docs/b.md|a>"],
    ["a link upwards", "[a](../blob/main/b.ts)", "<https://github.com/acme/shop/blob/main/b.ts|a>"],
    ["a link to the page", "[a](#b)", "a"],
    ["a reference", "[a][1]\n\n[1]: https://x.y/", "<https://x.y/|a>"],
    ["an image", "![a](https://x.y/z.png)", "<https://x.y/z.png|a>"],
    ["an image that is a link", "[![a](https://x.y/z.png)](https://x.y/)", "<https://x.y/|a>"],
    ["an image of HTML", '<img src="https://x.y/z.png" alt="a">', "<https://x.y/z.png|a>"],
    ["a mention", "thanks @ada!", "thanks <@U024BE7LH>!"],
    ["an unknown login", "thanks @bob", "thanks @bob"],
    ["a team", "cc @ada/team", "cc @ada/team"],
    ["a mention in code", "`@ada`", "`@ada`"],
    ["everybody", "@here @channel @everyone", "@\u200bhere @\u200bchannel @\u200beveryone"],
    ["Slack's own controls", "&lt;!here&gt; \\<@U1>", "&lt;!here&gt; &lt;@U1&gt;"],
    ["an issue", "see #12.", "see <https://github.com/acme/shop/issues/12|#12>."],
    ["another repository's issue", "a/b#1", "<https://github.com/a/b/issues/1|a/b#1>"],
    ["a commit", "0123abc", "<https://github.com/acme/shop/commit/0123abc|0123abc>"],
    ["no commits", "20261121 defaced #general", "20261121 defaced #general"],
    ["the URL of an issue", `${linkBase}/pull/9`, `<${linkBase}/pull/9|#9>`],
    ["an emoji", ":white_check_mark: :+1:", ":white_check_mark: :+1:"],
    ["a footnote", "a[^x]\n\n[^x]: b", "a[1]\n\n[1] b"],
    ["a comment", "a<!-- b --> c", "a c"],
    ["details", "<details><summary>a</summary>\n\nb\n\n</details>\n\nc", "*a*\n\nb\n\nc"],
    ["HTML in a paragraph", "a <b>b</b> <u>c</u><br>d", "a *b* c\nd"],
    ["an HTML list", "<ul><li>a<li><b>b</b> &amp; c</ul>", "• a\n• *b* &amp; c"],
    ["a script", "<script>\na\n</script>\n\nb", "b"],
    ["entities", "&amp;amp; &lt; &copy;", "&amp;amp; &lt; ©"],
    ["an alert", "> [!NOTE]\n> a", "> *Note*\n> a"],
    ["a suggestion", "```suggestion\na\n```", "_Suggested change:_\n```\na\n```"],
    ["a table", "| a | bb |\n|---|---:|\n| 太字 | 1 |", "```\na    | bb\n-----|---\n太字 |  1\n```"],
    ["a table of HTML", "<table><tr><td>a<td>b</table>", "```\na | b\n--|--\n```"],
    ["marks inside of words", "これは**太字**です", "これは\u200b*太字*\u200bです"],
    ["code inside of words", "a`b`c", "a\u200b`b`\u200bc"],
    ["marks that touch", "**a**_b_", "*a*\u200b_b_"],
    ["text like marks", "\\*a\\* a * b snake_case", "\u2217a\u2217 a * b snake_case"],
    ["text like a quotation", "\\> a", "\u200b&gt; a"],
    ["a rule", "a\n\n---\n\nb", "a\n\n──────────\n\nb"],
    ["no text", "<!-- -->", ""]
  ])("%s", (_, markdown, mrkdwn) => assert.strictEqual(convert(markdown), mrkdwn))

  it("has no links to a repository that nobody named", () =>
    assert.strictEqual(fromMarkdown("#12 0123abc [a](b.md) @ada", {}), "#12 0123abc a @ada"))

  it("mentions nobody by an id that is none", () =>
    assert.strictEqual(fromMarkdown("@ada", { mention: () => "!here" }), "@ada"))

  it("is a list of cells where a row of its table is too wide", () => {
    const long = "x".repeat(70)
    assert.strictEqual(
      convert(`| Name | **Value** | |\n|--|--|--|\n| a | ${long} [b](https://x.y/) | |\n| c | | |`),
      `• *Name:* a\n    *Value:* ${long} <https://x.y/|b>\n• *Name:* c`
    )
  })

  it("links every item of a long list", () => {
    const items = Array.from({ length: 900 }, (_, index) => `- **a** [b](https://x.y/${index})`)
    assert.include(convert(items.join("\n")), "• *a* <https://x.y/899|b>")
  })

  it("takes brackets for text where there are hundreds in a line, and marks for marks", () =>
    assert.strictEqual(convert(`${"[".repeat(251)} [a](b) *a*\n\n*b*`), `${"[".repeat(251)} [a](b) _a_\n\n_b_`))

  it("keeps the text of a 60 kB log", () => {
    const log = corpus.find(([name]) => name.startsWith("60 kB"))?.[1] ?? ""
    assert.isAbove(log.length, 50_000)
    assert.isTrue(visible(convert(log)).includes("[999] GET /a?b=1&amp;c=&lt;x&gt; @here"))
  })

  it.each([
    ["quotations", ">".repeat(60_000)],
    ["lists", Array.from({ length: 250 }, (_, index) => `${"  ".repeat(index)}- a`).join("\n")],
    ["brackets", "[".repeat(60_000)],
    ["links that never begin", "](a)".repeat(15_000)],
    ["images", `${"![".repeat(5000)}a${"](b)".repeat(5000)}`],
    ["emphasis", `${"*a _b ".repeat(3000)}${"c_ d* ".repeat(3000)}`],
    ["HTML", "<b><div>".repeat(7000)],
    ["tags that never end", "<a x".repeat(15_000)],
    ["marks", "*a_".repeat(20_000)],
    ["paragraphs of emphasis", `${"*a _b ".repeat(120)}${"c_ d* ".repeat(120)}\n\n`.repeat(40)],
    ["paragraphs of images", `${"![".repeat(240)}a${"](b)".repeat(240)}\n\n`.repeat(40)]
  ])("survives thousands of %s in each other", (name, markdown) => assertSafe(convert(markdown), name))
})

describe("any text", () => {
  const seed = "any-markdown"
  const piece = Schema.Literals([
    ...'**|*|_|__|~~|~|`|```|````|[|](|)|](https://x.y)|![|<|>|<!here>|<@U1>|<#C1>|<!-- |-->|<b>|</b>|<a href="https://x.y">|</a>|<details>|<summary>|</summary>|<pre>|<table><tr><td>|<li>|<https://x.y|&|&lt;|&amp;|&#60;|@here|@ada|@channel|#12|a/b#1|0123abc|> |- |- [x] |1. |# |---|:-:|\\|word|太字|👨‍👩‍👧|\u202e|\u0000|\ud83d|\u200b|https://x.y/?a=1&b|javascript:|[^1]|[^1]: '.split(
      "|"
    ),
    "|",
    " ",
    "\n",
    "\n\n",
    "\n    ",
    "\r\n",
    "\t",
    "\n|-|-|\n"
  ])
  const pieces = Arbitrary.map(Arbitrary.array(Arbitrary.schema(piece), { maxLength: 40 }), (all) => all.join(""))

  it.effect.each([
    ["of characters", Arbitrary.schema(Schema.String)],
    ["of pieces of Markdown", pieces]
  ] as const)("%s controls nothing", ([, texts]) =>
    Effect.gen(function* () {
      for (const text of yield* Arbitrary.sampleEffect(texts, { count: 3000, seed })) {
        assertSafe(convert(text), `seed ${seed}: ${JSON.stringify(text)}`)
      }
    })
  )
})
