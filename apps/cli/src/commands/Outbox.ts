/** `outbox` */

import { ago, clockTime, duration } from "@productbuilding/server/pages/Words"
import { SinkReport } from "@productbuilding/server/SinkReport"
import { Clock, DateTime, Effect, Schema } from "effect"
import { hint, oneLine, printJson, printTable } from "../Output.ts"
import { Server } from "../Server.ts"

type Sink = typeof SinkReport.Type

interface Row {
  readonly sink: string
  readonly state: "waiting" | "failed"
  readonly atMs: number
  readonly thread: string
  readonly what: string
  readonly detail: string
}

const whats = { append: "message", status: "card" } as const

const rowsOf = ({ failures, next, sink }: Sink): ReadonlyArray<Row> => [
  ...failures.map(({ at, detail, lane, thread }) => ({
    sink,
    state: "failed" as const,
    atMs: DateTime.toEpochMillis(at),
    thread,
    what: whats[lane],
    detail
  })),
  ...next.map(({ attempts, lane, since, thread }) => ({
    sink,
    state: "waiting" as const,
    atMs: DateTime.toEpochMillis(since),
    thread,
    what: whats[lane],
    detail: attempts === null || attempts === 0 ? "" : `sent ${attempts === 1 ? "once" : `${attempts} times`} in vain`
  }))
]

/** What keeps a sink from telling, and what to do about it. */
const advices = ({ budgets, failures, problems, sink }: Sink, now: number): ReadonlyArray<string> => [
  ...problems.map(({ advice, found }) => `${sink}: ${found} ${advice ?? ""}`),
  ...budgets.flatMap(({ name, pausedUntil }) => {
    const until = pausedUntil === null ? 0 : DateTime.toEpochMillis(pausedUntil)
    return until <= now
      ? []
      : [
          `${sink}: no call for ${name} until ${clockTime(until)} UTC (${duration(until - now)}), as it asked us to wait.`
        ]
  }),
  ...new Set(failures.map(({ advice, detail }) => `${sink}: ${detail}. ${advice}`))
]

/** Shows what has yet to be told and what was refused for good; of each sink at most so many of both. */
export const outbox = Effect.fnUntraced(function* (options: { readonly limit: number; readonly json: boolean }) {
  const server = yield* Server
  const sinks = yield* server.call((api) => api.outbox.sinks({ query: { limit: options.limit } }))
  if (options.json) return yield* printJson(Schema.Array(SinkReport), sinks)
  const now = yield* Clock.currentTimeMillis
  const rows = sinks.flatMap(rowsOf)
  if (rows.length === 0) {
    yield* hint("Nothing waits, and nothing has failed.")
  } else {
    yield* printTable<Row>(
      (colors) => [
        { title: "SINK", text: ({ sink }) => sink },
        {
          title: "STATE",
          text: ({ state }) => state,
          color: (text, { state }) => (state === "failed" ? colors.bad : colors.wait)(text)
        },
        { title: "SINCE", text: ({ atMs }) => ago(atMs, now) },
        { title: "THREAD", text: ({ thread }) => thread, shrinkTo: 12 },
        { title: "WHAT", text: ({ what }) => what, optional: true },
        { title: "DETAIL", text: ({ detail }) => detail, shrinkTo: 20 }
      ],
      rows
    )
  }
  const said = sinks.flatMap((sink) => advices(sink, now))
  if (said.length > 0) yield* hint(`\n${said.map(oneLine).join("\n")}`)
  const listed = rows.filter(({ state }) => state === "waiting").length
  const all = sinks.reduce((sum, { waiting }) => sum + waiting.messages + waiting.slots, 0)
  if (all > listed) yield* hint(`\n${all - listed} more wait; \`--limit\` shows more of them.`)
})
