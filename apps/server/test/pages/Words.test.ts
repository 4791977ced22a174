import { assert, describe, it } from "vitest"
import { baseStyle } from "../../src/pages/BaseStyle.ts"
import { href, html, jsonScript, trusted } from "../../src/pages/Html.ts"
import { ago, duration, plainText } from "../../src/pages/Words.ts"

describe("html", () => {
  it("escapes what is put in, but not what is HTML already, and drops what is not there", () => {
    assert.strictEqual(
      html`<p title="${`"'`}">${"<&>"}${html`<b>${1}</b>`}${null}${undefined}${false}${["a", trusted("<br>")]}</p>`
        .text,
      `<p title="&quot;&#39;">&lt;&amp;&gt;<b>1</b>a<br></p>`
    )
  })

  it("links only to http and https", () => {
    assert.strictEqual(href("https://a.example/b"), "https://a.example/b")
    for (const address of [
      "javascript:alert(1)",
      " javascript:alert(1)",
      "data:text/html,x",
      "//a.example",
      "https://a b"
    ]) {
      assert.strictEqual(href(address), "#")
    }
  })

  it("keeps JSON from ending its script element", () => {
    assert.strictEqual(jsonScript({ a: "</script><!--" }).text, '{"a":"\\u003c/script>\\u003c!--"}')
  })
})

describe("words", () => {
  it("rounds durations to what matters", () => {
    const cases = [
      [0, "0.0 s"],
      [9_940, "9.9 s"],
      [9_960, "10 s"],
      [59_600, "1 m 00 s"],
      [185_000, "3 m 05 s"],
      [7_800_000, "2 h 10 m"],
      [-5, "0.0 s"]
    ] as const
    for (const [ms, text] of cases) assert.strictEqual(duration(ms), text)
  })

  it("tells ages from a given now, and never the future", () => {
    const cases = [
      [0, "just now"],
      [12_000, "12 s ago"],
      [125_000, "2 min ago"],
      [7_300_000, "2 h ago"],
      [90_000_000, "yesterday"],
      [864_000_000, "10 days ago"],
      [-60_000, "just now"]
    ] as const
    for (const [age, text] of cases) assert.strictEqual(ago(1_000_000_000 - age, 1_000_000_000), text)
  })

  it("removes terminal sequences and lone carriage returns", () => {
    assert.strictEqual(plainText("\u001b[1;31mred\u001b[0m\r\n10%\r20%\u001b]8;;x\u001b\\link"), "red\r\n10%\n20%link")
  })
})

describe("colours", () => {
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const contrast = (one: string, other: string) => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((left, right) => left - right)
    return (light + 0.05) / (dark + 0.05)
  }
  const schemes = [...baseStyle.matchAll(/:root \{([^}]*)\}/g)].map(
    ([, block]) =>
      new Map(
        [...(block ?? "").matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [name, colour ?? ""])
      )
  )

  it("have a contrast of 4.5 to 1 in light and dark, wherever text stands", () => {
    assert.strictEqual(schemes.length, 2)
    const tones = ["good", "busy", "wait", "bad", "gone"]
    const pairs = [
      ...["ink", "quiet", "accent", ...tones].flatMap((text) => [
        [text, "sheet"],
        [text, "paper"]
      ]),
      ...tones.flatMap((tone) => [
        [tone, `${tone}-tint`],
        ["ink", `${tone}-tint`]
      ]),
      ["on-accent", "accent"],
      ["paper", "ink"],
      ["ink", "shade"]
    ]
    for (const scheme of schemes) {
      for (const [text = "", ground = ""] of pairs) {
        const ratio = contrast(scheme.get(text) ?? "#000000", scheme.get(ground) ?? "#000000")
        assert.isAtLeast(ratio, 4.5, `${text} on ${ground}`)
      }
    }
  })
})
