/** Where threads are in Slack. */
import { Outbox, type OutboxError, type ThreadId } from "@productbuilding/core"
import { Effect, Option } from "effect"
import { SlackHealth, type SlackSight } from "./SlackHealth.ts"

// NOTE: the sink's own constants stand beside the vendor's SDK, which is not loaded without Slack.
export const slackSink = "slack"
export const cardPrefix = "card:"

/** As Slack itself writes it; before the workspace has answered, an address that leads there. */
export const slackUrlOf = (reference: string, { self }: SlackSight): string => {
  const [channel = "", ts = ""] = reference.split(":")
  return Option.match(self, {
    onNone: () => `https://slack.com/app_redirect?${new URLSearchParams({ channel, message_ts: ts })}`,
    onSome: ({ url }) => new URL(`/archives/${channel}/p${ts.replace(".", "")}`, url).href
  })
}

/** Where a thread is in Slack; `null` until it is shown there. */
export const makeSlackUrl: Effect.Effect<
  (thread: ThreadId) => Effect.Effect<string | null, OutboxError>,
  never,
  Outbox | SlackHealth
> = Effect.gen(function* () {
  const outbox = yield* Outbox
  const slack = yield* SlackHealth
  return Effect.fnUntraced(function* (thread: ThreadId) {
    const slot = Option.getOrNull(yield* outbox.slot(slackSink, `${cardPrefix}${thread}`))
    return slot === null || slot.reference === null ? null : slackUrlOf(slot.reference, yield* slack.sight)
  })
})
