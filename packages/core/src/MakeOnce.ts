/** Makes one object outside exactly once, whatever breaks on the way. */
import { Effect, Option, type Schedule } from "effect"
import { type Resource, ResourceLedger, type ResourceLedgerError } from "./Resource.ts"

/** One object that is to be made. */
export interface MakeOnce<E, R> extends Pick<Resource, "ownerKey" | "kind" | "subject"> {
  /**
   * Looks for the object where it is made, by a mark that only it bears, and answers with its id. An object must be seen
   * at the latest when this looks for the last time.
   */
  readonly find: Effect.Effect<Option.Option<string>, E, R>
  /** Makes the object, with the mark, and answers with its id. */
  readonly make: Effect.Effect<string, E, R>
  /** Whether the object may have been made although `make` failed in this way. */
  readonly isUnsure: (error: E) => boolean
  /** When to look again while nothing is there that may have been made. Default: never. */
  readonly lookAgain?: Schedule.Schedule<unknown>
}

/** What became of it: made now, found where an earlier try had left it, or known from the ledger. */
export interface MadeOnce {
  readonly id: string
  readonly how: "made" | "found" | "known"
}

/** How often `make` is tried in one call. */
const maxTries = 2

/**
 * The object of an owner key: the one that lives, or else the one that an earlier try left, or else a new one. After a
 * `make` that may have made it, it looks before it tries a second and last time.
 *
 * Calls with the same key must not overlap. Fails with the error of `find` or `make`; the ledger then says `removed`
 * when there certainly is nothing, `ambiguous` when it cannot be told, and after a crash `pending`. Another call goes
 * on from each of these.
 */
export const makeOnce = Effect.fn("makeOnce")(function* <E, R>(
  request: MakeOnce<E, R>
): Effect.fn.Return<MadeOnce, E | ResourceLedgerError, ResourceLedger | R> {
  const { find, isUnsure, kind, lookAgain, make, ownerKey, subject } = request
  const ledger = yield* ResourceLedger
  const before = Option.getOrUndefined(yield* ledger.find(ownerKey))
  const row = yield* ledger.claim({ ownerKey, kind, subject })
  if (row.state === "live" && row.externalId !== null) return { id: row.externalId, how: "known" }

  const lives = (id: string, how: MadeOnce["how"]) => Effect.as(ledger.live(ownerKey, id), { id, how })
  const look = Effect.tapError(
    lookAgain === undefined ? find : Effect.repeat(find, { schedule: lookAgain, until: Option.isSome }),
    () => ledger.ambiguous(ownerKey)
  )

  if (before !== undefined && before.state !== "removed") {
    const found = yield* look
    if (Option.isSome(found)) return yield* lives(found.value, "found")
  }
  for (let tries = 1; ; tries++) {
    const made = yield* Effect.result(make)
    if (made._tag === "Success") return yield* lives(made.success, "made")
    if (!isUnsure(made.failure)) {
      yield* ledger.removed(ownerKey)
      return yield* Effect.fail(made.failure)
    }
    const found = yield* look
    if (Option.isSome(found)) return yield* lives(found.value, "found")
    if (tries === maxTries) {
      yield* ledger.ambiguous(ownerKey)
      return yield* Effect.fail(made.failure)
    }
  }
})

/**
 * A hidden mark for a body in Markdown or HTML. Different keys have different marks, and none can end the comment that
 * hides it. Where it stands at the very beginning of a body that we wrote ourselves, it proves whose that is; anybody
 * else can copy it.
 */
export const hiddenMark = (key: string): string =>
  `<!-- productbuilding:once:${encodeURIComponent(key.toWellFormed()).replaceAll("-", "%2D")} -->`

/** Whether a body begins with the mark. */
export const bearsMark = (body: string, mark: string): boolean => body.trimStart().startsWith(mark)
