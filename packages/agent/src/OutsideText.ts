/** Text that others wrote, made harmless before a model reads it, and what a model wrote before people do. */
import type { Schema } from "effect"

/** Characters that people do not see and models read, as Unicode lists them: zero-width, bidirectional controls, tags. */
const invisible = /\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\uFFF9-\uFFFB]/gu

const htmlComment = /<!--[\s\S]*?(?:-->|$)/g

/** Without what people do not see: HTML comments and invisible characters. */
export const visible = (text: string): string => text.replace(htmlComment, "").replace(invisible, "")

/**
 * Shapes of secrets, by the vendors' own prefixes where they have one. Not complete, and cannot be: no tool returns a
 * secret that we hold, this catches those that others left in a log or an issue.
 */
const secrets: ReadonlyArray<RegExp> = [
  /\bgh[pousr]_[A-Za-z0-9]{30,255}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{50,255}\b/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bxapp-[A-Za-z0-9-]{10,}/g,
  /\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,}/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bsk_live_[A-Za-z0-9]{16,}/g,
  /\bwhsec_[A-Za-z0-9+/=]{16,}/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bglpat-[A-Za-z0-9_-]{20,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]+):[^\s/@]+@/gi,
  /\b((?:api[_-]?key|secret|token|passw(?:or)?d)["']?\s*[:=]\s*["']?)[^\s"',;]{8,}/gi
]

/** What stands where a secret stood. */
export const removed = "[secret removed]"

/** With each secret that it recognises removed. */
export const withoutSecrets = (text: string): string =>
  secrets.reduce(
    (left, pattern) =>
      left.replace(pattern, (match, kept: unknown) => {
        if (typeof kept !== "string") return removed
        return match.endsWith("@") ? `${kept}:${removed}@` : `${kept}${removed}`
      }),
    text
  )

/** Both, for every string in it; each at most `maxCharacters` long. */
export const harmless = (value: Schema.Json, maxCharacters = 20_000): Schema.Json => {
  if (typeof value === "string") {
    const text = withoutSecrets(visible(value))
    return text.length > maxCharacters
      ? `${text.slice(0, maxCharacters)}\n[cut: ${text.length - maxCharacters} characters more]`
      : text
  }
  if (Array.isArray(value)) return value.map((one) => harmless(one, maxCharacters))
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, harmless(one, maxCharacters)]))
  }
  return value
}
