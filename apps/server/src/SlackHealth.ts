/** Looks at Slack's setup again and again, so that what is missing is said before somebody misses it. */
import { ProjectRegistry } from "@productbuilding/core"
import { Context, Effect, Layer, Option, Ref } from "effect"
import { FetchHttpClient } from "effect/http"
import { Settings } from "./Settings.ts"
import { Slack } from "./Slack.ts"
import { type SlackFinding, type SlackSelf, slackLooks } from "./SlackFindings.ts"

/** What the last look has seen. */
export interface SlackSight {
  /** The workspace, once it has answered. */
  readonly self: Option.Option<SlackSelf>
  readonly problems: ReadonlyArray<SlackFinding>
}

const nothing: SlackSight = { self: Option.none(), problems: [] }

/** Conversations are listed at most 20 times a minute, by everybody. https://docs.slack.dev/apis/web-api/rate-limits (read 2026-11-21) */
const interval = ({ problems }: SlackSight) => (problems.length === 0 ? "5 minutes" : "1 minute")

export class SlackHealth extends Context.Service<
  SlackHealth,
  {
    /** Nothing before the first look, and without Slack. */
    readonly sight: Effect.Effect<SlackSight>
  }
>()("@productbuilding/server/SlackHealth") {
  static readonly layerNone: Layer.Layer<SlackHealth> = Layer.succeed(SlackHealth, { sight: Effect.succeed(nothing) })

  /** Looks at the start, then every five minutes; as long as something is wrong, every minute. */
  static readonly layer: Layer.Layer<SlackHealth, never, Slack | ProjectRegistry | Settings> = Layer.effect(
    SlackHealth,
    Effect.gen(function* () {
      const registry = yield* ProjectRegistry
      const { publicUrl } = yield* Settings
      const { settings } = yield* Slack
      const seen = yield* Ref.make(nothing)
      if (Option.isSome(settings)) {
        const look = Effect.gen(function* () {
          const { looks, self } = yield* slackLooks(settings.value, registry.all, publicUrl)
          const found = yield* Effect.forEach(looks, ({ look }) => look, { concurrency: "unbounded" })
          const now = yield* self
          return yield* Ref.updateAndGet(seen, (before) => ({
            self: Option.orElse(now, () => before.self),
            problems: found.flat().filter(({ level }) => level !== "ok")
          }))
        })
        yield* Effect.forkScoped(
          Effect.forever(Effect.flatMap(look, (sight) => Effect.sleep(interval(sight)))).pipe(
            Effect.provide(FetchHttpClient.layer)
          )
        )
      }
      return SlackHealth.of({ sight: Ref.get(seen) })
    })
  )
}
