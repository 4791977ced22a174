/** The contract of `TurnStore`. */
import { assert, it } from "@effect/vitest"
import { OperationId, OperationLog } from "@productbuilding/core"
import { Effect, type Layer, Option } from "effect"
import type { Digest } from "effect/crypto"
import { type Asked, Asker, ConversationId } from "../src/Conversation.ts"
import * as TurnHash from "../src/TurnHash.ts"
import { TurnStore } from "../src/TurnStore.ts"

const ada = new Asker({ id: "github:ada", name: "Ada", login: "ada", guest: false, sharedChannel: false })
const bob = new Asker({ ...ada, id: "github:bob", name: "Bob", login: "bob" })

let count = 0
const turnId = () => OperationId.make(`turn-${++count}`)
const asked = (fields: Partial<Asked> = {}): Asked => ({
  conversation: ConversationId.make(`slack:T:C:${++count}`),
  key: `key-${count}`,
  asker: ada,
  repository: null,
  about: null,
  text: "Hello",
  ...fields
})

const ended = { _tag: "Ended", outcome: "answered", text: "Hi", options: [] } as const

export const suite = (name: string, layer: Layer.Layer<TurnStore | OperationLog | Digest.Digest, unknown>) =>
  it.layer(layer)(`TurnStore (${name})`, (it) => {
    it.effect("a message is one turn, however often it is received", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const message = asked()
        const first = yield* store.receive(message, turnId())
        assert.strictEqual(first.receipt, "opened")
        const again = yield* store.receive(message, turnId())
        assert.strictEqual(again.receipt, "known")
        assert.strictEqual(again.turn.id, first.turn.id)
      })
    )

    it.effect("turns of one conversation run one after the other, in order", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const { conversation } = asked()
        const one = yield* store.receive(asked({ conversation }), turnId())
        const two = yield* store.receive(asked({ conversation, asker: bob }), turnId())
        const running = yield* store.next(conversation)
        assert.deepStrictEqual(
          Option.map(running, ({ id }) => id),
          Option.some(one.turn.id)
        )
        assert.isTrue(Option.isNone(yield* store.next(conversation)))
        yield* store.append(one.turn.id, [ended])
        const next = yield* store.next(conversation)
        assert.deepStrictEqual(
          Option.map(next, ({ id }) => id),
          Option.some(two.turn.id)
        )
      })
    )

    it.effect("what its asker says meanwhile joins a running turn; what others say waits", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const { conversation } = asked()
        const first = asked({ conversation })
        const one = yield* store.receive(first, turnId())
        yield* store.next(conversation)
        const more = asked({ conversation, text: "And more" })
        assert.strictEqual((yield* store.receive(more, turnId())).receipt, "joined")
        assert.strictEqual((yield* store.receive(more, turnId())).receipt, "known")
        assert.strictEqual((yield* store.receive(asked({ conversation, asker: bob }), turnId())).receipt, "opened")
        const facts = (yield* store.entries(one.turn.id)).map(({ fact }) => fact)
        assert.deepStrictEqual(facts, [
          { _tag: "Asked", text: "Hello", message: first.key },
          { _tag: "Steered", by: "Ada", text: "And more" }
        ])
      })
    )

    it.effect("after a stop nothing starts, what has started may finish, and after the end nothing is added", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const message = asked()
        const { turn } = yield* store.receive(message, turnId())
        yield* store.next(message.conversation)
        const call = { id: "1.1", tool: "x", params: {} }
        const started = { _tag: "Started", call, summary: "X", writes: true } as const
        yield* store.append(turn.id, [started, { _tag: "Stop", by: "Ada" }])
        const late = yield* Effect.flip(store.append(turn.id, [started]))
        assert.strictEqual(late._tag === "TurnOver" && late.reason, "stopped")
        yield* store.append(turn.id, [
          { _tag: "Finished", callId: "1.1", result: null, failed: false, resources: [], durationMs: 1 },
          { ...ended, outcome: "stopped" }
        ])
        const over = yield* Effect.flip(store.append(turn.id, [ended]))
        assert.strictEqual(over._tag === "TurnOver" && over.reason, "ended")
      })
    )

    it.effect("an answer to a record that has moved on is refused", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const message = asked()
        const { turn } = yield* store.receive(message, turnId())
        yield* store.next(message.conversation)
        yield* store.receive(asked({ conversation: message.conversation }), turnId())
        assert.strictEqual((yield* Effect.flip(store.appendAfter(turn.id, 1, ended)))._tag, "TurnMoved")
        assert.strictEqual((yield* store.appendAfter(turn.id, 2, ended)).state, "ended")
      })
    )

    it.effect("waiting ends with a decision, more words or a stop, and each begins another leg", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const approval = { _tag: "Approval", digest: "d", calls: [], permission: "write", expiresAtMs: 1 } as const
        for (const fact of [
          { _tag: "Decided", digest: "d", verdict: "approved", by: "Ada" },
          { _tag: "Steered", by: "Ada", text: "Wait" },
          { _tag: "Stop", by: "Ada" }
        ] as const) {
          const message = asked()
          const { turn } = yield* store.receive(message, turnId())
          yield* store.next(message.conversation)
          assert.strictEqual((yield* store.append(turn.id, [approval])).state, "waiting")
          const taken = yield* store.append(turn.id, [fact])
          assert.deepStrictEqual([taken.state, taken.leg], ["running", turn.leg + 1])
        }
      })
    )

    it.effect("the history holds what ended before, and begins after its summary", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const { conversation } = asked()
        const ids = [turnId(), turnId(), turnId()]
        for (const id of ids) {
          yield* store.receive(asked({ conversation, text: id }), id)
          yield* store.next(conversation)
          yield* store.append(id, [ended])
        }
        const [first = turnId(), second = turnId()] = ids
        const last = yield* store.receive(asked({ conversation }), turnId())
        const before = yield* store.history(last.turn.id)
        assert.deepStrictEqual([before.summary, before.turns.map(({ id }) => id)], [undefined, ids.toReversed()])
        yield* store.summarise(second, "In short")
        const after = yield* store.history(last.turn.id)
        assert.deepStrictEqual([after.summary, after.turns.map(({ id }) => id)], ["In short", ids.slice(2)])
        assert.deepStrictEqual((yield* store.history(first)).turns, [])
      })
    )

    it.effect("tells of each change, and of the end in the append lane", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const log = yield* OperationLog
        const message = asked()
        const { turn } = yield* store.receive(message, turnId())
        yield* store.next(message.conversation)
        yield* store.append(turn.id, [ended])
        const events = yield* log.events(turn.id, 0)
        assert.deepStrictEqual(
          events.map(({ lane, type }) => `${lane} ${type}`),
          ["status turn", "status turn", "status turn", "append answered"]
        )
        assert.strictEqual((yield* log.get(turn.id)).status, "succeeded")
      })
    )

    it.effect("a changed, missing or exchanged entry breaks the chain", () =>
      Effect.gen(function* () {
        const store = yield* TurnStore
        const message = asked()
        const { turn } = yield* store.receive(message, turnId())
        yield* store.append(turn.id, [{ _tag: "Steered", by: "Ada", text: "More" }, ended])
        const entries = yield* store.entries(turn.id)
        assert.isUndefined(yield* TurnHash.firstBroken(entries))
        const [first, second, third] = entries
        if (first === undefined || second === undefined || third === undefined) return assert.fail("three entries")
        const forged = { ...second, fact: { _tag: "Steered", by: "Ada", text: "Less" } } as const
        assert.strictEqual(yield* TurnHash.firstBroken([first, forged, third]), 2)
        assert.strictEqual(yield* TurnHash.firstBroken([first, third]), 2)
        assert.strictEqual(yield* TurnHash.firstBroken([second, first, third]), 1)
      })
    )
  })
