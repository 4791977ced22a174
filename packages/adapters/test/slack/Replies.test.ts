/** Whatever is said, edited and deleted below a card, and whatever fails, comments end up saying what Slack says. */
import { assert, describe, it } from "@effect/vitest"
import {
  CodeHost,
  CodeHostError,
  Comment,
  Delivery,
  DeliveryId,
  Dispatcher,
  EventRouting,
  NotFound,
  Outbox,
  RateLimited,
  ResourceLedger,
  SqlOperationLog,
  SqlOutbox,
  SqlResourceLedger,
  SqlThreadReplies,
  ThreadReplies,
  Unavailable
} from "@productbuilding/core"
import { CommentSink, SqlPreviewStore } from "@productbuilding/preview"
import { Clock, DateTime, Duration, Effect, Exit, Fiber, Layer, Option, Redacted, Scope } from "effect"
import { TestClock } from "effect/testing"
import { random } from "../../../../test/support/random.ts"
import type { People } from "../../src/slack/People.ts"
import { makeClient } from "../../src/slack/SlackClient.ts"
import type { SlackWorkspace } from "../../src/slack/SlackWorkspace.ts"
import * as Replies from "../../src/slack/ThreadReplies.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const root = "1700000000.000000"
const subject = "acme/shop#1"

/** A GitHub that keeps its comments in the order of their creation, and fails as it is told to. */
const makeGitHub = (next: () => number) => {
  const comments = new Map<string, string>()
  const counts = { created: 0, edited: 0, deleted: 0, doubled: 0 }
  const flags = { faults: false }
  let ids = 0
  const fail = (reason: CodeHostError["reason"]) =>
    new CodeHostError({ operation: "a call", repository: "acme/shop", reason })
  const call = <A>(effect: () => Effect.Effect<A, CodeHostError>) =>
    Effect.gen(function* () {
      const chance = flags.faults ? next() : 1
      if (chance < 0.05)
        return yield* fail(new RateLimited({ retryAfter: Duration.seconds(1 + Math.floor(next() * 9)) }))
      if (chance < 0.1) return yield* fail(new Unavailable({ detail: "lost request" }))
      if (chance < 0.13) return yield* Effect.never
      if (chance < 0.4) yield* Effect.sleep(Duration.millis(Math.floor(next() * 3000)))
      const answer = yield* effect()
      if (chance < 0.2) return yield* fail(new Unavailable({ detail: "lost answer" }))
      if (chance < 0.24) return yield* Effect.never
      return answer
    })
  const marker = (body: string) => body.split("\n")[0] ?? ""
  const shown = (id: string) =>
    new Comment({ id, author: "bot", body: comments.get(id) ?? "", url: `https://github.example/${id}` })
  const existing = (id: string, effect: () => void) =>
    Effect.suspend(() => {
      if (!comments.has(id)) return Effect.fail(fail(new NotFound()))
      effect()
      return Effect.succeed(shown(id))
    })
  const unused = () => Effect.die("no such call is made here")
  const host = CodeHost.of({
    pullRequest: unused,
    thread: unused,
    openPullRequests: unused,
    archive: () => {
      throw new Error("no archive is read here")
    },
    remark: unused,
    emailsOf: unused,
    loginOf: unused,
    comments: () => call(() => Effect.sync(() => Array.from(comments.keys(), shown))),
    createComment: (_repository, _number, body) =>
      call(() =>
        Effect.sync(() => {
          if (Array.from(comments.values()).some((other) => marker(other) === marker(body))) counts.doubled++
          const id = `${++ids}`
          comments.set(id, body)
          counts.created++
          return shown(id)
        })
      ),
    updateComment: (_repository, id, body) =>
      call(() =>
        existing(id, () => {
          comments.set(id, body)
          counts.edited++
        })
      ),
    deleteComment: (_repository, id) =>
      call(() =>
        Effect.asVoid(
          existing(id, () => {
            comments.delete(id)
            counts.deleted++
          })
        )
      )
  })
  return { host, comments, counts, flags }
}

type GitHub = ReturnType<typeof makeGitHub>

/** A process may die between any two of its writes, too. */
const dying = (github: GitHub, next: () => number) => {
  const maybe = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      const chance = github.flags.faults ? next() : 1
      return chance < 0.03 ? Effect.never : chance < 0.06 ? Effect.andThen(effect, Effect.never) : effect
    })
  return Layer.merge(
    Layer.effect(
      ResourceLedger,
      Effect.map(ResourceLedger, (ledger) =>
        ResourceLedger.of({
          ...ledger,
          claim: (resource) => maybe(ledger.claim(resource)),
          live: (key, id) => maybe(ledger.live(key, id)),
          removed: (key) => maybe(ledger.removed(key))
        })
      )
    ),
    Layer.effect(
      ThreadReplies,
      Effect.map(ThreadReplies, (replies) =>
        ThreadReplies.of({
          ...replies,
          seal: (key) => maybe(replies.seal(key))
        })
      )
    )
  )
}

const stores = Layer.mergeAll(SqlPreviewStore.layer, SqlThreadReplies.layer).pipe(
  Layer.provideMerge(SqlOperationLog.layer),
  Layer.provide(EventRouting.layer([CommentSink.route])),
  Layer.provideMerge(SqlOutbox.layer),
  Layer.provideMerge(SqlResourceLedger.layer),
  Layer.provide(Sqlite.layerMemory)
)

const workspace: SlackWorkspace = {
  client: makeClient({ botToken: Redacted.make("xoxb-none") }),
  identity: Effect.succeed({ botUserId: "UBOT", botId: "BBOT", appId: "ABOT" }),
  channelId: Effect.succeed,
  userName: (id) => Effect.succeed(`name of ${id}`),
  user: (id) => Effect.succeed({ name: `name of ${id}`, guest: false })
}

const people: People = { slackOf: () => Effect.succeed(() => undefined), gitHubOf: () => Effect.undefined }

/** What people see in Slack, and the events of it. */
const makeSlack = () => {
  interface Said {
    readonly ts: string
    readonly user: string
    text: string
    deleted: boolean
    wasAside: boolean
  }
  const said: Array<Said> = []
  const isAside = (text: string) => text.startsWith("(aside)") || text.includes("<@UBOT>")
  let clock = 0
  const stamp = () => `${1_700_000_000 + Math.floor(++clock / 10)}.${String((clock % 10) * 1000).padStart(6, "0")}`
  const event = (body: object) => ({
    type: "event_callback",
    team_id: "T1",
    event_id: "Ev1",
    event: { type: "message", channel: "C1", ...body }
  })
  const shape = ({ text, ts, user }: Said) => ({ type: "message", ts, user, text, thread_ts: root })
  return {
    said,
    say: (user: string, text: string) => {
      const one = { ts: stamp(), user, text, deleted: false, wasAside: isAside(text) }
      said.push(one)
      return event(shape(one))
    },
    edit: (one: Said, text: string) => {
      const previous_message = shape(one)
      one.text = text
      one.wasAside ||= isAside(text)
      const ts = stamp()
      // NOTE: the time of the edit has whole seconds, as in Slack.
      const message = { ...shape(one), edited: { user: one.user, ts: ts.replace(/\..*/, ".000000") } }
      return event({ subtype: "message_changed", ts, message, previous_message })
    },
    remove: (one: Said, known: boolean) => {
      const previous = known ? { previous_message: shape(one) } : {}
      one.deleted = true
      return event({ subtype: "message_deleted", ts: stamp(), deleted_ts: one.ts, ...previous })
    },
    public: () => said.filter(({ deleted, text }) => !deleted && !isAside(text))
  }
}

const delivery = new Delivery({
  id: DeliveryId.make("slack:1"),
  sequence: 1,
  source: "slack",
  event: "message",
  receivedAt: DateTime.makeUnsafe(0),
  status: "pending",
  attempts: 0,
  decision: null,
  failure: null
})

/** Lets the clock run until the effect has ended; fails when it takes more than 10,000 steps. */
const letTimePass = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    for (let steps = 0; steps < 10_000 && fiber.pollUnsafe() === undefined; steps++) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

/** A card in Slack, the handler of what is said below it, and a dispatcher that can die. */
const makeServer = (github: GitHub, next: () => number = () => 1) =>
  Effect.gen(function* () {
    const outbox = yield* Outbox
    yield* outbox.put([{ lane: "status", sink: "slack", key: "card", thread: subject, priority: "normal" }])
    const card = Option.getOrThrow(yield* outbox.slot("slack", "card"))
    yield* outbox.shown(card, `C1:${root}`)
    const handler = yield* Replies.make(workspace, people)
    const sink = yield* CommentSink.make().pipe(
      Effect.provideService(CodeHost, github.host),
      Effect.provide(dying(github, next))
    )
    const open = Effect.gen(function* () {
      const scope = yield* Scope.make()
      const dispatcher = yield* Dispatcher.make(sink, { grace: 0 }).pipe(Effect.provideService(Scope.Scope, scope))
      return { dispatcher, die: Scope.close(scope, Exit.void) }
    })
    let running = yield* open
    return {
      hear: (payload: object) => handler.handle(delivery, payload),
      restart: Effect.suspend(() => running.die).pipe(
        Effect.andThen(open),
        Effect.map((again) => {
          running = again
        })
      ),
      drain: Effect.suspend(() => letTimePass(running.dispatcher.drain))
    }
  })

/** What a comment says: its author and its parts. */
const read = (body: string) => {
  const [, author = "", said = ""] = /^<!--[^\n]*-->\n\*\*(.*)\*\* in chat:\n\n([\s\S]*)$/.exec(body) ?? []
  return { author, parts: said.split("\n\n") }
}

const inWorld = <A, E>(body: Effect.Effect<A, E, CodeHostFree>) =>
  body.pipe(Effect.scoped, Effect.provide(stores, { local: true }))
type CodeHostFree = Layer.Success<typeof stores> | Scope.Scope

const storm = (seed: number, ordered: boolean) =>
  inWorld(
    Effect.gen(function* () {
      const next = random(seed)
      const pick = (count: number) => Math.floor(next() * count)
      const github = makeGitHub(next)
      const server = yield* makeServer(github, next)
      const slack = makeSlack()
      github.flags.faults = true
      let onTheWay: Array<object> = []
      let number = 0
      for (let round = 0; round < 150; round++) {
        // What was just said is changed most, often while we have yet to hear of it.
        const one = next() < 0.7 ? slack.said.at(-1 - pick(3)) : slack.said[pick(slack.said.length)]
        const chance = next()
        const text = `${next() < 0.1 ? "(aside) " : next() < 0.05 ? "<@UBOT> " : ""}text${++number}`
        if (chance < 0.45 || one === undefined) onTheWay.push(slack.say(`U${pick(2)}`, text))
        else if (chance < 0.7 && !one.deleted) onTheWay.push(slack.edit(one, text))
        else if (chance < 0.85 && !one.deleted) onTheWay.push(slack.remove(one, next() < 0.8))
        const kept: Array<object> = []
        const arriving = ordered ? onTheWay : onTheWay.toSorted(() => next() - 0.5)
        for (const payload of arriving) {
          if (!ordered && next() < 0.4) kept.push(payload)
          else {
            yield* server.hear(payload)
            if (next() < 0.2) (ordered ? [payload] : kept).push(payload)
            if (ordered && next() < 0.2) yield* server.hear(payload)
          }
        }
        onTheWay = kept
        yield* TestClock.adjust(Duration.millis(pick(12_000)))
        if (next() < 0.06) yield* server.restart
      }
      for (const payload of onTheWay) yield* server.hear(payload)
      github.flags.faults = false
      yield* server.restart
      yield* server.drain
      const comments = Array.from(github.comments.values(), read)
      const expected = slack.public()
      const shown = comments.flatMap(({ author, parts }) => parts.map((part) => `${author}: ${part}`))
      const wanted = expected.map(({ text, user }) => `name of ${user}: ${text}`)
      assert.sameMembers(shown, wanted, `seed ${seed}`)
      assert.strictEqual(shown.length, wanted.length, `each once, seed ${seed}`)
      assert.strictEqual(github.counts.doubled, 0, `no second comment of the same, seed ${seed}`)
      if (ordered) {
        const steady = new Set(expected.flatMap(({ text, wasAside }) => (wasAside ? [] : [text])))
        assert.deepStrictEqual(
          comments.flatMap(({ parts }) => parts).filter((part) => steady.has(part)),
          expected.map(({ text }) => text).filter((text) => steady.has(text)),
          `in order, seed ${seed}`
        )
      }
      return { ...github.counts, comments: comments.length, replies: expected.length }
    })
  )

/** When each comment was made, in seconds, and what it says. */
const timeline = (
  script: ReadonlyArray<readonly [atSeconds: number, act: (slack: ReturnType<typeof makeSlack>) => object]>,
  restartAt?: number
) =>
  inWorld(
    Effect.gen(function* () {
      const github = makeGitHub(() => 1)
      const made = new Map<string, number>()
      const server = yield* makeServer({
        ...github,
        host: CodeHost.of({
          ...github.host,
          createComment: (repository, number, body) =>
            Effect.tap(github.host.createComment(repository, number, body), ({ id }) =>
              Effect.map(Clock.currentTimeMillis, (now) => void made.set(id, now / 1000))
            )
        })
      })
      const slack = makeSlack()
      const start = (yield* Clock.currentTimeMillis) / 1000
      for (let second = 0; second <= 200; second++) {
        for (const [at, act] of script) if (at === second) yield* server.hear(act(slack))
        if (second === restartAt) yield* server.restart
        yield* TestClock.adjust("1 second")
      }
      return {
        counts: github.counts,
        comments: Array.from(github.comments, ([id, body]) => [(made.get(id) ?? 0) - start, ...read(body).parts])
      }
    })
  )

describe("replies below a card", () => {
  const fixed = process.env["PB_SEED"]
  const seeds = fixed === undefined ? [1, 2, 3, 4, 5, 6, Date.now() % 1_000_000] : [Number(fixed)]

  for (const seed of seeds) {
    it.effect(`end up as comments, each once and as it is now, whatever comes when and fails (PB_SEED=${seed})`, () =>
      storm(seed, false)
    )
    it.effect(`are comments in their order where Slack keeps it, whatever fails (PB_SEED=${seed})`, () =>
      Effect.map(storm(seed, true), ({ comments, replies }) => assert.isBelow(comments, replies))
    )
  }

  it.effect("of one person become one comment, 15 seconds after the last", () =>
    Effect.map(
      timeline([
        [0, (slack) => slack.say("U1", "one")],
        [10, (slack) => slack.say("U1", "two")],
        [20, (slack) => slack.say("U1", "three")]
      ]),
      ({ comments, counts }) => {
        assert.deepStrictEqual(comments, [[35, "one", "two", "three"]])
        assert.deepStrictEqual(counts, { created: 1, edited: 0, deleted: 0, doubled: 0 })
      }
    )
  )

  it.effect("wait a minute at most; what is said later is another comment", () =>
    Effect.map(
      timeline(
        Array.from({ length: 8 }, (_, index) => [index * 10, (slack) => slack.say("U1", `part ${index}`)] as const)
      ),
      ({ comments }) =>
        assert.deepStrictEqual(comments, [
          [60, "part 0", "part 1", "part 2", "part 3", "part 4", "part 5"],
          [85, "part 6", "part 7"]
        ])
    )
  )

  it.effect("wait no longer when somebody else speaks, whose comment comes after", () =>
    Effect.map(
      timeline([
        [0, (slack) => slack.say("U1", "question")],
        [2, (slack) => slack.say("U2", "answer")]
      ]),
      ({ comments }) =>
        assert.deepStrictEqual(comments, [
          [3, "question"],
          [17, "answer"]
        ])
    )
  )

  it.effect("are the same comment when the server dies while they are gathered", () =>
    Effect.map(
      timeline(
        [
          [0, (slack) => slack.say("U1", "one")],
          [10, (slack) => slack.say("U1", "two")]
        ],
        5
      ),
      ({ comments }) => assert.deepStrictEqual(comments, [[25, "one", "two"]])
    )
  )

  it.effect("are edited where they stand, leave their comment, and take it with them as the last", () =>
    Effect.gen(function* () {
      const at =
        (
          index: number,
          act: (slack: ReturnType<typeof makeSlack>, one: ReturnType<typeof makeSlack>["said"][number]) => object
        ) =>
        (slack: ReturnType<typeof makeSlack>) => {
          const one = slack.said[index]
          assert.isDefined(one)
          return act(slack, one)
        }
      const script = [
        [0, (slack: ReturnType<typeof makeSlack>) => slack.say("U1", "one")],
        [1, (slack: ReturnType<typeof makeSlack>) => slack.say("U1", "two")],
        [30, at(0, (slack, one) => slack.edit(one, "one, edited"))],
        [40, at(1, (slack, one) => slack.edit(one, "(aside) two"))],
        [50, at(0, (slack, one) => slack.remove(one, true))]
      ] as const
      const until = (seconds: number) => timeline(script.filter(([when]) => when <= seconds))
      assert.deepStrictEqual((yield* until(30)).comments, [[16, "one, edited", "two"]])
      assert.deepStrictEqual((yield* until(40)).comments, [[16, "one, edited"]])
      const { comments, counts } = yield* until(50)
      assert.deepStrictEqual(comments, [])
      assert.deepStrictEqual(counts, { created: 1, edited: 2, deleted: 1, doubled: 0 })
    })
  )

  it.effect("that were taken back before they were sent are never sent", () =>
    Effect.map(
      timeline([
        [0, (slack) => slack.say("U1", "oops")],
        [
          5,
          (slack) =>
            slack.remove(slack.said[0] ?? { ts: "", user: "", text: "", deleted: false, wasAside: false }, true)
        ]
      ]),
      ({ counts }) => assert.deepStrictEqual(counts, { created: 0, edited: 0, deleted: 0, doubled: 0 })
    )
  )
})
