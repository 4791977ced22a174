/** What somebody sees who asks the agent in Slack, from the first sign to the end, whatever the workspace has. */
import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { type Asked, Asker, SqlTurnStore, type TurnFact, TurnStore } from "@productbuilding/agent"
import {
  CodeHost,
  Dispatcher,
  EventRouting,
  OperationId,
  type Outbox,
  type ResourceLedger,
  SqlOperationLog,
  SqlOutbox,
  SqlResourceLedger
} from "@productbuilding/core"
import { PreviewStore } from "@productbuilding/preview"
import { Duration, Effect, Exit, Layer, Logger, Redacted, Scope } from "effect"
import * as SlackSink from "../../src/slack/SlackSink.ts"
import * as SlackWorkspace from "../../src/slack/SlackWorkspace.ts"
import { conversationOf, route } from "../../src/slack/TurnRoute.ts"
import * as TurnSink from "../../src/slack/TurnSink.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"
import { startWorkspace, type Workspace } from "./support.ts"

const stores = SqlTurnStore.layer.pipe(
  Layer.provideMerge(SqlOperationLog.layer),
  Layer.provide(EventRouting.layer([route])),
  Layer.provideMerge(SqlOutbox.layer),
  Layer.provideMerge(SqlResourceLedger.layer),
  Layer.provide(Sqlite.layerMemory),
  Layer.provideMerge(NodeCrypto.layer),
  Layer.provideMerge(Layer.mock(CodeHost, {})),
  Layer.provideMerge(Layer.mock(PreviewStore, {}))
)

const inThreads = (
  title: string,
  body: Effect.Effect<void, unknown, CodeHost | Outbox | PreviewStore | ResourceLedger | Scope.Scope | TurnStore>
) => it.live(title, () => body.pipe(Effect.scoped, Effect.provide([stores, Logger.layer([])])))

const atOnce = { quiet: Duration.zero, longestWait: Duration.zero }

/** As a server has it, but that no change waits for another one. */
const openSink = Effect.fnUntraced(function* ({ apiUrl, app }: Workspace) {
  const workspace = yield* SlackWorkspace.make({ apiUrl, botToken: Redacted.make(app.botToken) })
  const turns = yield* TurnSink.make(workspace, { userOf: () => undefined, linkBase: () => "https://github.example" })
  const sink = yield* SlackSink.make(workspace, { channels: () => undefined, policies: () => ({}), turns })
  return { ...sink, pace: () => atOnce }
})

let count = 0

const makeThread = Effect.fnUntraced(function* (slack: Workspace) {
  const store = yield* TurnStore
  const { teamId } = slack.app
  const { ts } = slack.say("ada", slack.general, "Who knows?")
  const conversation = conversationOf({ team: teamId, channel: slack.general, threadTs: ts })
  return {
    ts,
    status: () => slack.threadStatus(slack.general, ts).session,
    reactions: (at = ts) =>
      slack
        .thread(slack.general, ts)
        .find((one) => one.ts === at)
        ?.reactions.map(({ name }) => name) ?? [],
    /** Somebody asks in the thread, and the agent takes it up unless another turn runs. */
    ask: Effect.fnUntraced(function* (who = "ada") {
      const said = slack.say(who, slack.general, "@productbuilding why?", { threadTs: ts })
      const asked: Asked = {
        conversation,
        key: `slack:${teamId}:${slack.general}:${said.ts}`,
        asker: new Asker({ id: `slack:${teamId}:${who}`, name: who, login: null, guest: false, sharedChannel: false }),
        repository: null,
        about: null,
        text: "why?"
      }
      const { turn } = yield* store.receive(asked, OperationId.make(`turn-${String(++count).padStart(3, "0")}`))
      yield* store.next(conversation)
      return { id: turn.id, ts: said.ts }
    }),
    next: store.next(conversation),
    record: (id: OperationId, ...facts: ReadonlyArray<TurnFact>) => store.append(id, facts)
  }
})

const calls = (slack: Workspace, method: string) =>
  slack.calls().list.filter((one) => one.method === method && one.error !== "ratelimited").length

const ended = (outcome: "answered" | "asked" | "refused" | "failed" | "stopped"): TurnFact => ({
  _tag: "Ended",
  outcome,
  text: "That is why.",
  options: []
})
const approval: TurnFact = {
  _tag: "Approval",
  digest: "d",
  calls: [{ id: "1", summary: "Close #1" }],
  permission: "triage",
  expiresAtMs: 9e12
}
const withoutSessions = (slack: Workspace, error: string) =>
  slack.fault({ kind: "error", method: "agents.sessions.setStatus", error, times: 1_000_000 })

describe("the sign of a turn in a workspace with agent sessions", () => {
  inThreads(
    "is the thread's status: processing, suspended while somebody has to agree, active again in the end",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      const { drain } = yield* Dispatcher.make(yield* openSink(slack))
      const thread = yield* makeThread(slack)
      const { id, ts } = yield* thread.ask()
      yield* drain
      assert.strictEqual(thread.status(), "processing")
      assert.strictEqual(slack.threadStatus(slack.general, thread.ts).title, "why?")
      yield* thread.record(id, approval)
      yield* drain
      assert.strictEqual(thread.status(), "suspended")
      yield* thread.record(id, { _tag: "Decided", digest: "d", verdict: "approved", by: "Ada" })
      yield* drain
      assert.strictEqual(thread.status(), "processing")
      yield* thread.record(id, ended("answered"))
      yield* drain
      assert.strictEqual(thread.status(), "active")
      assert.deepStrictEqual(thread.reactions(ts), [])
    })
  )

  inThreads(
    "ends with every kind of end",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      const { drain } = yield* Dispatcher.make(yield* openSink(slack))
      for (const outcome of ["answered", "asked", "refused", "failed", "stopped"] as const) {
        const thread = yield* makeThread(slack)
        const { id } = yield* thread.ask()
        yield* drain
        assert.strictEqual(thread.status(), "processing")
        yield* thread.record(id, ended(outcome))
        yield* drain
        assert.strictEqual(thread.status(), "active")
      }
    })
  )

  inThreads(
    "takes one call however many steps a turn has",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      const { drain } = yield* Dispatcher.make(yield* openSink(slack))
      const thread = yield* makeThread(slack)
      const { id } = yield* thread.ask()
      yield* drain
      for (let step = 0; step < 5; step++) {
        yield* thread.record(id, { _tag: "Warned", budget: `${step}`, detail: "nearly spent" })
        yield* drain
      }
      assert.strictEqual(calls(slack, "agents.sessions.setStatus"), 1)
    })
  )

  inThreads(
    "is the whole thread's: it stays while what somebody else has asked waits for its turn",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      const { drain } = yield* Dispatcher.make(yield* openSink(slack))
      const thread = yield* makeThread(slack)
      const one = yield* thread.ask("ada")
      const two = yield* thread.ask("bob")
      yield* thread.record(one.id, ended("answered"))
      yield* drain
      assert.strictEqual(thread.status(), "processing")
      yield* thread.next
      yield* thread.record(two.id, ended("answered"))
      yield* drain
      assert.strictEqual(thread.status(), "active")
    })
  )

  inThreads(
    "is put right after a restart, and by what follows on a lost call",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      const thread = yield* makeThread(slack)
      const sink = yield* openSink(slack)
      const scope = yield* Scope.make()
      const first = yield* Dispatcher.make(sink, { grace: 0 }).pipe(Effect.provideService(Scope.Scope, scope))
      const { id } = yield* thread.ask()
      yield* first.drain
      yield* Scope.close(scope, Exit.void)
      yield* thread.record(id, ended("failed"))
      slack.fault({ kind: "drop", method: "agents.sessions.setStatus", times: 1 })
      const second = yield* Dispatcher.make(yield* openSink(slack))
      yield* second.drain
      assert.strictEqual(thread.status(), "active")
    })
  )
})

describe("the sign of a turn in a workspace without agent sessions", () => {
  for (const error of [
    "unknown_method",
    "missing_scope",
    "not_allowed_token_type",
    "feature_not_enabled",
    "no_agent"
  ]) {
    inThreads(
      `is a reaction on the message that asks, and sessions are asked for once (${error})`,
      Effect.gen(function* () {
        const slack = yield* startWorkspace()
        withoutSessions(slack, error)
        const { drain } = yield* Dispatcher.make(yield* openSink(slack))
        const thread = yield* makeThread(slack)
        const one = yield* thread.ask()
        yield* drain
        assert.deepStrictEqual(thread.reactions(one.ts), ["eyes"])
        assert.deepStrictEqual(thread.reactions(), [])
        yield* thread.record(one.id, ended("answered"))
        yield* drain
        assert.deepStrictEqual(thread.reactions(one.ts), ["white_check_mark"])
        const two = yield* thread.ask()
        yield* thread.record(two.id, ended("stopped"))
        yield* drain
        assert.deepStrictEqual(thread.reactions(two.ts), ["octagonal_sign"])
        assert.strictEqual(calls(slack, "agents.sessions.setStatus"), 1)
      })
    )
  }

  inThreads(
    "never reacts with what stops a turn",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      withoutSessions(slack, "unknown_method")
      const { drain } = yield* Dispatcher.make(yield* openSink(slack))
      for (const outcome of ["asked", "refused", "failed"] as const) {
        const thread = yield* makeThread(slack)
        const { id, ts } = yield* thread.ask()
        yield* drain
        yield* thread.record(id, ended(outcome))
        yield* drain
        assert.strictEqual(thread.reactions(ts).length, 1)
        assert.notInclude(thread.reactions(ts), "x")
        assert.notInclude(thread.reactions(ts), "eyes")
      }
    })
  )

  inThreads(
    "is put right over a restart, and after an answer was lost",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      withoutSessions(slack, "unknown_method")
      const thread = yield* makeThread(slack)
      slack.fault({ kind: "lost-answer", method: "reactions.add", times: 1 })
      const scope = yield* Scope.make()
      const first = yield* Dispatcher.make(yield* openSink(slack), { grace: 0 }).pipe(
        Effect.provideService(Scope.Scope, scope)
      )
      const { id, ts } = yield* thread.ask()
      yield* first.drain
      assert.deepStrictEqual(thread.reactions(ts), ["eyes"])
      yield* Scope.close(scope, Exit.void)
      slack.clearFaults()
      yield* thread.record(id, ended("answered"))
      const second = yield* Dispatcher.make(yield* openSink(slack))
      yield* second.drain
      assert.deepStrictEqual(thread.reactions(ts), ["white_check_mark"])
      assert.isNull(thread.status())
    })
  )

  inThreads(
    "is the turn's message alone where the bot may not react",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      withoutSessions(slack, "unknown_method")
      slack.setScopes(["chat:write"])
      const { drain } = yield* Dispatcher.make(yield* openSink(slack))
      const thread = yield* makeThread(slack)
      const { id } = yield* thread.ask()
      yield* drain
      yield* thread.record(id, ended("answered"))
      yield* drain
      assert.strictEqual(calls(slack, "reactions.add"), 1)
      assert.isTrue(slack.thread(slack.general, thread.ts).some(({ text }) => text.includes("Answered in")))
    })
  )
})

describe("the steps of a turn", () => {
  const step: TurnFact = {
    _tag: "Started",
    call: { id: "1.1", tool: "read_file", params: {} },
    summary: "Read the file",
    writes: false
  }
  const blockTypes = (slack: Workspace, ts: string) =>
    slack
      .thread(slack.general, ts)
      .filter(({ botId }) => botId !== null)
      .at(0)
      ?.blocks.map(({ type }) => type)

  inThreads(
    "are folded by Slack",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      const { drain } = yield* Dispatcher.make(yield* openSink(slack))
      const thread = yield* makeThread(slack)
      const { id } = yield* thread.ask()
      yield* thread.record(id, step)
      yield* drain
      assert.deepStrictEqual(blockTypes(slack, thread.ts), ["section", "plan", "actions"])
    })
  )

  inThreads(
    "are lines in a workspace that knows no such block, which is asked for once",
    Effect.gen(function* () {
      const slack = yield* startWorkspace()
      slack.fault({ kind: "error", method: "chat.postMessage", error: "invalid_blocks", times: 1 })
      const { drain } = yield* Dispatcher.make(yield* openSink(slack))
      const thread = yield* makeThread(slack)
      const { id } = yield* thread.ask()
      yield* thread.record(id, step)
      yield* drain
      assert.deepStrictEqual(blockTypes(slack, thread.ts), ["section", "context", "actions"])
      yield* thread.record(id, ended("answered"))
      yield* drain
      assert.deepStrictEqual(blockTypes(slack, thread.ts), ["context", "context"])
      assert.strictEqual(slack.calls().list.filter(({ error }) => error === "invalid_blocks").length, 1)
    })
  )
})
