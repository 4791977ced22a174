/** The contract of `ThreadReplies`, run against every adapter. */
import { assert, it } from "@effect/vitest"
import { Effect, type Layer, Option, Stream } from "effect"
import { OperationLog } from "../src/Operation.ts"
import { ThreadId } from "../src/Thread.ts"
import { Reply, ThreadReplies } from "../src/ThreadReplies.ts"

const replyIn =
  (subject: string) =>
  (at: number, author: string, other: Partial<Reply> = {}) =>
    new Reply({
      key: `${subject} ${at}`,
      subject: ThreadId.make(subject),
      authorId: author,
      author,
      markdown: `said ${at}`,
      saidAt: `${at}`,
      revision: `${at}`,
      state: "public",
      ...other
    })

/** The comments of a thread as its events tell of them, each with what it says now. */
const comments = Effect.fnUntraced(function* (subject: string) {
  const log = yield* OperationLog
  const replies = yield* ThreadReplies
  const end = yield* log.append({ operationId: null, subject: "end", lane: "append", type: "end", data: null })
  const events = yield* log.stream({ after: 0 }).pipe(
    Stream.takeUntil(({ sequence }) => sequence === end.sequence),
    Stream.filter((event) => event.subject === subject),
    Stream.runCollect
  )
  const keys = new Set(
    Array.from(events).flatMap(({ data }) =>
      Array.from(JSON.stringify(data).matchAll(/"key":"([^"]*)","gr/g), ([, key = ""]) => key)
    )
  )
  const said = yield* Effect.forEach(keys, (key) => replies.comment(key))
  return said.filter((one) => one.length > 0).map((one) => one.map(({ markdown }) => markdown))
})

export const suite = (name: string, layer: Layer.Layer<ThreadReplies | OperationLog, unknown>) =>
  it.layer(layer)(`ThreadReplies (${name})`, (it) => {
    it.effect("what one person says in a row is one comment, in its order, until that is sealed", () =>
      Effect.gen(function* () {
        const replies = yield* ThreadReplies
        const reply = replyIn("acme/shop#1")
        for (const [at, author] of [
          [1, "ada"],
          [3, "ada"],
          [2, "ada"],
          [4, "bob"],
          [5, "bob"]
        ] as const) {
          assert.strictEqual(yield* replies.put(reply(at, author)), "changed")
        }
        assert.deepStrictEqual(yield* comments("acme/shop#1"), [
          ["said 1", "said 2", "said 3"],
          ["said 4", "said 5"]
        ])
        assert.strictEqual((yield* replies.seal(reply(4, "bob").key)).length, 2)
        yield* replies.put(reply(6, "bob"))
        assert.deepStrictEqual((yield* comments("acme/shop#1")).at(-1), ["said 6"])
      })
    )

    it.effect("somebody else who spoke in between divides it, also when we hear of it late", () =>
      Effect.gen(function* () {
        const replies = yield* ThreadReplies
        const reply = replyIn("acme/shop#2")
        for (const one of [reply(1, "ada"), reply(3, "ada"), reply(2, "bob")]) yield* replies.put(one)
        assert.sameDeepMembers(Array.from(yield* comments("acme/shop#2")), [["said 1"], ["said 2"], ["said 3"]])
        yield* replies.remove(reply(2, "bob").key)
        assert.deepStrictEqual(yield* comments("acme/shop#2"), [["said 1", "said 3"]])
      })
    )

    it.effect("the newest version counts, whatever comes when and how often; a deletion is for ever", () =>
      Effect.gen(function* () {
        const replies = yield* ThreadReplies
        const reply = replyIn("acme/shop#3")
        const first = reply(1, "ada")
        const edit = new Reply({ ...first, revision: "3", markdown: "newest" })
        assert.strictEqual(yield* replies.put(edit), "changed")
        for (const old of [first, edit, new Reply({ ...first, revision: "2" })]) {
          assert.strictEqual(yield* replies.put(old), "unchanged")
        }
        assert.deepStrictEqual(yield* comments("acme/shop#3"), [["newest"]])
        assert.strictEqual(yield* replies.remove(first.key), "changed")
        assert.strictEqual(yield* replies.remove(first.key), "unchanged")
        assert.strictEqual(yield* replies.put(new Reply({ ...edit, revision: "9" })), "unchanged")
        assert.deepStrictEqual(yield* comments("acme/shop#3"), [])
        assert.strictEqual(Option.getOrThrow(yield* replies.find(first.key)).markdown, "")
        assert.strictEqual(yield* replies.remove(reply(2, "ada").key), "changed")
        assert.strictEqual(yield* replies.put(reply(2, "ada")), "unchanged")
        assert.deepStrictEqual(yield* comments("acme/shop#3"), [])
      })
    )

    it.effect("an aside is part of no comment; what becomes one leaves its comment, and may come back", () =>
      Effect.gen(function* () {
        const replies = yield* ThreadReplies
        const reply = replyIn("acme/shop#4")
        yield* replies.put(reply(1, "ada"))
        yield* replies.put(reply(2, "ada", { state: "aside" }))
        yield* replies.put(reply(3, "ada"))
        assert.deepStrictEqual(yield* comments("acme/shop#4"), [["said 1", "said 3"]])
        yield* replies.put(reply(2, "ada", { revision: "4" }))
        assert.deepStrictEqual(yield* comments("acme/shop#4"), [["said 1", "said 2", "said 3"]])
        yield* replies.seal(reply(1, "ada").key)
        yield* replies.put(reply(2, "ada", { revision: "5", state: "aside" }))
        assert.deepStrictEqual(yield* comments("acme/shop#4"), [["said 1", "said 3"]])
        yield* replies.put(reply(2, "ada", { revision: "6" }))
        assert.deepStrictEqual(yield* comments("acme/shop#4"), [["said 1", "said 2", "said 3"]])
      })
    )
  })
