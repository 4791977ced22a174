/** Which endpoints are disabled: those that answered 410 Gone. Restarts and other processes know it too. */
import { ResourceLedger, type ResourceLedgerError } from "@productbuilding/core"
import { Effect, Option } from "effect"

const claimOf = (name: string) => ({ ownerKey: name, kind: "callback", subject: name })

/** Whether the endpoint of this name is disabled. */
export const isDisabled = Effect.fn("CallbackState.isDisabled")(function* (
  name: string
): Effect.fn.Return<boolean, ResourceLedgerError, ResourceLedger> {
  const found = yield* (yield* ResourceLedger).find(name)
  return Option.isSome(found) && found.value.state === "removed"
})

/** Nothing is sent to it until it is enabled. Idempotent. */
export const disable = Effect.fn("CallbackState.disable")(function* (
  name: string
): Effect.fn.Return<void, ResourceLedgerError, ResourceLedger> {
  const ledger = yield* ResourceLedger
  yield* ledger.claim(claimOf(name))
  yield* ledger.removed(name)
})

/** Sends to it again, from the next event on. Idempotent. */
export const enable = Effect.fn("CallbackState.enable")(function* (
  name: string
): Effect.fn.Return<void, ResourceLedgerError, ResourceLedger> {
  const ledger = yield* ResourceLedger
  yield* ledger.claim(claimOf(name))
  yield* ledger.live(name, name)
})
