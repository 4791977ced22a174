/** What a time that is past would have looked like under another policy. Pure, from what the log has kept. */
import { DateTime, Schema } from "effect"
import { type NotificationPolicy, type Telling, Topic, tell } from "./NotificationPolicy.ts"
import { repositoryOf, type ThreadMessage } from "./Thread.ts"

/** How many were told at once, later, in a digest, or not at all. */
export const NotificationTally = Schema.Struct({
  now: Schema.Int,
  held: Schema.Int,
  digest: Schema.Int,
  never: Schema.Int
})
export type NotificationTally = typeof NotificationTally.Type

/** What becomes of one message under one policy. */
export const NotificationOutcome = Schema.Struct({
  how: Schema.Literals(["now", "broadcast", "held", "digest", "never"]),
  /** When it is told, if it is. */
  at: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  /** Why it is not told. */
  reason: Schema.NullOr(Schema.String)
})
export type NotificationOutcome = typeof NotificationOutcome.Type

/** A message of which the two policies make different things. */
export const NotificationChange = Schema.Struct({
  subject: Schema.String,
  topic: Topic,
  author: Schema.NullOr(Schema.String),
  verb: Schema.String,
  url: Schema.NullOr(Schema.String),
  happenedAt: Schema.DateTimeUtcFromMillis,
  present: NotificationOutcome,
  proposed: NotificationOutcome
})
export type NotificationChange = typeof NotificationChange.Type

/** Two policies side by side. */
export const NotificationPreview = Schema.Struct({
  /** In the order of days and topics; the days are those of the proposed policy's time zone. */
  days: Schema.Array(
    Schema.Struct({ day: Schema.String, topic: Topic, present: NotificationTally, proposed: NotificationTally })
  ),
  /** The first of them, in the order in which they happened. */
  changes: Schema.Array(NotificationChange),
  /** How many there are. */
  changed: Schema.Int
})
export type NotificationPreview = typeof NotificationPreview.Type

/** Something that was said, and when. */
export interface Happening {
  readonly subject: string
  readonly at: DateTime.Utc
  readonly message: ThreadMessage
}

const maxChanges = 200

const outcomeOf = (telling: Telling, now: DateTime.Utc): NotificationOutcome => {
  switch (telling._tag) {
    case "Now":
      return { how: telling.broadcast ? "broadcast" : "now", at: now, reason: null }
    case "Held":
      return { how: "held", at: telling.until, reason: null }
    case "Digest":
      return { how: "digest", at: telling.at, reason: null }
    case "Never":
      return { how: "never", at: null, reason: telling.reason }
  }
}

const add = (tally: NotificationTally, { how }: NotificationOutcome): NotificationTally => {
  const name = how === "broadcast" ? "now" : how
  return { ...tally, [name]: tally[name] + 1 }
}

const none: NotificationTally = { now: 0, held: 0, digest: 0, never: 0 }

const isSame = (left: NotificationOutcome, right: NotificationOutcome): boolean =>
  left.how === right.how && left.at?.toJSON() === right.at?.toJSON()

/** Compares what becomes of each happening; one that was stored twice counts once. */
export const previewNotifications = (options: {
  readonly happenings: Iterable<Happening>
  /** The policy of a repository as it is. */
  readonly present: (repository: string) => NotificationPolicy
  readonly proposed: NotificationPolicy
}): NotificationPreview => {
  const { happenings, present, proposed } = options
  const timeZone = proposed.timeZone ?? "UTC"
  const seen = new Set<string>()
  const days = new Map<string, NotificationPreview["days"][number]>()
  const changes: Array<NotificationChange> = []
  let changed = 0
  for (const { at, message, subject } of happenings) {
    const key = `${subject} ${message.key}`
    if (seen.has(key)) continue
    seen.add(key)
    const { author, topic, url, verb } = message
    const before = outcomeOf(tell(present(repositoryOf(subject)), message, at), at)
    const after = outcomeOf(tell(proposed, message, at), at)
    const day = DateTime.formatIsoDate(DateTime.makeZonedUnsafe(at, { timeZone }))
    const row = days.get(`${day} ${topic}`) ?? { day, topic, present: none, proposed: none }
    days.set(`${day} ${topic}`, { ...row, present: add(row.present, before), proposed: add(row.proposed, after) })
    if (isSame(before, after)) continue
    changed++
    if (changes.length < maxChanges) {
      changes.push({ subject, topic, author, verb, url, happenedAt: at, present: before, proposed: after })
    }
  }
  const order = (topic: Topic) => Topic.literals.indexOf(topic)
  return {
    days: Array.from(days.values()).toSorted(
      (left, right) => left.day.localeCompare(right.day) || order(left.topic) - order(right.topic)
    ),
    changes,
    changed
  }
}
