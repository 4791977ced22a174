/** How states, stages and times are called on a page. Pure, and in the browser too. */
import type { Preview, PreviewState, Stage } from "@productbuilding/preview"
import { type Html, html, trusted } from "./Html.ts"

/** A preview as the API sends it. */
export type PreviewRow = typeof Preview.Encoded

/** One colour each. */
export type Tone = "good" | "busy" | "wait" | "bad" | "gone"

/** State, as a word, a colour and a sign: none of them alone carries the meaning. */
export interface StateWords {
  readonly word: string
  readonly tone: Tone
  readonly group: "attention" | "progress" | "live" | "closed"
}

export const stateWords: Readonly<Record<PreviewState, StateWords>> = {
  pending: { word: "Queued", tone: "wait", group: "progress" },
  building: { word: "Building", tone: "busy", group: "progress" },
  deploying: { word: "Starting", tone: "busy", group: "progress" },
  ready: { word: "Ready", tone: "good", group: "live" },
  failed: { word: "Failed", tone: "bad", group: "attention" },
  blocked: { word: "Needs approval", tone: "wait", group: "attention" },
  closing: { word: "Closing", tone: "gone", group: "closed" },
  deleted: { word: "Closed", tone: "gone", group: "closed" }
}

const signs: Readonly<Record<PreviewState | "unreachable" | "unknown", string>> = {
  pending: '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.6V8l2.3 1.6"/>',
  building: '<path d="M2.5 13.5h11M4 13.5V8.2h3.6v5.3M8.6 13.5V4h3.6v9.5"/>',
  deploying: '<path d="M8 13V3.4M4.2 7 8 3.2 11.8 7"/>',
  ready: '<circle cx="8" cy="8" r="6.2"/><path d="m5.2 8.2 2 2 3.7-4.2"/>',
  failed: '<path d="M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4z"/><path d="m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2"/>',
  blocked: '<rect x="3.2" y="7" width="9.6" height="6.6" rx="1.4"/><path d="M5.4 7V5a2.6 2.6 0 0 1 5.2 0v2"/>',
  closing: '<circle cx="8" cy="8" r="6.2"/><path d="M5 8h6"/>',
  deleted: '<circle cx="8" cy="8" r="6.2"/><path d="M5 8h6"/>',
  unreachable: '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.8v4M8 11v.1"/>',
  unknown: '<circle cx="8" cy="8" r="6.2"/><path d="M6.2 6.3a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.2M8 11.6v.1"/>'
}

/** The sign of a state. The word stands beside it, so it is silent. */
export const sign = (state: keyof typeof signs): Html =>
  html`<svg class="sign" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">${trusted(signs[state])}</svg>`

export const stages: ReadonlyArray<Stage> = [
  "fetch",
  "contract",
  "compose",
  "build",
  "start",
  "migrate",
  "readiness",
  "post-deploy"
]

const twoDigits = (value: number) => String(value).padStart(2, "0")

/** `0.4 s`, `12 s`, `3 m 05 s`, `2 h 10 m`. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, ms) / 1_000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} m ${twoDigits(whole % 60)} s`
  return `${Math.floor(whole / 3_600)} h ${twoDigits(Math.floor((whole % 3_600) / 60))} m`
}

/** `just now`, `3 min ago`, `5 h ago`, `12 days ago`. */
export const ago = (ms: number, now: number): string => {
  const seconds = Math.max(0, Math.round((now - ms) / 1_000))
  if (seconds < 10) return "just now"
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`
  const days = Math.floor(seconds / 86_400)
  return days === 1 ? "yesterday" : `${days} days ago`
}

const instant = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" })

const timeOfDay = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "UTC" })

/** `14:30:05`, in UTC. */
export const clockTime = (ms: number): string => timeOfDay.format(ms)

/** A point in time, kept relative by the browser; the exact one is its title. */
export const when = (ms: number, now: number): Html =>
  html`<span class="when" data-ms="${ms}" title="${instant.format(ms)} UTC">${ago(ms, now)}</span>`

export const shortSha = (sha: string): string => sha.slice(0, 7)

/** The time a deployment took, or has taken so far; `null` before its first stage. */
export const totalMs = (row: PreviewRow, now: number): number | null => {
  const first = row.stages[0]
  const last = row.stages.at(-1)
  return first === undefined || last === undefined ? null : (last.endedAt ?? now) - first.startedAt
}

/** Where the API shows the preview's log. */
export const logPath = (row: PreviewRow): string => `/previews/${row.repository}/${row.pullRequest}/logs?tail=200`

/** Log lines as text: without the escape sequences that colour a terminal. */
export const plainText = (text: string): string => text.replace(terminalSequences, "").replace(/\r(?!\n)/g, "\n")

const terminalSequences = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g
