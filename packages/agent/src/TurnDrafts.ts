/** What a model is writing just now, for those who show turns. It is kept nowhere: the record has what came of it. */
import { Context, Duration, Effect, Layer, PubSub, Stream } from "effect"
import type { TurnId } from "./Turn.ts"

export interface TurnDrafts {
  /** Whether anybody looks. Where nobody does, a model is asked for its whole answer at once. */
  readonly isFollowed: boolean
  /** Replaces what is being written for a turn: Markdown that is fit to be shown. Empty: nothing is. */
  put(id: TurnId, draft: string): Effect.Effect<void>
  /** Empty when nothing is being written, or not in this process. */
  get(id: TurnId): Effect.Effect<string>
  /** Turns whose draft has grown, from now on. Who is slow misses the older changes. */
  readonly changes: Stream.Stream<TurnId>
}

const nobody: TurnDrafts = {
  isFollowed: false,
  put: () => Effect.void,
  get: () => Effect.succeed(""),
  changes: Stream.never
}

/** Default: nobody looks. */
export const TurnDrafts = Context.Reference<TurnDrafts>("@productbuilding/agent/TurnDrafts", {
  defaultValue: () => nobody
})

/** How often a draft is shown anew: Slack allows some 50 edits a minute, for everything together. */
export const drawEvery = Duration.millis(1500)

/** In the memory of this process. */
export const layer: Layer.Layer<never> = Layer.effect(
  TurnDrafts,
  Effect.gen(function* () {
    const drafts = new Map<TurnId, string>()
    const changes = yield* PubSub.sliding<TurnId>(256)
    return {
      isFollowed: true,
      put: (id, draft) => {
        if (draft === "") return Effect.sync(() => void drafts.delete(id))
        if (drafts.get(id) === draft) return Effect.void
        drafts.set(id, draft)
        return Effect.asVoid(PubSub.publish(changes, id))
      },
      get: (id) => Effect.sync(() => drafts.get(id) ?? ""),
      changes: Stream.fromPubSub(changes)
    }
  })
)

/** Of what is still being written: without its last word, which may be the beginning of a secret that is known as a whole only. */
export const whole = (text: string): string => text.slice(0, text.search(/\s\S*$/) + 1).trimEnd()
