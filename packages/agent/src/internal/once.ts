import { ResourceLedger } from "@productbuilding/core"
import { Effect, Option } from "effect"

/**
 * Makes one object outside, however often it is called with the same key: what is live is adopted, what may have been
 * made before a crash is looked for before it is made. Answers with the vendor's id.
 */
export const once = Effect.fnUntraced(function* <E1, R1, E2, R2>(options: {
  readonly ownerKey: string
  readonly kind: string
  readonly subject: string
  /** By the marker that `make` leaves. */
  readonly find: Effect.Effect<Option.Option<string>, E1, R1>
  readonly make: Effect.Effect<string, E2, R2>
}) {
  const { find, kind, make, ownerKey, subject } = options
  const ledger = yield* ResourceLedger
  const known = yield* ledger.find(ownerKey)
  if (Option.isSome(known) && known.value.state === "live" && known.value.externalId !== null) {
    return known.value.externalId
  }
  const found = Option.isSome(known) ? yield* find : Option.none<string>()
  yield* ledger.claim({ ownerKey, kind, subject })
  const id = Option.isSome(found) ? found.value : yield* make
  yield* ledger.live(ownerKey, id)
  return id
})
