/** What the outbox is about, for the API and the dashboard: each running sink, and what each thread shows in Slack. */
import { Dispatchers, Outbox, type OutboxError, type OutboxMessage, type StatusSlot } from "@productbuilding/core"
import { PreviewId, PreviewStore, type PreviewStoreError } from "@productbuilding/preview"
import { Clock, Context, DateTime, Effect, Layer, Option, Schedule, Schema } from "effect"
import type { SinkReport, ThreadReport } from "../Api.ts"
import { makeCallHistory } from "./CallHistory.ts"

// NOTE: the sink's own constant stands beside the vendor's SDK, which is not loaded without Slack.
const slackSink = "slack"

/** A failure is looked for, and what waits is counted, among so many. */
const newestMessages = 20

const isPreviewId = Schema.is(PreviewId)

const slackUrl = (reference: string): string => {
  const [channel = "", ts = ""] = reference.split(":")
  return `https://slack.com/app_redirect?${new URLSearchParams({ channel, message_ts: ts })}`
}

const failureOf = (slot: StatusSlot, messages: ReadonlyArray<OutboxMessage>): (typeof ThreadReport.Type)["failure"] => {
  if (slot.failure !== null) return { what: "card", detail: slot.failure }
  const detail = messages.at(-1)?.failure ?? null
  return detail === null ? null : { what: "message", detail }
}

export class OutboxReport extends Context.Service<
  OutboxReport,
  {
    readonly sinks: Effect.Effect<ReadonlyArray<typeof SinkReport.Type>, OutboxError>
    /** The threads whose card changed last, newest first. */
    threads(limit: number): Effect.Effect<ReadonlyArray<typeof ThreadReport.Type>, OutboxError | PreviewStoreError>
  }
>()("@productbuilding/server/OutboxReport") {
  /** Reads the counters of the budgets every ten seconds, for their last hour. Without `Dispatchers` no sink runs. */
  static readonly layer: Layer.Layer<OutboxReport, never, Outbox | PreviewStore> = Layer.effect(
    OutboxReport,
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const store = yield* PreviewStore
      const dispatchers = yield* Effect.serviceOption(Dispatchers.Dispatchers)
      const history = makeCallHistory()

      const statuses = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const running = Option.isSome(dispatchers) ? yield* dispatchers.value.status : []
        for (const { budgets, sink } of running) {
          for (const { name, spent } of budgets) history.note(`${sink} ${name}`, spent, now)
        }
        return { now, running }
      })

      const sinks = Effect.gen(function* () {
        const { now, running } = yield* statuses
        const counts = yield* outbox.counts
        return running.map(({ budgets, sink, waiting }) => {
          const count = counts.find((one) => one.sink === sink)
          return {
            sink,
            waiting,
            sent: count?.messagesSent ?? 0,
            dropped: count?.messagesDropped ?? 0,
            budgets: budgets.map((budget) => ({
              ...budget,
              pausedUntil: budget.pausedUntil === 0 ? null : DateTime.makeUnsafe(budget.pausedUntil),
              callsByMinute: history.calls(`${sink} ${budget.name}`, now)
            }))
          }
        })
      })

      const threads = Effect.fn("OutboxReport.threads")(function* (limit: number) {
        const slots = yield* outbox.slots(slackSink, { limit })
        return yield* Effect.forEach(
          slots,
          Effect.fnUntraced(function* (slot) {
            const messages = yield* outbox.messages(slackSink, slot.thread, { limit: newestMessages })
            const preview = isPreviewId(slot.thread) ? yield* store.find(slot.thread) : Option.none()
            return {
              thread: slot.thread,
              title: Option.getOrNull(Option.map(preview, ({ title }) => title)),
              githubUrl: Option.getOrNull(Option.map(preview, ({ pullRequestUrl }) => pullRequestUrl)),
              slackUrl: slot.reference === null ? null : slackUrl(slot.reference),
              version: slot.version,
              sentVersion: slot.sentVersion,
              messagesWaiting: messages.filter(({ settledAt }) => settledAt === null).length,
              failure: failureOf(slot, messages),
              since: slot.since,
              changedAt: slot.changedAt
            }
          })
        )
      })

      yield* Effect.forkScoped(Effect.repeat(statuses, Schedule.spaced("10 seconds")))
      return OutboxReport.of({ sinks, threads })
    })
  )
}
