import { assert, describe, it } from "vitest"
import { makeCallHistory } from "../src/CallHistory.ts"

const minute = 60_000

describe("the history of calls", () => {
  it("counts what a counter grew by in the minute in which it was read", () => {
    const history = makeCallHistory()
    history.note("posts", 3, 10 * minute)
    history.note("posts", 5, 10 * minute + 59_999)
    history.note("posts", 9, 12 * minute)
    const calls = history.calls("posts", 13 * minute)
    assert.lengthOf(calls, 60)
    assert.deepStrictEqual(calls.slice(-4), [5, 0, 4, 0])
    assert.strictEqual(
      calls.reduce((sum, one) => sum + one),
      9
    )
  })

  it("forgets what is older than an hour, and keeps names apart", () => {
    const history = makeCallHistory()
    history.note("posts", 3, 0)
    history.note("reads", 1, 0)
    assert.strictEqual(history.calls("posts", 59 * minute)[0], 3)
    assert.isTrue(history.calls("posts", 60 * minute).every((one) => one === 0))
    assert.strictEqual(history.calls("reads", 0).at(-1), 1)
    history.note("posts", 4, 1_000 * minute)
    assert.strictEqual(history.calls("posts", 1_000 * minute).at(-1), 1)
  })

  it("takes neither a clock that goes back nor a counter that shrinks for calls", () => {
    const history = makeCallHistory()
    history.note("posts", 5, 10 * minute)
    history.note("posts", 6, 9 * minute)
    history.note("posts", 2, 10 * minute)
    assert.strictEqual(history.calls("posts", 10 * minute).at(-1), 6)
  })
})
