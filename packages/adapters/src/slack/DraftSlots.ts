/** Has the message of a turn shown anew while its model writes. */
import { TurnDrafts, type TurnId, TurnStore } from "@productbuilding/agent"
import { Outbox } from "@productbuilding/core"
import { Effect, Layer, Stream } from "effect"
import { placeOfConversation, progressOf } from "./TurnRoute.ts"

const show = Effect.fnUntraced(
  function* (id: TurnId) {
    const drafts = yield* TurnDrafts
    const outbox = yield* Outbox
    const store = yield* TurnStore
    const { conversation } = yield* store.get(id)
    // NOTE: once nothing is being written any more, the turn's own events show what came of it, with their own priority.
    if (placeOfConversation(conversation) === undefined || (yield* drafts.get(id)) === "") return
    yield* outbox.put([progressOf({ conversation, id })])
  },
  // NOTE: the next draft, or the answer itself, is shown without our help.
  Effect.catch((error) => Effect.logWarning("What a model is writing could not be shown", error))
)

/** Follows the drafts of this process, for turns that were asked for in Slack. */
export const layer: Layer.Layer<never, never, Outbox | TurnStore> = Layer.effectDiscard(
  Effect.gen(function* () {
    const { changes } = yield* TurnDrafts
    yield* Effect.forkScoped(Stream.runForEach(changes, show))
  })
)
