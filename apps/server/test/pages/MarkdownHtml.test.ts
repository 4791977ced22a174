import { assert, describe, it } from "vitest"
import { markdownHtml } from "../../src/pages/MarkdownHtml.ts"
import { hostile } from "./safety.ts"

const render = (...lines: ReadonlyArray<string>) => markdownHtml(lines.join("\n")).text

/** All that may stand in what is rendered, letter by letter. */
const tag =
  /^<(?:\/?(?:p|strong|em|del|code|span|blockquote|ul|li|h[456]|table|thead|tbody|tr|div|a|ol|pre|th|td)|br|hr|li class="task"|div class="(?:wide" tabindex="0|footnote)"|ol start="\d+"|pre tabindex="0"|t[hd] class="(?:right|center)"|a href="https?:\/\/[^\s"<>]+" rel="noreferrer nofollow")>$/

const assertHarmless = (markup: string, from: string) => {
  for (const [found] of markup.matchAll(/<[^>]*>?/g)) assert.match(found, tag, from.slice(0, 200))
}

/** Each wants a script run, a style applied, an address loaded or the page around it broken. */
const attacks: ReadonlyArray<string> = [
  hostile,
  "<script>alert(1)</script>",
  "<ScRiPt src=//evil.test/x.js></sCrIpT>",
  "text <img src=x onerror=alert(1)> text",
  "<svg/onload=alert(1)>",
  "<svg><style><img src=x onerror=alert(1)></style></svg>",
  "<details open ontoggle=alert(1)>",
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  "<base href=//evil.test><form action=//evil.test><button>ok</button></form>",
  "<meta http-equiv=refresh content='0;url=//evil.test'>",
  "<style>@import url(//evil.test)</style>",
  "<!-- <script>alert(1)</script> -->",
  "<!--><img src=x onerror=alert(1)>-->",
  "</div></main></body><script>alert(1)</script>",
  "<div\n\nonclick=alert(1)>",
  "[a](javascript:alert(1))",
  "[a](JaVaScRiPt:alert(1))",
  "[a](<java\tscript:alert(1)>)",
  "[a](java&#115;cript:alert(1))",
  "[a](&#x01;javascript:alert(1))",
  "[a](javascript&colon;alert(1))",
  "[a](vbscript:msgbox(1)) [b](data:text/html,<script>alert(1)</script>) [c](file:///etc/passwd)",
  "<javascript:alert(1)> <data:text/html;base64,PHNjcmlwdD4=>",
  "[a](//evil.test) [b](/turns) [c](#x) [d](?x) [e](blob:https://evil.test/1)",
  '[a](https://evil.test/"onmouseover="alert(1))',
  "[a](https://evil.test/%22%3E<script>alert(1)</script>)",
  '[a](<https://evil.test/"><img src=x onerror=alert(1)>>)',
  '[a](https://good.test "x\\" onmouseover=\\"alert(1)")',
  "![a](https://evil.test/pixel.png) ![b](javascript:alert(1)) ![c][d]\n\n[d]: https://evil.test/pixel.png",
  '![x" onerror="alert(1)](https://evil.test/x)',
  "[![a](https://evil.test/a.png)](javascript:alert(1))",
  "[a][b]\n\n[b]: javascript:alert(1)",
  "[a][b]\n\n[b]: https://evil.test/'\"onfocus=alert(1)//",
  "[__proto__][__proto__] [constructor]\n\n[__proto__]: javascript:alert(1)",
  "https://evil.test/\"onmouseover=alert(1)// www.evil.test/'><script>",
  "```html\n<script>alert(1)</script>\n```",
  '```"><script>alert(1)</script>\nx\n```',
  "`</code><script>alert(1)</script>`",
  "    </pre><img src=x onerror=alert(1)>",
  "# <img src=x onerror=alert(1)>",
  "| <b onclick=alert(1)>a</b> | b |\n|:-:|-:|\n| <script>alert(1)</script> | [x](javascript:alert(1)) |",
  "- [x] <input onfocus=alert(1) autofocus>\n- [ ] <script>alert(1)</script>",
  '[^1]\n\n[^1]: <img src=x onerror=alert(1)>\n\n[^"><script>]: x',
  "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;",
  "a\u0000<script>\u0000alert(1)</script>",
  "999999999999999999. x\n\n123456789. y",
  "`$" + "{alert(1)} {{constructor.constructor('alert(1)')()}}"
]

describe("an answer in Markdown", () => {
  it("is shown with its headings, lists, code, links, tables and emphasis", () => {
    assert.strictEqual(render("# One", "###### Six"), "<h4>One</h4><h6>Six</h6>")
    assert.strictEqual(
      render("Two *open*, **urgent**, ~~old~~ `#7`  ", "and", "more"),
      "<p>Two <em>open</em>, <strong>urgent</strong>, <del>old</del> <code>#7</code><br>and\nmore</p>"
    )
    assert.strictEqual(
      render("3. a", "   - [x] b", "   - [ ] c", "4. d"),
      '<ol start="3"><li><p>a</p><ul><li class="task">☑ <p>b</p></li><li class="task">☐ <p>c</p></li></ul></li><li><p>d</p></li></ol>'
    )
    assert.strictEqual(render("```ts", "a < b", "```"), '<pre tabindex="0"><code>a &lt; b</code></pre>')
    assert.strictEqual(render("> a", "", "---"), "<blockquote><p>a</p></blockquote><hr>")
    assert.strictEqual(
      render("[a & b](https://code.test/?x=1&y=2) https://plain.test [c]", "", "[c]: http://c.test"),
      '<p><a href="https://code.test/?x=1&amp;y=2" rel="noreferrer nofollow">a &amp; b</a> ' +
        '<a href="https://plain.test" rel="noreferrer nofollow">https://plain.test</a> ' +
        '<a href="http://c.test" rel="noreferrer nofollow">c</a></p>'
    )
    assert.strictEqual(
      render("| a | b | c |", "|---|:-:|--:|", "| 1 | 2 | 3 |"),
      '<div class="wide" tabindex="0"><table><thead><tr><th>a</th><th class="center">b</th><th class="right">c</th></tr></thead>' +
        '<tbody><tr><td>1</td><td class="center">2</td><td class="right">3</td></tr></tbody></table></div>'
    )
    assert.strictEqual(
      render("so[^1]", "", "[^1]: because"),
      '<p>so[1]</p><div class="footnote"><span>[1]</span><div><p>because</p></div></div>'
    )
  })

  it("shows HTML as text, an image as a link to it, and a link to anything but a web page as its label", () => {
    assert.strictEqual(render("a <b>c</b>"), "<p>a <span>&lt;b&gt;</span>c<span>&lt;/b&gt;</span></p>")
    assert.strictEqual(render("<!-- unseen -->"), "<span>&lt;!-- unseen --&gt;</span>")
    assert.strictEqual(
      render("![a plan](https://far.test/a.png) ![](https://far.test/b.png)"),
      '<p><a href="https://far.test/a.png" rel="noreferrer nofollow">a plan</a> ' +
        '<a href="https://far.test/b.png" rel="noreferrer nofollow">image</a></p>'
    )
    assert.strictEqual(render("[a](javascript:alert(1)) [b](/turns) ![c](data:x)"), "<p>a b c</p>")
  })

  it("holds nothing but the elements and attributes that are ours, whatever was written", () => {
    for (const attack of attacks) {
      assertHarmless(render(attack), attack)
      for (const around of ["> ", "- ", "## ", "**", "[", "| a |\n|---|\n| "])
        assertHarmless(render(around + attack), attack)
    }
    assertHarmless(render(...attacks), "all together")
  })

  it("is text where it is too long to be parsed in a moment", () => {
    for (const piece of ["> ", "- ", "[", "![](", "**a", "<div>", "`", "| a ", "[a](", "![a](b) ", "a\n\n    "]) {
      const startedAt = performance.now()
      assertHarmless(render(piece.repeat(Math.floor(10_000 / piece.length))), piece)
      // NOTE: the worst takes a quarter of a second on a slow machine.
      assert.isBelow(performance.now() - startedAt, 5_000, piece)
      assert.strictEqual(render("# a", "*b*".repeat(3_334)), `# a\n${"*b*".repeat(3_334)}`)
    }
  })
})
