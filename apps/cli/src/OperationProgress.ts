/** An operation's events as lines for people. Pure, so that a replay from the start gives the same lines. */
import type { Event } from "@productbuilding/core"
import { PreviewState, Stage, stageNames } from "@productbuilding/preview"
import { duration } from "@productbuilding/server/pages/Words"
import { DateTime, Option, Schema } from "effect"
import { harmless, type Palette } from "./Output.ts"

/** What is being done, and since when. */
export interface Running {
  readonly label: string
  readonly stage: Stage | null
  readonly sinceMs: number
}

/** What the events so far came to. */
export interface Progress {
  readonly running: Running | null
  readonly end: "succeeded" | "failed" | "superseded" | null
}

/** Before the first event. */
export const initial: Progress = { running: null, end: null }

const StateData = Schema.Struct({
  state: PreviewState,
  stage: Schema.NullOr(Stage),
  failure: Schema.NullOr(Schema.Struct({ stage: Schema.String }))
})
const LogData = Schema.Struct({ lines: Schema.Array(Schema.String) })
const EndData = Schema.Struct({ status: Schema.Literals(["succeeded", "failed", "superseded"]) })

const decodeState = Schema.decodeUnknownOption(StateData)
const decodeLog = Schema.decodeUnknownOption(LogData)
const decodeEnd = Schema.decodeUnknownOption(EndData)

const nameWidth = 24

/** `✓ Build                     5.1 s` */
export const progressLine = (sign: string, label: string, ms: number): string =>
  `${sign} ${label.padEnd(nameWidth)}${duration(ms).padStart(9)}`

/** The next progress, and the lines to print for it. An event of an unknown type changes nothing. */
export const advance = (
  progress: Progress,
  event: Event,
  colors: Palette
): { readonly progress: Progress; readonly lines: ReadonlyArray<string> } => {
  const atMs = DateTime.toEpochMillis(event.at)
  switch (event.type) {
    case "state":
    case "step": {
      const data = decodeState(event.data)
      return Option.isNone(data) ? { progress, lines: [] } : advanceState(progress, data.value, atMs, colors)
    }
    case "log": {
      const lines = Option.match(decodeLog(event.data), { onNone: () => [], onSome: (data) => data.lines })
      return { progress, lines: lines.map((line) => colors.dim(`  │ ${harmless(line).trimEnd()}`)) }
    }
    case "end": {
      const end = Option.match(decodeEnd(event.data), { onNone: () => null, onSome: ({ status }) => status })
      return { progress: { running: null, end }, lines: [] }
    }
    default:
      return { progress, lines: [] }
  }
}

const advanceState = (
  { end, running }: Progress,
  { failure, stage, state }: typeof StateData.Type,
  atMs: number,
  colors: Palette
): { readonly progress: Progress; readonly lines: ReadonlyArray<string> } => {
  const label = labelOf(stage, state)
  if (running !== null && running.label === label) return { progress: { running, end }, lines: [] }
  const failed = state === "failed" && (failure?.stage === running?.stage || failure?.stage === "teardown")
  const lines =
    running === null || running.label === queued
      ? []
      : [progressLine(failed ? colors.bad("✗") : colors.good("✓"), running.label, atMs - running.sinceMs)]
  return { progress: { end, running: label === null ? null : { label, stage, sinceMs: atMs } }, lines }
}

const queued = "Queued"

const labelOf = (stage: Stage | null, state: PreviewState): string | null =>
  stage !== null ? stageNames[stage] : state === "pending" ? queued : state === "closing" ? "Remove everything" : null
