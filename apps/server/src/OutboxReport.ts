/** What the outbox is about, for the API and the dashboard: each running sink, and what each thread shows in Slack. */
import {
  Dispatchers,
  OperationLog,
  type OperationLogError,
  Outbox,
  type OutboxError,
  type OutboxMessage,
  type OutboxWork,
  type StatusSlot,
  type ThreadId,
  ThreadSummary
} from "@productbuilding/core"
import { PreviewId, PreviewStore, type PreviewStoreError } from "@productbuilding/preview"
import { Clock, Context, DateTime, Effect, Layer, Option, PubSub, Schedule, Schema, Stream } from "effect"
import { makeCallHistory } from "./CallHistory.ts"
import { failureAdvice } from "./FailureAdvice.ts"
import type { FailureReport, SinkReport, ThreadReport, WaitingReport } from "./SinkReport.ts"
import { SlackHealth } from "./SlackHealth.ts"
import { cardPrefix, makeSlackUrl, slackSink, slackUrlOf } from "./SlackThreadUrl.ts"

/** Of the messages of a thread. */
const newestMessages = 20

const isPreviewId = Schema.is(PreviewId)
const decodeSummary = Schema.decodeUnknownOption(ThreadSummary)

const waitingOf = (work: OutboxWork): typeof WaitingReport.Type =>
  work.lane === "status"
    ? { lane: "status", thread: work.slot.thread, key: work.slot.key, since: work.slot.since, attempts: null }
    : {
        lane: "append",
        thread: work.message.thread,
        key: work.message.key,
        since: work.message.createdAt,
        attempts: work.message.attempts
      }

const failureOf = (sink: string, work: OutboxWork): typeof FailureReport.Type => {
  const { failure, key, thread } = work.lane === "status" ? work.slot : work.message
  const detail = failure ?? ""
  const at = work.lane === "status" ? work.slot.changedAt : (work.message.settledAt ?? work.message.createdAt)
  return { lane: work.lane, thread, key, detail, advice: failureAdvice(sink, detail), at }
}

const threadFailure = (
  slot: StatusSlot,
  messages: ReadonlyArray<OutboxMessage>
): (typeof ThreadReport.Type)["failure"] => {
  const detail = slot.failure ?? messages.at(-1)?.failure ?? null
  if (detail === null) return null
  return { lane: slot.failure === null ? "append" : "status", detail, advice: failureAdvice(slackSink, detail) }
}

export class OutboxReport extends Context.Service<
  OutboxReport,
  {
    /** The running sinks, each with at most so many of what waits longest and of what failed last. */
    sinks(limit: number): Effect.Effect<ReadonlyArray<typeof SinkReport.Type>, OutboxError>
    /** The threads whose card changed last, newest first. */
    threads(
      limit: number
    ): Effect.Effect<ReadonlyArray<typeof ThreadReport.Type>, OperationLogError | OutboxError | PreviewStoreError>
    /** Where a thread is in Slack; `null` until it is shown there. */
    slackUrl(thread: ThreadId): Effect.Effect<string | null, OutboxError>
    /** That some report is different now, at most once a second. */
    readonly changes: Stream.Stream<void>
  }
>()("@productbuilding/server/OutboxReport") {
  /** Reads the counters of the budgets every second, for their last hour. */
  static readonly layer: Layer.Layer<
    OutboxReport,
    never,
    Dispatchers.Dispatchers | OperationLog | Outbox | PreviewStore | SlackHealth
  > = Layer.effect(
    OutboxReport,
    Effect.gen(function* () {
      const dispatchers = yield* Dispatchers.Dispatchers
      const log = yield* OperationLog
      const outbox = yield* Outbox
      const store = yield* PreviewStore
      const slack = yield* SlackHealth
      const history = makeCallHistory()
      const changed = yield* PubSub.sliding<void>(1)

      const look = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const running = yield* dispatchers.status
        for (const { budgets, sink } of running) {
          for (const { name, spent } of budgets) history.note(`${sink} ${name}`, spent, now)
        }
        return { now, running, sight: yield* slack.sight }
      })

      const sinks = Effect.fn("OutboxReport.sinks")(function* (limit: number) {
        const { now, running, sight } = yield* look
        const counts = yield* outbox.counts
        return yield* Effect.forEach(
          running,
          Effect.fnUntraced(function* ({ budgets, sink, waiting }) {
            const count = counts.find((one) => one.sink === sink)
            const next = (yield* outbox.waiting(sink, { limit })).map(waitingOf)
            const failures = (yield* outbox.failures(sink, { limit })).map((work) => failureOf(sink, work))
            return {
              sink,
              workspace: sink === slackSink ? Option.getOrNull(Option.map(sight.self, ({ team }) => team)) : null,
              problems:
                sink === slackSink
                  ? sight.problems.map(({ advice, found, level }) => ({ found, advice, isFatal: level === "error" }))
                  : [],
              waiting,
              sent: count?.messagesSent ?? 0,
              dropped: count?.messagesDropped ?? 0,
              next: next.toSorted((one, other) => DateTime.Order(one.since, other.since)).slice(0, limit),
              failures: failures.toSorted((one, other) => DateTime.Order(other.at, one.at)).slice(0, limit),
              budgets: budgets.map((budget) => ({
                ...budget,
                pausedUntil: budget.pausedUntil === 0 ? null : DateTime.makeUnsafe(budget.pausedUntil),
                callsByMinute: history.calls(`${sink} ${budget.name}`, now)
              }))
            }
          })
        )
      })

      const threadOf = Effect.fnUntraced(function* (slot: StatusSlot) {
        const messages = yield* outbox.messages(slackSink, slot.thread, { limit: newestMessages })
        const preview = Option.getOrNull(isPreviewId(slot.thread) ? yield* store.find(slot.thread) : Option.none())
        const said = yield* log.newest(slot.thread, "thread")
        const summary = Option.getOrNull(Option.flatMap(said, ({ data }) => decodeSummary(data)))
        return {
          thread: slot.thread,
          title: summary?.title ?? preview?.title ?? null,
          githubUrl: summary?.url ?? preview?.pullRequestUrl ?? null,
          slackUrl: slot.reference === null ? null : slackUrlOf(slot.reference, yield* slack.sight),
          preview: preview === null ? null : { state: preview.state, url: preview.url },
          version: slot.version,
          sentVersion: slot.sentVersion,
          messagesWaiting: messages.filter(({ settledAt }) => settledAt === null).length,
          failure: threadFailure(slot, messages),
          since: slot.since,
          changedAt: slot.changedAt
        }
      })

      const threads = Effect.fn("OutboxReport.threads")(function* (limit: number) {
        return yield* Effect.forEach(yield* outbox.slots(slackSink, { limit, prefix: cardPrefix }), threadOf)
      })

      const slackUrl = yield* makeSlackUrl

      let known = ""
      const tell = Effect.gen(function* () {
        const { running, sight } = yield* look
        const print = JSON.stringify([
          running.map(({ budgets, sink, waiting }) => [
            sink,
            waiting,
            budgets.map(({ name, pausedUntil, spent }) => [name, pausedUntil, spent])
          ]),
          sight
        ])
        if (print === known) return
        known = print
        yield* PubSub.publish(changed, undefined)
      })
      yield* Effect.forkScoped(Effect.repeat(tell, Schedule.spaced("1 second")))
      return OutboxReport.of({ sinks, threads, slackUrl, changes: Stream.fromPubSub(changed) })
    })
  )
}
