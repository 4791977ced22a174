/** What must hold for every page, whatever stands in it. */
import { createHash } from "node:crypto"
import { assert } from "vitest"
import type { Page } from "../../src/pages/Page.ts"

/** Tries to leave text, attribute, script and template alike. */
export const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)></script></title>\`\${alert(1)}<!--`

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)]

export const assertSafe = (page: Page): void => {
  const { body } = page
  const scripts = matches(body, /<script([^>]*)>([\s\S]*?)<\/script>/g)
  assert.isAtMost(scripts.length, 2)
  const policy = page.headers["content-security-policy"] ?? ""
  const executed = scripts.filter(([, attributes]) => attributes === ' type="module"')
  const data = scripts.filter(([, attributes]) => attributes?.startsWith(' type="application/json"'))
  assert.strictEqual(executed.length, 1)
  assert.strictEqual(executed.length + data.length, scripts.length)
  const digest = (text: string | undefined) =>
    `'sha256-${createHash("sha256")
      .update(text ?? "")
      .digest("base64")}'`
  assert.include(policy, `script-src ${digest(executed[0]?.[2])};`)
  assert.include(policy, `style-src ${digest(/<style>([\s\S]*?)<\/style>/.exec(body)?.[1])};`)
  assert.match(policy, /^default-src 'none';/)
  assert.notMatch(policy, /unsafe|\*/)

  const markup = body.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, "")
  const tags = matches(markup, /<[a-z][^\s>]*((?:\s+[^\s"'<>=]+(?:="[^"]*")?)*)\s*\/?>/gi)
  assert.strictEqual(
    tags.length,
    matches(markup, /<(?![/!])/g).length,
    "every tag is well formed, and none came from outside"
  )
  for (const [tag] of tags) {
    assert.notMatch(tag.replace(/="[^"]*"/g, '=""'), /\s(?:on[a-z]+|style)=/i, tag)
    assert.notMatch(tag, /(?:href|src)="\s*javascript:/i)
    assert.notMatch(tag, /^<(?:img|iframe|object|embed|link(?! rel="icon" href="data:))/i)
  }
  assert.notInclude(body, "undefined")
  assert.notInclude(markup, "[object")
}
