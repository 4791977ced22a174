/** What a project's people are told, where and when, as data; and the one function that decides by it. */
import { DateTime, Option, Schema } from "effect"

/** What can be told. Everything else that happens only changes what a thread's card shows. */
export const Topic = Schema.Literals([
  "opened",
  "closed",
  "merged",
  "reopened",
  "readyForReview",
  "convertedToDraft",
  "commented",
  "reviewed",
  "reviewCommented",
  "pushed",
  "checksPassed",
  "checksFailed",
  "deployed",
  "deploymentFailed",
  "released",
  "previewReady",
  "previewFailed",
  "previewBlocked"
])
export type Topic = typeof Topic.Type

/**
 * `off`: not at all. `digest`: with others of its kind, in one message in the channel. `tell`: in its thread, or in the
 * channel where it has none. `broadcast`: in its thread, and shown in the channel as well.
 */
export const Manner = Schema.Literals(["off", "digest", "tell", "broadcast"])
export type Manner = typeof Manner.Type

/**
 * What holds without a policy. Nothing is broadcast. Pushes and checks are on the card; that a preview is ready is as
 * well, with its link.
 */
export const defaultManners: Readonly<Record<Topic, Manner>> = {
  opened: "tell",
  closed: "tell",
  merged: "tell",
  reopened: "tell",
  readyForReview: "tell",
  convertedToDraft: "tell",
  commented: "tell",
  reviewed: "tell",
  reviewCommented: "tell",
  pushed: "off",
  checksPassed: "off",
  checksFailed: "off",
  deployed: "tell",
  deploymentFailed: "tell",
  released: "tell",
  previewReady: "off",
  previewFailed: "tell",
  previewBlocked: "tell"
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const

export const Weekday = Schema.Literals(weekdays)
export type Weekday = typeof Weekday.Type

const minutesInDay = 24 * 60

const minutesOf = (time: string): number => {
  const [hours, minutes] = time.split(":").map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}

const time = (pattern: RegExp, expected: string) => Schema.String.check(Schema.isPattern(pattern, { expected }))

const TimeOfDay = time(/^([01]\d|2[0-3]):[0-5]\d$/, "a time from 00:00 to 23:59, for example 08:30")
const EndOfDay = time(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "a time from 00:00 to 24:00, for example 08:30")

const Days = Schema.optionalKey(
  Schema.Array(Weekday).check(Schema.isMinLength(1, { expected: "a list of at least one weekday, such as monday" }))
)

/** Begins on each of `days` (default: all) and ends at `to`: on the next day, if that is not later than `from`. */
export const QuietWindow = Schema.Struct({ from: TimeOfDay, to: EndOfDay, days: Days })
export type QuietWindow = typeof QuietWindow.Type

const lengthOf = ({ from, to }: QuietWindow): number => {
  const length = minutesOf(to) - minutesOf(from)
  return length > 0 ? length : length + minutesInDay
}

/** Whether a week has a minute outside of all windows. */
const leavesRoom = (windows: ReadonlyArray<QuietWindow>): boolean => {
  const week = Array.from({ length: 7 * minutesInDay }, () => false)
  for (const window of windows) {
    for (const day of window.days ?? weekdays) {
      const start = weekdays.indexOf(day) * minutesInDay + minutesOf(window.from)
      for (let minute = 0; minute < lengthOf(window); minute++) week[(start + minute) % week.length] = true
    }
  }
  return week.includes(false)
}

/** When nobody is to be disturbed. What is told then is held, and told in order afterwards; cards are edited silently. */
export const QuietHours = Schema.Struct({
  windows: Schema.Array(QuietWindow).check(
    Schema.isMinLength(1, { expected: "at least one window" }),
    Schema.makeFilter<ReadonlyArray<QuietWindow>>(leavesRoom, {
      expected: "windows that leave some time of the week in which people can be told"
    })
  ),
  /** What is told all the same, with what waits before it in its thread. Default: `previewBlocked`, a question. */
  pass: Schema.optionalKey(Schema.Array(Topic))
})
export type QuietHours = typeof QuietHours.Type

/** When what was gathered is told. Default: every day at 09:00. */
export const Digest = Schema.Struct({
  at: Schema.Array(TimeOfDay).check(Schema.isMinLength(1, { expected: "at least one time" })),
  days: Days
})
export type Digest = typeof Digest.Type

const TimeZone = Schema.String.check(
  Schema.makeFilter<string>((name) => Option.isSome(DateTime.zoneMakeNamed(name)), {
    expected: "the name of a time zone, for example Europe/Berlin"
  })
)

/** A project's policy as it is written; each key that is missing has its default. */
export const NotificationPolicy = Schema.Struct({
  /** In which hours and days are meant. Default `UTC`. */
  timeZone: Schema.optionalKey(TimeZone),
  /** Those that differ from `defaultManners`. */
  events: Schema.optionalKey(
    Schema.Struct({
      opened: Schema.optionalKey(Manner),
      closed: Schema.optionalKey(Manner),
      merged: Schema.optionalKey(Manner),
      reopened: Schema.optionalKey(Manner),
      readyForReview: Schema.optionalKey(Manner),
      convertedToDraft: Schema.optionalKey(Manner),
      commented: Schema.optionalKey(Manner),
      reviewed: Schema.optionalKey(Manner),
      reviewCommented: Schema.optionalKey(Manner),
      pushed: Schema.optionalKey(Manner),
      checksPassed: Schema.optionalKey(Manner),
      checksFailed: Schema.optionalKey(Manner),
      deployed: Schema.optionalKey(Manner),
      deploymentFailed: Schema.optionalKey(Manner),
      released: Schema.optionalKey(Manner),
      previewReady: Schema.optionalKey(Manner),
      previewFailed: Schema.optionalKey(Manner),
      previewBlocked: Schema.optionalKey(Manner)
    } satisfies Record<Topic, unknown>)
  ),
  /** Whether what happens on drafts is told. Default true. */
  drafts: Schema.optionalKey(Schema.Boolean),
  /** Whether what bots say, and what happens on their issues and pull requests, is told. Default true. */
  bots: Schema.optionalKey(Schema.Boolean),
  /** Default: none. */
  quietHours: Schema.optionalKey(QuietHours),
  digest: Schema.optionalKey(Digest)
})
export type NotificationPolicy = typeof NotificationPolicy.Type

/** What a policy decides about. */
export interface Notice {
  readonly topic: Topic
  /** It is about a draft. */
  readonly draft: boolean
  /** A bot said it, or it is about what a bot opened. */
  readonly bot: boolean
}

/** What becomes of a notice. */
export type Telling =
  | { readonly _tag: "Now"; readonly broadcast: boolean }
  /** It is quiet; it is told then, in the order in which it happened. */
  | { readonly _tag: "Held"; readonly until: DateTime.Utc; readonly broadcast: boolean }
  | { readonly _tag: "Digest"; readonly at: DateTime.Utc }
  | { readonly _tag: "Never"; readonly reason: string }

/** How a policy tells a topic. */
export const mannerOf = (policy: NotificationPolicy, topic: Topic): Manner =>
  policy.events?.[topic] ?? defaultManners[topic]

/** Tools do these, and people want to know of them whoever ran the tool. */
const byTools = new Set<Topic>([
  "checksPassed",
  "checksFailed",
  "deployed",
  "deploymentFailed",
  "released",
  "previewReady",
  "previewFailed",
  "previewBlocked"
])

/** Why nothing of it is told, whatever the time. */
export const silence = (policy: NotificationPolicy, { bot, draft, topic }: Notice): string | undefined => {
  if (mannerOf(policy, topic) === "off") return `events.${topic} is off`
  if (draft && policy.drafts === false && topic !== "convertedToDraft") return "drafts are not told"
  if (bot && policy.bots === false && !byTools.has(topic)) return "bots are not told"
  return undefined
}

/** What becomes of a notice at a time. The same always becomes the same. */
export const tell = (policy: NotificationPolicy, notice: Notice, at: DateTime.Utc): Telling => {
  const reason = silence(policy, notice)
  if (reason !== undefined) return { _tag: "Never", reason }
  const manner = mannerOf(policy, notice.topic)
  if (manner === "digest") {
    const next = nextDigest(policy, at)
    return { _tag: "Digest", at: quietUntil(policy, next) ?? next }
  }
  const broadcast = manner === "broadcast"
  const passes = (policy.quietHours?.pass ?? defaultPass).includes(notice.topic)
  const until = passes ? undefined : quietUntil(policy, at)
  return until === undefined ? { _tag: "Now", broadcast } : { _tag: "Held", until, broadcast }
}

const defaultPass: ReadonlyArray<Topic> = ["previewBlocked"]

/** The end of the quiet in which a time lies; windows that touch are one. */
export const quietUntil = (policy: NotificationPolicy, at: DateTime.Utc): DateTime.Utc | undefined => {
  if (policy.quietHours === undefined) return undefined
  const begun = DateTime.toEpochMillis(at)
  let now = begun
  for (let end = endOfWindow(policy, now); end !== undefined; end = endOfWindow(policy, now)) now = end
  return now === begun ? undefined : DateTime.makeUnsafe(now)
}

/** The latest end of the windows in which a time lies. */
const endOfWindow = (policy: NotificationPolicy, now: number): number | undefined => {
  let latest: number | undefined
  for (const { from, days, ...window } of policy.quietHours?.windows ?? []) {
    const minutes = minutesOf(from)
    for (const day of [-1, 0]) {
      const date = localDate(policy, now, day)
      if (!isOn(date, days)) continue
      const start = instantAt(policy, date, minutes)
      const end = instantAt(policy, date, minutes + lengthOf({ from, ...window }))
      if (start <= now && now < end) latest = Math.max(latest ?? end, end)
    }
  }
  return latest
}

const everyMorning: Digest = { at: ["09:00"] }

/** The first time after this one at which what was gathered is told. */
const nextDigest = (policy: NotificationPolicy, at: DateTime.Utc): DateTime.Utc => {
  const { at: times, days } = policy.digest ?? everyMorning
  const now = DateTime.toEpochMillis(at)
  let next = Number.POSITIVE_INFINITY
  // NOTE: a week and a day later it is the same weekday again, later on that day.
  for (let day = 0; day <= 8 && next === Number.POSITIVE_INFINITY; day++) {
    const date = localDate(policy, now, day)
    if (!isOn(date, days)) continue
    for (const one of times) {
      const instant = instantAt(policy, date, minutesOf(one))
      if (instant > now) next = Math.min(next, instant)
    }
  }
  return DateTime.makeUnsafe(next)
}

const zoneOf = ({ timeZone }: NotificationPolicy): string => timeZone ?? "UTC"

const dayMs = minutesInDay * 60_000

/** The date on the wall at an instant, some days later: as the milliseconds of its midnight, were the zone UTC. */
const localDate = (policy: NotificationPolicy, instant: number, daysLater: number): number =>
  DateTime.toEpochMillis(DateTime.removeTime(DateTime.makeZonedUnsafe(instant, { timeZone: zoneOf(policy) }))) +
  daysLater * dayMs

const isOn = (date: number, days: ReadonlyArray<Weekday> | undefined): boolean => {
  const weekday = weekdays[DateTime.toPartsUtc(DateTime.makeUnsafe(date)).weekDay]
  return days === undefined || (weekday !== undefined && days.includes(weekday))
}

/**
 * When the clock on the wall shows so many minutes of a date. A time that a change of clocks leaves out is as much later
 * as clocks are put forward; of a time that comes twice it is the first.
 */
const instantAt = (policy: NotificationPolicy, date: number, minutes: number): number =>
  DateTime.toEpochMillis(
    DateTime.makeZonedUnsafe(date + minutes * 60_000, { timeZone: zoneOf(policy), adjustForTimeZone: true })
  )
