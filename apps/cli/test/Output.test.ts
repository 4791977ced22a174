import { assert, describe, it } from "@effect/vitest"
import { Event, OperationId } from "@productbuilding/core"
import { DateTime, Option, type Schema } from "effect"
import { CliOutput } from "effect/cli"
import { advance, initial } from "../src/OperationProgress.ts"
import { type Column, cut, harmless, oneLine, type Palette, table, wrap } from "../src/Output.ts"
import { parsePreviewReference } from "../src/PreviewReference.ts"

const plain = (text: string) => text
const colors: Palette = { good: plain, busy: plain, wait: plain, bad: plain, dim: plain, bold: plain }

interface Row {
  readonly name: string
  readonly note: string
}
const columns: ReadonlyArray<Column<Row>> = [
  { title: "NAME", text: ({ name }) => name },
  { title: "NOTE", text: ({ note }) => note, shrinkTo: 10 },
  { title: "MORE", text: () => "something else", optional: true }
]

describe("tables", () => {
  it("shrink the widest column before they leave an optional one out", () => {
    const rows = [{ name: "a", note: "a note of some length, much longer than there is room for" }]
    const fitting = table(columns, rows, { colors, width: 40 })
    assert.isTrue(fitting.every((line) => line.length <= 40))
    assert.include(fitting[0], "MORE")
    const narrow = table(columns, rows, { colors, width: 20 })
    assert.notInclude(narrow[0], "MORE")
    assert.deepStrictEqual(narrow[1], "a     a note of som…")
    assert.include(table(columns, rows, { colors, width: Number.POSITIVE_INFINITY })[1], "room for")
  })

  it("count cells, not characters, and never print what a terminal obeys", () => {
    const rows = [
      { name: "\u001b[31mred\nline", note: "ファイル" },
      { name: "b", note: "x" }
    ]
    const lines = table(columns, rows, { colors, width: 80 })
    assert.notMatch(lines.join("\n"), /\u001b/)
    const at = (line: string | undefined) =>
      CliOutput.displayWidth((line ?? "").slice(0, (line ?? "").indexOf("something")))
    assert.strictEqual(at(lines[1]), at(lines[2]))
    assert.strictEqual(cut("ファイル", 5), "ファ…")
  })

  it("say the words of others, and nothing that hides in them", () => {
    assert.strictEqual(oneLine(" a\u001b[31mb\u009b2J\u0007\nc\u202e "), "ab2J c")
    assert.strictEqual(harmless("one\ttwo\nthree\u001b]0;title\u0007"), "one\ttwo\nthree")
  })

  it("wrap at blanks", () => {
    assert.deepStrictEqual(wrap("one two three", 8), ["one two", "three"])
    assert.deepStrictEqual(wrap("a-word-that-is-too-long b", 5), ["a-word-that-is-too-long", "b"])
  })
})

describe("names of previews", () => {
  it("are read from all that people write and paste", () => {
    for (const text of [
      "acme/shop#12",
      "Acme/Shop#12",
      "acme/shop/12",
      "https://github.com/acme/shop/pull/12",
      "https://git.acme.dev/acme/shop/pull/12/files?w=1#diff"
    ]) {
      assert.deepStrictEqual(parsePreviewReference(text), Option.some("acme/shop#12"), text)
    }
    for (const text of [
      "",
      "acme",
      "acme/shop",
      "acme/shop#0",
      "acme/shop#x",
      "a b/c#1",
      "https://github.com/acme/shop"
    ]) {
      assert.isTrue(Option.isNone(parsePreviewReference(text)), text)
    }
  })
})

describe("progress", () => {
  const event = (type: string, seconds: number, data: Schema.Json) =>
    new Event({
      sequence: 1,
      operationId: OperationId.make("one"),
      subject: "acme/shop#12",
      lane: "status",
      type,
      data,
      at: DateTime.makeUnsafe(seconds * 1000)
    })
  const tell = (events: ReadonlyArray<Event>) => {
    let progress = initial
    const lines = events.flatMap((one) => {
      const step = advance(progress, one, colors)
      progress = step.progress
      return step.lines
    })
    return { lines, progress }
  }
  const state = (name: string, stage: string | null, failure: Schema.Json = null) => ({ state: name, stage, failure })

  it("tells how long each stage took, and nothing of waiting in the queue", () => {
    const { lines, progress } = tell([
      event("state", 0, state("pending", null)),
      event("state", 10, state("building", "fetch")),
      event("step", 11, state("building", "build")),
      event("log", 12, { stage: "build", lines: ["one", "two"] }),
      event("step", 13, state("building", "build")),
      event("state", 15.2, state("ready", null)),
      event("end", 15.2, { status: "succeeded" })
    ])
    assert.deepStrictEqual(
      lines.map((line) => line.replace(/ +/g, " ")),
      ["✓ Fetch source 1.0 s", " │ one", " │ two", "✓ Build 4.2 s"]
    )
    assert.deepStrictEqual(progress, { running: null, end: "succeeded" })
  })

  it("marks the stage that failed", () => {
    const { lines } = tell([
      event("state", 0, state("building", "build")),
      event("state", 3, state("failed", null, { stage: "build", summary: "" }))
    ])
    assert.match(lines[0] ?? "", /^✗ Build +3\.0 s$/)
  })

  it("takes no notice of events that it does not know", () => {
    assert.deepStrictEqual(tell([event("news", 0, {}), event("state", 0, "odd")]).lines, [])
  })
})
