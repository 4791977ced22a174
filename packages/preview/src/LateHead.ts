/**
 * Waiting for a head that somebody has heard of and the code host does not show yet: right after a push GitHub may answer
 * the former one for a moment, and the look that the push asks for finds nothing new.
 */
import { type CommitSha, Decision } from "@productbuilding/core"
import { Effect, FiberMap, type Scope } from "effect"
import type { PreviewId } from "./Preview.ts"
import type { LookFailed } from "./Previews.ts"

/** What a look has come to. */
export interface Looked {
  readonly decision: Decision
  /** Of the pull request as the code host shows it; `null` unless that is open. */
  readonly head: CommitSha | null
}

/** After each of them it is looked again; what comes later is the reconciler's. */
const pauses = ["1 second", "3 seconds", "10 seconds"] as const

/**
 * Looks, and answers with that look's decision. Where the code host shows another head than `heardOf`, its reason says so,
 * and after each of the `pauses` it is looked again in the background, until the code host shows something else than it
 * did. Which of the two is older nobody can tell: the one that was heard of may be, so nothing is done with it but this.
 * For one preview at most one such wait is under way, the newest; it ends with the scope.
 */
export const make = Effect.fnUntraced(function* (
  look: (id: PreviewId, requester: string) => Effect.Effect<Looked, LookFailed>
): Effect.fn.Return<
  (id: PreviewId, requester: string, heardOf: CommitSha) => Effect.Effect<Decision, LookFailed>,
  never,
  Scope.Scope
> {
  const waits = yield* FiberMap.make<PreviewId>()

  const wait = Effect.fnUntraced(function* (id: PreviewId, requester: string, shown: CommitSha) {
    for (const pause of pauses) {
      yield* Effect.sleep(pause)
      // NOTE: a newer wait takes this one's place, which must not cut off a look that has begun something.
      const head = yield* Effect.uninterruptible(look(id, requester)).pipe(
        Effect.map((looked) => looked.head),
        Effect.catch(({ message }) =>
          Effect.as(Effect.logWarning(`The preview ${id} is looked at again`, message), shown)
        )
      )
      if (head !== shown) return
    }
  })

  return Effect.fnUntraced(function* (id, requester, heardOf) {
    const { decision, head } = yield* look(id, requester)
    if (head === null || head === heardOf) return decision
    yield* FiberMap.run(waits, id, wait(id, requester, head))
    const short = heardOf.slice(0, 7)
    return new Decision({
      ...decision,
      reason: `${decision.reason}; the code host does not show ${short} as the head, so it is looked at again for a moment`
    })
  })
})
