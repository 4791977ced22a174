/** A complete answer with a page: one document that loads nothing, under a policy that lets nothing else run. */
import { createHash } from "node:crypto"
import { type Html, html, trusted } from "./Html.ts"
import type { Tone } from "./Words.ts"

/** What to send, whatever server sends it. */
export interface Page {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A style sheet or script that stands in the page itself; the policy names it by its hash, so no nonce is needed. */
export interface Inline {
  readonly text: string
  readonly source: string
}

/** Made once for each constant text. */
export const inline = (text: string): Inline => {
  if (/<\/(?:script|style)/i.test(text)) throw new Error("an inlined text must not end its own element")
  return { text, source: `'sha256-${createHash("sha256").update(text).digest("base64")}'` }
}

const policy = (style: Inline, script: Inline, framing: "anywhere" | "nowhere"): string =>
  [
    "default-src 'none'",
    `script-src ${script.source}`,
    `style-src ${style.source}`,
    "connect-src 'self'",
    "img-src data:",
    "form-action 'self'",
    "base-uri 'none'",
    ...(framing === "nowhere" ? ["frame-ancestors 'none'"] : [])
  ].join("; ")

const iconColours: Readonly<Record<Tone, string>> = {
  good: "#1f7a4a",
  busy: "#2b50c8",
  wait: "#9a5f00",
  bad: "#b3261e",
  gone: "#6b7180"
}

/** Three floors of a house. */
const icon = (tone: Tone): string => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="${iconColours[tone]}"><path d="M2 11h12v4H2zM4 6h10v4H4zM7 1h7v4H7z"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

/** The mark beside the name. */
export const logo: Html = trusted(
  '<svg class="logo" viewBox="0 0 28 28" width="28" height="28" aria-hidden="true"><rect x="3" y="19" width="22" height="6" rx="1.2"/><rect class="lit" x="7" y="11" width="18" height="6" rx="1.2"/><rect x="12" y="3" width="13" height="6" rx="1.2"/></svg>'
)

/** A page. Never stored by anyone, and not for search engines. */
export const page = (options: {
  readonly status: number
  readonly title: string
  readonly tone: Tone
  readonly style: Inline
  readonly script: Inline
  readonly framing: "anywhere" | "nowhere"
  readonly head?: Html
  readonly body: Html
  readonly headers?: Readonly<Record<string, string>>
}): Page => ({
  status: options.status,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": policy(options.style, options.script, options.framing),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    ...options.headers
  },
  body: html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${options.title}</title>
<link rel="icon" href="${icon(options.tone)}">
${options.head}<style>${trusted(options.style.text)}</style>
</head>
${options.body}
<script type="module">${trusted(options.script.text)}</script>
</html>
`.text
})
