import { DateTime, Result } from "effect"
import { assert, describe, it } from "vitest"
import { random } from "../../../test/support/random.ts"
import { type Notice, type NotificationPolicy, quietUntil, Topic, tell } from "../src/NotificationPolicy.ts"
import { parseNotificationPolicy } from "../src/NotificationPolicyFile.ts"

const utc = (text: string) => DateTime.makeUnsafe(text)

const notice = (topic: Topic, change: Partial<Notice> = {}): Notice => ({ topic, draft: false, bot: false, ...change })

/** What becomes of it, in a line. */
const told = (policy: NotificationPolicy, about: Notice, at: string): string => {
  const telling = tell(policy, about, utc(at))
  switch (telling._tag) {
    case "Now":
      return telling.broadcast ? "broadcast" : "now"
    case "Held":
      return `held until ${DateTime.formatIso(telling.until)}${telling.broadcast ? ", broadcast" : ""}`
    case "Digest":
      return `digest at ${DateTime.formatIso(telling.at)}`
    case "Never":
      return `never: ${telling.reason}`
  }
}

const berlinNights: NotificationPolicy = {
  timeZone: "Europe/Berlin",
  quietHours: { windows: [{ from: "20:00", to: "08:00" }] }
}

const nightsAndWeekends: NotificationPolicy = {
  timeZone: "Europe/Berlin",
  quietHours: {
    windows: [
      { from: "20:00", to: "08:00" },
      { from: "00:00", to: "24:00", days: ["saturday", "sunday"] }
    ]
  }
}

describe("what is told", () => {
  it("tells by default what people say and how things end, and nothing in the channel", () => {
    const now = Topic.literals.filter((topic) => told({}, notice(topic), "2026-11-21T12:00:00Z") === "now")
    const off = Topic.literals.filter((topic) => !now.includes(topic))
    assert.deepStrictEqual(off, ["pushed", "checksPassed", "checksFailed", "previewReady"])
  })

  it.each([
    [{ events: { merged: "broadcast" } }, notice("merged"), "broadcast"],
    [{ events: { commented: "off" } }, notice("commented"), "never: events.commented is off"],
    [{ drafts: false }, notice("commented", { draft: true }), "never: drafts are not told"],
    [{ drafts: false }, notice("convertedToDraft", { draft: true }), "now"],
    [{ drafts: false }, notice("commented"), "now"],
    [{}, notice("commented", { draft: true, bot: true }), "now"],
    [{ bots: false }, notice("opened", { bot: true }), "never: bots are not told"],
    [{ bots: false }, notice("released", { bot: true }), "now"],
    [{ events: { commented: "digest" } }, notice("commented"), "digest at 2026-11-22T09:00:00.000Z"],
    [
      { events: { commented: "digest" }, digest: { at: ["16:00", "13:00"] }, timeZone: "America/New_York" },
      notice("commented"),
      "digest at 2026-11-21T18:00:00.000Z"
    ],
    [
      { events: { commented: "digest" }, digest: { at: ["09:00"], days: ["monday"] } },
      notice("commented"),
      "digest at 2026-11-23T09:00:00.000Z"
    ],
    [
      { ...nightsAndWeekends, events: { commented: "digest" }, digest: { at: ["21:00"] } },
      notice("commented"),
      "digest at 2026-11-23T07:00:00.000Z"
    ]
  ] as const)("%o: %o is told: %s", (policy, about, expected) => {
    // A Saturday.
    assert.strictEqual(told(policy, about, "2026-11-21T12:00:00Z"), expected)
  })

  it.each([
    ["in the evening", berlinNights, "2026-11-18T19:00:00Z", "held until 2026-11-19T07:00:00.000Z"],
    ["before it begins", berlinNights, "2026-11-18T18:59:59.999Z", "now"],
    ["at its end", berlinNights, "2026-11-19T07:00:00Z", "now"],
    ["after midnight", berlinNights, "2026-11-19T06:59:59.999Z", "held until 2026-11-19T07:00:00.000Z"],
    ["over a weekend", nightsAndWeekends, "2026-11-20T19:00:00Z", "held until 2026-11-23T07:00:00.000Z"],
    [
      "in a night in which clocks go forward",
      berlinNights,
      "2026-03-28T23:30:00Z",
      "held until 2026-03-29T06:00:00.000Z"
    ],
    ["in a night in which clocks go back", berlinNights, "2026-10-24T22:30:00Z", "held until 2026-10-25T07:00:00.000Z"],
    [
      "until a time that a change of clocks leaves out",
      { timeZone: "Europe/Berlin", quietHours: { windows: [{ from: "22:00", to: "02:30" }] } },
      "2026-03-29T00:45:00Z",
      "held until 2026-03-29T01:30:00.000Z"
    ],
    [
      "until the first of a time that comes twice",
      { timeZone: "Europe/Berlin", quietHours: { windows: [{ from: "22:00", to: "02:30" }] } },
      "2026-10-25T00:29:00Z",
      "held until 2026-10-25T00:30:00.000Z"
    ],
    [
      "on the days on which it begins",
      { quietHours: { windows: [{ from: "22:00", to: "06:00", days: ["friday"] }] } },
      "2026-11-21T05:00:00Z",
      "held until 2026-11-21T06:00:00.000Z"
    ]
  ] as const)("is quiet %s", (_name, policy, at, expected) => {
    assert.strictEqual(told(policy, notice("commented"), at), expected)
  })

  it("lets pass in quiet hours what waits for a person, or what the policy names", () => {
    const night = "2026-11-18T22:00:00Z"
    assert.strictEqual(told(berlinNights, notice("previewBlocked"), night), "now")
    const policy: NotificationPolicy = {
      ...berlinNights,
      events: { deploymentFailed: "broadcast", merged: "broadcast" },
      quietHours: { windows: [{ from: "20:00", to: "08:00" }], pass: ["deploymentFailed"] }
    }
    assert.strictEqual(told(policy, notice("deploymentFailed"), night), "broadcast")
    assert.strictEqual(told(policy, notice("merged"), night), "held until 2026-11-19T07:00:00.000Z, broadcast")
    assert.strictEqual(told(policy, notice("previewBlocked"), night), "held until 2026-11-19T07:00:00.000Z")
  })
})

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Africa/Casablanca"
] as const
const days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const

/** Hour and minute on the wall, by the platform's own calendar. */
const onTheWall = (at: DateTime.Utc, timeZone: string): { readonly day: string; readonly minute: number } => {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23"
  }).formatToParts(DateTime.toEpochMillis(at))
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ""
  return { day: part("weekday").toLowerCase(), minute: Number(part("hour")) * 60 + Number(part("minute")) }
}

const seeds =
  process.env["PB_SEED"] === undefined ? [1, 2, 3, Date.now() % 1_000_000] : [Number(process.env["PB_SEED"])]

describe.each(seeds)("quiet hours, whatever the zone, the season and the windows (PB_SEED=%i)", (seed) => {
  const next = random(seed)
  const pick = <A>(from: ReadonlyArray<A>): A | undefined => from[Math.floor(next() * from.length)]
  const two = (value: number) => String(value).padStart(2, "0")
  const time = () => `${two(Math.floor(next() * 24))}:${pick(["00", "15", "30"])}`

  it("ends later than now, at a time that is not quiet, and is quiet up to then", () => {
    for (let round = 0; round < 400; round++) {
      const timeZone = pick(zones) ?? "UTC"
      const window = () => ({ from: time(), to: time(), days: days.filter(() => next() < 0.6) })
      const windows = Array.from({ length: 1 + Math.floor(next() * 2) }, window).filter((one) => one.days.length > 0)
      const text = JSON.stringify({ timeZone, quietHours: { windows } })
      const parsed = parseNotificationPolicy(text)
      if (Result.isFailure(parsed)) continue
      const policy = parsed.success
      const at = DateTime.makeUnsafe(Date.UTC(2026, 0, 1) + Math.floor(next() * 2 * 365 * 24 * 60) * 60_000)
      const until = quietUntil(policy, at)
      const where = `${text} at ${DateTime.formatIso(at)}`
      const wall = onTheWall(at, timeZone)
      const minutes = (one: string) => Number(one.slice(0, 2)) * 60 + Number(one.slice(3))
      const yesterday = days[(days.findIndex((day) => wall.day.startsWith(day)) + 6) % 7]
      const isQuiet = windows.some(({ days: on, from, to }) => {
        const [start, end] = [minutes(from), minutes(to)]
        const today = on.some((day) => day === wall.day)
        const before = on.some((day) => day === yesterday)
        return end > start
          ? today && wall.minute >= start && wall.minute < end
          : (today && wall.minute >= start) || (before && wall.minute < end)
      })
      // In the hours around a change of clocks the wall shows times twice or never.
      const steady = [-3, 3].every(
        (hours) =>
          (onTheWall(DateTime.add(at, { hours }), timeZone).minute - wall.minute - hours * 60 + 2880) % 1440 === 0
      )
      if (steady) assert.strictEqual(until !== undefined, isQuiet, where)
      if (until === undefined) continue
      assert.isTrue(DateTime.isGreaterThan(until, at), where)
      assert.isUndefined(quietUntil(policy, until), `${where} until ${DateTime.formatIso(until)}`)
      const justBefore = DateTime.makeUnsafe(DateTime.toEpochMillis(until) - 1)
      assert.deepStrictEqual(quietUntil(policy, justBefore), until, where)
    }
  })

  it("gathers for the next digest, which comes within eight days and outside of quiet hours", () => {
    for (let round = 0; round < 200; round++) {
      const policy: NotificationPolicy = {
        timeZone: pick(zones) ?? "UTC",
        events: { commented: "digest" },
        digest: { at: [time(), time()], days: [pick(days) ?? "monday"] },
        quietHours: { windows: [{ from: "20:00", to: "07:00" }] }
      }
      const at = DateTime.makeUnsafe(Date.UTC(2026, 0, 1) + Math.floor(next() * 365 * 24 * 60) * 60_000)
      const telling = tell(policy, notice("commented"), at)
      if (telling._tag !== "Digest") throw new Error(telling._tag)
      const wait = DateTime.toEpochMillis(telling.at) - DateTime.toEpochMillis(at)
      assert.isAbove(wait, 0)
      assert.isAtMost(wait, 8 * 24 * 3_600_000)
      assert.isUndefined(quietUntil(policy, telling.at))
    }
  })
})

describe("a policy in a file", () => {
  const problems = (text: string) => {
    const result = parseNotificationPolicy(text)
    return Result.isFailure(result) ? result.failure.join("\n") : ""
  }

  it.each([
    ["no JSON", '{\n  "events": {,}\n}', "is not JSON at line 2, column 14"],
    ["no object", "[]", "must be an object such as"],
    [
      "an unknown event",
      '{\n  "events": {\n    "comments": "off"\n  }\n}',
      "events.comments is not a known key. Known: opened, closed, merged"
    ],
    ["its place", '{\n  "events": {\n    "comments": "off"\n  }\n}', 'found "off" at line 3, column 5'],
    ["an unknown key", '{"quiet":{}}', "quiet is not a known key. Known: timeZone, events, drafts"],
    [
      "a wrong manner",
      '{"events":{"merged":"shout"}}',
      'events.merged: Expected "off" | "digest" | "tell" | "broadcast"; found "shout" at line 1, column 12'
    ],
    ["a wrong zone", '{"timeZone":"Berlin"}', "timeZone: Expected the name of a time zone, for example Europe/Berlin"],
    [
      "a wrong time",
      '{"quietHours":{"windows":[{"from":"8pm","to":"08:00"}]}}',
      "quietHours.windows[0].from: Expected a time"
    ],
    ["its place", '{"quietHours":{"windows":[{"from":"8pm","to":"08:00"}]}}', "line 1, column 28"],
    ["a missing time", '{"quietHours":{"windows":[\n {"from":"20:00"}]}}', "quietHours.windows[0].to: Missing key"],
    ["a wrong day", '{"digest":{"at":["09:00"],"days":["mo"]}}', "digest.days[0]"],
    ["no time at all", '{"digest":{"at":[]}}', "digest.at: Expected at least one time"],
    [
      "quiet for ever",
      '{"quietHours":{"windows":[{"from":"00:00","to":"24:00"}]}}',
      "Expected windows that leave some time of the week"
    ]
  ])("refuses %s", (_name, text, message) => {
    assert.include(problems(text), message)
  })

  it("tells every mistake at once", () => {
    assert.strictEqual(problems('{"drafts":1,"bots":"no","x":0}').split("\n").length, 3)
  })
})
