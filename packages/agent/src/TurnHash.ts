/** The chain of hashes over a turn's entries. */
import { Effect, Schema } from "effect"
import { Digest } from "effect/crypto"
import { type TurnEntry, TurnFact, type TurnId } from "./Turn.ts"

const encodeFact = Schema.encodeUnknownEffect(Schema.fromJsonString(TurnFact))
const encoder = new TextEncoder()

/** SHA-256 in hexadecimal over the turn, the number, the time, the fact as JSON, and the hash before it. */
export const hashEntry = Effect.fnUntraced(function* (
  turnId: TurnId,
  entry: { readonly number: number; readonly atMs: number; readonly fact: TurnFact },
  before: string
) {
  const digest = yield* Digest.Digest
  const fact = yield* encodeFact(entry.fact)
  return yield* digest.digestHex(
    Digest.sha256,
    encoder.encode([turnId, entry.number, entry.atMs, before, fact].join("\n"))
  )
})

/** The number of the first entry that was changed, or is missing or out of place; `undefined` if all is as it was written. */
export const firstBroken = Effect.fnUntraced(function* (entries: ReadonlyArray<TurnEntry>) {
  let before = ""
  for (const [index, { at, fact, hash, number, turnId }] of entries.entries()) {
    const wanted = yield* hashEntry(turnId, { number, atMs: at.epochMilliseconds, fact }, before)
    if (number !== index + 1 || hash !== wanted) return index + 1
    before = hash
  }
  return undefined
})
