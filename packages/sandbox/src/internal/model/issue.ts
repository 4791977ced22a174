/** Makes of a turn the answer that goes out: with ids, within the limit of tokens, and with what it costs. */
import { createHash } from "node:crypto"
import type { ModelTurn } from "../../ModelScript.ts"
import { type Ask, type Issued, tokensOf } from "./ask.ts"
import type { CacheUse } from "./promptCache.ts"

/** What vendors add around every message and every tool. */
const framing = 4

const inputTokensOf = ({ segments }: Ask) =>
  segments.reduce((sum, { text }) => sum + tokensOf(text), 0) + (segments.length > 0 ? framing : 0)

export const countInput = inputTokensOf

const cutAt = (text: string, stops: ReadonlyArray<string>) => {
  const found = stops
    .map((stop) => ({ stop, at: text.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .toSorted((left, right) => left.at - right.at)[0]
  return found === undefined ? { text, stop: null } : { text: text.slice(0, found.at), stop: found.stop }
}

/**
 * Ids are the same whenever the same requests come in the same order, and differ within a conversation even where the
 * sandbox has been started anew.
 */
export const issue = (ask: Ask, turn: ModelTurn, cache: CacheUse, callId: number, atMs: number): Issued => {
  const seed = createHash("sha256")
    .update(`${callId} ${JSON.stringify(ask.body)}`)
    .digest("hex")
  const idOf = (part: string) => `01${createHash("sha256").update(`${seed} ${part}`).digest("hex").slice(0, 22)}`
  const written = turn.text ?? (turn.json === undefined ? "" : JSON.stringify(turn.json))
  const { stop, text: before } = cutAt(written, ask.stopSequences)
  const allowed = (turn.toolCalls ?? []).slice(0, ask.parallel ? undefined : 1)
  const most = ask.request.maxTokens ?? Number.POSITIVE_INFINITY
  const cut = tokensOf(before) > most
  const text = cut ? before.slice(0, most * 4) : before
  const toolCalls = stop === null && !cut ? allowed.map((call, index) => ({ ...call, id: idOf(`call ${index}`) })) : []
  const inputTokens = turn.inputTokens ?? inputTokensOf(ask)
  const standard = toolCalls.length > 0 ? "tool-calls" : "stop"
  // NOTE: what was given instead of the count need not have room for what the cache holds.
  const within = (tokens: number) => (turn.inputTokens === undefined ? tokens : 0)
  return {
    id: idOf("answer"),
    atMs,
    text,
    toolCalls,
    finish: cut ? "length" : stop === null ? (turn.finish ?? standard) : "stop-sequence",
    stopSequence: stop,
    usage: {
      inputTokens,
      cachedTokens: within(cache.cachedTokens),
      written5mTokens: within(cache.written5mTokens),
      written1hTokens: within(cache.written1hTokens),
      outputTokens:
        turn.outputTokens ??
        tokensOf(text) +
          toolCalls.reduce((sum, { arguments: given, name }) => sum + tokensOf(name + JSON.stringify(given)), 0)
    }
  }
}
