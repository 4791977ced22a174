/** The prompt caches of both vendors: what of a prompt was there before. */
import { createHash } from "node:crypto"
import { type Segment, tokensOf } from "./ask.ts"

/** Shorter prompts are not cached, and OpenAI's caches grow by 128 tokens. */
const smallest = 1024
const step = 128
const lifetimesMs = { "5m": 300_000, "1h": 3_600_000 } as const

interface Prefix {
  readonly hash: string
  /** Of the prompt up to and with this segment. */
  readonly tokens: number
  readonly keep: Segment["keep"]
}

const prefixesOf = (scope: string, segments: ReadonlyArray<Segment>): ReadonlyArray<Prefix> => {
  let hash = scope
  let tokens = 0
  return segments.map(({ keep, text }) => {
    hash = createHash("sha256").update(`${hash}\n${text}`).digest("base64")
    tokens += tokensOf(text)
    return { hash, tokens, keep }
  })
}

export interface CacheUse {
  readonly cachedTokens: number
  readonly written5mTokens: number
  readonly written1hTokens: number
}

export const makePromptCache = (now: () => number) => {
  /** By hash: until when it is there. Every request moves those that it read to the end. */
  const kept = new Map<string, number>()
  const remember = (hash: string, forMs: number) => {
    kept.delete(hash)
    kept.set(hash, now() + forMs)
    // NOTE: the oldest go first; nobody's test or demo has so many prompts at once.
    for (const old of kept.keys()) {
      if (kept.size <= 10_000) break
      kept.delete(old)
    }
  }
  const isKept = ({ hash }: Prefix) => now() < (kept.get(hash) ?? 0)

  return {
    /**
     * Anthropic's: up to the marks in the prompt. What was there before is read, what comes after it up to the last mark
     * is written. https://platform.claude.com/docs/en/build-with-claude/prompt-caching (read 2026-11-21)
     */
    marked: (scope: string, segments: ReadonlyArray<Segment>): CacheUse => {
      const prefixes = prefixesOf(scope, segments)
      const marks = prefixes.filter(({ keep, tokens }) => keep !== null && tokens >= smallest)
      const last = marks.at(-1)
      if (last === undefined) return { cachedTokens: 0, written5mTokens: 0, written1hTokens: 0 }
      const known = prefixes.findLast((one) => one.tokens <= last.tokens && isKept(one))
      const written = { "5m": 0, "1h": 0 }
      let reached = known?.tokens ?? 0
      if (known !== undefined) remember(known.hash, lifetimesMs[known.keep ?? "5m"])
      for (const mark of marks) {
        remember(mark.hash, lifetimesMs[mark.keep ?? "5m"])
        if (mark.tokens <= reached) continue
        written[mark.keep ?? "5m"] += mark.tokens - reached
        reached = mark.tokens
      }
      return { cachedTokens: known?.tokens ?? 0, written5mTokens: written["5m"], written1hTokens: written["1h"] }
    },
    /** OpenAI's: by itself, in steps. https://developers.openai.com/api/docs/guides/prompt-caching (read 2026-11-21) */
    automatic: (scope: string, segments: ReadonlyArray<Segment>): CacheUse => {
      const prefixes = prefixesOf(scope, segments).filter(({ tokens }) => tokens >= smallest)
      const known = prefixes.findLast(isKept)
      for (const { hash } of prefixes) remember(hash, lifetimesMs["5m"])
      const cachedTokens = Math.floor((known?.tokens ?? 0) / step) * step
      return { cachedTokens, written5mTokens: 0, written1hTokens: 0 }
    }
  }
}
