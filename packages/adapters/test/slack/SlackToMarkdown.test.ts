import { it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { micromark } from "micromark"
import { gfm, gfmHtml } from "micromark-extension-gfm"
import { assert, describe } from "vitest"
import { fromMarkdown } from "../../src/slack/Mrkdwn.ts"
import { toMarkdown } from "../../src/slack/SlackToMarkdown.ts"
import { corpus } from "./corpus.ts"

const users = new Map([
  ["U1", "Ada *L.*"],
  ["U2", "@ada"],
  ["U3", "@not a login"]
])
const channels = new Map([["C2", "12"]])
const convert = (text: string) => toMarkdown(text, { user: (id) => users.get(id), channel: (id) => channels.get(id) })

/** What GitHub shows, HTML escaped where it was not written by the converter. */
const shown = (markdown: string) =>
  micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true })

const assertSafe = (markdown: string, where: string) => {
  const html = shown(markdown)
  for (const [, name = ""] of html.matchAll(/<\/?([a-z][a-z0-9]*)/gi)) {
    assert.match(name, /^(?:p|strong|em|del|code|pre|a|ul|ol|li|blockquote|input)$/, `${where}\n${markdown}\n${html}`)
  }
  for (const [, href = ""] of html.matchAll(/href="([^"]*)"/g)) assert.match(href, /^(?:https?:|mailto:)/, where)
  const text = html
    .replace(/<pre>[\s\S]*?<\/pre>|<code>[\s\S]*?<\/code>|<a [\s\S]*?<\/a>/g, "`")
    .replace(/<[^>]*>/g, "\n")
  assert.notMatch(text.replace(/@ada(?![\w/-])/g, "\n"), /(?<![A-Za-z0-9])@[A-Za-z0-9]/, `${where}\n${markdown}`)
}

describe("a message from Slack", () => {
  it.each([
    ["bold", "a *b* c", "a **b** c"],
    ["italic", "_a_", "_a_"],
    ["struck out", "~a~", "~~a~~"],
    ["bold and italic", "*a _b_*", "**a _b_**"],
    ["text like marks", "2 * 3 * 4, snake_case, _x, a*b*c", "2 \\* 3 \\* 4, snake_case, \\_x, a\\*b\\*c"],
    ["code", "`a &lt; *b*`", "`a < *b*`"],
    ["a fence", "a\n```x &amp;\n  y```\nb", "a\n\n```\nx &\n  y\n```\n\nb"],
    ["a link in a fence", "```<https://x.y|z> <@U2>```", "```\nz @ada\n```"],
    ["a link", "<https://x.y/?a=1&amp;b=2|a [b]>", "[a \\[b\\]](<https://x.y/?a=1&amp;b=2>)"],
    ["a bare link", "<https://x.y/z>", "<https://x.y/z>"],
    ["an address", "<mailto:a@b.c|a@b.c>", "[a@b.c](<mailto:a@b.c>)"],
    ["a link of another scheme", "<slack://open|a>", "a"],
    ["an exclamation before a link", "a!<https://x.y/|b>", "a\\![b](<https://x.y/>)"],
    ["somebody", "hi <@U1>", "hi **Ada \\*L.\\***"],
    ["somebody in bold", "*hi <@U1>*", "**hi Ada \\*L.\\***"],
    ["somebody with a login", "hi <@U2>", "hi @ada"],
    ["somebody with a login inside a word", "x<@U2>bot <@U2>/team", "x\u200b@ada\u200bbot @ada\u200b/team"],
    ["somebody with a label", "hi <@U9|joe>", "hi **joe**"],
    ["a label that is a login", "hi <@U9|@@joe>", "hi **@\u200bjoe**"],
    ["somebody unknown", "hi <@U9>", "hi **U9**"],
    ["a name that is no login", "<@U3>", "**@\u200bnot a login**"],
    ["a channel", "<#C1|general> <#C1>", "#general #C1"],
    ["a channel named like an issue", "<#C2>", "#\u200b12"],
    ["everybody", "<!here> <!subteam^S1|@team> <!date^1^{date}|today>", "@\u200bhere @\u200bteam today"],
    ["names", "@joe a@b.c (@joe)", "@\u200bjoe a@b.c (@\u200bjoe)"],
    ["issues", "fixes #12, a/b#1", "fixes #12, a/b#1"],
    ["HTML", "&lt;b&gt; &amp;lt; &lt;!-- --&gt;", "&lt;b&gt; &amp;lt; &lt;!-- --&gt;"],
    ["a list", "a\n• b\n    • c\n1. d\ne", "a\n\n- b\n    - c\n1. d\n\ne"],
    ["tasks", "☐ a\n☑ b", "- [ ] a\n- [x] b"],
    ["a quotation", "&gt; a\n&gt; *b*\nc", "> a\n> **b**\n\nc"],
    ["a long quotation", "&gt;&gt;&gt; a\nb", "> a\n> b"],
    ["text like headings", "# a\n#12\n---\n===\n+ a\n1) b", "\\# a\n#12\n\\---\n\\===\n\\+ a\n1\\) b"],
    ["a table", "a | b\n--|--", "a \\| b\n\\--\\|--"],
    ["indented text", "a\n\n      b", "a\n\nb"],
    ["no text", " \n ", ""]
  ])("%s", (_, text, markdown) => assert.strictEqual(convert(text), markdown))

  it.each(corpus)("is safe where it was a comment before: %s", (name, markdown) =>
    assertSafe(convert(fromMarkdown(markdown, { linkBase: "https://github.com/acme/shop" })), name)
  )

  it.each([
    ["marks", "*a ".repeat(10_000)],
    ["marks that end", `${"*_".repeat(5000)}a${"_*".repeat(5000)}`],
    ["tokens", "<a".repeat(10_000)],
    ["code", "`a``".repeat(10_000)]
  ])("survives thousands of %s", (_, text) => assert.isNotEmpty(convert(text)))
})

describe("any text", () => {
  const seed = "any-slack"
  const piece = Schema.Literals([
    ..."*|_|~|`|```|&lt;|&gt;|&amp;|<@U1>|<@U2>|<@U9|@joe|<!here>|<#C2>|<https://x.y/!a>|javascript:|<javascript:x>|[|](|)|!|\\|#|# |- |• |1. |---|===|@joe|@|word|太字|&lt;b&gt;|&lt;!--|&amp;lt;|<b>|$|:|www.x.y|https://x.y/@joe|#12|\u200b|\u0000".split(
      "|"
    ),
    "<https://x.y/?a&amp;b|c>",
    "<@U9|@joe>",
    "|",
    " ",
    "\n",
    "\n\n",
    "\n    ",
    "\n&gt; ",
    "\t"
  ])
  const pieces = Arbitrary.map(Arbitrary.array(Arbitrary.schema(piece), { maxLength: 40 }), (all) => all.join(""))

  it.effect.each([
    ["of characters", Arbitrary.schema(Schema.String)],
    ["of pieces of messages", pieces]
  ] as const)("%s mentions nobody and has no HTML", ([, texts]) =>
    Effect.gen(function* () {
      for (const text of yield* Arbitrary.sampleEffect(texts, { count: 3000, seed })) {
        assertSafe(convert(text), `seed ${seed}: ${JSON.stringify(text)}`)
      }
    })
  )
})
