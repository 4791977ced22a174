/** `notify preview` */
import {
  type NotificationChange,
  type NotificationOutcome,
  type NotificationPolicy,
  NotificationPreview,
  type NotificationTally,
  parseNotificationPolicy,
  RepositoryName
} from "@productbuilding/core"
import { Console, DateTime, Duration, Effect, FileSystem, Option, Result, Schema } from "effect"
import { CommandFailure } from "../CommandFailure.ts"
import { harmless, hint, lineWidth, oneLine, palette, printJson, printTable, wrap } from "../Output.ts"
import { Server } from "../Server.ts"

const usage = (message: string) => new CommandFailure({ kind: "usage", message })

const units = { m: Duration.minutes, h: Duration.hours, d: Duration.days, w: Duration.weeks } as const

const parseSince = Effect.fnUntraced(function* (text: string) {
  const [, count, unit] = /^([1-9]\d{0,3})([mhdw])$/.exec(text) ?? []
  const length = Object.entries(units).find(([one]) => one === unit)?.[1]
  return length === undefined
    ? yield* usage(`--since ${text} is no time. Write a number and m, h, d or w, for example 7d.`)
    : length(Number(count))
})

const readPolicy = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<NotificationPolicy, CommandFailure, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), ({ reason }) =>
    usage(`${file} cannot be read (${reason._tag}).`)
  )
  const policy = parseNotificationPolicy(text)
  if (Result.isSuccess(policy)) return policy.success
  const message = policy.failure.map((problem) => harmless(`${file}: ${problem}`)).join("\n")
  return yield* new CommandFailure({ kind: "wrong", message })
})

/** Shows, from what the server's log has kept, what another policy would have made of it. */
export const notifyPreview = Effect.fnUntraced(function* (options: {
  readonly policy: string
  readonly since: string
  readonly project: Option.Option<string>
  readonly json: boolean
}) {
  const since = yield* parseSince(options.since)
  const project = yield* Effect.forEach(Option.toArray(options.project), (name) =>
    Effect.mapError(Schema.decodeEffect(RepositoryName)(name), () => usage(`${name} is no project; write owner/name.`))
  )
  const policy = yield* readPolicy(options.policy)
  const server = yield* Server
  const from = DateTime.subtractDuration(yield* DateTime.now, since)
  const [only] = project
  const preview = yield* server.call((api) =>
    api.notifications.preview({ payload: { policy, from, ...(only === undefined ? {} : { project: only }) } })
  )
  if (options.json) return yield* printJson(NotificationPreview, preview)
  if (preview.days.length === 0) return yield* hint(`Nothing happened in the last ${options.since}.`)
  yield* printTable<NotificationPreview["days"][number]>(
    (colors) => [
      { title: "DAY", text: ({ day }) => day },
      { title: "EVENT", text: ({ topic }) => topic, shrinkTo: 12 },
      ...(["now", "held", "digest", "never"] as const).map((how) => ({
        title: titles[how],
        text: (row: NotificationPreview["days"][number]) => cell(row, how),
        color: (text: string, { present, proposed }: NotificationPreview["days"][number]) =>
          present[how] === proposed[how] ? colors.dim(text) : colors.busy(text)
      }))
    ],
    preview.days
  )
  yield* printChanges(preview, policy)
})

const titles = { now: "AT ONCE", held: "LATER", digest: "DIGEST", never: "NOT TOLD" } as const

/** One number where both policies agree. */
const cell = (
  { present, proposed }: { readonly present: NotificationTally; readonly proposed: NotificationTally },
  how: keyof NotificationTally
): string =>
  present[how] === proposed[how]
    ? present[how] === 0
      ? "·"
      : String(present[how])
    : `${present[how]} → ${proposed[how]}`

const isTold = ({ how }: NotificationOutcome) => how !== "never"

/** What the change is, in a sign: more, less, or otherwise. */
const signOf = ({ present, proposed }: NotificationChange): "+" | "-" | "~" =>
  isTold(present) === isTold(proposed) ? "~" : isTold(proposed) ? "+" : "-"

const printChanges = Effect.fnUntraced(function* (preview: NotificationPreview, policy: NotificationPolicy) {
  const colors = yield* palette
  const { changed, changes } = preview
  if (changed === 0) return yield* hint("\nThe policy changes nothing of it.")
  const timeZone = policy.timeZone ?? "UTC"
  const clock = (at: DateTime.Utc) =>
    DateTime.format(DateTime.makeZonedUnsafe(at, { timeZone }), {
      locale: "en-GB",
      day: "2-digit",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23"
    }).replace(",", "")
  const outcome = ({ at, how, reason }: NotificationOutcome): string => {
    switch (how) {
      case "now":
        return "at once"
      case "broadcast":
        return "at once, also in the channel"
      case "never":
        return `not (${reason ?? ""})`
      default:
        return `${how === "held" ? "at" : "in the digest of"} ${at === null ? "" : clock(at)}`
    }
  }
  const paint = { "+": colors.good, "-": colors.bad, "~": colors.wait } as const
  const width = yield* lineWidth
  yield* Console.log("")
  for (const change of changes) {
    const { author, happenedAt, present, proposed, subject, verb } = change
    const sign = signOf(change)
    const what = `${clock(happenedAt)}  ${subject}  ${author === null ? "" : `${author} `}${verb}`
    const [first = "", ...rest] = wrap(oneLine(`${what}: ${outcome(present)} → ${outcome(proposed)}`), width - 4)
    yield* Console.log([paint[sign](`${sign} ${first}`), ...rest.map((line) => `    ${line}`)].join("\n"))
  }
  const count = (sign: string) => changes.filter((change) => signOf(change) === sign).length
  const more = changed > changes.length ? ` of the first ${changes.length}; ${changed} differ in all` : ""
  yield* hint(
    `\n+ ${count("+")} new, - ${count("-")} gone, ~ ${count("~")} told otherwise${more}. Times are in ${timeZone}.`
  )
})
